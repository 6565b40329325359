import type { Operation } from '../operation.ts'
import { auditOperations } from './audit.ts'
import { commissionOperations } from './commissions.ts'
import { componentOperations } from './components.ts'
import { oauth2Operations } from './oauth2.ts'
import { projectOperations } from './projects.ts'
import { quotaOperations } from './quotas.ts'
import { resourceOperations } from './resources.ts'
import { serviceOperations } from './services.ts'
import { termsOperations } from './terms.ts'
import { tokenOperations } from './tokens.ts'
import { userOperations } from './users.ts'

/** Everything that an operator can do, by its name: what the command, the admin API and their help are made of. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  [
    ...userOperations,
    ...componentOperations,
    ...serviceOperations,
    ...resourceOperations,
    ...quotaOperations,
    ...commissionOperations,
    ...projectOperations,
    ...oauth2Operations,
    ...termsOperations,
    ...tokenOperations,
    ...auditOperations,
  ].map((operation) => [operation.name, operation]),
)
