import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { lockInOrder, settled } from '../quotas/lock.ts'
import type { Actor } from './actor.ts'
import type { ProjectState, ProjectWords } from './project-machine.ts'

export type Policy = 'auto' | 'moderated' | 'closed'

/** A project whose row is locked until the transaction ends, so nobody else changes it or its memberships. */
export interface LockedProject {
  readonly id: bigint
  readonly uuid: string
  readonly state: ProjectState
  readonly name: string
  readonly isSystem: boolean
  readonly ownerId: bigint | null
  readonly ownerEmail: string | null
  readonly joinPolicy: Policy
  readonly leavePolicy: Policy
  readonly maxMembers: bigint
  readonly lastApplicationId: bigint | null
}

const ID = sql('select id from projects where uuid = $1')
const READ = sql(`
  select p.id, p.uuid, p.state, p.realname as name, p.is_system as "isSystem", p.owner_id as "ownerId",
         u.email as "ownerEmail", p.join_policy as "joinPolicy", p.leave_policy as "leavePolicy",
         p.max_members as "maxMembers", p.last_application_id as "lastApplicationId"
    from projects as p
    left join users as u on u.id = p.owner_id
   where p.id = $1`)

interface LockOptions {
  /** It may become active. */
  readonly registry?: boolean
}

/** P-10: by its uuid alone. */
export async function lockProject(
  tx: Queryable,
  uuid: string,
  { registry = false }: LockOptions = {},
): Promise<LockedProject | null> {
  const [found] = await tx.query<{ id: bigint }>(ID, [uuid])
  return found ? lockProjectById(tx, found.id, { registry }) : null
}

export async function lockProjectById(
  tx: Queryable,
  id: bigint,
  { registry = false }: LockOptions = {},
): Promise<LockedProject> {
  const [, [project]] = await settled([
    lockInOrder(tx, { registry, projects: [id] }),
    tx.query<LockedProject>(READ, [id]),
  ])
  return project as LockedProject
}

export function rolesIn(project: LockedProject, { userId, isAdmin }: Actor): Set<ProjectWords['role']> {
  const roles = new Set<ProjectWords['role']>()
  if (isAdmin) roles.add('admin')
  if (userId !== null && userId === project.ownerId) roles.add('owner')
  return roles
}

const NAME_HOLDER = sql('select uuid from projects where name = $1 and id <> $2')

/** The project that has reserved the name; under the registry's lock it stays so. */
export async function holderOfName(tx: Queryable, name: string, except: bigint): Promise<string | null> {
  const [row] = await tx.query<{ uuid: string }>(NAME_HOLDER, [name, except])
  return row?.uuid ?? null
}

const SET_STATE = sql(`
  update projects
     set state = $2, name = case when $2 in ('active', 'suspended') then realname end
   where id = any($1::bigint[])`)

/** The name is reserved while the project is alive. */
export async function setProjectState(tx: Queryable, ids: readonly bigint[], state: ProjectState): Promise<void> {
  await tx.query(SET_STATE, [intArray(ids), state])
}
