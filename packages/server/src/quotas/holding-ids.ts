import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'
import { keyText, type HoldingKey } from './provision.ts'

const FIND = sql(`
  select k.n - 1 as n, h.id
    from unnest($1::text[], $2::text[], $3::text[]) with ordinality as k (holder, source, resource, n)
    join holdings as h
      on h.holder = k.holder
     and h.source is not distinct from k.source
     and h.resource = k.resource`)

/** Kept in memory; older ones make room. */
const KEPT = 200_000

/** The ids of holdings by their keys. Holdings are never deleted, so what was found once stays true; the rest is asked again. */
export class HoldingIds {
  readonly #ids = new Map<string, bigint>()

  get(key: HoldingKey): bigint | undefined {
    return this.#ids.get(keyText(key))
  }

  /** Looks up those that are not known. */
  async load(on: Queryable, keys: Iterable<HoldingKey>): Promise<void> {
    const unknown = new Map<string, HoldingKey>()
    for (const key of keys) {
      const text = keyText(key)
      if (!this.#ids.has(text)) unknown.set(text, key)
    }
    if (unknown.size === 0) return
    const asked = [...unknown.values()]
    const found = await on.query<{ n: bigint; id: bigint }>(FIND, [
      asked.map(({ holder }) => holder),
      asked.map(({ source }) => source),
      asked.map(({ resource }) => resource),
    ])
    for (const { n, id } of found) this.#keep(keyText(asked[Number(n)] as HoldingKey), id)
  }

  #keep(text: string, id: bigint): void {
    if (this.#ids.size >= KEPT) {
      for (const oldest of this.#ids.keys()) {
        this.#ids.delete(oldest)
        break
      }
    }
    this.#ids.set(text, id)
  }

  /** For a database that was set back to an earlier state. */
  clear(): void {
    this.#ids.clear()
  }
}
