import { sql, type Queryable } from '../db/statement.ts'
import type { Actor } from './actor.ts'
import { lockProject, lockProjectById } from './locked-project.ts'
import { changeMembership, lockBond, type ChangeResult } from './membership-change.ts'
import { MEMBERSHIP_MACHINE, type MembershipAction } from './membership-machine.ts'
import { noSuchMembership, noSuchProject, unknownProjectToEnroll, unknownUsers } from './refused.ts'

/**
 * Source: membership specification, 6.1.
 *
 * @throws {Refused} in this order: there is no such project; it is not alive; nobody may join; there is a membership.
 */
export async function joinProject(
  tx: Queryable,
  actor: Actor & { readonly userId: bigint },
  projectUuid: string,
): Promise<ChangeResult> {
  const project = await lockProject(tx, projectUuid)
  if (!project) throw noSuchProject(projectUuid)
  const bond = await lockBond(tx, project, actor.userId)
  return changeMembership(tx, MEMBERSHIP_MACHINE.join, bond, { actor, reason: '' })
}

/** M-8: as the address is stored; its lower case alone has an index. */
const FIND_USER = sql(`
  select id
    from users
   where username = $2 and email = $1 and moderated and not is_rejected`)

/**
 * Source: membership specification, 6.2.
 *
 * @param email null: none was given.
 * @param shown as it was given, for messages.
 * @throws {Refused} in this order: there is no such user; no such project; the account is inactive; not permitted; the
 *   project is not alive; nobody may join; it is full; the user is a member.
 */
export async function enrollUser(
  tx: Queryable,
  actor: Actor,
  {
    project: projectUuid,
    email,
    shown,
  }: { readonly project: string; readonly email: string | null; readonly shown: string },
): Promise<ChangeResult> {
  const [user] = email === null ? [] : await tx.query<{ id: bigint }>(FIND_USER, [email, email.toLowerCase()])
  if (!user) throw unknownUsers(shown)
  const project = await lockProject(tx, projectUuid)
  if (!project) throw unknownProjectToEnroll(projectUuid)
  const bond = await lockBond(tx, project, user.id)
  return changeMembership(tx, MEMBERSHIP_MACHINE.enroll, bond, { actor, reason: '' })
}

const FIND = sql('select project_id, user_id from memberships where id = $1')

/**
 * Source: membership specification, 5.
 *
 * @param id null: no membership can have it.
 * @throws {Refused} there is no such membership; then the first check of the action that fails.
 */
export async function actOnMembership(
  tx: Queryable,
  actor: Actor,
  id: bigint | null,
  action: MembershipAction,
  reason: string,
): Promise<ChangeResult> {
  const [found] = id === null ? [] : await tx.query<{ project_id: bigint; user_id: bigint }>(FIND, [id])
  if (!found) throw noSuchMembership()
  const bond = await lockBond(tx, await lockProjectById(tx, found.project_id), found.user_id)
  return changeMembership(tx, MEMBERSHIP_MACHINE[action], bond, { actor, reason })
}
