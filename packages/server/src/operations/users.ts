import { randomUUID } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { checkToken, generateToken, hashToken, sealToken } from '../identity/tokens.ts'
import { endGrantsOf } from '../oauth2/tokens.ts'
import { isSqlError } from '../db/errors.ts'
import { logProjects } from '../projects/log.ts'
import { Refused } from '../projects/refused.ts'
import { syncLimits } from '../projects/sync.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { endSessionsOf } from '../signin/sessions.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** The life of an account. Source: identity specification, 1. */

export interface UserInput {
  /** @default a new one */
  readonly uuid?: string | undefined
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly hasSignedTerms: boolean
  /** @default false */
  readonly isAdmin?: boolean
  /** @default a new one */
  readonly token?: string | undefined
  readonly tokenExpires: Date
}

const INSERT = sql(`
  insert into users (uuid, email, username, first_name, last_name, has_signed_terms, token_hash, token_sealed,
                     token_created, token_expires, is_admin)
  values ($1, $2, $3, $4, $5, $6, $7, $8, now(), $9, $10)
      on conflict (username) do nothing
  returning id`)

export interface NewUser {
  readonly id: bigint
  readonly uuid: string
  readonly token: string
}

export const addressTaken = (): Refused => new Refused('conflict', 'A user with this email address already exists.')

/**
 * Unverified and inactive.
 *
 * @throws {RangeError} the token that was given is too weak.
 * @throws {Refused} conflict: there is such an account, also one that somebody else makes at this moment.
 */
export async function addUser(tx: Queryable, secretKey: SecretKeys, input: UserInput): Promise<NewUser> {
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
    input.isAdmin ?? false,
  ])
  if (!row) throw addressTaken()
  return { id: row.id, uuid, token }
}

const VERIFY = sql(
  'update users set email_verified = true, verified_at = now(), verification_hash = null where id = $1',
)

/** A code that is on its way is worth nothing any more. */
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

/** The account gets its system project, with every resource, and works from now on. */
export async function acceptUser(tx: Queryable, id: bigint, policy: string): Promise<void> {
  await lockInOrder(tx, { registry: true })
  const [user] = await tx.query<{ uuid: string; username: string }>(ACCEPT, [id, policy])
  if (!user) throw new RangeError('There is no such user')
  const [project] = await tx.query<{ id: bigint }>(INSERT_SYSTEM_PROJECT, [user.uuid, user.username])
  const { id: projectId } = project as { id: bigint }
  await tx.query(INSERT_SYSTEM_CAPACITIES, [projectId])
  await tx.query(INSERT_MEMBER, [id, projectId])
  await logProjects(tx, [{ id: projectId, from: 'uninitialized', to: 'active' }], null, null)
  await syncLimits(tx, { projects: [projectId] })
}

const REJECT = sql(
  'update users set moderated = true, moderated_at = now(), is_rejected = true, rejected_reason = $2 where id = $1',
)

export async function rejectUser(tx: Queryable, id: bigint, reason: string | null): Promise<void> {
  await tx.query(REJECT, [id, reason])
}

const RENEW = sql(`
  update users
     set token_hash = $2, token_sealed = $3, token_created = now(), token_expires = $4
   where uuid = $1
  returning id`)

/** Sessions and access tokens of OAuth2 end with the old token. @returns the new one; the old one is worth nothing from the commit on. */
export async function renewToken(tx: Queryable, secretKey: SecretKeys, uuid: string, expires: Date): Promise<string> {
  const token = generateToken()
  const values = [uuid, hashToken(token), sealToken(secretKey, uuid, token), expires]
  const [user] = await tx.query<{ id: bigint }>(RENEW, values)
  if (!user) throw new RangeError('There is no user of that uuid')
  await endSessionsOf(tx, user.id)
  await endGrantsOf(tx, user.id)
  return token
}

const SET_ADMIN = sql('update users set is_admin = $2 where id = $1')

export async function setAdmin(tx: Queryable, id: bigint, isAdmin: boolean): Promise<void> {
  await tx.query(SET_ADMIN, [id, isAdmin])
}

const DELETE = sql('delete from users where id = $1')
const IS_REFERRED_TO = '23503'

/**
 * With its password, groups and codes. For an account that was never accepted: nothing else knows of it.
 *
 * @throws {Refused} conflict: projects, memberships or their history refer to it.
 */
export async function deleteUser(tx: Queryable, id: bigint, username: string): Promise<void> {
  try {
    await tx.query(DELETE, [id])
  } catch (error) {
    if (isSqlError(error) && error.code === IS_REFERRED_TO)
      throw new Refused('conflict', `Cannot delete. User ${username} has been a part of projects.`)
    throw error
  }
}
