import { randomBytes } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'
import { renewToken } from './users.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** A password is set, or forgotten and set anew with a code that a mail brings. Source: identity specification, 1.2 and 8.4. */

const SET = sql('update users set password = $2 where id = $1')

/** @param hashed from `hashPassword`. */
export async function setPassword(tx: Queryable, userId: bigint, hashed: string): Promise<void> {
  await tx.query(SET, [userId, hashed])
}

const FIND = sql(`
  select id, email from users where username = $1 and email_verified and moderated and not is_rejected and is_active
     for update`)
const STORE_CODE = sql(`
  insert into password_resets (code_hash, user_id, expires) values ($1, $2, now() + interval '1 hour')`)
const CODES_MAX = 3
const COUNT_CODES = sql('select count(*) as codes from password_resets where user_id = $1 and expires > now()')

export interface ResetCode {
  readonly email: string
  readonly code: string
}

/** Of many at once each sees the others. @returns null: nobody who could use one, or there are enough on their way. */
export async function newResetCode(tx: Queryable, name: string): Promise<ResetCode | null> {
  const [user] = await tx.query<{ id: bigint; email: string }>(FIND, [name.trim().toLowerCase()])
  if (!user) return null
  const [row] = await tx.query<{ codes: bigint }>(COUNT_CODES, [user.id])
  if ((row?.codes ?? 0n) >= CODES_MAX) return null
  const code = randomBytes(32).toString('base64url')
  await tx.query(STORE_CODE, [hashToken(code), user.id])
  return { email: user.email, code }
}

const OPEN = sql(`
  select u.id, u.uuid, u.email
    from password_resets as r
    join users as u on u.id = r.user_id
   where r.code_hash = $1 and r.expires > now() and u.is_active`)
const USE = sql('delete from password_resets where user_id = $1 returning code_hash')
const CLEAN = sql('delete from password_resets where expires < now()')

export interface ResetHolder {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
}

export async function holderOfResetCode(on: Queryable, code: string): Promise<ResetHolder | null> {
  const [row] = await on.query<ResetHolder>(OPEN, [hashToken(code)])
  return row ?? null
}

/**
 * With the code all others of the account are used up, and its token is renewed, which ends its sessions: somebody else may
 * have had them. @returns whether the code was good.
 */
export async function resetPassword(
  tx: Queryable,
  secretKey: SecretKeys,
  { code, hashed, tokenExpires }: { readonly code: string; readonly hashed: string; readonly tokenExpires: Date },
): Promise<boolean> {
  const holder = await holderOfResetCode(tx, code)
  if (!holder) return false
  const used = await tx.query<{ code_hash: Buffer }>(USE, [holder.id])
  // Of two at once the second finds none.
  if (!used.some(({ code_hash }) => code_hash.equals(hashToken(code)))) return false
  await setPassword(tx, holder.id, hashed)
  await renewToken(tx, secretKey, holder.uuid, tokenExpires)
  return true
}

/**
 * By an operator: codes that are on their way are used up, and the token is renewed, which ends sessions and access tokens of OAuth2.
 * The new token is shown to nobody; the user finds it after signing in.
 */
export async function replacePassword(
  tx: Queryable,
  secretKey: SecretKeys,
  { id, uuid }: { readonly id: bigint; readonly uuid: string },
  { hashed, tokenExpires }: { readonly hashed: string; readonly tokenExpires: Date },
): Promise<void> {
  await tx.query(USE, [id])
  await setPassword(tx, id, hashed)
  await renewToken(tx, secretKey, uuid, tokenExpires)
}

const FORGET = sql('update users set verification_hash = null where id = $1')

/** Those that were mailed to an address that is not the account's any more, of both kinds. */
export async function forgetCodes(tx: Queryable, userId: bigint): Promise<void> {
  await tx.query(FORGET, [userId])
  await tx.query(USE, [userId])
}

export async function cleanUpResets(on: Queryable): Promise<void> {
  await on.query(CLEAN)
}
