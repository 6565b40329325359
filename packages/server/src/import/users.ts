import { readOldPassword } from '../identity/old-passwords.ts'
import { hashToken, sealToken } from '../identity/tokens.ts'
import { copy, refuseAny, type Import } from './copy.ts'
import { metadataOf } from './metadata.ts'
import { insertInto } from './target.ts'

/** Accounts with their tokens and passwords. Source: database specification, `auth_user` and `im_astakosuser`. */

const SELECT = `
  select a.user_ptr_id as id, u.id is null as is_orphan, u.password, u.last_login::text, u.is_superuser, u.username,
         u.first_name, u.last_name, u.email, u.is_active, u.date_joined::text, a.affiliation, a.auth_token,
         a.auth_token_created::text, a.auth_token_expires::text, a.updated::text, a.deactivated_reason,
         a.deactivated_at::text, a.email_verified, a.verification_code, a.verified_at::text, a.activation_sent::text,
         a.is_rejected, a.rejected_reason, a.moderated, a.moderated_at::text, a.accepted_policy, a.accepted_email,
         a.has_signed_terms, a.date_signed_terms::text, a.uuid, a.default_project,
         a.moderated_data is not null as has_moderated_data,
         l.info_data, coalesce(l.active, false) as has_local
    from im_astakosuser as a
    left join auth_user as u on u.id = a.user_ptr_id
    left join (
      select user_id, bool_or(active) as active, (array_agg(info_data order by id))[1] as info_data
        from im_astakosuserauthprovider
       where module = 'local'
       group by user_id) as l on l.user_id = a.user_ptr_id
   order by a.user_ptr_id`

interface Row {
  readonly id: number
  readonly is_orphan: boolean
  readonly password: string
  readonly last_login: string
  readonly is_superuser: boolean
  readonly username: string
  readonly first_name: string
  readonly last_name: string
  readonly email: string
  readonly is_active: boolean
  readonly date_joined: string
  readonly affiliation: string | null
  readonly auth_token: string | null
  readonly auth_token_created: string | null
  readonly auth_token_expires: string | null
  readonly updated: string
  readonly deactivated_reason: string | null
  readonly deactivated_at: string | null
  readonly email_verified: boolean
  readonly verification_code: string | null
  readonly verified_at: string | null
  readonly activation_sent: string | null
  readonly is_rejected: boolean
  readonly rejected_reason: string | null
  readonly moderated: boolean
  readonly moderated_at: string | null
  readonly accepted_policy: string | null
  readonly accepted_email: string | null
  readonly has_signed_terms: boolean
  readonly date_signed_terms: string | null
  readonly uuid: string
  readonly default_project: string | null
  readonly has_moderated_data: boolean
  readonly info_data: string | null
  readonly has_local: boolean
}

const USERS = insertInto('users', {
  id: 'bigint',
  uuid: 'text',
  email: 'text',
  username: 'text',
  first_name: 'text',
  last_name: 'text',
  token_hash: 'bytea',
  token_sealed: 'bytea',
  token_created: 'timestamptz',
  token_expires: 'timestamptz',
  email_verified: 'boolean',
  verified_at: 'timestamptz',
  moderated: 'boolean',
  moderated_at: 'timestamptz',
  is_rejected: 'boolean',
  rejected_reason: 'text',
  accepted_policy: 'text',
  is_active: 'boolean',
  deactivated_reason: 'text',
  deactivated_at: 'timestamptz',
  has_signed_terms: 'boolean',
  date_signed_terms: 'timestamptz',
  default_project: 'text',
  date_joined: 'timestamptz',
  password: 'text',
  verification_hash: 'bytea',
  verification_sent: 'timestamptz',
  is_admin: 'boolean',
  last_login: 'timestamptz',
  updated: 'timestamptz',
  affiliation: 'text',
  metadata: 'jsonb',
})

