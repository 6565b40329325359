import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'
import { keyOf, keyText, type HoldingKey } from './provision.ts'
import type { EngineRequest } from './requests.ts'

const FIND = sql(`
  select k.n - 1 as n, h.id
    from unnest($1::text[], $2::text[], $3::text[]) with ordinality as k (holder, source, resource, n)
    join holdings as h
      on h.holder = k.holder
     and h.source is not distinct from k.source
     and h.resource = k.resource`)

/** Kept in memory; older ones make room. */
const KEPT = 200_000

/** For each issue the ids of its provisions, in their order. */
export type Named = ReadonlyMap<EngineRequest, readonly (bigint | undefined)[]>

interface Unknown {
  readonly key: HoldingKey
  readonly places: { readonly ids: (bigint | undefined)[]; readonly index: number }[]
}

/**
 * The ids of holdings by their keys. An id is never given twice, so what was found once names that holding or none: whoever
 * locks it sees which. What was not found is asked again.
 */
export class HoldingIds {
  readonly #ids = new Map<string, bigint>()
  #source: object | null = null

  /** Another connection may lead to another server, where what was not replicated has its ids given again. */
  learnFrom(connection: object): void {
    if (this.#source !== connection) this.#ids.clear()
    this.#source = connection
  }

  /**
   * Of each provision of the issues among the requests; undefined for what names no holding. What is not known yet is
   * looked up, in one statement for all.
   */
  async find(on: Queryable, requests: readonly EngineRequest[]): Promise<Named> {
    const named = new Map<EngineRequest, (bigint | undefined)[]>()
    const unknown = new Map<string, Unknown>()
    for (const request of requests) {
      if (request.kind !== 'issue') continue
      const ids: (bigint | undefined)[] = []
      named.set(request, ids)
      for (const [index, provision] of request.provisions.entries()) {
        const key = keyOf(provision)
        const text = key && keyText(key)
        const id = text === null ? undefined : this.#ids.get(text)
        ids.push(id)
        if (text === null || key === null || id !== undefined) continue
        const asked = unknown.get(text)
        if (asked) asked.places.push({ ids, index })
        else unknown.set(text, { key, places: [{ ids, index }] })
      }
    }
    if (unknown.size > 0) await this.#load(on, unknown)
    return named
  }

  async #load(on: Queryable, unknown: ReadonlyMap<string, Unknown>): Promise<void> {
    const asked = [...unknown]
    const found = await on.query<{ n: bigint; id: bigint }>(FIND, [
      asked.map(([, { key }]) => key.holder),
      asked.map(([, { key }]) => key.source),
      asked.map(([, { key }]) => key.resource),
    ])
    for (const { n, id } of found) {
      const [text, { places }] = asked[Number(n)] as [string, Unknown]
      this.#keep(text, id)
      for (const { ids, index } of places) ids[index] = id
    }
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

  /** Those of holdings that are gone. */
  forget(gone: readonly bigint[]): void {
    const ids = new Set(gone)
    for (const [text, id] of this.#ids) if (ids.has(id)) this.#ids.delete(text)
  }

  /** For a database that was set back to an earlier state. */
  clear(): void {
    this.#ids.clear()
  }
}
