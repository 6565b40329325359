import type { Database } from './db/database.ts'
import { cleanUpGrants } from './oauth2/tokens.ts'
import { cleanUpResets } from './operations/passwords.ts'
import { cleanUpVerificationCodes } from './operations/sign-up.ts'
import { cleanUpKeys } from './quotas/cleanup.ts'
import { endOldSessions } from './signin/sessions.ts'
import { cleanUpAttempts } from './signin/throttle.ts'

/** What is over and of no use to anybody. Each by itself: one that fails keeps the others from nothing but this round. */
export async function cleanUp(database: Database, { keyLifeMs }: { readonly keyLifeMs: number }): Promise<void> {
  await cleanUpKeys(database, keyLifeMs)
  await endOldSessions(database)
  await cleanUpAttempts(database)
  await cleanUpResets(database)
  await cleanUpVerificationCodes(database)
  await cleanUpGrants(database)
}
