import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { endGrantsOf } from '../oauth2/tokens.ts'
import type { Mail } from '../mail/mail.ts'
import { logMemberships, logProjects, type Change } from '../projects/log.ts'
import { setProjectState } from '../projects/locked-project.ts'
import { decide } from '../projects/machine.ts'
import { mailTo } from '../projects/mails.ts'
import { MEMBERSHIP_MACHINE, type MembershipState, type MembershipWords } from '../projects/membership-machine.ts'
import { PROJECT_MACHINE, type ProjectState } from '../projects/project-machine.ts'
import { syncLimits } from '../projects/sync.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { endSessionsOf } from '../signin/sessions.ts'
import { findUser, lockUser, type Account, type UserName } from './find-user.ts'
import { checkAccepted, checkInactive } from './moderation.ts'

/** An account that stops working, and works again: its projects and memberships with it. Source: identity specification, 1.3. */

/** The projects that it is in or owns. Whoever changes them or a membership in them has them locked. */
const PROJECTS_OF = sql(`
  select id from projects where uuid = $1 or owner_id = $2
  union
  select project_id from memberships where user_id = $2`)
const MEMBERSHIPS_OF = sql('select id from memberships where user_id = $1')

const DEACTIVATE = sql(`
  update users set is_active = false, deactivated_reason = $2, deactivated_at = now() where id = $1`)
const ACTIVATE = sql(`
  update users set is_active = true, deactivated_reason = null, deactivated_at = null where id = $1`)

/** A thing that was suspended for another reason stays suspended. */
const OWN_PROJECTS = sql(`
  select p.id, p.state, p.realname as name,
         (select l.reason from project_log as l
           where l.project_id = p.id and l.to_state = 'suspended' order by l.id desc limit 1) as reason
    from projects as p
   where ((p.is_system and p.uuid = $1) or p.owner_id = $2) and p.state in ('active', 'suspended')
   order by p.id`)
const OWN_MEMBERSHIPS = sql(`
  select m.id, m.state, p.realname as name,
         (select l.reason from membership_log as l
           where l.membership_id = m.id and l.to_state = 'suspended' order by l.id desc limit 1) as reason
    from memberships as m
    join projects as p on p.id = m.project_id
   where m.user_id = $1 and m.state in ('accepted', 'leave_requested', 'suspended')
   order by m.id`)

const SET_MEMBERSHIP_STATE = sql('update memberships set state = $2 where id = any($1::bigint[])')

const BY_DEACTIVATION = 'user_deactivation'

/**
 * The user's sessions and grants end, and the token opens nothing. Projects that the user owns, the system project and the
 * user's memberships are suspended: limits of their holdings become 0, and usage stays as it is. May be repeated.
 *
 * @returns what is to be told by mail once it is committed.
 * @throws {Refused} unknown; conflict: not verified, not moderated, rejected.
 */
export async function deactivateUser(tx: Queryable, uuid: string, reason: string | null): Promise<Mail[]> {
  return deactivateAccount(tx, await lockAccount(tx, uuid), reason)
}

/** @param account from `lockAccount`. */
export async function deactivateAccount(tx: Queryable, account: Account, reason: string | null): Promise<Mail[]> {
  checkAccepted(account)
  await tx.query(DEACTIVATE, [account.id, reason])
  await endSessionsOf(tx, account.id)
  await endGrantsOf(tx, account.id)
  return follow(tx, account, 'suspend', () => true, BY_DEACTIVATION)
}

/**
 * The reverse, for what the deactivation had suspended; what was suspended for another reason stays so. The token is the old one,
 * and sessions are not resumed.
 *
 * @throws {Refused} unknown; conflict: not verified, not moderated, rejected, already active.
 */
export async function activateUser(tx: Queryable, uuid: string): Promise<Mail[]> {
  return activateAccount(tx, await lockAccount(tx, uuid))
}

/** @param account from `lockAccount`. */
export async function activateAccount(tx: Queryable, account: Account): Promise<Mail[]> {
  checkAccepted(account)
  checkInactive(account)
  await tx.query(ACTIVATE, [account.id])
  return follow(tx, account, 'unsuspend', ({ reason }) => reason === BY_DEACTIVATION, 'user_reactivation')
}

