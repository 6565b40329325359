import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { lockInOrder } from '../quotas/lock.ts'
import type { Capacity } from './application.ts'
import { holderOfName, lockProject, type LockedProject, type Policy } from './locked-project.ts'
import { acceptedUserId } from './lookups.ts'
import { INITIALIZED } from './project-machine.ts'
import { Refused } from './refused.ts'
import { syncLimits } from './sync.ts'

/** What an operator changes of projects without an application, at once. Source: administration specification, 1.5. */
export interface ProjectChange {
  readonly name: string | null
  /** A uuid. */
  readonly owner: string | null
  readonly homepage: string | null
  readonly description: string | null
  /** May be over. */
  readonly endDate: Date | null
  readonly joinPolicy: Policy | null
  readonly leavePolicy: Policy | null
  readonly maxMembers: bigint | null
  readonly isPrivate: boolean | null
  readonly limits: readonly Capacity[]
}

/**
 * @param looked is told of the project once it is locked, before it changes.
 * @throws {Refused} in this order: there is no such project; it is not initialized; a field that a system project keeps;
 *   there is no such owner; the name is taken; there is no such resource.
 */
export async function modifyDirectly(
  tx: Queryable,
  uuid: string,
  change: ProjectChange,
  looked: (project: LockedProject) => Promise<unknown>,
): Promise<void> {
  const project = await lockProject(tx, uuid, { registry: change.name !== null })
  if (!project) throw new Refused('unknown', `Project with id ${uuid} not found.`)
  if (!INITIALIZED.includes(project.state))
    throw new Refused('conflict', `Cannot modify: project ${uuid} is not initialized.`)
  if (project.isSystem) refuseFixed(change)
  await looked(project)
  const ownerId = change.owner === null ? null : await acceptedUserId(tx, change.owner)
  if (change.owner !== null && ownerId === null)
    throw new Refused('unknown', `owner: there is no accepted user ${change.owner}`)
  const holder = change.name === null ? null : await holderOfName(tx, change.name, project.id)
  if (holder !== null) throw new Refused('conflict', `name: project ${holder} has reserved it`)
  await applyChange(tx, [project.id], change, ownerId)
}

function refuseFixed({ name, owner, homepage, description }: ProjectChange): void {
  const fixed = Object.entries({ name, owner, homepage, description }).flatMap(([field, value]) =>
    value === null ? [] : [`'${field}'`],
  )
  if (fixed.length > 0) throw new Refused('conflict', `Cannot modify field(s) ${fixed.join(', ')} of system projects.`)
}

const SYSTEM_PROJECTS = sql('select id, uuid from projects where is_system order by id')

/**
 * All system projects but some.
 *
 * @param looked is told of their numbers once they are locked, before they change.
 * @throws {Refused} one that is to be left alone is none; there is no such resource.
 */
export async function modifySystemProjects(
  tx: Queryable,
  exclude: readonly string[],
  change: ProjectChange,
  looked: (ids: readonly bigint[]) => Promise<unknown>,
): Promise<void> {
  const all = await tx.query<{ id: bigint; uuid: string }>(SYSTEM_PROJECTS)
  const excluded = new Set(exclude)
  const ids = all.filter(({ uuid }) => !excluded.delete(uuid)).map(({ id }) => id)
  const [unknown] = excluded
  if (unknown !== undefined) throw new Refused('unknown', `exclude: there is no system project ${unknown}`)
  await lockInOrder(tx, { projects: ids })
  await looked(ids)
  await applyChange(tx, ids, change, null)
}

/** The name is reserved where one was. */
const UPDATE = sql(`
  update projects
     set realname = coalesce($2, realname),
         name = case when name is null then null else coalesce($2, realname) end,
         owner_id = coalesce($3, owner_id),
         homepage = coalesce($4, homepage),
         description = coalesce($5, description),
         end_date = coalesce($6, end_date),
         join_policy = coalesce($7, join_policy),
         leave_policy = coalesce($8, leave_policy),
         max_members = coalesce($9, max_members),
         private = coalesce($10, private)
   where id = any($1::bigint[])`)

const KNOWN = sql('select name from resources where name = any($1::text[])')

const SET_LIMITS = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, v.project_capacity, v.member_capacity
    from unnest($1::bigint[]) as p (id)
   cross join unnest($2::text[], $3::bigint[], $4::bigint[]) as v (resource, project_capacity, member_capacity)
    join resources as r on r.name = v.resource
   order by p.id, r.id
      on conflict (project_id, resource_id) do update
     set project_capacity = excluded.project_capacity, member_capacity = excluded.member_capacity`)

/** One statement a step, however many projects there are. They are locked. */
async function applyChange(
  tx: Queryable,
  ids: readonly bigint[],
  change: ProjectChange,
  ownerId: bigint | null,
): Promise<void> {
  const { limits } = change
  const names = limits.map(({ resource }) => resource)
  const known = new Set((await tx.query<{ name: string }>(KNOWN, [names])).map(({ name }) => name))
  const missing = names.find((name) => !known.has(name))
  if (missing !== undefined) throw new Refused('unknown', `limits: Resource ${missing} does not exist.`)
  await tx.query(UPDATE, [
    intArray(ids),
    change.name,
    ownerId,
    change.homepage,
    change.description,
    change.endDate,
    change.joinPolicy,
    change.leavePolicy,
    change.maxMembers,
    change.isPrivate,
  ])
  if (limits.length === 0) return
  await tx.query(SET_LIMITS, [
    intArray(ids),
    names,
    intArray(limits.map(({ projectCapacity }) => projectCapacity)),
    intArray(limits.map(({ memberCapacity }) => memberCapacity)),
  ])
  await syncLimits(tx, { projects: ids, resources: names })
}
