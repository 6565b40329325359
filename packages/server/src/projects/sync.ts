import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { lockInOrder } from '../quotas/lock.ts'

/**
 * Limits follow from projects and memberships, and only from them: what is written here is what the formula says, usage
 * is never touched, and holdings are made where they are missing. Source: quota specification, 9.1.
 */

const HOLDINGS_OF_PROJECTS = sql(`
  select h.id
    from projects as p
    join holdings as h on (h.holder = 'project:' || p.uuid and h.source is null) or h.source = 'project:' || p.uuid
   where p.id = any($1::bigint[])`)

const HOLDINGS_OF_MEMBERSHIPS = sql(`
  select h.id
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id
    join holdings as h on h.holder = 'user:' || u.uuid and h.source = 'project:' || p.uuid
   where m.id = any($1::bigint[])`)

const UPSERT = `
  on conflict on constraint holding_key do update
    set "limit" = excluded."limit"
  where holdings."limit" <> excluded."limit"`

const SET_PROJECT_LIMITS = sql(`
  insert into holdings (holder, source, resource, "limit")
  select 'project:' || p.uuid, null, r.name, case when p.state = 'active' then q.project_capacity else 0 end
    from projects as p
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where p.id = any($1::bigint[])
     and p.state in ('active', 'suspended', 'terminated')
     and ($2::text is null or r.name = $2)
   order by p.id, r.id ${UPSERT}`)

const MEMBER_LIMITS = `
  insert into holdings (holder, source, resource, "limit")
  select 'user:' || u.uuid, 'project:' || p.uuid, r.name,
         case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity else 0 end
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where m.initialized
     and p.state in ('active', 'suspended', 'terminated')`

const SET_LIMITS_OF_MEMBERS = sql(`
  ${MEMBER_LIMITS}
     and p.id = any($1::bigint[])
     and ($2::text is null or r.name = $2)
   order by m.id, r.id ${UPSERT}`)

const SET_LIMITS_OF_MEMBERSHIPS = sql(`
  ${MEMBER_LIMITS}
     and m.id = any($1::bigint[])
   order by m.id, r.id ${UPSERT}`)

/** After a project's state or capacities changed: its own limits and those of all of its members. */
export async function syncProjects(
  tx: Queryable,
  projects: readonly bigint[],
  resource: string | null = null,
): Promise<void> {
  const rows = await tx.query<{ id: bigint }>(HOLDINGS_OF_PROJECTS, [intArray(projects)])
  await lockInOrder(tx, { projects, holdings: rows.map(({ id }) => id) })
  await tx.query(SET_PROJECT_LIMITS, [intArray(projects), resource])
  await tx.query(SET_LIMITS_OF_MEMBERS, [intArray(projects), resource])
}

/** After memberships changed: the limits of those members. */
export async function syncMemberships(tx: Queryable, memberships: readonly bigint[]): Promise<void> {
  const rows = await tx.query<{ id: bigint }>(HOLDINGS_OF_MEMBERSHIPS, [intArray(memberships)])
  await lockInOrder(tx, { memberships, holdings: rows.map(({ id }) => id) })
  await tx.query(SET_LIMITS_OF_MEMBERSHIPS, [intArray(memberships)])
}
