import type { Route } from '../http/call.ts'
import { accountRoutes } from './account.ts'
import { commissionRoutes } from './commissions.ts'
import { identityRoutes } from './identity.ts'
import { membershipRoutes } from './memberships.ts'
import { openapiRoutes } from './openapi.ts'
import { pageRoutes } from './pages.ts'
import { projectRoutes } from './projects.ts'
import { quotaRoutes } from './quotas.ts'

export const routes: readonly Route[] = [
  ...identityRoutes,
  ...accountRoutes,
  ...quotaRoutes,
  ...commissionRoutes,
  ...projectRoutes,
  ...membershipRoutes,
  ...pageRoutes,
  ...openapiRoutes,
]
