import { setTimeout as pause } from 'node:timers/promises'
import { sql } from '../../packages/server/src/db/statement.ts'
import { overHttp, type Drive } from './drive.ts'
import { explain, serialOf, type Call } from './history.ts'
import { brokenInvariants } from './invariants.ts'
import { nameOf } from './model.ts'
import { Random } from './random.ts'
import type { ServiceProcess } from './service-process.ts'
import type { Stage } from './stage.ts'
import { countersOf, readState } from './state.ts'
import type { Issue, Provision, Request, Sync } from './steps.ts'
import { beginAgain, change, COMPONENTS, HOLDINGS, RESOURCES, USERS, type HoldingName } from './universe.ts'

export interface Crowd {
  readonly connections: number
  readonly steps: number
}

export interface CrowdPlayed {
  readonly calls: readonly Call[]
  readonly problems: readonly string[]
}

/** Nobody forces its holdings and nobody changes its limits, so that no limit of it may ever be passed. */
const STRICT = 'p0'
const LOOSE = 'p1'

const isStrict = ({ holder, source }: HoldingName): boolean =>
  holder === `project:${STRICT}` || source === `project:${STRICT}`
const STRICT_HOLDINGS = HOLDINGS.filter(isStrict)

const PASSED = sql(`
  select 'limit: ' || holder || ' ' || resource || ' has ' || usage_max || ' of ' || "limit" as what
    from holdings
   where $1 in (holder, source) and usage_max > "limit"
   union all
  select 'limit: ' || serial || ' left ' || holder || ' ' || resource || ' at ' || usage_max || ' of ' || "limit"
    from provision_log
   where $1 in (holder, source) and usage_max > "limit"`)

/**
 * Many connections to several processes over one database, all at once, while limits change and invariants are looked
 * at. Chance decides the order, so a seed brings back what was asked, not what came of it.
 */
export async function playTogether(
  seed: number,
  { connections, steps }: Crowd,
  stage: Stage,
  services: readonly { readonly process: ServiceProcess; readonly baseUrl: string }[],
): Promise<CrowdPlayed> {
  const { database } = stage
  const start = [limits(STRICT, 20n, 8n), limits(LOOSE, 15n, 6n)]
  await beginAgain(database, start)
  await Promise.all(services.map(({ process }) => process.forget()))
  const fixed = new Map([...countersOf(await readState(database))].map(([name, { limit }]) => [name, limit] as const))
  for (const holding of HOLDINGS) if (!isStrict(holding)) fixed.delete(nameOf(holding))

  const calls: Call[] = []
  const problems = new Set<string>()
  const wishes = new Wishes()
  let clock = 0
  let working = true
  const ask = async (connection: number, drive: Drive, request: Request): Promise<Call> => {
    const sent = ++clock
    const answer = await drive(request)
    const call = { connection, request, answer, sent, received: ++clock }
    calls.push(call)
    return call
  }
  const driveOf = (connection: number, random: Random): Drive => {
    const { baseUrl } = services[connection % services.length] as { baseUrl: string }
    return overHttp(baseUrl, stage.tokens, () => random.below(64))
  }
  const work = async (connection: number): Promise<void> => {
    const random = new Random(seed, connection)
    const drive = driveOf(connection, random)
    for (let step = 0; step < steps; step += 1) wishes.learn(await ask(connection, drive, wishes.next(random)))
  }
  const look = async (): Promise<void> => {
    const found = await Promise.all([
      brokenInvariants(database),
      database.query<{ what: string }>(PASSED, [`project:${STRICT}`]),
    ])
    for (const line of [...found[0], ...found[1].map(({ what }) => what)]) problems.add(line)
  }
  const watch = async (): Promise<void> => {
    for (const random = new Random(seed, -1); working;) {
      await pause(20)
      await change(database, limits(LOOSE, BigInt(random.below(30)), BigInt(random.below(10)), random.chance(0.8)))
      await look()
    }
  }

  const watching = watch()
  try {
    await Promise.all(Array.from({ length: connections }, (_, connection) => work(connection)))
  } finally {
    working = false
    await watching
  }
  await look()
  const middle = explain(calls, await readState(database), fixed)

  // I10: all that is pending can be settled, by any process.
  const random = new Random(seed, -2)
  const pending = (await readState(database)).pending.map((line) => JSON.parse(line) as [string, string])
  for (const [index, [serial, by]] of pending.entries()) {
    const request: Request = {
      kind: 'act',
      by,
      action: random.pick(['accept', 'reject']),
      serial: BigInt(serial.slice(0, -1)),
    }
    const { answer } = await ask(connections + (index % 2), driveOf(index, random), request)
    if (answer.status !== 200) problems.add(`I10: ${serial} of ${by} was answered by ${answer.status}`)
  }
  await look()
  const end = await readState(database)
  for (const [name, { min, max }] of countersOf(end))
    if (min !== max) problems.add(`I2: nothing is pending, and ${name} has ${min} … ${max}`)
  for (const line of [...middle, ...explain(calls, end, fixed)]) problems.add(line)
  return { calls, problems: [...problems] }
}

