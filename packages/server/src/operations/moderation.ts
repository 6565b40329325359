import type { Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { lockUser, type Account, type UserName } from './find-user.ts'
import { acceptUser, rejectUser, verifyUser } from './users.ts'

/** Who comes in. Checks are in the order of the identity specification, 1.2, which gives their messages, too. */

const conflict = (message: string): Refused => new Refused('conflict', message)

type State = Pick<Account, 'email_verified' | 'moderated' | 'is_rejected' | 'is_active'>

const unverified = (): Refused => conflict('User account does not have a verified email address.')
const moderatedAlready = (): Refused => conflict('This account is already moderated.')
const activeAlready = (): Refused => conflict('This account is already active.')

/** Before it may be accepted: the registry comes first in the order of locks. */
export async function lockForAcceptance(tx: Queryable, name: UserName): Promise<Account> {
  await lockInOrder(tx, { registry: true })
  return lockUser(tx, name)
}

export type Verified = 'ACCEPTED' | 'PENDING_MODERATION'

/**
 * The address is proved, by an operator's word: a code that is on its way is worth nothing any more. Without moderation the account
 * is accepted at once.
 *
 * @param account from `lockForAcceptance`.
 */
export async function verify(tx: Queryable, account: Account, isModerated: boolean): Promise<Verified> {
  if (account.email_verified) throw conflict('This account is already verified.')
  await verifyUser(tx, account.id)
  return admitVerified(tx, account, isModerated)
}

/** What follows once the address is proved. */
export async function admitVerified(
  tx: Queryable,
  { id, moderated }: { readonly id: bigint; readonly moderated: boolean },
  isModerated: boolean,
): Promise<Verified> {
  const policy = isModerated ? (moderated ? 'already_moderated' : null) : 'auto_moderation'
  if (policy === null) return 'PENDING_MODERATION'
  await acceptUser(tx, id, policy)
  return 'ACCEPTED'
}

/**
 * The system project is made, with holdings of every resource for it and its only member, and is the user's default; the account
 * works from now on. One that was rejected may still be accepted.
 *
 * @param account from `lockForAcceptance`.
 */
export async function accept(tx: Queryable, account: Account): Promise<void> {
  if (account.moderated && !account.is_rejected) throw moderatedAlready()
  if (!account.email_verified) throw unverified()
  await acceptUser(tx, account.id, 'manual')
}

/** No project and no holding is made. @param account from `lockUser`. */
export async function reject(tx: Queryable, account: Account, reason: string | null): Promise<void> {
  if (account.moderated) throw moderatedAlready()
  if (account.is_active) throw activeAlready()
  if (!account.email_verified) throw unverified()
  await rejectUser(tx, account.id, reason)
}

/** Only one that was accepted is switched on and off. */
export function checkAccepted(account: State): void {
  if (!account.email_verified) throw unverified()
  if (!account.moderated) throw conflict('User account is not moderated.')
  if (account.is_rejected) throw conflict('This account has been rejected.')
}

export function checkInactive(account: State): void {
  if (account.is_active) throw activeAlready()
}
