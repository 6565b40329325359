import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../model/random.ts'
import { issue, type Desk } from './calls.ts'
import { until } from './deadline.ts'
import { MUCH_NOISE, SOME_NOISE, type Noise } from './http-proxy.ts'
import { send } from './http.ts'
import { familyOf, isGone } from './processes.ts'
import type { EmbeddedStage, GivenStage, Service } from './stage.ts'
import { intentOf } from './worker.ts'

export interface Circumstances {
  readonly random: Random
  /** The load ends with it, and what only the load can bring about does not come. */
  readonly signal: AbortSignal
  /** For probes: they are journaled too. They go past the noise. */
  readonly deskAt: (service: Service) => Desk
  /** Of the probes. */
  readonly nextKey: () => string
}

interface Fault<S> {
  readonly noise: Noise
  /** Under load. What it ends runs again when it returns. @returns how many processes it killed. @throws what broke. */
  run(stage: S, circumstances: Circumstances): Promise<number>
}

const service: Fault<GivenStage> = {
  noise: SOME_NOISE,
  async run({ services }, { random }) {
    const killed = random.chance(0.3) ? services : [random.pick(services)]
    await Promise.all(killed.map((one) => one.kill()))
    await sleep(random.below(400))
    await Promise.all(killed.map((one) => one.start()))
    return killed.length
  },
}

const postgres: Fault<GivenStage> = {
  noise: SOME_NOISE,
  async run(stage, circumstances) {
    await stage.killPostgres()
    const keys = await Promise.all(stage.services.map((one) => expectUnavailable(one, circumstances)))
    await stage.startPostgres()
    await Promise.all(stage.services.map((one, index) => expectBack(one, keys[index] ?? '', circumstances)))
    return 1
  },
}

/** Enough for both sides of a COMMIT. */
const CUTS = 6

const commit: Fault<GivenStage> = {
  noise: SOME_NOISE,
  async run({ commits, http }, { random, signal }) {
    const [before, unknownBefore] = [commits.cuts, http.unknown]
    commits.fate = () => random.weighted({ pass: 80, before: 10, after: 10 })
    try {
      await until(`${CUTS} connections are cut at a COMMIT`, () => signal.aborted || commits.cuts >= before + CUTS)
    } finally {
      commits.fate = () => 'pass'
    }
    await until('the service says that it does not know', () => signal.aborted || http.unknown > unknownBefore)
    return 0
  },
}

const network: Fault<GivenStage> = {
  noise: MUCH_NOISE,
  async run(_, { random }) {
    await sleep(800 + random.below(800))
    return 0
  },
}

const embeddedService: Fault<EmbeddedStage> = {
  noise: SOME_NOISE,
  async run(stage, { random }) {
    const family = familyOf(await stage.postgresPid())
    await stage.services[0]?.kill()
    const gone = until(`no process of PostgreSQL is left of ${family.join(', ')}`, () => family.every(isGone))
    // A supervisor would not wait.
    if (random.chance(0.5)) await gone
    await Promise.all([gone, stage.services[0]?.start()])
    return 1
  },
}

const embeddedPostgres: Fault<EmbeddedStage> = {
  noise: SOME_NOISE,
  async run(stage, circumstances) {
    const [only] = stage.services
    if (!only) throw new Error('There is no service')
    const pid = await stage.postgresPid()
    process.kill(pid, 'SIGKILL')
    await until('the service has started another PostgreSQL', async () => {
      // The file is away for a moment.
      const now = await stage.postgresPid().catch(() => pid)
      return isGone(pid) && now !== pid && now > 0
    })
    const { nextKey, deskAt } = circumstances
    const intent = intentOf(stage.world, nextKey(), 0, circumstances.random)
    deskAt(only).journal.write({ at: 'intend', intent })
    await expectBack(only, intent.key, circumstances)
    return 1
  },
}

export const GIVEN_FAULTS = { service, postgres, commit, network }
export const EMBEDDED_FAULTS = { 'embedded service': embeddedService, 'embedded postgres': embeddedPostgres }

/** While its database is away a service says so, and lives. @returns the key of a call that was not decided. */
async function expectUnavailable(one: Service, { deskAt, nextKey, random }: Circumstances): Promise<string> {
  await until('a service without a database says 503', async () => (await health(one, 'ready')) === 503)
  const live = await health(one, 'live')
  if (live !== 200) throw new Error(`A service without a database answers ${live} when asked whether it lives`)
  const desk = deskAt(one)
  const intent = intentOf(desk.world, nextKey(), 0, random)
  desk.journal.write({ at: 'intend', intent })
  const issued = await issue(desk, intent)
  if (issued) throw new Error(`A service without a database answers ${issued.status} to an issue`)
  return intent.key
}

/** It comes back by itself, and decides the call that it could not decide. */
async function expectBack(one: Service, key: string, { deskAt }: Circumstances): Promise<void> {
  const desk = deskAt(one)
  const intent = desk.journal.read().get(key)
  if (!intent) throw new Error(`Nobody journaled ${key}`)
  await until('a service finds its database again', async () => (await health(one, 'ready')) === 200)
  await until('a service decides again', async () => (await issue(desk, intent)) !== null)
}

async function health(one: Service, what: 'ready' | 'live'): Promise<number> {
  return (await send(one.origin, { method: 'GET', path: `/health/${what}`, headers: {}, body: '' })).status
}
