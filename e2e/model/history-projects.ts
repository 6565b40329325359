import type { Database } from '../../packages/server/src/db/database.ts'
import { sql } from '../../packages/server/src/db/statement.ts'
import { messageIn, numberIn, textIn } from './answers.ts'
import { wasPossible, type CrowdCall, type Entry } from './crowd.ts'
import { shown } from './steps.ts'
import type { Request } from './steps-projects.ts'
import { userOf } from './universe-projects.ts'

/** What came of it, read when nothing runs. */
export interface End {
  readonly projects: readonly { readonly uuid: string; readonly log: readonly Logged[] }[]
  readonly applications: readonly { readonly id: bigint; readonly project: string; readonly state: string }[]
  readonly memberships: readonly {
    readonly id: bigint
    readonly user: string
    readonly project: string
    readonly log: readonly Logged[]
  }[]
}

interface Logged {
  readonly from: string | null
  readonly to: string
  readonly by: string | null
  readonly reason: string | null
}

const logOf = (table: 'project' | 'membership', id: string): string => `
  array(select json_build_object('from', l.from_state, 'to', l.to_state, 'by', a.uuid, 'reason', l.reason)
          from ${table}_log as l
          left join users as a on a.id = l.actor_id
         where l.${table}_id = ${id}
         order by l.id) as log`
const PROJECTS = sql(`select p.uuid, ${logOf('project', 'p.id')} from projects as p`)
const APPLICATIONS = sql(
  'select a.id, p.uuid as project, a.state from applications as a join projects as p on p.id = a.project_id order by a.id',
)
const MEMBERSHIPS = sql(`
  select m.id, u.uuid as user, p.uuid as project, ${logOf('membership', 'm.id')}
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id`)

export async function readEnd(database: Database): Promise<End> {
  const [projects, applications, memberships] = await Promise.all([
    database.query<End['projects'][number]>(PROJECTS),
    database.query<End['applications'][number]>(APPLICATIONS),
    database.query<End['memberships'][number]>(MEMBERSHIPS),
  ])
  return { projects, applications, memberships }
}

const ALIVE = ['active', 'suspended']
const ACCEPTED = ['accepted', 'leave_requested', 'suspended']
const APART = [null, 'rejected', 'cancelled', 'removed']

/** Project specification, 2.1, and membership specification, 2: what a call that was done has made of what. */
const MOVES: Readonly<Record<string, { readonly from: readonly (string | null)[]; readonly to: readonly string[] }>> = {
  suspend: { from: ['active'], to: ['suspended'] },
  unsuspend: { from: ['suspended'], to: ['active'] },
  terminate: { from: ALIVE, to: ['terminated'] },
  reinstate: { from: ['terminated'], to: ['active'] },
  accept: { from: ['requested'], to: ['accepted'] },
  reject: { from: ['requested'], to: ['rejected'] },
  cancel: { from: ['requested'], to: ['cancelled'] },
  leave: { from: ACCEPTED, to: ['removed', 'leave_requested'] },
  remove: { from: ACCEPTED, to: ['removed'] },
}

/** Why a call was refused, and which state of the thing explains it. */
const OF_PROJECT: readonly (readonly [message: RegExp, fits: (state: string | null) => boolean])[] = [
  [/is not alive\.$/, (state) => !ALIVE.includes(state ?? '')],
  [/is suspended\.$/, (state) => state === 'suspended'],
  [/is not suspended\.$/, (state) => state !== 'suspended'],
  [/is not terminated\.$/, (state) => state !== 'terminated'],
  [/uninitialized project\.$/, (state) => state === 'uninitialized' || state === 'deleted'],
]
const OF_MEMBERSHIP: typeof OF_PROJECT = [
  [/^This is not a valid membership request\.$/, (state) => state !== 'requested'],
  [/^This is not an accepted membership\.$/, (state) => !ACCEPTED.includes(state ?? '')],
  [/^Request or membership already exists\.$/, (state) => !APART.includes(state)],
  [/^Membership already exists\.$/, (state) => ACCEPTED.includes(state ?? '')],
]

/** @returns what nothing explains: answers without an effect, effects without an answer, refusals without a reason. */
export function explainProjects(calls: readonly CrowdCall[], end: End): string[] {
  return [...ofReasons(calls, end), ...ofEntries(calls, end), ...ofApplications(calls, end), ...ofRefusals(calls, end)]
}

type WithReason = Extract<Request, { kind: 'project' | 'member' }>
const isWithReason = (request: Request): request is WithReason =>
  request.kind === 'project' || request.kind === 'member'

