import { Loader } from '../db/loader.ts'
import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'

interface Row {
  uuid: string
  username: string
}

const BY_UUID = sql('select uuid, username from users where uuid = any($1::text[])')
const BY_USERNAME = sql('select uuid, username from users where username = any($1::text[])')

type Pairs = readonly (readonly [string, string])[]

/** Translates names both ways; those that are asked for at once are looked up together. Source: identity specification, 3. */
export class Usernames {
  readonly #byUuid: Loader<readonly string[], ReadonlyMap<string, string>>
  readonly #byUsername: Loader<readonly string[], ReadonlyMap<string, string>>

  constructor(database: Queryable) {
    this.#byUuid = forAll(async (uuids) => {
      const rows = await database.query<Row>(BY_UUID, [uuids])
      return rows.map(({ uuid, username }) => [uuid, username])
    })
    this.#byUsername = forAll(async (usernames) => {
      const rows = await database.query<Row>(BY_USERNAME, [usernames])
      return rows.map(({ uuid, username }) => [username, uuid])
    })
  }

  /** Login names by uuid; unknown ones are missing. */
  async usernamesOf(uuids: readonly string[]): Promise<Pairs> {
    if (uuids.length === 0) return []
    const usernames = await this.#byUuid.load(uuids)
    return uuids.flatMap((uuid) => pair(uuid, usernames.get(uuid)))
  }

  /** Uuids by login name, whatever its case; under each name as it was asked for. I-6. */
  async uuidsOf(names: readonly string[]): Promise<Pairs> {
    if (names.length === 0) return []
    const uuids = await this.#byUsername.load(names.map((name) => name.toLowerCase()))
    return names.flatMap((name) => pair(name, uuids.get(name.toLowerCase())))
  }
}

function pair(key: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[key, value]]
}

/** One statement for the lists of all callers; each finds its own in the same map. */
function forAll(
  read: (keys: readonly string[]) => Promise<Pairs>,
): Loader<readonly string[], ReadonlyMap<string, string>> {
  return new Loader<readonly string[], ReadonlyMap<string, string>>(async (lists) => {
    const found = new Map(await read([...new Set(lists.flat())]))
    return lists.map(() => found)
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
