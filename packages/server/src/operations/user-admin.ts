import type { SecretKeys } from '../identity/secret-keys.ts'
import { randomBytes } from 'node:crypto'
import type { Change } from '../admin/operation.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { replacePassword, setPassword } from './passwords.ts'
import { addInPlace } from './sign-up.ts'
import { signTerms } from './terms.ts'
import { changeUser, userExists, type UserChange } from './user-edit.ts'
import { acceptUser, verifyUser, type NewUser } from './users.ts'

/** Accounts by the hand of a helpdesk. Source: administration specification, 2.3. */

export interface AccountFacts {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
  readonly first_name: string
  readonly last_name: string
  readonly affiliation: string | null
  readonly metadata: object
  readonly is_active: boolean
  readonly deactivated_reason: string | null
  readonly has_signed_terms: boolean
  readonly default_project: string | null
  readonly token_created: string | null
}

const FACTS = `
  select id, uuid, email, first_name, last_name, affiliation, metadata, is_active, deactivated_reason, has_signed_terms,
         default_project, to_json(token_created)#>>'{}' as token_created
    from users
   where uuid = $1`
const FIND = sql(FACTS)
const LOCK = sql(`${FACTS} for update`)

/** @throws {Refused} unknown */
export const findAccount = (on: Queryable, uuid: string): Promise<AccountFacts> => one(on.query(FIND, [uuid]))
/** Until the transaction ends nobody else changes it. @throws {Refused} unknown */
export const lockAccount = (tx: Queryable, uuid: string): Promise<AccountFacts> => one(tx.query(LOCK, [uuid]))

async function one(rows: Promise<AccountFacts[]>): Promise<AccountFacts> {
  const [account] = await rows
  if (!account) throw new Refused('unknown', 'User not found')
  return account
}

const TAKEN = sql('select uuid from users where username = $1 and uuid is distinct from $2 and email_verified')

/** For an answer before the work is done; who comes at the same moment is found out by the change itself. @throws {Refused} */
export async function checkAddress(on: Queryable, email: string, ownUuid: string | null): Promise<void> {
  const [other] = await on.query(TAKEN, [email.toLowerCase(), ownUuid])
  if (other) throw userExists(email)
}

/** Something that nobody guesses, for somebody who will choose another one. */
export function newPassword(): string {
  return randomBytes(12).toString('base64url')
}

export interface NewAccount {
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly affiliation: string | null
  readonly metadata: object
  /** From `hashPassword`. */
  readonly hashed: string
  readonly tokenExpires: Date
}

/**
 * Verified, accepted and active at once, with the terms signed. An account of that address that was never verified makes
 * room. X-12: also where an operator decides who comes in.
 *
 * @throws {Refused} conflict: there is one; of two at once the second gets this.
 */
export async function createAccount(
  tx: Queryable,
  secretKey: SecretKeys,
  { email, affiliation, metadata, hashed, ...rest }: NewAccount,
): Promise<NewUser & { readonly changes: readonly Change[] }> {
  // First of all locks, since accepting needs it.
  await lockInOrder(tx, { registry: true })
  const user = await addInPlace(tx, secretKey, { email, hasSignedTerms: true, ...rest }).catch((error: unknown) => {
    throw error instanceof Refused ? userExists(email) : error
  })
  await changeUser(tx, user.id, { affiliation, metadata })
  await setPassword(tx, user.id, hashed)
  await verifyUser(tx, user.id)
  await acceptUser(tx, user.id, 'auto_moderation')
  await signTerms(tx, user.id)
  const made = { subject: `user:${user.uuid}`, before: null, after: shown(await findAccount(tx, user.uuid)) }
  const { replaced } = user
  const gone =
    replaced === null ? [] : [{ subject: `user:${replaced.uuid}`, before: { email: replaced.email }, after: null }]
  return { ...user, changes: [...gone, made] }
}

export interface AccountChange {
  readonly change: UserChange
  readonly password: { readonly hashed: string; readonly tokenExpires: Date } | null
}

/**
 * @param password a new one; null: as it is. With it the token is renewed, and sessions end.
 * @throws {Refused} in this order: unknown; conflict: the login name is another account's.
 */
export async function editAccount(
  tx: Queryable,
  secretKey: SecretKeys,
  uuid: string,
  { change, password }: AccountChange,
): Promise<Change[]> {
  const before = await lockAccount(tx, uuid)
  if (Object.keys(change).length > 0) await changeUser(tx, before.id, change)
  if (password !== null) await replacePassword(tx, secretKey, before, password)
  if (Object.keys(change).length === 0 && password === null) return []
  const after = shown(await findAccount(tx, uuid))
  const told = password === null ? after : { ...after, password_changed: true }
  return [{ subject: `user:${uuid}`, before: shown(before), after: told }]
}

/** For the audit. */
function shown({ email, first_name, last_name, affiliation, metadata }: AccountFacts): object {
  return { email, first_name, last_name, affiliation, metadata }
}
