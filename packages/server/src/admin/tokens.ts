import { sql, type Queryable } from '../db/statement.ts'
import { generateToken, hashToken } from '../identity/tokens.ts'

/** Tokens of the admin API are a kind of their own: stored as hashes alone and shown once. */
export interface AdminToken {
  readonly name: string
  readonly scopes: readonly string[]
}

const FIND = sql(`
  select name, scopes from admin_tokens where token_hash = $1 and (expires is null or expires > now())`)

/** Null: there is none, or it has expired. */
export async function findAdminToken(on: Queryable, token: string): Promise<AdminToken | null> {
  const [row] = await on.query<AdminToken>(FIND, [hashToken(token)])
  return row ?? null
}

const ADD = sql(`
  insert into admin_tokens (name, token_hash, scopes, expires)
  values ($1, $2, $3, $4)
      on conflict (name) do nothing
  returning id`)

export interface AdminTokenInput extends AdminToken {
  readonly expires: Date | null
}

/** @returns the token; null: the name is taken. */
export async function addAdminToken(tx: Queryable, { name, scopes, expires }: AdminTokenInput): Promise<string | null> {
  const token = generateToken()
  const rows = await tx.query(ADD, [name, hashToken(token), scopes, expires])
  return rows.length > 0 ? token : null
}

const REMOVE = sql('delete from admin_tokens where name = $1 returning scopes, expires')

export async function removeAdminToken(tx: Queryable, name: string): Promise<Omit<AdminTokenInput, 'name'> | null> {
  const [row] = await tx.query<Omit<AdminTokenInput, 'name'>>(REMOVE, [name])
  return row ?? null
}

const LIST = sql('select name, scopes, created, expires from admin_tokens order by id')

export interface ListedAdminToken extends AdminTokenInput {
  readonly created: Date
}

export function listAdminTokens(on: Queryable): Promise<ListedAdminToken[]> {
  return on.query<ListedAdminToken>(LIST)
}
