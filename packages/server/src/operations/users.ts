import { randomUUID } from 'node:crypto'
import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { checkToken, generateToken, hashToken, sealToken } from '../identity/tokens.ts'
import { syncLimits } from '../projects/sync.ts'

/** The life of an account. Source: identity specification, 1. */

export interface UserInput {
  /** @default a new one */
  readonly uuid?: string | undefined
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly hasSignedTerms: boolean
  /** @default a new one */
  readonly token?: string | undefined
  readonly tokenExpires: Date
}

const INSERT = sql(`
  insert into users (uuid, email, username, first_name, last_name, has_signed_terms, token_hash, token_sealed,
                     token_created, token_expires)
  values ($1, $2, $3, $4, $5, $6, $7, $8, now(), $9)
  returning id`)

export interface NewUser {
  readonly id: bigint
  readonly uuid: string
  readonly token: string
}

/** Unverified and inactive. @throws {RangeError} the token that was given is too weak. */
export async function addUser(tx: Queryable, secretKey: Buffer, input: UserInput): Promise<NewUser> {
  const { uuid = randomUUID(), token = generateToken(), email } = input
  checkToken(token)
  const [row] = await tx.query<{ id: bigint }>(INSERT, [
    uuid,
    email,
    email.toLowerCase(),
    input.firstName,
    input.lastName,
    input.hasSignedTerms,
    hashToken(token),
    sealToken(secretKey, uuid, token),
    input.tokenExpires,
  ])
  return { id: (row as { id: bigint }).id, uuid, token }
}

const VERIFY = sql('update users set email_verified = true, verified_at = now() where id = $1')

export async function verifyUser(tx: Queryable, id: bigint): Promise<void> {
  await tx.query(VERIFY, [id])
}

const ACCEPT = sql(`
  update users
     set moderated = true, moderated_at = now(), is_rejected = false, rejected_reason = null, accepted_policy = $2,
         default_project = uuid, is_active = true
   where id = $1
  returning uuid, username`)

const INSERT_SYSTEM_PROJECT = sql(`
  insert into projects (uuid, name, realname, is_system, state, description, end_date, join_policy, leave_policy,
                        max_members, private)
  values ($1, 'system:' || $1, 'system:' || $1, true, 'active', 'system project for user ' || $2,
          now() + interval '100 years', 'closed', 'closed', 1, true)
  returning id`)

