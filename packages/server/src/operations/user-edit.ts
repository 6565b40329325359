import { stringifyExact } from 'astakosclient/wire'
import { isUniqueViolation } from '../db/errors.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'

/** What is known of an account changes. Source: identity specification, 1.1; administration specification, 2.3. */
export interface UserChange {
  /** The login name is this address in lower case, from now on. */
  readonly email?: string
  readonly firstName?: string
  readonly lastName?: string
  readonly affiliation?: string | null
  readonly metadata?: object
}

/** A code on its way to another address proves nothing of this one. */
const CHANGE = sql(`
  update users
     set email = coalesce($2, email),
         username = coalesce($3, username),
         first_name = coalesce($4, first_name),
         last_name = coalesce($5, last_name),
         affiliation = case when $6 then $7 else affiliation end,
         metadata = coalesce($8::jsonb, metadata),
         verification_hash = case when $2 <> email then null else verification_hash end
   where id = $1`)
const DROP_RESET_CODES = sql(`
  delete from password_resets where user_id in (select id from users where id = $1 and email <> $2)`)

/**
 * What is not given stays. Codes that were sent to another address are void from now on.
 *
 * @throws {Refused} conflict: another account has that login name, whatever the case; the transaction is of no use then.
 */
export async function changeUser(tx: Queryable, id: bigint, change: UserChange): Promise<void> {
  const { email, firstName, lastName, affiliation, metadata } = change
  if (email !== undefined) await tx.query(DROP_RESET_CODES, [id, email])
  const values = [
    id,
    email ?? null,
    email?.toLowerCase() ?? null,
    firstName ?? null,
    lastName ?? null,
    affiliation !== undefined,
    affiliation ?? null,
    metadata === undefined ? null : stringifyExact(metadata),
  ]
  // Asking before would leave room for a race; the index decides.
  await tx.query(CHANGE, values).catch((error: unknown) => {
    throw email !== undefined && isUniqueViolation(error) ? userExists(email) : error
  })
}

export const userExists = (email: string): Refused => new Refused('conflict', `User '${email}' already exists`)
