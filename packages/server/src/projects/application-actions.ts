import { sql, type Queryable } from '../db/statement.ts'
import type { Mail } from '../mail/mail.ts'
import type { Actor } from './actor.ts'
import { APPLICATION_MACHINE, type ApplicationState, type ApplicationWords } from './application-machine.ts'
import { holderOfName, lockProjectById, type LockedProject } from './locked-project.ts'
import { decide, type Move } from './machine.ts'
import { mailTo, mailToAll } from './mails.ts'
import { changePending, chargePending, pendingCharge } from './pending-applications.ts'
import { changeState } from './project-actions.ts'
import { PROJECT_MACHINE, type ProjectAction, type ProjectWords } from './project-machine.ts'
import { refuseProject } from './refusals.ts'
import { notLastApplication, notPermitted, noSuchApplication, Refused } from './refused.ts'
import { syncLimits } from './sync.ts'
import type { Changed } from '../quotas/lock.ts'

export const APPLICATION_ACTIONS = ['approve', 'deny', 'dismiss', 'cancel'] as const
export type OpenApplicationAction = (typeof APPLICATION_ACTIONS)[number]

export interface ApplicationOrder {
  readonly action: OpenApplicationAction
  /** The project's uuid, as it was given. */
  readonly project: string
  /** Null: no application can have it. */
  readonly application: bigint | null
  /** As it was given, for messages. */
  readonly shown: string
  readonly reason: string
  /** Who hears of applications. */
  readonly recipients: readonly string[]
}

const FIND = sql('select project_id from applications where id = $1')
const READ = sql(`
  select a.id, a.state, a.applicant_id as "applicantId", u.uuid as applicant, u.email as "applicantEmail", a.name
    from applications as a
    join users as u on u.id = a.applicant_id
   where a.id = $1`)

interface Application {
  readonly id: bigint
  readonly state: ApplicationState
  readonly applicantId: bigint
  readonly applicant: string
  readonly applicantEmail: string
  readonly name: string | null
}

/**
 * Source: project specification, 10.2. An application changes under the lock of its project alone.
 *
 * @returns what is to be told by mail once it is committed.
 * @throws {Refused} in this order: there is no such application; it is not the last one of that project; not permitted;
 *   its state forbids it; the name is taken.
 */
export async function actOnApplication(tx: Queryable, actor: Actor, order: ApplicationOrder): Promise<Mail[]> {
  const { action, reason } = order
  const [found] = order.application === null ? [] : await tx.query<{ project_id: bigint }>(FIND, [order.application])
  if (!found) throw noSuchApplication(order.shown)
  const project = await lockProjectById(tx, found.project_id, { registry: action === 'approve' })
  if (project.uuid !== order.project || project.lastApplicationId !== order.application)
    throw notLastApplication(order.shown, order.project)
  const [application] = (await tx.query<Application>(READ, [order.application])) as [Application]

  const { refusal, move } = decide(APPLICATION_MACHINE[action], {
    state: application.state,
    roles: rolesFor(application, actor),
    rules: {},
  })
  if (refusal !== null) throw refusalOf(refusal, order, application.state)
  await record(tx, application, move, actor, reason)
  const changed = await moveProject(tx, project, application, move, actor, reason)
  // One lock over all holdings that change: those of the project, and what counts the applicant's applications.
  const changes = move.effects.includes('release pending')
    ? [{ applicant: application.applicant, by: -1n as const }]
    : []
  if (changed) {
    const charge = await pendingCharge(tx, changes)
    const locked = await syncLimits(tx, changed, { holdings: charge.ids })
    await chargePending(tx, charge, locked, { force: true })
  } else if (changes.length > 0) await changePending(tx, changes, { force: true })
  return mailsOf(move, project, application, order)
}

function rolesFor({ applicantId }: Application, { userId, isAdmin }: Actor): Set<ApplicationWords['role']> {
  const roles = new Set<ApplicationWords['role']>()
  if (isAdmin) roles.add('admin')
  if (userId === applicantId) roles.add('applicant')
  return roles
}

const SHOWN_STATES: Readonly<Record<ApplicationState, string>> = {
  pending: 'Pending review',
  approved: 'Approved',
  replaced: 'Replaced',
  denied: 'Denied',
  dismissed: 'Dismissed',
  cancelled: 'Cancelled',
}

