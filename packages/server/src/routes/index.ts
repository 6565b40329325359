import type { Route } from '../http/call.ts'
import { accountPageRoutes } from './account-pages.ts'
import { accountRoutes } from './account.ts'
import { adminRoutes } from './admin.ts'
import { commissionRoutes } from './commissions.ts'
import { identityRoutes } from './identity.ts'
import { membershipRoutes } from './memberships.ts'
import { oauth2Routes } from './oauth2.ts'
import { openapiRoutes } from './openapi.ts'
import { pageRoutes } from './pages.ts'
import { passwordResetRoutes } from './password-reset.ts'
import { projectRoutes } from './projects.ts'
import { quotaRoutes } from './quotas.ts'
import { signInRoutes } from './sign-in.ts'
import { signUpRoutes } from './sign-up.ts'
import { statsRoutes } from './stats.ts'
import { termsRoutes } from './terms.ts'
import { userAdminRoutes } from './user-admin.ts'
import { webloginRoutes } from './weblogin.ts'

export const routes: readonly Route[] = [
  ...identityRoutes,
  ...accountRoutes,
  ...quotaRoutes,
  ...commissionRoutes,
  ...projectRoutes,
  ...membershipRoutes,
  ...pageRoutes,
  ...signInRoutes,
  ...accountPageRoutes,
  ...webloginRoutes,
  ...termsRoutes,
  ...signUpRoutes,
  ...passwordResetRoutes,
  ...oauth2Routes,
  ...userAdminRoutes,
  ...statsRoutes,
  ...openapiRoutes,
]

/** What is there only where it was asked for. */
export function routesFor({ adminApi }: { readonly adminApi: boolean }): readonly Route[] {
  return adminApi ? [...routes, ...adminRoutes] : routes
}