export async function copyUsers(to: Import): Promise<void> {
  await copy<Row, typeof USERS.columns>(to, {
    what: 'users',
    from: 'im_astakosuser',
    select: SELECT,
    into: USERS,
    row: (row) => userOf(to, row),
  })
  const plain = 'not exists (select 1 from im_astakosuser as a where a.user_ptr_id = u.id)'
  to.notes.leaveOut('auth_user', 'these are no accounts of Astakos', await to.source.count('auth_user as u', plain))
  const short = 'length(auth_token) between 1 and 21'
  const [users, components] = [
    await to.source.count('im_astakosuser', short),
    await to.source.count('im_component', short),
  ]
  if (users + components > 0)
    to.notes.steps.push(
      `${users} users and ${components} components have tokens of fewer than 22 characters, which could be guessed: they work; renew them`,
    )
  const others = await to.source.count(
    'im_astakosuser as a join auth_user as u on u.id = a.user_ptr_id',
    'lower(u.username) <> lower(u.email)',
  )
  if (others > 0)
    to.notes.steps.push(`${others} users have a login name that is not their address: they sign in by that name`)
  await refuseAny(
    to,
    'im_astakosuser',
    `select a.user_ptr_id as id
       from im_astakosuser as a
       left join im_project as p on p.id = a.base_project_id and p.is_base and p.uuid = a.uuid
      where a.base_project_id is not null and p.id is null`,
    'base_project_id: names no system project of this user',
  )
}

function userOf(
  { notes, secretKey }: Import,
  row: Row,
): Record<keyof typeof USERS.columns, string | number | boolean | Buffer | null> {
  const { uuid, auth_token: token, verification_code: code } = row
  if (row.is_orphan) throw new RangeError('user_ptr_id: names no row of auth_user')
  if (uuid === '') throw new RangeError('uuid: must not be empty')
  const username = row.username.toLowerCase()
  if (username === '') throw new RangeError('username: must not be empty')
  if (username !== row.username) notes.change('users', 'the login name is in lower case now')
  if (row.has_moderated_data) notes.leaveOut('im_astakosuser.moderated_data', 'a copy of the account with its secrets')
  if (row.accepted_email !== null) notes.leaveOut('im_astakosuser.accepted_email', 'it means nothing here')
  const hasToken = token !== null && token !== ''
  // The original fails at such a token, and here it would have no date to show.
  const isEndless = hasToken && row.auth_token_expires === null
  if (isEndless) notes.change('users', 'the token had no end: it is over, and renewed when the user signs in')
  const awaitsProof = !row.email_verified && code !== null && code !== ''
  return {
    id: row.id,
    uuid,
    email: row.email,
    username,
    first_name: row.first_name,
    last_name: row.last_name,
    token_hash: hasToken ? hashToken(token) : null,
    token_sealed: hasToken ? sealToken(secretKey, uuid, token) : null,
    token_created: row.auth_token_created,
    token_expires: isEndless ? (row.auth_token_created ?? row.date_joined) : row.auth_token_expires,
    email_verified: row.email_verified,
    verified_at: row.verified_at,
    moderated: row.moderated,
    moderated_at: row.moderated_at,
    is_rejected: row.is_rejected,
    rejected_reason: row.rejected_reason,
    accepted_policy: row.accepted_policy,
    is_active: row.is_active,
    deactivated_reason: row.deactivated_reason,
    deactivated_at: row.deactivated_at,
    has_signed_terms: row.has_signed_terms,
    date_signed_terms: row.date_signed_terms,
    default_project: row.default_project,
    date_joined: row.date_joined,
    password: passwordOf(notes, row),
    verification_hash: awaitsProof ? hashToken(code) : null,
    verification_sent: awaitsProof ? row.activation_sent : null,
    is_admin: row.is_superuser,
    last_login: row.last_login,
    updated: row.updated,
    affiliation: row.affiliation,
    metadata: metadataOf(notes, 'users', row.info_data),
  }
}

/** As Django wrote it: the first sign-in makes it anew. */
function passwordOf(notes: Import['notes'], { password, has_local: hasLocal }: Row): string | null {
  if (password === '' || password.startsWith('!')) return null
  if (!hasLocal) {
    notes.leaveOut('passwords', 'the account has no active local way to sign in')
    return null
  }
  if (readOldPassword(password)) return password
  notes.leaveOut('passwords', 'of a format that is not known here: these users have to set a new one')
  return null
}
