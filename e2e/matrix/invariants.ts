import { sql, type Queryable } from '../../packages/server/src/db/statement.ts'

/**
 * What always holds, computed here from projects and memberships, and from nothing that the service computes. Source:
 * quota specification, 8 and 9.1. I4, I5, I9, I11 and I12 are about single commissions; I8 is looked at cell by cell,
 * and I10 is tried out at the end.
 *
 * $1: the uuid of a project, which limits the search to what belongs to it; null: everything.
 */
const BROKEN = sql(`
  with p as (
    select * from projects where $1::text is null or uuid = $1
  ), member_due as (
    select 'user:' || u.uuid as holder, 'project:' || p.uuid as source, r.name as resource,
           case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity
                else 0 end as due
      from memberships as m
      join p on p.id = m.project_id
      join users as u on u.id = m.user_id
      join project_resources as q on q.project_id = p.id
      join resources as r on r.id = q.resource_id
     where p.state in ('active', 'suspended', 'terminated')
       and exists (select from membership_log as l
                    where l.membership_id = m.id and l.to_state in ('accepted', 'leave_requested', 'suspended'))
  ), project_due as (
    select 'project:' || p.uuid as holder, null::text as source, r.name as resource,
           case when p.state = 'active' then q.project_capacity else 0 end as due
      from p
      join project_resources as q on q.project_id = p.id
      join resources as r on r.id = q.resource_id
     where p.state in ('active', 'suspended', 'terminated')
  ), due as (
    select * from member_due union all select * from project_due
  ), held as (
    select * from holdings
     where $1::text is null or source = 'project:' || $1 or (holder = 'project:' || $1 and source is null)
  ), pending as (
    select e.holding, sum(abs(e.quantity)) as amount, sum(greatest(e.quantity, 0)) as imports
      from commissions as c, unnest(c.holdings, c.quantities) as e (holding, quantity)
     group by e.holding
  ), accepted as (
    select e.holding, sum(e.quantity) as amount
      from resolutions as c, unnest(c.holdings, c.quantities) as e (holding, quantity)
     where c.accepted
       and e.holding in (select id from held)
     group by e.holding
  )
  select 'I1' as rule, holder || ' ' || resource || ': ' || usage_min || ' … ' || usage_max as what
    from held
   where not (0 <= usage_min and usage_min <= usage_max)
   union all
  select 'I2', holder || ' ' || resource || ': ' || usage_min || ' … ' || usage_max || ', pending ' || coalesce(amount, 0)
    from held
    left join pending on holding = id
   where usage_max - usage_min <> coalesce(amount, 0)
   union all
  select 'I3', holder || ' ' || resource || ': up to ' || usage_max || ', accepted ' || coalesce(accepted.amount, 0)
    from held
    left join pending on pending.holding = id
    left join accepted on accepted.holding = id
   where coalesce(accepted.amount, 0) <> usage_max - coalesce(imports, 0)
   union all
  select 'I6', h.holder || ' has ' || h.resource || ' from ' || h.source || ', which has none'
    from held as h
   where h.source is not null
     and not exists (select from holdings as o where o.holder = h.source and o.source is null and o.resource = h.resource)
   union all
  select 'I7', due.holder || ' ' || due.resource || ' of ' || coalesce(due.source, 'none') || ': limit '
               || coalesce(h."limit"::text, 'missing') || ' instead of ' || due.due
    from due
    left join held as h on h.holder = due.holder and h.source is not distinct from due.source and h.resource = due.resource
   where h."limit" is distinct from due.due
   union all
  select 'I7', h.holder || ' ' || h.resource || ' of ' || coalesce(h.source, 'none') || ': nobody is due that'
    from held as h
    left join due on h.holder = due.holder and h.source is not distinct from due.source and h.resource = due.resource
   where due.holder is null
   union all
  select 'I13', u.email || ' has ' || count(a.id) || ' pending applications, and ' || h.holder || ' holds ' || h.usage_max
    from users as u
    join holdings as h
      on h.resource = 'astakos.pending_app'
     and ((h.holder = 'user:' || u.uuid and h.source = 'project:' || u.uuid)
          or (h.holder = 'project:' || u.uuid and h.source is null))
    left join applications as a on a.applicant_id = u.id and a.state = 'pending'
   group by u.id, h.id
  having count(a.id) <> h.usage_max or count(a.id) <> h.usage_min
   union all
  select 'states', p.uuid || ' is ' || p.state || ', and its name is ' || coalesce(p.name, 'free')
    from p
   where (p.state in ('active', 'suspended')) <> (p.name is not null) or p.name <> p.realname
   union all
  select 'states', p.uuid || ' has ' || count(*) || ' pending applications'
    from p
    join applications as a on a.project_id = p.id and a.state = 'pending'
   group by p.uuid
  having count(*) > 1
   union all
  select 'states', p.uuid || ' has a pending application that is not the last one'
    from p
    join applications as a on a.project_id = p.id and a.state = 'pending'
   where p.last_application_id is distinct from a.id
   union all
  select 'states', 'membership ' || m.id || ' is ' || m.state || ', and its log ends with ' || l.to_state
    from memberships as m
    join p on p.id = m.project_id
    join lateral (select to_state from membership_log where membership_id = m.id order by id desc limit 1) as l on true
   where l.to_state <> m.state`)

/** @returns a line for each thing that is wrong. */
export async function brokenInvariants(on: Queryable, project: string | null): Promise<string[]> {
  const rows = await on.query<{ rule: string; what: string }>(BROKEN, [project])
  return rows.map(({ rule, what }) => `${rule}: ${what}`)
}
