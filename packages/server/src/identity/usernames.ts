import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'

interface Row {
  uuid: string
  username: string
}

const BY_UUID = sql('select uuid, username from users where uuid = any($1::text[])')
const BY_USERNAME = sql('select uuid, username from users where username = any($1::text[])')

/** Login names by uuid; unknown ones are missing. Source: identity specification, 3. */
export async function usernamesOf(on: Queryable, uuids: readonly string[]): Promise<[string, string][]> {
  if (uuids.length === 0) return []
  const rows = await on.query<Row>(BY_UUID, [uuids])
  return rows.map(({ uuid, username }) => [uuid, username])
}

/** Uuids by login name, whatever its case; under each name as it was asked for. I-6. */
export async function uuidsOf(on: Queryable, names: readonly string[]): Promise<[string, string][]> {
  if (names.length === 0) return []
  const asked = new Set(names)
  const rows = await on.query<Row>(BY_USERNAME, [[...new Set([...asked].map((name) => name.toLowerCase()))]])
  const uuids = new Map(rows.map(({ uuid, username }) => [username, uuid]))
  return [...asked].flatMap((name) => {
    const uuid = uuids.get(name.toLowerCase())
    return uuid === undefined ? [] : [[name, uuid] as [string, string]]
  })
}

// Written into the statement, since a plan for any limit is one for a large one.
const PAGE_SIZE = 2000
const PAGE = sql(`select id, uuid, username from users where id > $1 order by id limit ${PAGE_SIZE}`)

/** Everybody, a page at a time: there may be millions. */
export async function* allUsernames(on: Queryable): AsyncGenerator<[string, string][], void, undefined> {
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop -- a page after the other
    const rows = await on.query<Row & { id: bigint }>(PAGE, [after])
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(({ uuid, username }) => [uuid, username])
    after = last.id
  }
}
