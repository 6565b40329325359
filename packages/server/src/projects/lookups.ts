import { sql, type Queryable } from '../db/statement.ts'

const ACCEPTED_USER = sql('select id from users where uuid = $1 and moderated and not is_rejected')

/** Who may own a project. */
export async function acceptedUserId(on: Queryable, uuid: string): Promise<bigint | null> {
  const [row] = await on.query<{ id: bigint }>(ACCEPTED_USER, [uuid])
  return row?.id ?? null
}

const VISIBLE = sql('select name from resources where api_visible and name = any($1::text[])')

/** Those of the resources that the API shows. */
export async function visibleAmong(on: Queryable, names: readonly string[]): Promise<Set<string>> {
  const rows = await on.query<{ name: string }>(VISIBLE, [names])
  return new Set(rows.map(({ name }) => name))
}
