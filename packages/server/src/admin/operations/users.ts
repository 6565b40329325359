import type { Operation } from '../operation.ts'
import { groupOperations } from './groups.ts'
import { userAddOperations } from './users-add.ts'
import { userCredentialOperations } from './users-credentials.ts'
import { userEditOperations } from './users-edit.ts'
import { userModerationOperations } from './users-moderation.ts'
import { userReadOperations } from './users-read.ts'

/** Accounts and their groups. Permissions beside groups, which nothing here asks for, there are none. */
export const userOperations: readonly Operation[] = [
  ...userReadOperations,
  ...userAddOperations,
  ...userModerationOperations,
  ...userCredentialOperations,
  ...userEditOperations,
  ...groupOperations,
]
