// What is in the database: users with a system project each, which has every resource, all in one statement a table.
import { migrate } from '../../packages/server/dist/db/migrate.js'
import { COMPONENT_TOKEN, HOT_PROJECT, RESOURCES } from './names.mjs'
import { pg } from './packages.mjs'

const UNLIMITED = '9223372036854775807'
const userUuid = `md5('user ' || i)::uuid::text`
const hash = (token) => `sha256(convert_to(${token}, 'UTF8'))`

const IDENTITY = `
  insert into components (name, base_url, token_hash, token_created)
  values ('cyclades', 'http://cyclades.example.org', ${hash(`'${COMPONENT_TOKEN}'`)}, now());
  insert into services (component_id, name, type) select id, 'cyclades_compute', 'compute' from components;
  insert into endpoints (service_id, data)
  select id, '{"versionId": "v2.0", "publicURL": "http://cyclades.example.org/compute/v2.0"}' from services;
  insert into resources (name, service_type, service_origin, system_default, project_default)
  select name, 'compute', 'cyclades_compute', ${UNLIMITED}, ${UNLIMITED}
    from unnest(array['${RESOURCES.join("', '")}']) with ordinality as r (name, n)
   order by n;`

const people = (users) => `
  insert into users (uuid, email, username, first_name, last_name, token_hash, token_sealed, token_created, token_expires,
                     email_verified, verified_at, moderated, moderated_at, accepted_policy, is_active, has_signed_terms,
                     default_project)
  select ${userUuid}, 'user' || i || '@example.org', 'user' || i || '@example.org', 'User', i::text,
         ${hash(`'token-of-a-benchmark-user-' || i`)}, '', now(), now() + interval '30 days', true, now(), true, now(),
         'auto_moderation', true, true, ${userUuid}
    from generate_series(1, ${users}) as i;
  insert into projects (uuid, name, realname, is_system, state, end_date, join_policy, leave_policy, max_members, private)
  select uuid, 'system:' || uuid, 'system:' || uuid, true, 'active', now() + interval '100 years', 'closed', 'closed', 1, true
    from users
   order by id;
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, r.system_default, r.system_default from projects as p cross join resources as r;
  insert into memberships (user_id, project_id, state, initialized)
  select u.id, p.id, 'accepted', true from users as u join projects as p on p.uuid = u.uuid order by u.id;`

const EVERYBODY_IN_ONE_PROJECT = `
  insert into projects (uuid, name, realname, is_system, owner_id, state, end_date, join_policy, leave_policy, max_members)
  select '${HOT_PROJECT}', 'hot.example.org', 'hot.example.org', false, min(id), 'active', now() + interval '1 year', 'auto',
         'auto', ${UNLIMITED}
    from users;
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, ${UNLIMITED}, ${UNLIMITED}
    from projects as p
   cross join resources as r
   where p.uuid = '${HOT_PROJECT}' and r.name = '${RESOURCES[0]}';
  insert into memberships (user_id, project_id, state, initialized)
  select u.id, p.id, 'accepted', true from users as u cross join projects as p where p.uuid = '${HOT_PROJECT}' order by u.id;`

// As they come to be: with each project its own, with each member theirs.
const HOLDINGS = `
  insert into holdings (holder, source, resource, "limit")
  select holder, source, resource, "limit"
    from (select p.id as project, 0 as member, r.id as nr, 'project:' || p.uuid as holder, null as source, r.name as resource,
                 q.project_capacity as "limit"
            from projects as p
            join project_resources as q on q.project_id = p.id
            join resources as r on r.id = q.resource_id
          union all
          select p.id, m.id, r.id, 'user:' || u.uuid, 'project:' || p.uuid, r.name, q.member_capacity
            from memberships as m
            join users as u on u.id = m.user_id
            join projects as p on p.id = m.project_id
            join project_resources as q on q.project_id = p.id
            join resources as r on r.id = q.resource_id) as h
   order by project, member, nr;`

/** Random keys are sorted into an index faster than they are inserted one by one. */
async function withoutIndexes(client, table, fill) {
  const { rows: constraints } = await client.query(
    `select conname, pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = $1::regclass and contype = 'u'`,
    [table],
  )
  for (const { conname } of constraints) await client.query(`alter table ${table} drop constraint ${conname}`)
  const { rows: indexes } = await client.query(
    `select i.indexrelid::regclass::text as name, pg_get_indexdef(i.indexrelid) as definition
       from pg_index as i where i.indrelid = $1::regclass and not i.indisprimary`,
    [table],
  )
  for (const { name } of indexes) await client.query(`drop index ${name}`)
  await fill()
  await client.query(`set maintenance_work_mem = '256MB'`)
  for (const { definition } of indexes) await client.query(definition)
  for (const { conname, definition } of constraints)
    await client.query(`alter table ${table} add constraint ${conname} ${definition}`)
}

/** A database of that name beside the others. @returns where it is, for `pg`. */
export async function createDatabase(server, name, sql) {
  await query(server, `create database ${name}`)
  const connection = { ...server, database: name }
  if (sql !== undefined) await query(connection, sql)
  return connection
}

export async function query(connection, sql) {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}

/** So many users, each in a system project with all resources, and if wanted all of them in a hot one too. */
export async function createWorld(server, name, { users, hot = false }) {
  const connection = await createDatabase(server, name)
  await migrate(connection)
  const client = new pg.Client(connection)
  await client.connect()
  // What is written here is consistent, and a million foreign keys take long to check.
  await client.query(`set session_replication_role = 'replica'`)
  await client.query(IDENTITY)
  await client.query(people(users))
  if (hot) await client.query(EVERYBODY_IN_ONE_PROJECT)
  await withoutIndexes(client, 'holdings', () => client.query(HOLDINGS))
  await client.query('analyze')
  await client.query('checkpoint')
  await client.end()
  return connection
}

/**
 * Whether what is charged adds up: nothing is pending, each project bears what its members hold, and as much was logged.
 *
 * @returns how many commissions there were.
 */
export async function checkAccounts(connection) {
  const {
    rows: [sums],
  } = await query(
    connection,
    `select (select count(*) from commissions)::int as pending,
            (select count(*) from resolutions where accepted)::int as accepted,
            (select sum(usage_max) from holdings where source is null)::int as projects,
            (select sum(usage_max) from holdings where source is not null)::int as members,
            (select count(*) from holdings where usage_min <> usage_max)::int as unsettled`,
  )
  const { pending, accepted, projects, members, unsettled } = sums
  if (pending || unsettled || projects !== accepted || members !== accepted)
    throw new Error(`The accounts do not add up: ${JSON.stringify(sums)}`)
  return accepted
}