/**
 * With all that follows it. A project that the user joins while the locks are waited for is not among them. Its membership is seen
 * nevertheless, once the account is locked, and it is the last one; whoever changes that very one at this moment may be in the way,
 * which ends one of the two as a deadlock, with nothing done.
 *
 * @throws {Refused} unknown: there is no such user.
 */
export async function lockAccount(tx: Queryable, name: UserName): Promise<Account> {
  const { id, uuid } = await findUser(tx, name)
  const projects = await tx.query<{ id: bigint }>(PROJECTS_OF, [uuid, id])
  await lockInOrder(tx, { projects: projects.map((project) => project.id) })
  const memberships = await tx.query<{ id: bigint }>(MEMBERSHIPS_OF, [id])
  await lockInOrder(tx, { memberships: memberships.map((membership) => membership.id) })
  return lockUser(tx, id)
}

interface Thing<State> {
  readonly id: bigint
  readonly state: State
  readonly name: string
  /** Why it was suspended last. */
  readonly reason: string | null
}

/** What becomes of projects and memberships says the table; who can't be moved stays. Nobody acts, with every right. */
async function follow(
  tx: Queryable,
  user: Account,
  action: 'suspend' | 'unsuspend',
  concerns: (thing: Thing<unknown>) => boolean,
  reason: string,
): Promise<Mail[]> {
  const projects = (await tx.query<Thing<ProjectState>>(OWN_PROJECTS, [user.uuid, user.id])).filter(concerns)
  const memberships = (await tx.query<Thing<MembershipState>>(OWN_MEMBERSHIPS, [user.id])).filter(concerns)
  const projectMoves = projects.flatMap((project) => {
    const rules = { 'not a system project': true, 'name free': true }
    const { move } = decide(PROJECT_MACHINE[action], { state: project.state, roles: new Set(['admin']), rules })
    return move ? [{ ...project, to: move.to }] : []
  })
  const membershipMoves = memberships.flatMap((membership) => {
    const { move } = decide(MEMBERSHIP_MACHINE[action], { state: membership.state, roles: new Set(), rules: NO_RULES })
    return move ? [{ ...membership, to: move.to }] : []
  })
  for (const [to, ids] of byTarget(projectMoves)) await setProjectState(tx, ids, to)
  for (const [to, ids] of byTarget(membershipMoves)) await tx.query(SET_MEMBERSHIP_STATE, [intArray(ids), to])
  await logProjects(tx, projectMoves.map(changeOf), null, reason)
  await logMemberships(tx, membershipMoves.map(changeOf), null, reason)
  await syncLimits(tx, { projects: projectMoves.map(({ id }) => id), memberships: membershipMoves.map(({ id }) => id) })
  return mailsOf(user, action, [...projectMoves, ...membershipMoves])
}

/** None is asked for by these two. */
const NO_RULES: Readonly<Record<MembershipWords['rule'], boolean>> = {
  'project alive': false,
  'account active': false,
  'join open': false,
  'join auto': false,
  'leave open': false,
  'leave auto': false,
  'room left': false,
}

interface Moved<State> {
  readonly id: bigint
  readonly state: string
  readonly to: State
}

function byTarget<State>(moves: readonly Moved<State>[]): Map<State, bigint[]> {
  const targets = new Map<State, bigint[]>()
  for (const { id, to } of moves) {
    const ids = targets.get(to)
    if (ids) ids.push(id)
    else targets.set(to, [id])
  }
  return targets
}

const changeOf = ({ id, state, to }: Moved<string>): Change => ({ id, from: state, to })

/** One mail for all: owner and member are the same person. System projects are no news. */
function mailsOf({ email }: Account, action: string, moved: readonly { readonly name: string }[]): Mail[] {
  const names = [...new Set(moved.map(({ name }) => name))].filter((name) => !name.startsWith('system:'))
  if (names.length === 0) return []
  return mailTo(
    email,
    `Your projects: ${action}`,
    `These projects and memberships follow your account: ${names.join(', ')}`,
  )
}
