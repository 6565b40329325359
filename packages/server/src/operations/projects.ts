import type { Database } from '../db/database.ts'
import { isLockConflict } from '../db/errors.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Mail } from '../mail/mail.ts'
import type { Outbox } from '../mail/outbox.ts'
import { lockProject } from '../projects/locked-project.ts'
import { actOnProject } from '../projects/project-actions.ts'
import { noSuchProject, Refused } from '../projects/refused.ts'
import { syncLimits } from '../projects/sync.ts'

/** What operators do to projects, without an application. Source: administration specification; project specification, 13. */

export interface LimitChange {
  readonly projectCapacity?: bigint | undefined
  readonly memberCapacity?: bigint | undefined
}

const SET_LIMIT = sql(`
  update project_resources as q
     set project_capacity = coalesce($3, q.project_capacity), member_capacity = coalesce($4, q.member_capacity)
    from resources as r
   where q.project_id = $1 and r.id = q.resource_id and r.name = $2
  returning r.id`)

/** @throws {Refused} there is no such project. @throws {RangeError} it has no such resource. */
export async function modifyProjectLimit(
  tx: Queryable,
  uuid: string,
  resource: string,
  { projectCapacity, memberCapacity }: LimitChange,
): Promise<void> {
  const project = await lockProject(tx, uuid)
  if (!project) throw noSuchProject(uuid)
  const rows = await tx.query(SET_LIMIT, [project.id, resource, projectCapacity ?? null, memberCapacity ?? null])
  if (rows.length === 0) throw new RangeError(`Project ${uuid} has no resource ${resource}`)
  await syncLimits(tx, { projects: [project.id], resources: [resource] })
}

const IS_OVER = "state in ('active', 'suspended') and not is_system and end_date < now()"
const EXPIRED = sql(`select uuid from projects where ${IS_OVER} order by id`)

/** Alive, and their end date has passed; nothing happens to them by itself. */
export async function expiredProjects(on: Queryable): Promise<string[]> {
  return (await on.query<{ uuid: string }>(EXPIRED)).map(({ uuid }) => uuid)
}

export interface ExpiredProject {
  /** Its place in the list; nobody else knows it. */
  readonly id: bigint
  readonly uuid: string
  readonly name: string
  readonly status: string
  readonly end_date: Date
}

const LIST_EXPIRED = sql(`
  select id, uuid, realname as name, initcap(state) as status, end_date
    from projects
   where ${IS_OVER} and id > $1
   order by id
   limit 1001`)

/** A page of them. */
export function listExpired(on: Queryable, after: bigint): Promise<ExpiredProject[]> {
  return on.query<ExpiredProject>(LIST_EXPIRED, [after])
}

/**
 * Each in a transaction of its own, without an actor and a reason; the owner is told.
 *
 * @returns those that were terminated. One that is locked for too long, or was prolonged or ended by somebody meanwhile, is
 *   left alone.
 */
export function terminateExpired(database: Database, outbox: Pick<Outbox, 'transaction'>): Promise<string[]> {
  return terminateEach(database, async (uuid) => {
    let isDone = false
    await outbox.transaction(async (tx) => {
      const ended = await terminateIfExpired(tx, uuid)
      isDone = ended !== null
      return { mails: ended?.mails ?? [] }
    })
    return isDone
  })
}

/** @param terminate in a transaction of its own: `terminateIfExpired`. @returns whether it did. */
export async function terminateEach(
  database: Database,
  terminate: (uuid: string) => Promise<boolean>,
): Promise<string[]> {
  const terminated: string[] = []
  for (const uuid of await expiredProjects(database)) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- one at a time: their members' holdings are locked
      if (await terminate(uuid)) terminated.push(uuid)
    } catch (error) {
      if (!(error instanceof Refused) && !isLockConflict(error)) throw error
    }
  }
  return terminated
}

const READ_EXPIRED = sql(`
  select id, uuid, realname as name, initcap(state) as status, end_date from projects where id = $1 and ${IS_OVER}`)

/** It is looked at again under its lock: an approval may have prolonged it. @returns it as it was; null: it is left alone. */
export async function terminateIfExpired(
  tx: Queryable,
  uuid: string,
): Promise<{ readonly project: ExpiredProject; readonly mails: readonly Mail[] } | null> {
  const locked = await lockProject(tx, uuid)
  const [project] = locked ? await tx.query<ExpiredProject>(READ_EXPIRED, [locked.id]) : []
  if (!project) return null
  return { project, mails: await actOnProject(tx, { userId: null, isAdmin: true }, uuid, 'terminate', null) }
}
