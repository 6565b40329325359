import { randomBytes } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'
import { acceptUser, addUser, verifyUser } from './users.ts'
import { setPassword } from './passwords.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** People who come by themselves, and prove their address. Source: identity specification, 1.2. */
export interface SignUp {
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  /** From `hashPassword`. */
  readonly hashed: string
  readonly hasSignedTerms: boolean
  readonly tokenExpires: Date
}

const FIND = sql('select id, uuid, email_verified from users where username = $1 for update')
const DROP = sql('delete from users where id = $1')
const STORE_CODE = sql('update users set verification_hash = $2, verification_sent = now() where id = $1')

/**
 * An account that was never verified makes room; one that was is left alone.
 *
 * @returns the uuid of the one that was there and is not any more.
 */
export async function makeRoom(tx: Queryable, email: string): Promise<{ isTaken: boolean; dropped: string | null }> {
  const [existing] = await tx.query<{ id: bigint; uuid: string; email_verified: boolean }>(FIND, [email.toLowerCase()])
  if (!existing || existing.email_verified) return { isTaken: existing !== undefined, dropped: null }
  await tx.query(DROP, [existing.id])
  return { isTaken: false, dropped: existing.uuid }
}

/**
 * @returns the code that proves the address; null where there is such an account.
 */
export async function signUp(tx: Queryable, secretKey: SecretKeys, input: SignUp): Promise<string | null> {
  const { email, hashed, ...names } = input
  if ((await makeRoom(tx, email)).isTaken) return null
  const { id } = await addUser(tx, secretKey, { email, ...names })
  await setPassword(tx, id, hashed)
  const code = randomBytes(32).toString('base64url')
  await tx.query(STORE_CODE, [id, hashToken(code)])
  return code
}

const OF_CODE = sql(`
  select id, moderated, is_rejected from users where verification_hash = $1 and not email_verified for update`)
const USE = sql('update users set verification_hash = null where id = $1')

/** @param isModerated an operator decides who comes in. @returns what became of the account; null: the code is not good. */
export async function proveAddress(
  tx: Queryable,
  code: string,
  isModerated: boolean,
): Promise<'accepted' | 'waiting' | null> {
  const [user] = await tx.query<{ id: bigint; moderated: boolean; is_rejected: boolean }>(OF_CODE, [hashToken(code)])
  if (!user) return null
  await tx.query(USE, [user.id])
  await verifyUser(tx, user.id)
  if (isModerated) return 'waiting'
  await acceptUser(tx, user.id, 'auto_moderation')
  return 'accepted'
}
