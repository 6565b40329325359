import { setTimeout as pause } from 'node:timers/promises'
import { sql } from '../../packages/server/src/db/statement.ts'
import { notAllowed } from './allowed.ts'
import { numberIn } from './answers.ts'
import type { Crowd } from './concurrent.ts'
import type { CrowdCall } from './crowd.ts'
import { projectsOverHttp, type DriveProjects } from './drive-projects.ts'
import { explainProjects, madeBy, readEnd, type End } from './history-projects.ts'
import { brokenInvariants } from './invariants.ts'
import { brokenProjectInvariants, tooManyMembers } from './invariants-projects.ts'
import { changeAccount } from './program-projects.ts'
import { Races, type Arena } from './races.ts'
import { Random } from './random.ts'
import type { ServiceProcess } from './service-process.ts'
import type { Specs } from './specs.ts'
import type { Stage } from './stage.ts'
import { countersOf, readState } from './state.ts'
import type { Request } from './steps-projects.ts'
import { ADMIN, beginProjectsAgain } from './universe-projects.ts'

export interface ProjectCrowdPlayed {
  readonly calls: readonly CrowdCall[]
  readonly end: End
  readonly problems: readonly string[]
}

/** Nobody forces anything here, so what a charge left behind was within its limit. */
const PASSED = sql(`
  select serial || ' left ' || holder || ' ' || resource || ' at ' || usage_max || ' of ' || "limit" as what
    from provision_log
   where component = 'model' and name = any($1::text[]) and delta_quantity > 0 and usage_max > "limit"`)

/** A member whose account comes and goes. */
const UNSTEADY = 'dan'

/**
 * Many connections to several processes over one database, all at once, with races on purpose. Chance decides who wins, so
 * what is looked at is whether all of it can have happened: each answer is one that there is, has the effect that it says
 * and no other, and each refusal has a reason; and the invariants hold at every moment.
 */
export async function playProjectsTogether(
  seed: number,
  { connections, steps }: Crowd,
  { database, tokens }: Stage,
  services: readonly { readonly process: ServiceProcess; readonly baseUrl: string }[],
): Promise<ProjectCrowdPlayed> {
  await beginProjectsAgain(database)
  await Promise.all(services.map(({ process }) => process.forget()))
  const drives = services.map(({ baseUrl }) => projectsOverHttp(baseUrl, tokens))
  const driveOf = (connection: number): DriveProjects => drives[connection % drives.length] as DriveProjects

  const calls: CrowdCall[] = []
  const problems = new Set<string>()
  let clock = 0
  let working = true
  const ask = async (connection: number, request: Request): Promise<CrowdCall> => {
    const sent = ++clock
    const answer = await driveOf(connection)(request)
    const call = { connection, request, answer, sent, received: ++clock }
    calls.push(call)
    return call
  }

  const arena = await openArena((request) => ask(0, request))
  const races = new Races(arena)
  const work = async (connection: number): Promise<void> => {
    const random = new Random(seed, connection)
    for (let step = 0; step < steps; step += 1) races.learn(await ask(connection, races.next(random)))
  }
  const look = async (): Promise<void> => {
    const found = await Promise.all([
      brokenInvariants(database),
      brokenProjectInvariants(database),
      tooManyMembers(database, arena.strict),
    ])
    for (const line of found.flat()) problems.add(line)
  }
  const watch = async (): Promise<void> => {
    while (working) {
      await pause(50)
      await look()
    }
  }
  /** The operator, who may be told to come again: nothing was done then. */
  const operate = async (): Promise<void> => {
    while (working) {
      for (const kind of ['deactivate', 'activate'] as const) {
        await pause(100)
        await changeAccount(database, { kind, user: UNSTEADY }).catch((error: unknown) => {
          if (!isDeadlock(error)) problems.add(`account: ${kind} failed: ${String(error)}`)
          return kind === 'activate' ? changeAccount(database, { kind, user: UNSTEADY }) : undefined
        })
      }
    }
  }

  const others = [watch(), operate()]
  try {
    await Promise.all(Array.from({ length: connections }, (_, connection) => work(connection)))
  } finally {
    working = false
    await Promise.all(others)
  }
  await look()

  // I10: all that is pending can be settled, by any process; then usage is what was accepted.
  const pending = (await readState(database)).pending.map((line) =>
    BigInt((JSON.parse(line) as [string])[0].slice(0, -1)),
  )
  for (const [index, serial] of pending.entries()) {
    const action = index % 3 === 0 ? 'reject' : 'accept'
    const { answer } = await ask(index, { kind: 'settle', by: 'model', action, serial })
    if (answer.status !== 200) problems.add(`I10: the ${action} of ${serial} was answered by ${answer.status}`)
  }
  await look()
  const end = await readEnd(database)
  const passed = await database.query<{ what: string }>(PASSED, [autoAccepted(calls)])
  const found = [
    ...notAllowed(calls),
    ...explainProjects(calls, end),
    ...offSums(calls, countersOf(await readState(database))),
    ...passed.map(({ what }) => `limit: ${what}`),
  ]
  for (const line of found) problems.add(line)
  return { calls, end, problems: [...problems] }
}