function refusalOf(
  refusal: ApplicationWords['refusal'],
  { action, shown }: ApplicationOrder,
  state: ApplicationState,
): Refused {
  if (refusal === 'not permitted') return notPermitted()
  return new Refused('conflict', `Cannot ${action} application ${shown} in state '${SHOWN_STATES[state]}'`)
}

const RESPOND = sql(`
  update applications
     set state = $2, response_date = now(), response_actor_id = $3, response = $4
   where id = $1`)
const WAIVE = sql(`
  update applications
     set state = $2, waive_date = now(), waive_actor_id = $3, waive_reason = $4
   where id = $1`)

async function record(
  tx: Queryable,
  { id }: Application,
  { to, effects }: Move<ApplicationWords>,
  { userId }: Actor,
  reason: string,
): Promise<void> {
  await tx.query(effects.includes('record waiver') ? WAIVE : RESPOND, [id, to, userId, reason])
}

const COMPLETE_RESOURCES = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select $1, id, project_default, project_default from resources
      on conflict do nothing`)

const APPLY_CHANGES = sql(`
  update projects as p
     set realname = coalesce(a.name, p.realname),
         name = case when p.name is null then null else coalesce(a.name, p.realname) end,
         owner_id = coalesce(a.owner_id, p.owner_id),
         homepage = coalesce(a.homepage, p.homepage),
         description = coalesce(a.description, p.description),
         end_date = coalesce(a.end_date, p.end_date),
         join_policy = coalesce(a.join_policy, p.join_policy),
         leave_policy = coalesce(a.leave_policy, p.leave_policy),
         max_members = coalesce(a.max_members, p.max_members),
         private = coalesce(a.private, p.private)
    from applications as a
   where p.id = $1 and a.id = $2`)
const APPLY_CAPACITIES = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select $1, resource_id, project_capacity, member_capacity from application_resources where application_id = $2
      on conflict (project_id, resource_id) do update
     set project_capacity = excluded.project_capacity, member_capacity = excluded.member_capacity
  returning (select name from resources as r where r.id = resource_id) as name`)

/** @returns what limits have to follow; null: none. */
async function moveProject(
  tx: Queryable,
  project: LockedProject,
  application: Application,
  { effects }: Move<ApplicationWords>,
  actor: Actor,
  reason: string,
): Promise<Changed | null> {
  const action = projectActionOf(effects)
  if (action === null) return null
  const name = application.name ?? project.name
  const nameHolder = action === 'activate' ? await holderOfName(tx, name, project.id) : null
  const { refusal, move } = decide(PROJECT_MACHINE[action], {
    state: project.state,
    roles: new Set(),
    rules: { 'not a system project': !project.isSystem, 'name free': nameHolder === null },
  })
  if (refusal !== null) throw refuseProject(refusal, { uuid: project.uuid, name }, nameHolder)
  if (move.effects.includes('complete resources')) await tx.query(COMPLETE_RESOURCES, [project.id])
  // What stays active has the limits that it had, but those that were asked for; its members may be many.
  let resources: string[] | undefined
  if (move.effects.includes('apply changes')) {
    await tx.query(APPLY_CHANGES, [project.id, application.id])
    const rows = await tx.query<{ name: string }>(APPLY_CAPACITIES, [project.id, application.id])
    if (move.to === project.state) resources = rows.map(({ name: resource }) => resource)
  }
  await changeState(tx, project, move, actor, reason)
  if (!has(move.effects, 'sync limits') || resources?.length === 0) return null
  return { projects: [project.id], resources }
}

function projectActionOf(effects: Move<ApplicationWords>['effects']): ProjectAction | null {
  if (effects.includes('activate project')) return 'activate'
  return effects.includes('give up project') ? 'give up' : null
}

function has(effects: readonly ProjectWords['effect'][], effect: ProjectWords['effect']): boolean {
  return effects.includes(effect)
}

function mailsOf(
  { to, effects }: Move<ApplicationWords>,
  { name }: LockedProject,
  { id, applicantEmail }: Application,
  { reason, recipients }: ApplicationOrder,
): Mail[] {
  const subject = `Application ${id} for project ${name}: ${to}`
  const text = `The application is ${to} now. ${reason}`.trim()
  return [
    ...(effects.includes('mail applicant') ? mailTo(applicantEmail, subject, text) : []),
    ...(effects.includes('mail project recipients') ? mailToAll(recipients, subject, text) : []),
  ]
}
