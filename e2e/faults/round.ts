import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../model/random.ts'
import { resolveMany, type Desk, type Open } from './calls.ts'
import { checkDatabase, checkReads, checkReplays, type Finding } from './check.ts'
import type { Circumstances } from './faults.ts'
import { QUIET, type Noise } from './http-proxy.ts'
import type { Call, Side } from './journal.ts'
import { recover } from './recovery.ts'
import type { Stage } from './stage.ts'
import { work } from './worker.ts'

const WORKERS = 24

/** The share of all keys that is asked for again, besides those of the round. */
const EARLIER = 0.1

export interface RoundOptions {
  /** All keys of the round begin like that. */
  readonly prefix: string
  readonly random: Random
  readonly signal: AbortSignal
  readonly noise: Noise
  readonly fault: (circumstances: Circumstances) => Promise<number>
}

export interface RoundReport {
  readonly kills: number
  /** Calls that were answered by a serial while the fault was on, and after it. */
  readonly acknowledged: number
  readonly recovered: number
  readonly refused: number
  readonly findings: readonly Finding[]
}

/** Load, a fault in the middle of it, recovery by the journal, and then everything is looked at. */
export async function playRound(stage: Stage, options: RoundOptions): Promise<RoundReport> {
  const { prefix, random, signal } = options
  const findings: Finding[] = []
  const desk = (by: Side, origin: () => string): Desk => ({
    world: stage.world,
    journal: stage.journal,
    by,
    origin,
    onSurprise: (what) => void findings.push({ kind: 'answer', what }),
  })
  const kills = await underLoad(
    stage,
    options,
    desk('worker', () => stage.http.origin),
    {
      random,
      signal,
      deskAt: (service) => desk('worker', () => service.origin),
      nextKey: keys(`${prefix}-probe`),
    },
  )
  stage.http.noise = QUIET

  const after = desk('recovery', () => random.pick(stage.services).origin)
  if (!signal.aborted) await recover(after, stage.journal.read().values(), random)
  // Copies that come when all is settled must do nothing.
  await stage.http.flush()
  const calls = stage.journal.read()
  const own = [...calls.values()].filter(({ key }) => key.startsWith(`${prefix}-`))
  if (!signal.aborted) {
    const earlier = [...calls.values()].filter(() => random.chance(EARLIER))
    findings.push(...(await checkReplays(after, [...own, ...earlier])))
    const components = stage.world.components.map(({ name }) => name)
    findings.push(...(await stage.ask((database) => checkDatabase(database, calls, components))))
    findings.push(...(await stage.ask((database) => checkReads(after, database, calls))))
    for (const what of stage.http.contradictions.splice(0)) findings.push({ kind: 'doubled', what })
  }
  const decided = (side: Side): Call[] =>
    own.filter(({ decision }) => decision?.by === side && decision.serial !== null)
  return {
    kills,
    acknowledged: decided('worker').length,
    recovered: decided('recovery').length,
    refused: own.filter(({ decision }) => decision?.serial === null).length,
    findings,
  }
}

async function underLoad(
  stage: Stage,
  { prefix, random, signal, noise, fault }: RoundOptions,
  desk: Desk,
  circumstances: Circumstances,
): Promise<number> {
  const old = openCalls(stage.journal.read().values())
  let isStopped = false
  const isOver = (): boolean => isStopped || signal.aborted
  stage.http.noise = noise
  const load = Promise.all([
    settleOld(desk, old, random),
    ...Array.from({ length: WORKERS }, (_, n) => work(desk, `${prefix}-${n}`, random, isOver)),
  ])
  // That it fails is told below; until then nobody waits for it.
  load.catch(() => undefined)
  try {
    await sleep(200 + random.below(900))
    const kills = await fault(circumstances)
    await sleep(100 + random.below(400))
    return kills
  } finally {
    isStopped = true
    await load
  }
}

/** What earlier rounds left pending: reservations outlive whoever made them. */
function openCalls(calls: Iterable<Call>): Open[] {
  return [...calls].flatMap(({ key, component, decision, state }) =>
    !decision?.serial || state !== null ? [] : [{ key, component, serial: decision.serial }],
  )
}

async function settleOld({ world, ...desk }: Desk, old: readonly Open[], random: Random): Promise<void> {
  for (const component of world.components.keys()) {
    const own = old.filter((open) => open.component === component)
    const half = random.below(own.length + 1)
    await resolveMany({ world, ...desk }, own.slice(0, half), own.slice(half))
  }
}

function keys(prefix: string): () => string {
  let count = 0
  return () => `${prefix}-${count++}`
}
