import { sql, type Queryable } from '../db/statement.ts'
import type { Mail } from '../mail/mail.ts'
import { lockInOrder } from '../quotas/lock.ts'
import type { Actor } from './actor.ts'
import type { LockedProject } from './locked-project.ts'
import { logMemberships, type Change } from './log.ts'
import { decide, type Action, type Move } from './machine.ts'
import { mailTo } from './mails.ts'
import type { MembershipState, MembershipWords } from './membership-machine.ts'
import { situationOf } from './membership-situation.ts'
import { refuseMembership } from './refusals.ts'
import { syncLimits } from './sync.ts'

/** Somebody and a project, and what holds them together; all of it locked. */
export interface Bond {
  readonly project: LockedProject
  readonly user: Member
  /** Null: there never was a membership. */
  readonly membership: { readonly id: bigint; readonly state: MembershipState } | null
}

interface Member {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
  readonly isActive: boolean
}

const FIND = sql('select id from memberships where project_id = $1 and user_id = $2')
const READ = sql('select id, state from memberships where id = $1')
const READ_USER = sql('select id, uuid, email, is_active as "isActive" from users where id = $1')

/** The project is locked already, so the membership neither comes nor changes; the account might. */
export async function lockBond(tx: Queryable, project: LockedProject, userId: bigint): Promise<Bond> {
  const [found] = await tx.query<{ id: bigint }>(FIND, [project.id, userId])
  await lockInOrder(tx, { memberships: found ? [found.id] : [], users: [userId] })
  const [membership] = found ? await tx.query<{ id: bigint; state: MembershipState }>(READ, [found.id]) : []
  const [user] = (await tx.query<Member>(READ_USER, [userId])) as [Member]
  return { project, user, membership: membership ?? null }
}

const UNLIMITED = 2n ** 63n - 1n

const COUNT = sql(`
  select count(*) as members
    from memberships
   where project_id = $1 and state in ('accepted', 'leave_requested', 'suspended')`)

/** Members that are suspended count, too. */
async function hasRoom(tx: Queryable, { id, maxMembers }: LockedProject): Promise<boolean> {
  if (maxMembers === UNLIMITED) return true
  if (maxMembers === 0n) return false
  const [row] = await tx.query<{ members: bigint }>(COUNT, [id])
  return (row?.members ?? 0n) < maxMembers
}

export interface ChangeResult {
  readonly id: bigint
  /** What is to be told once it is committed. */
  readonly mails: readonly Mail[]
}

/** @throws {Refused} the first of the action's checks that fails. */
export async function changeMembership(
  tx: Queryable,
  action: Action<MembershipWords>,
  bond: Bond,
  { actor, reason }: { readonly actor: Actor; readonly reason: string },
): Promise<ChangeResult> {
  const { project, user, membership } = bond
  const { userId, isAdmin } = actor
  const situation = situationOf({
    state: membership?.state ?? 'none',
    projectState: project.state,
    joinPolicy: project.joinPolicy,
    leavePolicy: project.leavePolicy,
    isActive: user.isActive,
    hasRoom: asksForRoom(action) ? await hasRoom(tx, project) : true,
    isAdmin,
    isOwner: userId !== null && userId === project.ownerId,
    isMember: userId === user.id,
  })
  const { refusal, move } = decide(action, situation)
  if (refusal !== null) throw refuseMembership(refusal, project.uuid)
  const id = await applyMove(tx, bond, move, actor, reason)
  return { id, mails: mailsOf(bond, move, reason) }
}

function asksForRoom({ checks, moves }: Action<MembershipWords>): boolean {
  return (
    checks.some((check) => 'rule' in check && check.rule === 'room left') ||
    moves.some(({ when = [] }) => when.includes('room left'))
  )
}

const INSERT = sql(`
  insert into memberships (user_id, project_id, state, initialized)
  values ($1, $2, $3, $3 = 'accepted')
  returning id`)
const UPDATE = sql(`
  update memberships
     set state = $2, initialized = initialized or $2 = 'accepted'
   where id = $1
  returning id`)
const RESET_DEFAULT_PROJECT = sql('update users set default_project = uuid where id = $1 and default_project = $2')

async function applyMove(
  tx: Queryable,
  { project, user, membership }: Bond,
  { through, to, effects }: Move<MembershipWords>,
  actor: Actor,
  reason: string,
): Promise<bigint> {
  const [row] = membership
    ? await tx.query<{ id: bigint }>(UPDATE, [membership.id, to])
    : await tx.query<{ id: bigint }>(INSERT, [user.id, project.id, to])
  const { id } = row as { id: bigint }
  const from = membership?.state ?? null
  const changes: Change[] =
    through === undefined
      ? [{ id, from, to }]
      : [
          { id, from, to: through },
          { id, from: through, to },
        ]
  await logMemberships(tx, changes, actor, reason)
  if (effects.includes('reset default project')) await tx.query(RESET_DEFAULT_PROJECT, [user.id, project.uuid])
  if (effects.includes('sync limits')) await syncLimits(tx, { memberships: [id] })
  return id
}

function mailsOf({ project, user }: Bond, { to, effects }: Move<MembershipWords>, reason: string): Mail[] {
  const subject = `Project ${project.name}: ${to.replace('_', ' ')}`
  const text = `The membership of ${user.email} is ${to.replace('_', ' ')} now. ${reason}`.trim()
  return [
    ...(effects.includes('mail owner') ? mailTo(project.ownerEmail, subject, text) : []),
    ...(effects.includes('mail member') ? mailTo(user.email, subject, text) : []),
  ]
}
