import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'

/** How operators name a user: by id, e-mail address (in any case) or uuid. */
export type UserName = bigint | string

/** An account as operators see it; without password, tokens and codes. Names are those of the administration's documents. */
export interface Account {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
  readonly username: string
  readonly first_name: string
  readonly last_name: string
  readonly affiliation: string | null
  readonly metadata: object
  readonly is_admin: boolean
  readonly email_verified: boolean
  readonly moderated: boolean
  readonly is_rejected: boolean
  readonly rejected_reason: string | null
  readonly accepted_policy: string | null
  readonly is_active: boolean
  readonly deactivated_reason: string | null
  readonly has_signed_terms: boolean
  readonly date_signed_terms: Date | null
  readonly default_project: string | null
  readonly token_created: Date | null
  readonly token_expires: Date | null
  readonly verified_at: Date | null
  readonly moderated_at: Date | null
  readonly deactivated_at: Date | null
  readonly activation_sent: Date | null
  readonly date_joined: Date
  readonly last_login: Date | null
  readonly updated: Date
  readonly groups: readonly string[]
}

const READ = `
  select id, uuid, email, username, first_name, last_name, affiliation, metadata, is_admin, email_verified, moderated, is_rejected,
         rejected_reason, accepted_policy, is_active, deactivated_reason, has_signed_terms, date_signed_terms, default_project,
         token_created, token_expires, verified_at, moderated_at, deactivated_at, verification_sent as activation_sent, date_joined,
         last_login, updated,
         array(select g.name from user_groups as ug join groups as g on g.id = ug.group_id
                where ug.user_id = users.id order by g.id) as groups
    from users`
const BY_ID = sql(`${READ} where id = $1`)
/** A login name goes before an address, which several may have; each by its index. */
const NAMED = `
  select id, 0 as place from users where uuid = $1 or username = $2
   union all
  select id, 1 from users where lower(email) = $2 and username <> $2`
const BY_NAME = sql(`${NAMED} order by place limit 3`)
const LOCK_BY_ID = sql('select id from users where id = $1 for update')

/** A longer number is no id. */
const ID = /^\d{1,18}$/
const idOf = (name: UserName): bigint | null => (typeof name === 'bigint' ? name : ID.test(name) ? BigInt(name) : null)
const valuesOf = (name: string): [uuid: string, username: string] => [name, name.trim().toLowerCase()]

/** @throws {Refused} unknown: there is no such user. Source: administration specification, 1.2. */
export async function findUser(on: Queryable, name: UserName): Promise<Account> {
  const [account] = await on.query<Account>(BY_ID, [await idNamed(on, name)])
  if (!account) throw noSuchUser(name)
  return account
}

/**
 * As it is from now on until the transaction ends: nobody else changes it meanwhile. After projects and memberships, if those
 * are locked, too.
 *
 * @throws {Refused} unknown: there is no such user, or not any more; conflict: several have that address.
 */
export async function lockUser(tx: Queryable, name: UserName): Promise<Account> {
  const [locked] = await tx.query<{ id: bigint }>(LOCK_BY_ID, [await idNamed(tx, name)])
  if (!locked) throw noSuchUser(name)
  // Once it is locked, since a row that was waited for would be read in part as it was before.
  return findUser(tx, locked.id)
}

async function idNamed(on: Queryable, name: UserName): Promise<bigint> {
  const id = idOf(name)
  if (id !== null) return id
  const [first, second] = await on.query<{ id: bigint; place: number }>(BY_NAME, valuesOf(String(name)))
  if (!first) throw noSuchUser(name)
  if (second && second.place === first.place)
    throw new Refused('conflict', `user: several accounts have the address ${name}: name one by its id`)
  return first.id
}

function noSuchUser(name: UserName): Refused {
  if (idOf(name) !== null) return new Refused('unknown', 'Invalid user ID')
  if (/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(String(name)))
    return new Refused('unknown', 'Invalid user UUID')
  return new Refused('unknown', `Unknown user with email '${name}'`)
}
