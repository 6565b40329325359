import type { Database } from '../db/database.ts'
import { idOf, type SecretKeys } from '../identity/secret-keys.ts'
import { openToken, opensWith, sealToken } from '../identity/tokens.ts'
import { countOthers, SORTS, type Sealed, type Sort } from './sealed.ts'

/** In one transaction: whoever signs in meanwhile waits for no more than that. */
const BATCH = 200

export interface Resealed {
  /** By the name of what was sealed anew. */
  readonly done: Readonly<Record<string, number>>
  /** None of the keys opens them. */
  readonly lost: readonly string[]
  /** Sealed meanwhile, by a process that does not seal under the first key yet. */
  readonly left: bigint
}

/**
 * Seals under the first key whatever is sealed under another one, in steps, while services run. It may be killed and run
 * again: what is done is not done twice.
 */
export async function reseal(database: Database, keys: SecretKeys): Promise<Resealed> {
  const lost: string[] = []
  const done: Record<string, number> = {}
  for (const sort of SORTS) {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    done[sort.name] = await resealAll(database, keys, sort, lost)
  }
  const others = await countOthers(database, [idOf(keys.first)])
  return { done, lost, left: others - BigInt(lost.length) }
}

async function resealAll(database: Database, keys: SecretKeys, sort: Sort, lost: string[]): Promise<number> {
  let count = 0
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop
    const rows = await database.query<Sealed>(sort.read, [[idOf(keys.first)], after, BATCH])
    const last = rows.at(-1)
    if (!last) return count
    after = last.id
    const opened = rows.filter(({ owner, sealed }) => opensWith(keys, owner, sealed))
    lost.push(...rows.filter((row) => !opened.includes(row)).map(({ owner }) => `${sort.name}: ${owner}`))
    // oxlint-disable-next-line no-await-in-loop
    count += await write(database, keys, sort, opened)
  }
}

function write(database: Database, keys: SecretKeys, sort: Sort, rows: readonly Sealed[]): Promise<number> {
  const ids = rows.map(({ id }) => id)
  const fresh = rows.map(({ owner, sealed }) => sealToken(keys, owner, openToken(keys, owner, sealed)))
  return database.transaction(async (tx) => {
    await tx.query(sort.lock, [ids])
    return (await tx.query(sort.write, [ids, rows.map(({ sealed }) => sealed), fresh])).length
  })
}
