import pg from 'pg'
import { migrate } from '../../src/db/migrate.ts'
import type { Connection } from './postgres.ts'

/** Of a large installation, in which a few stand out. */
export const LARGE = {
  users: 20_000,
  projects: 100_000,
  /** Owns so many projects and is a member of none of them. */
  owner: { id: 1n, projects: 10_000 },
  /** Is a member of so many. */
  member: { id: 2n, memberships: 10_000 },
  /** Has so many members; `owner of it` is a user like others. */
  crowd: { id: 100_000n, uuid: 'project 100000', members: 10_000, owner: { id: 3n } },
  admin: { id: 4n },
} as const

/** The n-th user has the n-th project as system project; those behind are ordinary, in every state. */
const PEOPLE_AND_PROJECTS = `
  insert into components (name) values ('c');
  insert into services (component_id, name, type) select id, 's', 't' from components;
  insert into resources (name, service_type, service_origin, system_default, project_default)
  values ('c.vm', 't', 's', 0, 0), ('astakos.pending_app', 't', 's', 0, 0);
  insert into users (uuid, email, username, email_verified, moderated, is_active, default_project)
  select 'user ' || i, 'user' || i, 'user' || i, true, true, true, 'user ' || i
    from generate_series(1, ${LARGE.users}) as i;
  insert into projects (uuid, name, realname, is_system, owner_id, state, end_date, join_policy, leave_policy, max_members,
                        private)
  select case when i <= ${LARGE.users} then 'user ' || i else 'project ' || i end,
         case when state in ('active', 'suspended') then 'name ' || i end, 'name ' || i, i <= ${LARGE.users}, owner_id,
         state, now(), 'moderated', 'auto', 20000, i % 5 = 0 and i < ${LARGE.projects}
    from generate_series(1, ${LARGE.projects}) as i
   cross join lateral (
     select case
              when i <= ${LARGE.users} then null
              when i <= ${LARGE.users + LARGE.owner.projects} then ${LARGE.owner.id}
              when i = ${LARGE.projects} then ${LARGE.crowd.owner.id}
              else 5 + i % ${LARGE.users - 4}
            end as owner_id,
            case
              when i <= ${LARGE.users} or i = ${LARGE.projects} then 'active'
              else (array['active', 'active', 'active', 'active', 'active', 'uninitialized', 'suspended', 'terminated',
                          'deleted', 'active'])[1 + i % 10]
            end as state) as s
   order by i;
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, 1000, 10 from projects as p cross join resources as r;
  insert into project_log (project_id, from_state, to_state)
  select id, null, 'uninitialized' from projects;
  insert into project_log (project_id, from_state, to_state)
  select id, 'uninitialized', state from projects where state <> 'uninitialized';
  insert into applications (project_id, applicant_id, state, name)
  select id, coalesce(owner_id, id), case when id % 10 in (4, 5) then 'pending' else 'approved' end, realname
    from projects
   order by id;
  insert into application_resources (application_id, resource_id, project_capacity, member_capacity)
  select a.id, r.id, 2000, 20 from applications as a join resources as r on r.name = 'c.vm';
  update projects as p set last_application_id = a.id from applications as a where a.project_id = p.id`

const MEMBERSHIPS = `
  insert into memberships (user_id, project_id, state, initialized)
  select user_id, project_id, state, state in ('accepted', 'leave_requested', 'removed')
    from (
      select i, i from generate_series(1, ${LARGE.users}) as i
      union
      select 5 + (i * 7) % ${LARGE.users - 4}, i from generate_series(${LARGE.users + 1}, ${LARGE.projects - 1}) as i
      union
      select ${LARGE.member.id}, i from generate_series(40001, ${40000 + LARGE.member.memberships - 1}) as i
      union
      select i, ${LARGE.crowd.id} from generate_series(5, ${4 + LARGE.crowd.members}) as i) as m (user_id, project_id)
   cross join lateral (
     select case
              when user_id = project_id or project_id = ${LARGE.crowd.id} and user_id % 10 <> 0 then 'accepted'
              else (array['accepted', 'accepted', 'requested', 'accepted', 'leave_requested', 'accepted', 'removed',
                          'accepted', 'rejected', 'requested'])[1 + (user_id + project_id) % 10]
            end as state) as s
   order by project_id, user_id;
  insert into membership_log (membership_id, from_state, to_state) select id, null, 'requested' from memberships;
  insert into membership_log (membership_id, from_state, to_state)
  select id, 'requested', state from memberships where state <> 'requested'`

/** As the service makes them. */
const HOLDINGS = `
  insert into holdings (holder, source, resource, "limit")
  select 'project:' || p.uuid, null, r.name, case when p.state = 'active' then q.project_capacity else 0 end
    from projects as p
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where p.state in ('active', 'suspended', 'terminated')
   order by p.id;
  insert into holdings (holder, source, resource, "limit")
  select 'user:' || u.uuid, 'project:' || p.uuid, r.name,
         case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity else 0 end
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where m.initialized and p.state in ('active', 'suspended', 'terminated')
   order by m.id`

/** A template. */
export async function largeCloud(connection: Connection): Promise<void> {
  await migrate(connection)
  const client = new pg.Client(connection)
  await client.connect()
  // What is written here is consistent, and a million foreign keys take long to check.
  await client.query(`set session_replication_role = 'replica'`)
  await client.query(PEOPLE_AND_PROJECTS)
  await client.query(MEMBERSHIPS)
  await client.query(HOLDINGS)
  await vacuum(client)
  await client.end()
}

/**
 * As a database is that has settled: plans depend on how many pages are known to be visible to all. Some are left out as
 * long as the server's own workers look at them.
 */
async function vacuum(client: pg.Client): Promise<void> {
  for (;;) {
    await client.query('vacuum analyze')
    const { rowCount } = await client.query(
      `select from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r' and relallvisible < relpages`,
    )
    if (rowCount === 0) return
  }
}