/** Each call has a reason of its own, so the logs tell what it did. */
function ofReasons(calls: readonly CrowdCall[], { projects, memberships }: End): string[] {
  const entries = new Map<string, { readonly what: string; readonly logged: Logged }[]>()
  const note = (what: string, log: readonly Logged[]): void => {
    for (const logged of log)
      entries.set(logged.reason ?? '', [...(entries.get(logged.reason ?? '') ?? []), { what, logged }])
  }
  for (const { uuid, log } of projects) note(uuid, log)
  for (const { id, log } of memberships) note(id.toString(), log)
  return calls.flatMap(({ request, answer }) => {
    if (!isWithReason(request)) return []
    const made = entries.get(request.reason) ?? []
    if (answer.status !== 200)
      return made.length > 0 ? [`effect: ${shown(request)} was refused (${answer.status}) and is in the log`] : []
    const [entry] = made
    if (made.length !== 1 || !entry)
      return [`effect: ${shown(request)} was done and is ${made.length} times in the log`]
    const { logged, what } = entry
    const { from, to } = MOVES[request.action] as (typeof MOVES)[string]
    const about = request.kind === 'project' ? request.project : request.membership.toString()
    if (what !== about || logged.by !== request.by) return [`effect: ${shown(request)} is logged as ${shown(entry)}`]
    return from.includes(logged.from) && to.includes(logged.to)
      ? []
      : [`effect: ${shown(request)} made ${shown(logged)}`]
  })
}

/** Joins and enrolments have no reason; they are counted. */
function ofEntries(calls: readonly CrowdCall[], { memberships }: End): string[] {
  const accepts = new Set(calls.flatMap(({ request }) => (request.kind === 'member' ? [request.reason] : [])))
  return memberships.flatMap(({ id, user, project, log }) => {
    const done = calls.filter(({ answer }) => answer.status === 200 && numberIn(answer, 'id') === id)
    const joined = done.filter(({ request }) => request.kind === 'join' && request.by === user)
    const enrolled = done.filter(({ request }) => request.kind === 'enroll' && userOf(request.email) === user)
    const requested = log.filter(({ to }) => to === 'requested').length
    const admitted = log.filter(
      ({ from, to, reason }) => to === 'accepted' && from !== 'suspended' && !accepts.has(reason ?? ''),
    ).length
    const problems: string[] = []
    if (project === user) return []
    if (joined.length !== requested)
      problems.push(`effect: ${user} joined ${project} ${joined.length} times and it is ${requested} times in the log`)
    if (admitted < enrolled.length || admitted > enrolled.length + joined.length)
      problems.push(`effect: ${enrolled.length} enrolled ${user} in ${project}, and ${admitted} times it is in the log`)
    return problems
  })
}

const ENDS: Readonly<Record<string, string>> = { approve: 'approved', deny: 'denied', cancel: 'cancelled' }
const SHOWN: Readonly<Record<string, string>> = {
  'Pending review': 'pending',
  Approved: 'approved',
  Replaced: 'replaced',
  Denied: 'denied',
  Dismissed: 'dismissed',
  Cancelled: 'cancelled',
}

/** An application ends once, by one call. */
function ofApplications(calls: readonly CrowdCall[], { applications }: End): string[] {
  const problems: string[] = []
  for (const { id, project, state } of applications) {
    const entries = applicationLog(calls, id, applications)
    const last = entries.at(-1)?.to
    if (last !== state) problems.push(`effect: application ${id} of ${project} is ${state}, and was made ${last}`)
    const ended = entries.filter(({ to }) => Object.values(ENDS).includes(to) || to === 'replaced')
    if (ended.length > 1) problems.push(`effect: application ${id} ended as ${ended.map(({ to }) => to).join(' and ')}`)
    for (const call of calls) {
      if (call.request.kind !== 'decide' || call.request.application !== id) continue
      const named = /in state '(.*)'$/.exec(messageIn(call.answer) ?? '')?.[1]
      if (named !== undefined && !wasPossible(call, null, entries, (at) => at === SHOWN[named]))
        problems.push(`refusal: ${shown(call.request)} found it ${named}, which it can not have been`)
    }
  }
  return problems
}

function applicationLog(calls: readonly CrowdCall[], id: bigint, applications: End['applications']): Entry[] {
  const submitted = calls.find(({ answer }) => numberIn(answer, 'application') === id) ?? null
  const done = calls.filter(
    ({ request, answer }) => request.kind === 'decide' && request.application === id && answer.status === 200,
  )
  const actionOf = ({ request }: CrowdCall): string => (request.kind === 'decide' ? request.action : '')
  const ended = done.filter((call) => actionOf(call) in ENDS)
  const { project, state } = applications.find((other) => other.id === id) ?? {}
  const next = applications.find((other) => other.project === project && other.id > id)
  const replacing = calls.find(({ answer }) => next !== undefined && numberIn(answer, 'application') === next.id)
  return [
    { to: 'pending', call: submitted },
    ...ended.map((call) => ({ to: ENDS[actionOf(call)] ?? '', call })),
    // A modification takes its place where nobody has decided before.
    ...(state === 'replaced' && replacing ? [{ to: 'replaced', call: replacing }] : []),
    ...done.filter((call) => actionOf(call) === 'dismiss').map((call) => ({ to: 'dismissed', call })),
  ]
}

