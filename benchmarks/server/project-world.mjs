// Beside the people of `world.mjs`, who are all members of one project: many projects of one owner, many memberships of
// one member, and room for more to join.
import { createWorld, query } from './world.mjs'

/** By number. The first one owns the large project, and decides about applications; those behind them join. */
export const [ADMIN, OWNER, MEMBER, FIRST_TO_JOIN] = [1, 2, 3, 4]

const projects = (count) => `
  insert into resources (name, service_type, service_origin, system_default, project_default)
  values ('astakos.pending_app', 'compute', 'cyclades_compute', 1000000, 0);
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, 1000000, 1000000 from projects as p, resources as r
   where p.is_system and r.name = 'astakos.pending_app';
  insert into holdings (holder, source, resource, "limit")
  select holder, source, 'astakos.pending_app', 1000000
    from projects as p
   cross join lateral (values ('project:' || p.uuid, null), ('user:' || p.uuid, 'project:' || p.uuid)) as h (holder, source)
   where p.is_system
   order by p.id, source nulls first;
  insert into projects (uuid, name, realname, is_system, owner_id, state, homepage, description, end_date, join_policy,
                        leave_policy, max_members)
  select md5('project ' || i)::uuid::text, 'project' || i || '.example.org', 'project' || i || '.example.org', false, ${OWNER},
         'active', 'https://example.org/' || i, 'A project of the benchmark', now() + interval '1 year', 'auto', 'auto', 1000000
    from generate_series(1, ${count}) as i;
  insert into applications (project_id, applicant_id, state, name, owner_id, homepage, description, end_date, comments,
                            join_policy, leave_policy, max_members, private, response_date, response_actor_id)
  select id, ${OWNER}, 'approved', realname, owner_id, homepage, description, end_date, '', join_policy, leave_policy,
         max_members, private, now(), ${ADMIN}
    from projects
   where not is_system
   order by id;
  update projects as p set last_application_id = a.id from applications as a where a.project_id = p.id;
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, 1000000, 1000 from projects as p, resources as r
   where p.owner_id = ${OWNER} and r.name like 'cyclades.%';
  insert into application_resources (application_id, resource_id, project_capacity, member_capacity)
  select a.id, q.resource_id, q.project_capacity, q.member_capacity
    from applications as a
    join project_resources as q on q.project_id = a.project_id;
  insert into memberships (user_id, project_id, state, initialized)
  select ${MEMBER}, id, 'accepted', true from projects where owner_id = ${OWNER} order by id;
  insert into membership_log (membership_id, from_state, to_state) select id, null, 'accepted' from memberships;
  insert into project_log (project_id, from_state, to_state) select id, null, 'uninitialized' from projects;
  insert into project_log (project_id, from_state, to_state) select id, 'uninitialized', 'active' from projects;
  insert into holdings (holder, source, resource, "limit")
  select holder, source, r.name, 1000
    from projects as p
   cross join lateral (
     values ('project:' || p.uuid, null), ('user:' || (select uuid from users where id = ${MEMBER}), 'project:' || p.uuid)
   ) as h (holder, source)
   cross join resources as r
   where p.owner_id = ${OWNER} and r.name like 'cyclades.%'
   order by p.id, source nulls first, r.id`

/** @returns where it is, for `pg`. */
export async function createProjectWorld(server, name, { users, count }) {
  const connection = await createWorld(server, name, { users, hot: true })
  await query(connection, `set session_replication_role = 'replica'; ${projects(count)}`)
  await query(connection, 'vacuum analyze')
  await query(connection, 'checkpoint')
  return connection
}

/** @throws {Error} limits are not what projects and memberships say. */
export async function checkLimits(connection) {
  const { rows } = await query(
    connection,
    `select count(*)::int as wrong
       from memberships as m
       join users as u on u.id = m.user_id
       join projects as p on p.id = m.project_id
       join project_resources as q on q.project_id = p.id
       join resources as r on r.id = q.resource_id
       left join holdings as h
         on h.holder = 'user:' || u.uuid and h.source = 'project:' || p.uuid and h.resource = r.name
      where m.initialized and h."limit" is distinct from q.member_capacity`,
  )
  if (rows[0].wrong > 0) throw new Error(`${rows[0].wrong} limits are wrong`)
}