function limits(project: string, ofProject: bigint, member: bigint, isActive = true): Sync {
  return {
    kind: 'sync',
    project,
    state: isActive ? 'active' : 'suspended',
    capacities: RESOURCES.map((resource) => ({ resource, project: ofProject, member })),
    members: USERS.map((user) => ({ user, state: 'accepted' as const })),
  }
}

/** What the connections ask for: the same keys and the same serials as each other, so that they get in each other's way. */
class Wishes {
  readonly #keyed: Issue[] = []
  readonly #known: { readonly serial: bigint; readonly by: string }[] = []
  #count = 0

  next(random: Random): Request {
    const kind = random.weighted({ issue: 55, copy: 10, act: 20, resolve: 12, list: 3 })
    const by = random.pick(COMPONENTS)
    switch (kind) {
      case 'issue':
        return this.#issue(random, by)
      case 'copy': {
        const first = this.#keyed.at(-1 - random.below(6))
        if (!first) return this.#issue(random, by)
        // Sometimes the key is taken for something else.
        return random.chance(0.85)
          ? first
          : { ...first, provisions: [...first.provisions, provision(random, STRICT_HOLDINGS)] }
      }
      case 'act': {
        const { serial, by: owner } = this.#pick(random)
        return {
          kind,
          by: random.chance(0.9) ? owner : by,
          action: random.pick(['accept', 'accept', 'reject']),
          serial,
        }
      }
      case 'resolve': {
        const picked = Array.from({ length: 1 + random.below(4) }, () => this.#pick(random))
        const serials = picked.map(({ serial }) => serial)
        const at = random.below(serials.length + 1)
        return { kind, by: picked[0]?.by ?? by, accept: serials.slice(0, at), reject: serials.slice(at) }
      }
      case 'list':
        return { kind, by }
    }
  }

  learn(call: Call): void {
    const serial = serialOf(call)
    if (serial !== null && !call.answer.replayed) this.#known.push({ serial, by: call.request.by })
  }

  #pick(random: Random): { serial: bigint; by: string } {
    return this.#known.at(-1 - random.below(30)) ?? { serial: BigInt(random.below(1000)), by: random.pick(COMPONENTS) }
  }

  #issue(random: Random, by: string): Issue {
    const id = ++this.#count
    const key = random.chance(0.4) ? `crowd-${id}` : null
    const force = random.chance(0.15)
    const holdings = force
      ? HOLDINGS.filter((holding) => !isStrict(holding))
      : random.chance(0.6)
        ? STRICT_HOLDINGS
        : HOLDINGS
    const issue: Issue = {
      kind: 'issue',
      id,
      by,
      provisions: Array.from({ length: 1 + random.below(3) }, () => provision(random, holdings)),
      name: key === null ? '' : `keyed ${key}`,
      force,
      autoAccept: random.chance(0.25),
      key,
    }
    if (key !== null) this.#keyed.push(issue)
    return issue
  }
}

function provision(random: Random, holdings: readonly HoldingName[]): Provision {
  const size = BigInt(random.below(4))
  return { ...random.pick(holdings), quantity: random.chance(0.45) ? -size : size }
}