/** A state that explains the refusal was there at some moment of the call. */
function ofRefusals(calls: readonly CrowdCall[], end: End): string[] {
  const byReason = new Map(
    calls.flatMap((call) => ('reason' in call.request ? [[call.request.reason, call] as const] : [])),
  )
  const entriesOf = (log: readonly Logged[]): Entry[] =>
    log.map(({ to, reason }) => ({ to, call: byReason.get(reason ?? '') ?? null }))
  const projects = new Map(end.projects.map(({ uuid, log }) => [uuid, entriesOf(log)]))
  const members = new Map(
    end.memberships.map(({ id, user, log }) => [id, withJoins(entriesOf(log), joinsOf(calls, id, user))]),
  )
  const idOf = new Map(end.memberships.map(({ id, user, project }) => [`${user} ${project}`, id]))
  const projectOf = new Map(end.memberships.map(({ id, project }) => [id, project]))

  return calls.flatMap((call) => {
    const { request, answer } = call
    const message = messageIn(answer)
    if (message === null || (answer.status !== 409 && answer.status !== 404)) return []
    const membership = membershipIn(request, idOf)
    const project =
      'project' in request && request.project !== null ? request.project : projectOf.get(membership ?? -1n)
    const of = (about: typeof OF_PROJECT): ((state: string | null) => boolean) | undefined =>
      about.find(([pattern]) => pattern.test(message))?.[1]
    const [ofProject, ofMember] = [of(OF_PROJECT), answer.status === 409 ? of(OF_MEMBERSHIP) : undefined]
    const problems: string[] = []
    if (ofProject && !wasPossible(call, 'uninitialized', projects.get(project ?? '') ?? [], ofProject))
      problems.push(`refusal: ${shown(request)} was answered by ${message}`)
    if (ofMember && !wasPossible(call, null, members.get(membership ?? -1n) ?? [], ofMember))
      problems.push(`refusal: ${shown(request)} was answered by ${message}`)
    const taken = /already exists \(id: (.*)\)$/.exec(message)?.[1]
    const isAlive = (state: string | null): boolean => ALIVE.includes(state ?? '')
    if (taken !== undefined && !wasPossible(call, 'uninitialized', projects.get(taken) ?? [], isAlive))
      problems.push(`refusal: ${shown(request)} met ${taken}, which can not have been alive`)
    return problems
  })
}

function joinsOf(calls: readonly CrowdCall[], id: bigint, user: string): CrowdCall[] {
  return calls.filter(
    ({ request, answer }) =>
      request.kind === 'join' && request.by === user && answer.status === 200 && numberIn(answer, 'id') === id,
  )
}

/** Which join made which request nobody knows, but the third request was not made before three joins were sent. */
function withJoins(entries: readonly Entry[], joins: readonly CrowdCall[]): Entry[] {
  const inOrder = (numbers: number[]): number[] => numbers.sort((a, b) => a - b)
  const [sent, received] = [inOrder(joins.map((call) => call.sent)), inOrder(joins.map((call) => call.received))]
  let nth = -1
  return entries.map((entry) => {
    if (entry.to !== 'requested') return entry
    nth += 1
    const [from, until] = [sent[nth], received[nth]]
    return from === undefined || until === undefined ? entry : { ...entry, call: { sent: from, received: until } }
  })
}

function membershipIn(request: Request, idOf: ReadonlyMap<string, bigint>): bigint | undefined {
  switch (request.kind) {
    case 'member':
    case 'membership':
      return request.membership
    case 'join':
      return idOf.get(`${request.by} ${request.project}`)
    case 'enroll':
      return idOf.get(`${userOf(request.email)} ${request.project}`)
    default:
      return undefined
  }
}

/** What a call says that it made, for others to name. */
export function madeBy({ request, answer }: CrowdCall): { project: string; application: bigint } | null {
  const [project, application] = [textIn(answer, 'id'), numberIn(answer, 'application')]
  const isSubmission = request.kind === 'create' || request.kind === 'modify'
  return isSubmission && answer.status === 201 && project !== null && application !== null
    ? { project, application }
    : null
}
