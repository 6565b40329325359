import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { lockInOrder, settled, type Changed, type Locked, type Wanted } from '../quotas/lock.ts'

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
     and ($2::text[] is null or r.name = any($2))
   order by p.id, r.id ${UPSERT}`)

const SET_MEMBER_LIMITS = sql(`
  insert into holdings (holder, source, resource, "limit")
  select 'user:' || u.uuid, 'project:' || p.uuid, r.name,
         case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity else 0 end
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where m.initialized
     and p.state in ('active', 'suspended', 'terminated')
     and m.id = any($2::bigint[] || array(select id from memberships where project_id = any($1::bigint[])))
     and ($3::text[] is null or r.name = any($3))
   order by m.id, r.id ${UPSERT}`)

/**
 * Limits follow from projects and memberships, and only from them: what is written here is what the formula says, usage
 * is never touched, and holdings are made where they are missing. One call for all that a transaction changes, since
 * locks are taken in one order once. Source: quota specification, 9.1.
 *
 * @param also what else is locked with them.
 */
export async function syncLimits(tx: Queryable, changed: Changed, also: Wanted = {}): Promise<Locked> {
  const { projects = [], memberships = [], resources = null } = changed
  const [ofProjects, ofMembers] = [intArray(projects), intArray(memberships)]
  const [locked] = await settled([
    lockInOrder(tx, { ...also, projects, memberships, limitsOf: changed }),
    projects.length > 0 ? tx.query(SET_PROJECT_LIMITS, [ofProjects, resources]) : [],
    tx.query(SET_MEMBER_LIMITS, [ofProjects, ofMembers, resources]),
  ])
  return locked
}
