import { Random } from '../model/random.ts'
import type { Finding } from './check.ts'
import { EMBEDDED_FAULTS, GIVEN_FAULTS, type Circumstances } from './faults.ts'
import type { Noise } from './http-proxy.ts'
import { ServiceProcess } from './processes.ts'
import { playRound, type RoundReport } from './round.ts'
import { openEmbeddedStage, openGivenStage, type EmbeddedStage, type GivenStage, type Stage } from './stage.ts'

type GivenFault = keyof typeof GIVEN_FAULTS
type EmbeddedFault = keyof typeof EMBEDDED_FAULTS
export type FaultName = GivenFault | EmbeddedFault

export const FAULT_NAMES: readonly FaultName[] = [
  ...(Object.keys(GIVEN_FAULTS) as GivenFault[]),
  ...(Object.keys(EMBEDDED_FAULTS) as EmbeddedFault[]),
]

/** Each kind as often as the others, in an order of the seed's. */
export function drawFaults(rounds: number, seed: number): FaultName[] {
  const random = new Random(seed)
  const drawn: FaultName[] = []
  let left: FaultName[] = []
  while (drawn.length < rounds) {
    if (left.length === 0) left = [...FAULT_NAMES]
    drawn.push(...left.splice(random.below(left.length), 1))
  }
  return drawn
}

export interface CampaignOptions {
  readonly seed: number
  /** One after the other. */
  readonly faults: readonly FaultName[]
  readonly signal: AbortSignal
  readonly onRound?: (round: number, fault: FaultName, report: RoundReport) => void
}

export interface CampaignReport {
  readonly rounds: number
  readonly kills: number
  /** Calls that were answered by a serial, at once or when they were recovered. */
  readonly acknowledged: number
  /** Of the first round in which something broke: what comes after it would prove nothing. */
  readonly findings: readonly Finding[]
  /** Where the database and the journal of that round are. */
  readonly kept: string | null
}

export async function runCampaign({ seed, faults, signal, onRound }: CampaignOptions): Promise<CampaignReport> {
  const stages = new Stages(new Random(seed, 0))
  const total = { rounds: 0, kills: 0, acknowledged: 0 }
  try {
    for (const name of faults) {
      if (signal.aborted) break
      const round = total.rounds + 1
      const { stage, noise, run } = await stages.of(name)
      const options = { prefix: `${seed}.${round}`, random: new Random(seed, round), signal, noise, fault: run }
      const report = await playRound(stage, options).catch((error: unknown) => brokenBy(error))
      if (signal.aborted) break
      total.rounds = round
      total.kills += report.kills
      total.acknowledged += report.acknowledged + report.recovered
      onRound?.(round, name, report)
      if (report.findings.length > 0) return { ...total, findings: report.findings, kept: stage.keep() }
    }
    return { ...total, findings: [], kept: null }
  } finally {
    await stages.close()
  }
}

function brokenBy(error: unknown): RoundReport {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { kills: 0, acknowledged: 0, recovered: 0, refused: 0, findings: [{ kind: 'answer', what }] }
}

interface Scene {
  readonly stage: Stage
  readonly noise: Noise
  readonly run: (circumstances: Circumstances) => Promise<number>
}

/** Opened when a round needs them, and used by all that follow: what one round leaves, the next one finds. */
class Stages {
  readonly #random: Random
  #given: GivenStage | null = null
  #embedded: EmbeddedStage | null = null

  constructor(random: Random) {
    this.#random = random
  }

  async of(name: FaultName): Promise<Scene> {
    if (isGiven(name)) {
      const stage = (this.#given ??= await openGivenStage(this.#random))
      const fault = GIVEN_FAULTS[name]
      return { stage, noise: fault.noise, run: (circumstances) => fault.run(stage, circumstances) }
    }
    if (!this.#embedded) {
      this.#embedded = await openEmbeddedStage(this.#random)
      await expectSecondRefused(this.#embedded)
    }
    const stage = this.#embedded
    const fault = EMBEDDED_FAULTS[name]
    return { stage, noise: fault.noise, run: (circumstances) => fault.run(stage, circumstances) }
  }

  async close(): Promise<void> {
    await this.#embedded?.[Symbol.asyncDispose]()
    await this.#given?.[Symbol.asyncDispose]()
  }
}

const isGiven = (name: FaultName): name is GivenFault => name in GIVEN_FAULTS

/** Two services on one directory would be two servers on one database: the second must not come up. */
async function expectSecondRefused({ services }: EmbeddedStage): Promise<void> {
  const second = new ServiceProcess(['--listen', '127.0.0.1:0', ...(services[0]?.args ?? [])])
  if (await second.ready) {
    await second.stop()
    throw new Error('A second service started on the directory of another one')
  }
  const { code, stderr } = await second.exited
  if (code !== 1 || !stderr.includes('Another service uses this directory'))
    throw new Error(`A second service on one directory ended with code ${code} and said: ${stderr}`)
}