const INSERT_SYSTEM_CAPACITIES = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select $1, id, system_default, system_default from resources`)

const INSERT_MEMBER = sql(`
  with member as (
    insert into memberships (user_id, project_id, state, initialized) values ($1, $2, 'accepted', true) returning id
  )
  insert into membership_log (membership_id, from_state, to_state) select id, null, 'accepted' from member`)

const LOG_PROJECT = sql(
  'insert into project_log (project_id, from_state, to_state, reason) select unnest($1::bigint[]), $2, $3, $4',
)

/** The account gets its system project, with every resource, and works from now on. */
export async function acceptUser(tx: Queryable, id: bigint, policy: string): Promise<void> {
  const [user] = await tx.query<{ uuid: string; username: string }>(ACCEPT, [id, policy])
  if (!user) throw new RangeError('There is no such user')
  const [project] = await tx.query<{ id: bigint }>(INSERT_SYSTEM_PROJECT, [user.uuid, user.username])
  const { id: projectId } = project as { id: bigint }
  await tx.query(INSERT_SYSTEM_CAPACITIES, [projectId])
  await tx.query(INSERT_MEMBER, [id, projectId])
  await tx.query(LOG_PROJECT, [intArray([projectId]), 'uninitialized', 'active', null])
  await syncLimits(tx, { projects: [projectId] })
}

const REJECT = sql(
  'update users set moderated = true, moderated_at = now(), is_rejected = true, rejected_reason = $2 where id = $1',
)

export async function rejectUser(tx: Queryable, id: bigint, reason: string): Promise<void> {
  await tx.query(REJECT, [id, reason])
}

const DEACTIVATE = sql(`
  update users
     set is_active = false, deactivated_reason = $2, deactivated_at = now()
   where uuid = $1 and email_verified and moderated and not is_rejected
  returning id`)

const ACTIVATE = sql(`
  update users
     set is_active = true, deactivated_reason = null, deactivated_at = null
   where uuid = $1 and email_verified and moderated and not is_rejected and not is_active
  returning id`)

const PROJECTS_TO_SUSPEND = sql(`
  select id from projects
   where ((is_system and uuid = $1) or owner_id = $2) and state = 'active'
   order by id
     for update`)

const MEMBERSHIPS_TO_SUSPEND = sql(`
  select id, state from memberships
   where user_id = $1 and state in ('accepted', 'leave_requested')
   order by id
     for update`)

// A thing that was suspended for another reason stays suspended.
const PROJECTS_TO_RESUME = sql(`
  select p.id from projects as p
   where ((p.is_system and p.uuid = $1) or p.owner_id = $2) and p.state = 'suspended'
     and (select l.reason from project_log as l
           where l.project_id = p.id and l.to_state = 'suspended' order by l.id desc limit 1) = 'user_deactivation'
   order by p.id
     for update`)

const MEMBERSHIPS_TO_RESUME = sql(`
  select m.id, m.state from memberships as m
   where m.user_id = $1 and m.state = 'suspended'
     and (select l.reason from membership_log as l
           where l.membership_id = m.id and l.to_state = 'suspended' order by l.id desc limit 1) = 'user_deactivation'
   order by m.id
     for update`)

const SET_PROJECT_STATE = sql('update projects set state = $2 where id = any($1::bigint[])')
const SET_MEMBERSHIP_STATE = sql('update memberships set state = $2 where id = any($1::bigint[])')
const LOG_MEMBERSHIPS = sql(`
  insert into membership_log (membership_id, from_state, to_state, reason)
  select id, from_state, $3, $4 from unnest($1::bigint[], $2::text[]) as m (id, from_state)`)

/** Its projects and memberships are suspended with it. Source: identity specification, 1.3. */
export async function deactivateUser(tx: Queryable, uuid: string, reason: string): Promise<void> {
  const [user] = await tx.query<{ id: bigint }>(DEACTIVATE, [uuid, reason])
  if (!user) throw new RangeError('There is no accepted user of that uuid')
  const projects = await tx.query<{ id: bigint }>(PROJECTS_TO_SUSPEND, [uuid, user.id])
  const memberships = await tx.query<Member>(MEMBERSHIPS_TO_SUSPEND, [user.id])
  await move(tx, projects, memberships, {
    from: 'active',
    project: 'suspended',
    member: 'suspended',
    reason: 'user_deactivation',
  })
}

/** The reverse, for what the deactivation had suspended. */
export async function activateUser(tx: Queryable, uuid: string): Promise<void> {
  const [user] = await tx.query<{ id: bigint }>(ACTIVATE, [uuid])
  if (!user) throw new RangeError('There is no inactive user of that uuid')
  const projects = await tx.query<{ id: bigint }>(PROJECTS_TO_RESUME, [uuid, user.id])
  const memberships = await tx.query<Member>(MEMBERSHIPS_TO_RESUME, [user.id])
  await move(tx, projects, memberships, {
    from: 'suspended',
    project: 'active',
    member: 'accepted',
    reason: 'user_reactivation',
  })
}

interface Member {
  id: bigint
  state: string
}

async function move(
  tx: Queryable,
  projects: readonly { id: bigint }[],
  memberships: readonly Member[],
  to: { from: string; project: string; member: string; reason: string },
): Promise<void> {
  const projectIds = projects.map(({ id }) => id)
  const memberIds = memberships.map(({ id }) => id)
  await tx.query(SET_PROJECT_STATE, [intArray(projectIds), to.project])
  await tx.query(LOG_PROJECT, [intArray(projectIds), to.from, to.project, to.reason])
  await tx.query(SET_MEMBERSHIP_STATE, [intArray(memberIds), to.member])
  await tx.query(LOG_MEMBERSHIPS, [intArray(memberIds), memberships.map(({ state }) => state), to.member, to.reason])
  await syncLimits(tx, { projects: projectIds, memberships: memberIds })
}

const RENEW = sql(`
  update users
     set token_hash = $2, token_sealed = $3, token_created = now(), token_expires = $4
   where uuid = $1
  returning id`)

/** @returns the new token; the old one is worth nothing from the commit on. */
export async function renewToken(tx: Queryable, secretKey: Buffer, uuid: string, expires: Date): Promise<string> {
  const token = generateToken()
  const rows = await tx.query(RENEW, [uuid, hashToken(token), sealToken(secretKey, uuid, token), expires])
  if (rows.length === 0) throw new RangeError('There is no user of that uuid')
  return token
}
