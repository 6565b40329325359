import { sql, type Queryable } from '../db/statement.ts'
import { timeOf } from '../db/time.ts'
import type { AccessHolder } from '../identity/access.ts'
import { hashToken } from '../identity/tokens.ts'
import { randomText } from './random-text.ts'

/** Access tokens of OAuth2: short-lived, and good for nothing but being validated. Source: OAuth2 specification, 5 and 6. */

const TOKEN_LENGTH = 30

const LOCK_USER = sql('select id from users where id = $1 and is_active for share')

/**
 * The user goes first, as with a new token of the user and with signing out, which end codes: otherwise each could wait for
 * the other, or something could be granted that nobody ends. @returns whether there is such a user.
 */
export async function lockGranter(tx: Queryable, userId: bigint): Promise<boolean> {
  return (await tx.query(LOCK_USER, [userId])).length > 0
}

/** In one statement: of two that come with one code at once, the second waits for the first and finds it used. */
const REDEEM = sql(`
  with code as (
    update oauth2_codes
       set used = true
     where code_hash = $1 and not used and expires > now()
    returning code_hash, user_id, client_id, scope
  )
  insert into oauth2_tokens (token_hash, code_hash, user_id, client_id, scope, expires)
  select $2, code_hash, user_id, client_id, scope, now() + $3::double precision * interval '1 millisecond' from code
  returning token_hash`)

/** @returns the token, or null where the code is used up, or its user not active any more. */
export async function redeemCode(
  tx: Queryable,
  { hash, userId }: { readonly hash: Buffer; readonly userId: bigint },
  lifeMs: number,
): Promise<string | null> {
  if (!(await lockGranter(tx, userId))) return null
  const token = randomText(TOKEN_LENGTH)
  const [issued] = await tx.query(REDEEM, [hash, hashToken(token), lifeMs])
  return issued ? token : null
}

const REVOKE = sql('delete from oauth2_tokens where code_hash = $1')

/** A code came twice, so somebody else has it: what it was redeemed for ends. Source: RFC 6749, 4.1.2. */
export async function revokeTokensOf(tx: Queryable, codeHash: Buffer): Promise<void> {
  await tx.query(REVOKE, [codeHash])
}

const END_CODES = sql('delete from oauth2_codes where user_id = $1')
const END_TOKENS = sql('delete from oauth2_tokens where user_id = $1')

/** With signing out and with the user's token. Codes first: one that is just redeemed is waited for. */
export async function endGrantsOf(tx: Queryable, userId: bigint): Promise<void> {
  await tx.query(END_CODES, [userId])
  await tx.query(END_TOKENS, [userId])
}

const FIND = sql(`
  select t.scope, t.expires <= now() as "hasExpired", extract(epoch from t.expires)::text as expires, u.uuid,
         u.first_name || ' ' || u.last_name as "realName", u.default_project as "defaultProject",
         (select coalesce(json_agg(json_build_object('id', g.id::text, 'name', g.name) order by g.id), '[]'::json)
            from user_groups as ug
            join groups as g on g.id = ug.group_id
           where ug.user_id = u.id) as roles
    from oauth2_tokens as t
    join users as u on u.id = t.user_id
   where t.token_hash = $1 and u.is_active`)
const FORGET = sql('delete from oauth2_tokens where token_hash = $1 and expires <= now()')

export interface GrantedAccess {
  readonly scope: string
  readonly holder: AccessHolder
}

/** Null: unknown, or, A-10, of somebody who is not active. What has expired is told once. */
export async function findAccess(on: Queryable, token: string): Promise<GrantedAccess | 'expired' | null> {
  const hash = hashToken(token)
  const [row] = await on.query<AccessHolder & { scope: string; hasExpired: boolean }>(FIND, [hash])
  if (!row) return null
  if (row.hasExpired) {
    await on.query(FORGET, [hash])
    return 'expired'
  }
  const { scope, hasExpired: _, ...holder } = row
  return { scope, holder: { ...holder, expires: timeOf(row.expires) } }
}

const CLEAN_CODES = sql("delete from oauth2_codes where expires < now() - interval '1 hour'")
const CLEAN_TOKENS = sql("delete from oauth2_tokens where expires < now() - interval '1 hour'")

/** Later than they expire: a second use of a code is still noticed, and it is still told that a token has expired. */
export async function cleanUpGrants(on: Queryable): Promise<void> {
  await on.query(CLEAN_CODES)
  await on.query(CLEAN_TOKENS)
}
