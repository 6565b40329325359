import { randomUUID } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import type { Actor } from './actor.ts'
import { APPLICATION_MACHINE } from './application-machine.ts'
import { insertApplication, insertProjectCapacities, type Wishes } from './application.ts'
import { lockProject, rolesIn } from './locked-project.ts'
import { logProjects } from './log.ts'
import { decide } from './machine.ts'
import { changePending, type PendingChange } from './pending-applications.ts'
import { PROJECT_MACHINE } from './project-machine.ts'
import { fixedFields, noSuchProject } from './refused.ts'
import { refuseProject } from './refusals.ts'

export interface Applicant extends Actor {
  readonly userId: bigint
  readonly uuid: string
}

export interface Submitted {
  readonly project: string
  /** Of the project, as it is. */
  readonly name: string
  readonly application: bigint
}

const INSERT_PROJECT = sql(`
  insert into projects (uuid, realname, is_system, owner_id, state, homepage, description, end_date, join_policy,
                        leave_policy, max_members, private)
  values ($1, $2, false, $3, 'uninitialized', $4, $5, $6, $7, $8, $9, $10)
  returning id`)

/**
 * Asks for a new project, of which everything is said. It is uninitialized until the application is approved.
 * Source: project specification, 6.2 and 7.
 *
 * @throws {Refused} the applicant has too many pending applications.
 */
export async function createProject(tx: Queryable, applicant: Applicant, wishes: Wishes): Promise<Submitted> {
  const uuid = randomUUID()
  await changePending(tx, [{ applicant: applicant.uuid, by: 1n }], { force: applicant.isAdmin })
  const [row] = await tx.query<{ id: bigint }>(INSERT_PROJECT, [
    uuid,
    wishes.name,
    wishes.ownerId,
    wishes.homepage,
    wishes.description,
    wishes.endDate,
    wishes.joinPolicy,
    wishes.leavePolicy,
    wishes.maxMembers,
    wishes.isPrivate,
  ])
  const { id } = row as { id: bigint }
  await insertProjectCapacities(tx, id, wishes)
  await logProjects(tx, [{ id, from: null, to: 'uninitialized' }], applicant, null)
  return {
    project: uuid,
    name: wishes.name ?? '',
    application: await insertApplication(tx, id, applicant.userId, wishes),
  }
}

const PENDING = sql(`
  select a.id, u.uuid as applicant
    from applications as a
    join users as u on u.id = a.applicant_id
   where a.project_id = $1 and a.state = 'pending'`)
const SET_STATE = sql('update applications set state = $2 where id = $1')

/**
 * Asks for a change of a project. What was asked for before and is pending still is replaced by it. Source: project
 * specification, 9.
 *
 * @param check reads what is asked for, once it is known that the applicant may.
 * @throws {Refused} in this order: there is no such project; not permitted; it is uninitialized; what `check` throws; too
 *   many pending applications; a field that a system project keeps.
 */
export async function modifyProject(
  tx: Queryable,
  applicant: Applicant,
  uuid: string,
  check: () => Promise<Wishes>,
): Promise<Submitted> {
  const project = await lockProject(tx, uuid)
  if (!project) throw noSuchProject(uuid)
  const rules = { 'not a system project': !project.isSystem, 'name free': true }
  const { refusal } = decide(PROJECT_MACHINE.modify, {
    state: project.state,
    roles: rolesIn(project, applicant),
    rules,
  })
  if (refusal !== null) throw refuseProject(refusal, project)
  const wishes = await check()

  const [pending] = await tx.query<{ id: bigint; applicant: string }>(PENDING, [project.id])
  const changes: PendingChange[] = [{ applicant: applicant.uuid, by: 1n }]
  if (pending) changes.push({ applicant: pending.applicant, by: -1n })
  await changePending(tx, changes, { force: applicant.isAdmin })
  const { ownerId, name, homepage, description } = wishes
  if (project.isSystem && [ownerId, name, homepage, description].some((field) => field !== null)) throw fixedFields()
  if (pending) {
    const { move } = decide(APPLICATION_MACHINE.replace, { state: 'pending', roles: new Set(), rules: {} })
    await tx.query(SET_STATE, [pending.id, move?.to])
  }
  return {
    project: project.uuid,
    name: project.name,
    application: await insertApplication(tx, project.id, applicant.userId, wishes),
  }
}
