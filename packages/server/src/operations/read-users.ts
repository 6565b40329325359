import { where } from '../db/filter.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Account } from './find-user.ts'

/** Accounts for operators' eyes. Source: administration specification, 1.2. */

const PROVIDERS = `
  array(select 'local' where u.password is not null
        union all
        select distinct module from sign_in_methods where user_id = u.id and active)`

const LIST = `
  select u.id, u.username as displayname, u.email, u.first_name || ' ' || u.last_name as realname, u.uuid, u.is_active as active,
         u.is_admin as admin, u.email_verified as verified, u.moderated, u.is_rejected as rejected, ${PROVIDERS} as providers,
         u.verification_sent as activation_sent,
         array(select g.name from user_groups as ug join groups as g on g.id = ug.group_id
                where ug.user_id = u.id order by g.id) as groups,
         u.last_login,
         (select coalesce(json_agg(json_build_object('provider', module, 'last_login', last_login) order by id), '[]'::json)
            from sign_in_methods where user_id = u.id) as last_login_details
    from users as u
   where u.id > $1`

export interface UserFilter {
  readonly active?: boolean | undefined
  /** Verified, and nobody decided yet. */
  readonly pendingModeration?: boolean | undefined
  readonly pendingVerification?: boolean | undefined
  readonly rejected?: boolean | undefined
  /** In one of them at least. */
  readonly groups?: readonly string[] | undefined
  /** What the address begins with, in any case. */
  readonly email?: string | undefined
  readonly after?: bigint | undefined
  readonly limit: number
}

/** By id; one more than the limit, if there is one. */
export function listUsers(on: Queryable, filter: UserFilter): Promise<{ readonly id: bigint }[]> {
  const { text, values } = where(2, [
    ['u.is_active = ?', filter.active],
    ['(u.email_verified and not u.moderated) = ?', filter.pendingModeration],
    ['not u.email_verified = ?', filter.pendingVerification],
    ['u.is_rejected = ?', filter.rejected],
    [
      `exists (select from user_groups as ug join groups as g on g.id = ug.group_id
                where ug.user_id = u.id and g.name = any(?::text[]))`,
      filter.groups,
    ],
    ['(starts_with(u.username, ?) or starts_with(lower(u.email), ?))', filter.email?.toLowerCase()],
  ])
  return on.query(sql(`${LIST}${text} order by u.id limit $2`), [filter.after ?? 0n, filter.limit + 1, ...values])
}

const PROVIDERS_OF = sql(`select ${PROVIDERS} as providers from users as u where u.id = $1`)

/** How the user can sign in: `local` is a password. */
export async function providersOf(on: Queryable, id: bigint): Promise<readonly string[]> {
  const [row] = await on.query<{ providers: string[] }>(PROVIDERS_OF, [id])
  return row?.providers ?? []
}

const QUOTA = sql(`
  select substr(source, length('project:') + 1) as source, resource, "limit", usage_max as usage
    from holdings
   where holder = 'user:' || $1
   order by source, resource`)

/** All holdings of a member, also of resources that the API does not show. */
export function quotaOf(on: Queryable, uuid: string): Promise<object[]> {
  return on.query(QUOTA, [uuid])
}

/** Of one that never lived, or lives no more, the last application says more. */
const STATUS = `
  case when p.state in ('uninitialized', 'deleted') and a.state in ('pending', 'denied', 'dismissed', 'cancelled')
       then initcap(a.state) else initcap(p.state) end as status`
const OWNED = sql(`
  select p.uuid as id, p.realname as name, ${STATUS}, case when a.state = 'pending' then a.id end as pending_application
    from projects as p
    left join applications as a on a.id = p.last_application_id
   where p.owner_id = $1
   order by p.id`)
const MEMBERSHIPS = sql(`
  select p.uuid as id, p.realname as name, m.state as status
    from memberships as m
    join projects as p on p.id = m.project_id
   where m.user_id = $1
   order by m.id`)

export async function projectsOf(on: Queryable, id: bigint): Promise<{ owned: object[]; memberships: object[] }> {
  return { owned: await on.query<object>(OWNED, [id]), memberships: await on.query<object>(MEMBERSHIPS, [id]) }
}

/** The state of an account in words that operators know. */
export function statusOf(account: Account): string {
  if (!account.email_verified) return 'Pending email verification'
  if (!account.moderated) return 'Pending moderation'
  if (account.is_rejected) return `Rejected${inBrackets(account.rejected_reason)}`
  const activity = account.is_active ? 'Active' : `Inactive${inBrackets(account.deactivated_reason)}`
  const policy = account.accepted_policy
  const how = policy === 'manual' || policy === null ? 'manually accepted' : `accepted policy: ${policy}`
  return `Accepted/${activity} (${how})`
}

function inBrackets(reason: string | null): string {
  return reason === null || reason === '' ? '' : ` (${reason})`
}
