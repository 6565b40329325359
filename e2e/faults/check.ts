import type { Database } from '../../packages/server/src/db/database.ts'
import { sql } from '../../packages/server/src/db/statement.ts'
import { brokenInvariants } from '../model/invariants.ts'
import { issueMessage, read, type Desk } from './calls.ts'
import { send } from './http.ts'
import type { Call, Provision } from './journal.ts'

export type Kind = 'lost' | 'doubled' | 'half-applied' | 'sums' | 'answer'

export interface Finding {
  readonly kind: Kind
  readonly what: string
}

interface Effect {
  readonly serial: bigint
  readonly component: string
  readonly key: string
  readonly state: 'pending' | 'accepted' | 'rejected'
  readonly provisions: string
}

/** One row for each thing that a commission did, with what it charges in words, in a fixed order. */
const EFFECTS = sql(`
  with effects as (
    select serial, component, name, 'pending' as state, holdings, quantities from commissions
     union all
    select serial, component, name, case when accepted then 'accepted' else 'rejected' end, holdings, quantities
      from resolutions
  )
  select e.serial, e.component, substr(e.name, 7) as key, e.state, p.provisions
    from effects as e
    left join lateral (
      select string_agg(h.holder || ' ' || coalesce(h.source, '-') || ' ' || h.resource || ' ' || p.quantity, ', '
                        order by h.holder || ' ' || coalesce(h.source, '-') || ' ' || h.resource collate "C") as provisions
        from unnest(e.holdings, e.quantities) as p (holding, quantity)
        left join holdings as h on h.id = p.holding
    ) as p on true
   order by e.serial`)

/** The journal against the database: what was acknowledged is there, once, whole, and nothing else is. */
export async function checkDatabase(
  database: Database,
  calls: ReadonlyMap<string, Call>,
  components: readonly string[],
): Promise<Finding[]> {
  const findings: Finding[] = []
  const found = (kind: Kind, what: string): void => void findings.push({ kind, what })
  const effects = await database.query<Effect>(EFFECTS)
  const acknowledged = [...calls.values()].filter(({ decision }) => decision?.serial).length
  if (effects.length !== acknowledged)
    found('sums', `${effects.length} serials are reserved, and ${acknowledged} were acknowledged or recovered`)
  const byKey = grouped(effects)
  for (const call of calls.values()) {
    const { key, decision } = call
    const [effect, ...more] = byKey.get(key) ?? []
    byKey.delete(key)
    if (more.length > 0) found('doubled', `${key} has ${more.length + 1} effects`)
    if (!decision) {
      found('answer', `${key} was never decided`)
    } else if (decision.serial === null) {
      if (effect) found('doubled', `${key} was refused by ${decision.status}, and ${effect.serial} is ${effect.state}`)
    } else if (!effect) {
      found('lost', `${decision.serial} of ${key} was acknowledged, and is not there`)
    } else {
      for (const [kind, what] of compare(call, decision.serial, effect, components)) found(kind, `${key}: ${what}`)
    }
  }
  for (const [key, [effect]] of byKey) found('doubled', `Nobody asked for ${effect?.serial} of ${key}`)
  for (const what of await brokenInvariants(database)) found(what.startsWith('key') ? 'half-applied' : 'sums', what)
  return findings
}

function grouped(effects: readonly Effect[]): Map<string, Effect[]> {
  const groups = new Map<string, Effect[]>()
  for (const effect of effects) groups.set(effect.key, [...(groups.get(effect.key) ?? []), effect])
  return groups
}

function compare(call: Call, serial: number, effect: Effect, components: readonly string[]): [Kind, string][] {
  const problems: [Kind, string][] = []
  if (effect.serial !== BigInt(serial))
    problems.push(['doubled', `${serial} was acknowledged, and it is ${effect.serial}`])
  if (effect.component !== components[call.component]) problems.push(['half-applied', `it is of ${effect.component}`])
  const expected = call.state ?? 'pending'
  if (effect.state !== expected)
    problems.push(['lost', `${serial} was acknowledged as ${expected}, and is ${effect.state}`])
  if (call.state && !call.autoAccept && !call.attempted.has(call.state))
    problems.push(['doubled', `${serial} is ${call.state}, and nobody asked for that`])
  const whole = inWords(call.provisions)
  if (effect.provisions !== whole)
    problems.push(['half-applied', `it charges ${effect.provisions} instead of ${whole}`])
  return problems
}

/** Those of one holding are one. */
function inWords(provisions: readonly Provision[]): string {
  const sums = new Map<string, number>()
  for (const { holder, source, resource, quantity } of provisions) {
    const name = `${holder} ${source ?? '-'} ${resource}`
    sums.set(name, (sums.get(name) ?? 0) + quantity)
  }
  return [...sums]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, quantity]) => `${name} ${quantity}`)
    .join(', ')
}

const COUNTERS = sql(`
  select h.holder, h.source, h.resource, h.usage_max as usage, h.usage_max - h.usage_min as pending
    from holdings as h
   where h.source is not null and h.resource like 'faults.%'`)

interface Counter {
  readonly holder: string
  readonly source: string
  readonly resource: string
  readonly usage: bigint
  readonly pending: bigint
}

type Quotas = Record<string, Record<string, Record<string, { usage: number; pending: number } | undefined> | undefined>>

/** What the service tells is what is stored. */
export async function checkReads(desk: Desk, database: Database, calls: ReadonlyMap<string, Call>): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const index of desk.world.components.keys()) {
    const expected = [...calls.values()]
      .filter(({ component, state, decision }) => component === index && state === null && decision?.serial)
      .map(({ decision }) => decision?.serial ?? 0)
    const pending = (await read(desk, index, 'commissions')) as number[]
    if (pending.join() !== expected.toSorted((a, b) => a - b).join())
      findings.push({ kind: 'answer', what: `Pending are ${expected.length}, and the service lists ${pending.length}` })
  }
  const quotas = (await read(desk, 0, 'service_quotas')) as Quotas
  for (const { holder, source, resource, usage, pending } of await database.query<Counter>(COUNTERS)) {
    const told = quotas[holder.replace('user:', '')]?.[source.replace('project:', '')]?.[resource]
    if (told?.usage !== Number(usage) || told.pending !== Number(pending)) {
      const what = `${holder} has ${usage} of ${resource}, ${pending} of it pending, and the service tells ${JSON.stringify(told)}`
      findings.push({ kind: 'answer', what })
    }
  }
  return findings
}

/** Every call once more: the same answer, said to be a replay. That nothing is done again, the database tells. */
export async function checkReplays(desk: Desk, calls: Iterable<Call>): Promise<Finding[]> {
  const findings: Finding[] = []
  const queue = [...calls]
  await Promise.all(
    Array.from({ length: 24 }, async () => {
      for (let call = queue.pop(); call; call = queue.pop()) {
        const { status, headers, body } = await send(desk.origin(), issueMessage(desk.world, call))
        const isReplay = headers['idempotency-replayed'] === 'true' && headers['idempotency-key'] === call.key
        if (status === call.decision?.status && body === call.decision.body && isReplay) continue
        const before = `${call.decision?.status} ${call.decision?.body}`
        findings.push({ kind: 'doubled', what: `${call.key} was ${before}, and its replay is ${status} ${body}` })
      }
    }),
  )
  return findings
}
