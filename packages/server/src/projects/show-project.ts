import { sql, type Queryable } from '../db/statement.ts'
import { DEACTIVATED, POLICY_TEXTS, STATUS } from './display.ts'
import type { Policy } from './locked-project.ts'

/** A project as an operator looks at it. Source: administration specification, 1.5. */

const FIND = sql(`
  select p.id, p.uuid, p.realname as name, p.is_system as system_project, ${STATUS} as status, o.uuid as owner,
         o.email as owner_email, p.homepage, p.description, p.creation_date, p.end_date,
         ${DEACTIVATED} as deactivation_date, p.join_policy, p.leave_policy, p.private, p.max_members,
         (select count(*)
            from memberships as m
           where m.project_id = p.id and m.state in ('accepted', 'leave_requested', 'suspended')) as total_members,
         case when a.state = 'pending' then a.id end as pending_app
    from projects as p
    left join users as o on o.id = p.owner_id
    left join applications as a on a.id = p.last_application_id
   where p.uuid = $1`)

const QUOTA = sql(`
  select r.name as resource, q.member_capacity as member, q.project_capacity as project, h.usage_max as usage
    from project_resources as q
    join resources as r on r.id = q.resource_id
    left join holdings as h on h.holder = 'project:' || $2::text and h.source is null and h.resource = r.name
   where q.project_id = $1
   order by r.id`)

const APPLICATION = sql(`
  select a.id, u.uuid as applicant, u.email as applicant_email, a.issue_date, a.name, o.uuid as owner, a.homepage,
         a.description, a.start_date, a.end_date, a.comments, a.join_policy, a.leave_policy, a.max_members, a.private,
         array(select json_build_object('resource', r.name, 'member', q.member_capacity, 'project', q.project_capacity)
                 from application_resources as q
                 join resources as r on r.id = q.resource_id
                where q.application_id = a.id
                order by r.id) as limits
    from applications as a
    join users as u on u.id = a.applicant_id
    left join users as o on o.id = a.owner_id
   where a.id = $1`)

interface Row {
  readonly id: bigint
  readonly uuid: string
  readonly join_policy: Policy
  readonly leave_policy: Policy
  readonly pending_app: bigint | null
}

export interface ShowOptions {
  /** The pending application as a whole, not its number alone. */
  readonly withApplication: boolean
  readonly withQuota: boolean
}

/** Null: there is none of that uuid. */
export async function showProject(
  on: Queryable,
  uuid: string,
  { withApplication, withQuota }: ShowOptions,
): Promise<(Record<string, unknown> & { readonly number: bigint }) | null> {
  const [row] = await on.query<Row>(FIND, [uuid])
  if (!row) return null
  const { id, uuid: _, join_policy, leave_policy, pending_app, ...project } = row
  const [application] = withApplication && pending_app !== null ? await on.query(APPLICATION, [pending_app]) : []
  return {
    number: id,
    id: uuid,
    ...project,
    join_policy: POLICY_TEXTS[join_policy],
    leave_policy: POLICY_TEXTS[leave_policy],
    pending_app: application ?? pending_app,
    ...(withQuota && { quota: await on.query(QUOTA, [id, uuid]) }),
  }
}
