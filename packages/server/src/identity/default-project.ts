import { sql, type Queryable } from '../db/statement.ts'

/** In the order in which they are looked for. Source: identity specification, 5. */
export type DefaultProjectRefusal =
  | 'unverified'
  | 'unmoderated'
  | 'rejected'
  | 'inactive'
  | 'unknown'
  | 'dead'
  | 'no member'
  | 'not permitted'

/** The project first, as everybody who changes memberships does: so nobody leaves meanwhile. */
const LOCK_PROJECT = sql('select id from projects where uuid = $1 for share')

const STATE = sql(`
  select u.email_verified, u.moderated, u.is_rejected, u.is_active, p.state as project, m.state as membership
    from users as u
    left join projects as p on p.uuid = $2
    left join memberships as m on m.user_id = u.id and m.project_id = p.id
   where u.id = $1
     for update of u`)

/** To set what is set already is no change. */
const SET = sql('update users set default_project = $2 where id = $1 and default_project is distinct from $2')

interface Row {
  email_verified: boolean
  moderated: boolean
  is_rejected: boolean
  is_active: boolean
  project: string | null
  membership: string | null
}

/** Before the account, if that is locked, too. */
export async function lockChosenProject(tx: Queryable, projectUuid: string): Promise<void> {
  await tx.query(LOCK_PROJECT, [projectUuid])
}

/** @returns null when it is done. */
export async function setDefaultProject(
  tx: Queryable,
  userId: bigint,
  projectUuid: string,
): Promise<DefaultProjectRefusal | null> {
  await lockChosenProject(tx, projectUuid)
  const [row] = await tx.query<Row>(STATE, [userId, projectUuid])
  const refusal = row ? refusalOf(row) : 'inactive'
  if (refusal === null) await tx.query(SET, [userId, projectUuid])
  return refusal
}

const MESSAGES: Readonly<Record<DefaultProjectRefusal, (id: string) => string>> = {
  unverified: () => 'User account does not have a verified email address.',
  unmoderated: () => 'User account is not moderated.',
  rejected: () => 'This account has been rejected.',
  inactive: () => 'User account is not active.',
  unknown: (id) => `There is no project identified by ${id}.`,
  dead: (id) => `Project ${id} is not alive.`,
  'no member': () => 'This is not a valid membership request.',
  'not permitted': () => 'You do not have the permissions to perform this action.',
}

export function messageOf(refusal: DefaultProjectRefusal, id: string): string {
  return MESSAGES[refusal](id)
}

function refusalOf({ project, membership, ...user }: Row): DefaultProjectRefusal | null {
  if (!user.email_verified) return 'unverified'
  if (!user.moderated) return 'unmoderated'
  if (user.is_rejected) return 'rejected'
  if (!user.is_active) return 'inactive'
  if (project === null) return 'unknown'
  if (project !== 'active' && project !== 'suspended') return 'dead'
  if (membership === null) return 'no member'
  const isMember = membership === 'accepted' || membership === 'leave_requested'
  return isMember && project === 'active' ? null : 'not permitted'
}
