import { setTimeout as sleep } from 'node:timers/promises'
import { headersOf } from '../faults/calls.ts'
import { checkDatabase, type Finding } from '../faults/check.ts'
import { Random } from '../model/random.ts'
import { charge } from './load.ts'
import { SCENES, type SceneName } from './scenes.ts'
import { openStage, type Stage } from './stage.ts'
import { watch, type Outage } from './watch.ts'

/** For each service. */
const WORKERS = 4

export interface RoundReport {
  readonly scene: SceneName
  /** Commissions that the client was told of. */
  readonly acknowledged: number
  readonly refused: number
  /** Calls that the client gave up, though it comes again. */
  readonly failures: readonly string[]
  /** Of a reader that does not come again. */
  readonly outage: Outage
  /** The longest time in which no commission was acknowledged. */
  readonly pauseSeconds: number
  readonly findings: readonly Finding[]
}

export interface CampaignOptions {
  readonly seed: number
  readonly scenes: readonly SceneName[]
  readonly services: number
  readonly signal: AbortSignal
  readonly onRound?: (round: number, report: RoundReport) => void
}

/** @returns a report for each round, up to the first in which something broke. */
export async function runCampaign({
  seed,
  scenes,
  services,
  signal,
  onRound,
}: CampaignOptions): Promise<RoundReport[]> {
  await using stage = await openStage(services)
  const reports: RoundReport[] = []
  for (const [index, scene] of scenes.entries()) {
    if (signal.aborted) break
    // oxlint-disable-next-line no-await-in-loop
    const report = await playRound(stage, scene, `${seed}.${index + 1}`, new Random(seed, index + 1))
    reports.push(report)
    onRound?.(index + 1, report)
    if (report.findings.length > 0 || report.failures.length > 0) break
  }
  return reports
}

async function playRound(stage: Stage, scene: SceneName, prefix: string, random: Random): Promise<RoundReport> {
  const { world, authUrl, journal, balancer } = stage
  const failures: string[] = []
  let isOver = false
  let [last, pauseMs] = [performance.now(), 0]
  const load = {
    world,
    authUrl,
    journal,
    onFailure: (what: string) => void failures.push(what),
    onIssued() {
      const now = performance.now()
      pauseMs = Math.max(pauseMs, now - last)
      last = now
    },
  }
  const reader = watch(balancer.origin, '/astakos/account/v1.0/commissions', headersOf(world, 0))
  const workers = Promise.all(
    Array.from({ length: WORKERS * stage.services.length }, (_, n) =>
      charge(load, `${prefix}-${n}`, new Random(random.below(2 ** 31), n), () => isOver),
    ),
  )
  // That it fails is told below; until then nobody waits for it.
  workers.catch(() => undefined)
  let outage: Outage
  try {
    await sleep(500)
    await SCENES[scene](stage, random)
    await sleep(300)
  } finally {
    isOver = true
    await workers
    outage = await reader.stop()
  }
  const calls = journal.read()
  const own = [...calls.values()].filter(({ key }) => key.startsWith(`${prefix}-`))
  const components = world.components.map(({ name }) => name)
  return {
    scene,
    acknowledged: own.filter(({ decision }) => decision?.serial).length,
    refused: own.filter(({ decision }) => decision?.serial === null).length,
    failures,
    outage,
    pauseSeconds: pauseMs / 1000,
    findings: await stage.ask((database) => checkDatabase(database, calls, components)),
  }
}
