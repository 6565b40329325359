import { sql, type Queryable } from '../../packages/server/src/db/statement.ts'
import { ADMIN, PENDING_APP, PENDING_MAX } from './universe-projects.ts'

/**
 * What always holds of projects, applications and memberships, and of the quotas that follow from them (quota
 * specification, 8 and 9.1), in one statement: it sees one committed state, so it may be asked while others write.
 * Nothing of the service's own reading is used.
 */
const BROKEN = sql(`
  with alive as (
    select * from projects where state in ('active', 'suspended')
  ), initialized as (
    select * from projects where state in ('active', 'suspended', 'terminated')
  ), expected as (
    select 'project:' || p.uuid as holder, null as source, r.name as resource,
           case when p.state = 'active' then q.project_capacity else 0 end as "limit"
      from initialized as p
     cross join resources as r
      left join project_resources as q on q.project_id = p.id and q.resource_id = r.id
     union all
    select 'user:' || u.uuid, 'project:' || p.uuid, r.name,
           case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity else 0 end
      from memberships as m
      join users as u on u.id = m.user_id
      join initialized as p on p.id = m.project_id
     cross join resources as r
      left join project_resources as q on q.project_id = p.id and q.resource_id = r.id
     where exists (select from membership_log as l where l.membership_id = m.id and l.to_state = 'accepted')
  ), project_steps as (
    select project_id, from_state, to_state,
           lag(to_state) over (partition by project_id order by id) as before,
           lead(id) over (partition by project_id order by id) is null as is_last
      from project_log
  ), member_steps as (
    select membership_id, from_state, to_state,
           lag(to_state) over (partition by membership_id order by id) as before,
           lead(id) over (partition by membership_id order by id) is null as is_last
      from membership_log
  )
  select 'I6' as rule, h.holder || ' ' || h.source || ' ' || h.resource || ' has no holding of the project' as what
    from holdings as h
   where h.source is not null
     and not exists (select from holdings as o
                      where o.holder = h.source and o.source is null and o.resource = h.resource)
   union all
  select 'I7', coalesce(h.holder, e.holder) || ' ' || coalesce(h.source, e.source, '-') || ' '
               || coalesce(h.resource, e.resource) || ' has ' || coalesce(h."limit"::text, 'no holding')
               || ', not ' || coalesce(e."limit"::text, 'nothing')
    from holdings as h
    full join expected as e
      on e.holder = h.holder and coalesce(e.source, '') = coalesce(h.source, '') and e.resource = h.resource
   where h."limit" is distinct from e."limit" or h.id is null or e.holder is null
   union all
  select 'I13', u.uuid || ' has ' || n.applications || ' pending and ' || h.holder || ' counts ' || h.usage_min || ' … '
                || h.usage_max
    from users as u
   cross join lateral (select count(*) as applications from applications as a
                        where a.applicant_id = u.id and a.state = 'pending') as n
    join holdings as h
      on h.resource = '${PENDING_APP}'
     and (h.holder = 'project:' || u.uuid and h.source is null
          or h.holder = 'user:' || u.uuid and h.source = 'project:' || u.uuid)
   where u.moderated and (h.usage_min <> n.applications or h.usage_max <> n.applications)
   union all
  select 'pending', u.uuid || ' has ' || count(*) || ' pending applications'
    from applications as a
    join users as u on u.id = a.applicant_id
   where a.state = 'pending' and u.uuid <> '${ADMIN}'
   group by u.uuid
  having count(*) > ${PENDING_MAX}
   union all
  select 'name', realname || ' is reserved by ' || count(*) from alive group by realname having count(*) > 1
   union all
  select 'name', uuid || ' is ' || state || ' and has reserved ' || coalesce(name, 'nothing')
    from projects
   where name is distinct from case when state in ('active', 'suspended') then realname end
   union all
  select 'pending', p.uuid || ' has ' || count(*) || ' pending applications'
    from applications as a
    join projects as p on p.id = a.project_id
   where a.state = 'pending'
   group by p.uuid
  having count(*) > 1
   union all
  select 'last', p.uuid || ' names ' || coalesce(p.last_application_id::text, 'none') || ', not ' || coalesce(a.id::text, 'none')
    from projects as p
    left join lateral (select max(id) as id from applications where project_id = p.id) as a on true
   where p.last_application_id is distinct from a.id
   union all
  select 'last', a.id || ' is pending and not the last one of ' || p.uuid
    from applications as a
    join projects as p on p.id = a.project_id
   where a.state = 'pending' and p.last_application_id <> a.id
   union all
  select 'state', p.uuid || ' is ' || p.state || ' and its application ' || a.state
    from projects as p
    join applications as a on a.id = p.last_application_id
   where p.state = 'uninitialized' and a.state not in ('pending', 'denied')
      or p.state = 'deleted' and a.state not in ('cancelled', 'dismissed')
   union all
  select 'state', p.uuid || ' is ' || p.state || ' and nobody has approved it'
    from initialized as p
   where not p.is_system
     and not exists (select from applications as a where a.project_id = p.id and a.state = 'approved')
   union all
  select 'pair', user_id || ' is in ' || project_id || ' ' || count(*) || ' times'
    from memberships
   group by user_id, project_id
  having count(*) > 1
   union all
  select 'log', 'project ' || p.uuid || ' went from ' || coalesce(l.from_state, 'nothing') || ' to ' || l.to_state
                || ' and was ' || coalesce(l.before, 'new')
    from project_steps as l
    join projects as p on p.id = l.project_id
   where case when l.before is null then coalesce(l.from_state, 'uninitialized') <> 'uninitialized'
              else l.from_state is distinct from l.before end
   union all
  select 'log', 'project ' || p.uuid || ' is ' || p.state || ' and went to ' || coalesce(l.to_state, 'nothing')
    from projects as p
    left join project_steps as l on l.project_id = p.id and l.is_last
   where coalesce(l.to_state, 'uninitialized') <> p.state
   union all
  select 'log', 'membership ' || membership_id || ' went from ' || coalesce(from_state, 'nothing') || ' to ' || to_state
                || ' and was ' || coalesce(before, 'new')
    from member_steps
   where from_state is distinct from before
   union all
  select 'log', 'membership ' || m.id || ' is ' || m.state || ' and went to ' || coalesce(l.to_state, 'nothing')
    from memberships as m
    left join member_steps as l on l.membership_id = m.id and l.is_last
   where l.to_state is distinct from m.state
   union all
  select 'initialized', 'membership ' || m.id || ' of ' || p.uuid || ', which never was active'
    from memberships as m
    join projects as p on p.id = m.project_id
   where p.state in ('uninitialized', 'deleted')
   union all
  select 'initialized', 'membership ' || m.id || ' says ' || m.initialized
    from memberships as m
   where m.initialized
         <> exists (select from membership_log as l where l.membership_id = m.id and l.to_state = 'accepted')
   union all
  select 'account', u.uuid || ' is inactive and accepted in ' || m.project_id
    from memberships as m
    join users as u on u.id = m.user_id
   where m.state = 'accepted' and not u.is_active
   union all
  select 'default', u.uuid || ' has ' || coalesce(u.default_project, 'nothing')
    from users as u
   where u.default_project is distinct from u.uuid
     and not exists (select from memberships as m
                       join alive as p on p.id = m.project_id
                      where m.user_id = u.id and p.uuid = u.default_project
                        and m.state in ('accepted', 'leave_requested', 'suspended'))`)

/** @returns a line for each thing that is wrong. */
export async function brokenProjectInvariants(on: Queryable): Promise<string[]> {
  const rows = await on.query<{ rule: string; what: string }>(BROKEN)
  return rows.map(({ rule, what }) => `${rule}: ${what}`)
}

const CROWDED = sql(`
  select p.uuid || ' has ' || count(*) || ' members of ' || p.max_members as what
    from memberships as m
    join projects as p on p.id = m.project_id
   where p.uuid = any($1::text[]) and m.state in ('accepted', 'leave_requested', 'suspended')
   group by p.id
  having count(*) > p.max_members`)

/** Of projects whose limit of members was never lowered. */
export async function tooManyMembers(on: Queryable, projects: readonly string[]): Promise<string[]> {
  const rows = await on.query<{ what: string }>(CROWDED, [projects])
  return rows.map(({ what }) => `members: ${what}`)
}
