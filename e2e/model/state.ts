import type { Database } from '../../packages/server/src/db/database.ts'
import { sql } from '../../packages/server/src/db/statement.ts'
import { parseExact } from 'astakosclient/wire'
import { canonical } from './canonical.ts'
import { nameOf, type Model } from './model.ts'
import { shown } from './steps.ts'

/** What is stored, as sorted lines of text: easy to compare, and to read where they differ. */
export interface State {
  readonly holdings: readonly string[]
  readonly pending: readonly string[]
  readonly log: readonly string[]
  readonly keys: readonly string[]
}

const HOLDINGS = sql('select holder, source, resource, "limit", usage_min, usage_max from holdings')
const PENDING = sql(`
  select c.serial, c.component, c.name,
         array(select json_build_array(h.holder, h.source, h.resource, p.quantity::text)
                 from unnest(c.holdings, c.quantities) with ordinality as p (holding, quantity, n)
                 join holdings as h on h.id = p.holding
                order by p.n) as provisions
    from commissions as c`)
const LOG = sql(`
  select r.serial, r.component, r.name, case when r.accepted then 'ACCEPT:' else 'REJECT:' end || r.reason as reason,
         array(select json_build_array(l.holder, l.source, l.resource, l.delta_quantity::text, l."limit"::text,
                                       l.usage_min::text, l.usage_max::text)
                 from provision_log as l
                where l.serial = r.serial and l.reason = case when r.accepted then 'ACCEPT:' else 'REJECT:' end || r.reason
               ) as provisions
    from resolutions as r`)
const KEYS = sql('select component, key, status, body, serial from idempotency_keys')

interface Holding {
  holder: string
  source: string | null
  resource: string
  limit: bigint
  usage_min: bigint
  usage_max: bigint
}
interface Commission {
  serial: bigint
  component: string
  name: string
  reason: string
  provisions: (string | null)[][]
}
interface Key {
  component: string
  key: string
  status: number
  body: string
  serial: bigint | null
}

/** Read while nothing runs: these are four looks. */
export async function readState(database: Database): Promise<State> {
  const [holdings, pending, log, keys] = await Promise.all([
    database.query<Holding>(HOLDINGS),
    database.query<Commission>(PENDING),
    database.query<Commission>(LOG),
    database.query<Key>(KEYS),
  ])
  return {
    holdings: holdings.map((h) => shown([h.holder, h.source, h.resource, h.limit, h.usage_min, h.usage_max])).sort(),
    pending: pending
      .map(({ serial, component, name, provisions }) => shown([serial, component, name, provisions.map(numbered)]))
      .sort(),
    log: log
      .map(({ serial, component, name, reason, provisions }) =>
        shown([serial, component, name, reason, provisions.map((p) => shown(numbered(p))).sort()]),
      )
      .sort(),
    keys: keys
      .map(({ component, key, status, body, serial }) =>
        shown([`${component} ${key}`, status, canonical(parseExact(body)), serial]),
      )
      .sort(),
  }
}

/** Key first, then numbers, which came as text. */
function numbered([holder, source, resource, ...numbers]: readonly (string | null)[]): unknown[] {
  return [holder, source, resource, ...numbers.map((text) => BigInt(text ?? 0))]
}

export function stateOf(model: Model): State {
  return {
    holdings: [...model.counters.values()]
      .map(({ holder, source, resource, limit, min, max }) => shown([holder, source, resource, limit, min, max]))
      .sort(),
    pending: [...model.pending.values()]
      .map(({ serial, by, name, provisions }) =>
        shown([serial, by, name, provisions.map((p) => [p.holder, p.source, p.resource, p.quantity])]),
      )
      .sort(),
    log: model.log
      .map(({ serial, component, name, reason, provisions }) => shown([serial, component, name, reason, provisions]))
      .sort(),
    keys: [...model.keys]
      .map(([key, { status, body, serial }]) => shown([key, status, canonical(body), serial]))
      .sort(),
  }
}

/** What stands in one and not in the other. */
export function differences(expected: State, found: State): string[] {
  return (['holdings', 'pending', 'log', 'keys'] as const).flatMap((part) => {
    const [wanted, there] = [new Set(expected[part]), new Set(found[part])]
    return [
      ...expected[part].filter((line) => !there.has(line)).map((line) => `${part}: expected ${line}`),
      ...found[part].filter((line) => !wanted.has(line)).map((line) => `${part}: found ${line}`),
    ]
  })
}

/** Limit and counters of each holding by its name. */
export function countersOf({ holdings }: State): Map<string, { limit: bigint; min: bigint; max: bigint }> {
  return new Map(
    holdings.map((line) => {
      const [holder, source, resource, limit, min, max] = JSON.parse(line) as [
        string,
        string | null,
        string,
        string,
        string,
        string,
      ]
      const big = (text: string): bigint => BigInt(text.slice(0, -1))
      return [nameOf({ holder, source, resource }), { limit: big(limit), min: big(min), max: big(max) }]
    }),
  )
}
