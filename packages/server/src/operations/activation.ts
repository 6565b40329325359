import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { endGrantsOf } from '../oauth2/tokens.ts'
import { logMemberships, logProjects } from '../projects/log.ts'
import { setProjectState } from '../projects/locked-project.ts'
import { syncLimits } from '../projects/sync.ts'
import { lockInOrder } from '../quotas/lock.ts'

/** An account that stops working, and works again: its projects and memberships with it. Source: identity specification, 1.3. */

const END_SESSIONS = sql('delete from sessions where user_id = $1')

const FIND = sql('select id from users where uuid = $1')

/** The projects that it is in or owns. Whoever changes them or a membership in them has them locked. */
const PROJECTS_OF = sql(`
  select id from projects where uuid = $1 or owner_id = $2
  union
  select project_id from memberships where user_id = $2`)
const MEMBERSHIPS_OF = sql('select id from memberships where user_id = $1')

const DEACTIVATE = sql(`
  update users
     set is_active = false, deactivated_reason = $2, deactivated_at = now()
   where id = $1 and email_verified and moderated and not is_rejected
  returning id`)

const ACTIVATE = sql(`
  update users
     set is_active = true, deactivated_reason = null, deactivated_at = null
   where id = $1 and email_verified and moderated and not is_rejected and not is_active
  returning id`)

const PROJECTS_TO_SUSPEND = sql(`
  select id from projects where ((is_system and uuid = $1) or owner_id = $2) and state = 'active' order by id`)

const MEMBERSHIPS_TO_SUSPEND = sql(`
  select id, state from memberships where user_id = $1 and state in ('accepted', 'leave_requested') order by id`)

// A thing that was suspended for another reason stays suspended.
const PROJECTS_TO_RESUME = sql(`
  select p.id from projects as p
   where ((p.is_system and p.uuid = $1) or p.owner_id = $2) and p.state = 'suspended'
     and (select l.reason from project_log as l
           where l.project_id = p.id and l.to_state = 'suspended' order by l.id desc limit 1) = 'user_deactivation'
   order by p.id`)

const MEMBERSHIPS_TO_RESUME = sql(`
  select m.id, m.state from memberships as m
   where m.user_id = $1 and m.state = 'suspended'
     and (select l.reason from membership_log as l
           where l.membership_id = m.id and l.to_state = 'suspended' order by l.id desc limit 1) = 'user_deactivation'
   order by m.id`)

const SET_MEMBERSHIP_STATE = sql('update memberships set state = $2 where id = any($1::bigint[])')

/** @throws {RangeError} there is no accepted user of that uuid. */
export async function deactivateUser(tx: Queryable, uuid: string, reason: string): Promise<void> {
  const id = await lockAllOf(tx, uuid)
  const rows = id === null ? [] : await tx.query(DEACTIVATE, [id, reason])
  if (id === null || rows.length === 0) throw new RangeError('There is no accepted user of that uuid')
  await tx.query(END_SESSIONS, [id])
  await endGrantsOf(tx, id)
  await move(tx, await tx.query(PROJECTS_TO_SUSPEND, [uuid, id]), await tx.query(MEMBERSHIPS_TO_SUSPEND, [id]), {
    from: 'active',
    project: 'suspended',
    member: 'suspended',
    reason: 'user_deactivation',
  })
}

/** The reverse, for what the deactivation had suspended. @throws {RangeError} there is no inactive user of that uuid. */
export async function activateUser(tx: Queryable, uuid: string): Promise<void> {
  const id = await lockAllOf(tx, uuid)
  const rows = id === null ? [] : await tx.query(ACTIVATE, [id])
  if (id === null || rows.length === 0) throw new RangeError('There is no inactive user of that uuid')
  await move(tx, await tx.query(PROJECTS_TO_RESUME, [uuid, id]), await tx.query(MEMBERSHIPS_TO_RESUME, [id]), {
    from: 'suspended',
    project: 'active',
    member: 'accepted',
    reason: 'user_reactivation',
  })
}

/**
 * A project that the user joins while the locks are waited for is not among them. Its membership is seen nevertheless,
 * once the account is locked, and it is the last one; whoever changes that very one at this moment may be in the way, which
 * ends one of the two as a deadlock, with nothing done.
 *
 * @returns the user's id.
 */
async function lockAllOf(tx: Queryable, uuid: string): Promise<bigint | null> {
  const [user] = await tx.query<{ id: bigint }>(FIND, [uuid])
  if (!user) return null
  const projects = await tx.query<{ id: bigint }>(PROJECTS_OF, [uuid, user.id])
  await lockInOrder(tx, { projects: projects.map(({ id }) => id) })
  const memberships = await tx.query<{ id: bigint }>(MEMBERSHIPS_OF, [user.id])
  await lockInOrder(tx, { memberships: memberships.map(({ id }) => id) })
  return user.id
}

interface Member {
  id: bigint
  state: string
}

async function move(
  tx: Queryable,
  projects: readonly { id: bigint }[],
  memberships: readonly Member[],
  to: { from: string; project: 'active' | 'suspended'; member: string; reason: string },
): Promise<void> {
  const projectIds = projects.map(({ id }) => id)
  const memberIds = memberships.map(({ id }) => id)
  await setProjectState(tx, projectIds, to.project)
  await logProjects(
    tx,
    projectIds.map((id) => ({ id, from: to.from, to: to.project })),
    null,
    to.reason,
  )
  await tx.query(SET_MEMBERSHIP_STATE, [intArray(memberIds), to.member])
  await logMemberships(
    tx,
    memberships.map(({ id, state }) => ({ id, from: state, to: to.member })),
    null,
    to.reason,
  )
  await syncLimits(tx, { projects: projectIds, memberships: memberIds })
}