function isDeadlock(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === '40P01'
}

function autoAccepted(calls: readonly CrowdCall[]): string[] {
  return calls.flatMap(({ request }) =>
    request.kind === 'charge' && request.autoAccept ? [`charge ${request.id}`] : [],
  )
}

/** Two with few places, and two that open and close. */
async function openArena(ask: (request: Request) => Promise<CrowdCall>): Promise<Arena> {
  const uuids: string[] = []
  const pair = { project_capacity: 8n, member_capacity: 3n }
  const common = {
    end_date: '2040-06-01T00:00:00+00:00',
    owner: 'ann',
    resources: { 'model.vm': pair, 'model.disk': pair },
  }
  const wanted: readonly Specs[] = [
    { ...common, name: 'auto.example.org', join_policy: 'auto', max_members: 2n },
    { ...common, name: 'moderated.example.org', join_policy: 'moderated', leave_policy: 'moderated', max_members: 2n },
    { ...common, name: 'open.example.org', join_policy: 'auto', max_members: 3n },
    { ...common, name: 'strict.example.org', join_policy: 'moderated' },
  ]
  for (const specs of wanted) {
    const made = madeBy(await ask({ kind: 'create', id: 0, by: ADMIN, specs }))
    if (!made) throw new Error(`${specs.name} was not created`)
    const approve = { kind: 'decide', by: ADMIN, action: 'approve', ...made, reason: `opening ${specs.name}` } as const
    await ask(approve)
    uuids.push(made.project)
  }
  return { strict: uuids.slice(0, 2), loose: uuids.slice(2) }
}

/** Of all that components charge: the accepted ones, and no others. */
function offSums(
  calls: readonly CrowdCall[],
  counters: ReadonlyMap<string, { readonly min: bigint; readonly max: bigint }>,
): string[] {
  const settled = new Map(
    calls.flatMap(({ request, answer }) =>
      request.kind === 'settle' && answer.status === 200 ? [[request.serial, request.action] as const] : [],
    ),
  )
  const sums = new Map<string, bigint>()
  for (const { request, answer } of calls) {
    const serial = numberIn(answer, 'serial')
    if (request.kind !== 'charge' || answer.status !== 201 || serial === null) continue
    if (!request.autoAccept && settled.get(serial) !== 'accept') continue
    const { user, project, resource, quantity } = request
    for (const [holder, source] of [
      [`user:${user}`, `project:${project}`],
      [`project:${project}`, null],
    ]) {
      const name = JSON.stringify([holder, source, resource])
      sums.set(name, (sums.get(name) ?? 0n) + quantity)
    }
  }
  return [...counters].flatMap(([name, { min, max }]) => {
    if (name.includes('"astakos.')) return []
    const sum = sums.get(name) ?? 0n
    return min === sum && max === sum ? [] : [`sum: ${name} has ${min} … ${max}, and ${sum} was accepted`]
  })
}
