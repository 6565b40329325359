import type { Operation } from '../operation.ts'
import { auditOperations } from './audit.ts'
import { commissionOperations } from './commissions.ts'
import { projectOperations } from './projects.ts'
import { quotaOperations } from './quotas.ts'
import { tokenOperations } from './tokens.ts'

/** Everything that an operator can do, by its name: what the command, the admin API and their help are made of. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  [...tokenOperations, ...auditOperations, ...quotaOperations, ...commissionOperations, ...projectOperations].map(
    (operation) => [operation.name, operation],
  ),
)
