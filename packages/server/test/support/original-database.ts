import { createHash, pbkdf2Sync } from 'node:crypto'
import pg from 'pg'
import { ORIGINAL_SCHEMA } from './original-schema.ts'
import type { Connection } from './postgres.ts'

/**
 * A database of the original: 1,000 users in every state of an account, a system project for each that was accepted, 200
 * other projects in every state, with what goes on in them. What is in it follows from a seed.
 */
const SEED = 'seed 1'

const digest = (text: string): Buffer => createHash('sha256').update(`${SEED} ${text}`).digest()

/** As the original makes them. */
export const tokenOf = (who: string | number): string => digest(`token ${who}`).toString('base64url')

/** Of the user or project of that number. */
export function uuidOf(kind: 'user' | 'project', number: number): string {
  const hex = createHash('md5').update(`${SEED} ${kind} ${number}`).digest('hex')
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** Numbers have gaps: a hundred users, then a row that is gone. */
export const userId = (number: number): number => number + Math.floor(number / 100)
export const projectId = (number: number): number => 3000 + number + Math.floor(number / 50)

/** The next numbers of the original. */
export const NEXT = { serial: 5001, user: 4242, application: 9001, membership: 90_001 } as const

export const passwordOf = (number: number): string => `pass word ${number}`

/** Of the users 4 to 7: whoever else may not sign in with a password. */
export const PASSWORDS: Readonly<Record<number, string>> = {
  4: `md5$ab$${createHash('md5')
    .update(`ab${passwordOf(4)}`)
    .digest('hex')}`,
  5: `sha1$cd$${createHash('sha1')
    .update(`cd${passwordOf(5)}`)
    .digest('hex')}`,
  6: `pbkdf2_sha256$10000$ef$${pbkdf2Sync(passwordOf(6), 'ef', 10_000, 32, 'sha256').toString('base64')}`,
  7: '!',
  8: 'bcrypt$$2b$12$................................................',
}

interface Size {
  readonly users: number
  readonly projects: number
  readonly provisions: number
}

const token = (who: string): string =>
  `translate(encode(sha256(('${SEED} token ' || ${who})::bytea), 'base64'), '+/=', '-_')`
const uuid = (kind: string, number: string): string => `md5('${SEED} ${kind} ' || ${number})::uuid::text`
const user = (number: string): string => `(${number} + ${number} / 100)`
const project = (number: string): string => `(3000 + ${number} + ${number} / 50)`

/**
 * By the rest of 20: 0 unverified, 1 waits for a moderator, 2 rejected, 3 accepted and deactivated, else active. The numbers
 * of system projects are those of their users plus ten.
 */
const people = ({ users }: Size): string => `
insert into auth_user
select ${user('i')}, '!', timestamptz '2015-01-01 00:00:00.123456+00' + i * interval '1 minute', i = 4,
       case when i = 17 then 'User17@example.org' when i = 18 then 'eighteen' else 'user' || i || '@example.org' end, 'First' || i, 'Läst' || i,
       'User' || i || '@Example.org', i = 4, i % 20 > 3, timestamptz '2012-03-04 05:06:07.000001+00' + i * interval '1 hour'
  from generate_series(1, ${users}) as i;
insert into auth_user values
  (4000, 'sha1$a$b', '2012-01-01Z', true, 'admin', '', '', 'admin@example.org', true, true, '2012-01-01Z');

insert into im_astakosuser
select ${user('i')}, case when i % 9 = 0 then 'ACME' end, 4, 0,
       case when i = 10 then 'short' else ${token('i')} end,
       '2026-01-01 00:00:00.5+00', case when i = 11 then null when i = 12 then timestamptz '2020-01-01Z'
         else timestamptz '2099-01-01 00:00:00.25+00' end,
       '2016-06-06 06:06:06.666666+00', case when i % 20 = 3 then 'left us' end,
       case when i % 20 = 3 then timestamptz '2017-01-01Z' end, true, true, i % 20 <> 0,
       case when i % 20 = 0 then 'code-' || i else 'used-' || i end,
       case when i % 20 <> 0 then timestamptz '2012-05-01Z' end, case when i = 20 then now() when i % 20 = 0 then timestamptz '2012-04-30Z' end,
       i % 20 = 2, case when i % 20 = 2 then 'spam' end, i % 20 > 1, case when i % 20 > 1 then timestamptz '2012-05-02Z' end,
       case when i = 9 then '{"auth_token": "moderated secret", "password": "moderated password"}' end,
       case when i % 20 > 2 then 'manual' end, case when i = 9 then 'user9@example.org' end, i % 40 <> 4 or i = 4,
       case when i % 40 <> 4 then timestamptz '2013-01-01Z' end, ${uuid('user', 'i')}, false,
       case when i % 20 > 2 then i + 10 end, case when i % 20 > 2 then ${uuid('user', 'i')} end
  from generate_series(1, ${users}) as i;

insert into auth_group values (2, 'admin-api'), (5, 'stäff');
insert into auth_user_groups select i, ${user('i')}, case when i % 2 = 0 then 2 else 5 end from generate_series(4, 40) as i;
insert into auth_user_groups values (100, 4000, 2);

insert into im_astakosuserauthprovider
select i, null, 'local', '', i <> 28, 'astakos', case when i = 30 then '{"title": "Dr"}' when i = 31 then 'nonsense' end,
       '2012-03-04Z', null, ${user('i')}
  from generate_series(1, ${users}) as i where i <> 27;
insert into im_astakosuserauthprovider
select 2000 + i, 'Uni', 'shibboleth', 'eppn' || i || '@uni.example', true, 'shibboleth', '{"eppn": "x"}', '2012-03-05Z',
       '2013-03-05Z', ${user('i')}
  from generate_series(7, ${users}, 20) as i;`

const REGISTRY = `
insert into im_component values
  (1, 'astakos', 'https://accounts.old.example/astakos/ui', 'https://accounts.old.example/astakos',
   ${token("'astakos'")}, '2012-01-01Z', null),
  (2, 'pithos', 'https://pithos.old.example/ui', 'https://pithos.old.example', ${token("'pithos'")}, '2012-01-01Z', null),
  (5, 'cyclades', null, 'https://cyclades.old.example', ${token("'cyclades'")}, '2012-01-01Z', '2099-01-01Z');
insert into im_service values
  (1, 'astakos_identity', 'identity', 1), (3, 'astakos_account', 'account', 1), (4, 'pithos_object-store', 'object-store', 2),
  (7, 'cyclades_compute', 'compute', 5), (8, 'astakos_weblogin', 'astakos_weblogin', 1), (9, 'astakos_oauth2', 'astakos_auth', 1),
  (10, 'cyclades_admin', 'admin', 5);
insert into im_endpoint values (1, 1), (2, 3), (4, 4), (5, 7), (6, 8), (9, 9);
insert into im_endpointdata (key, value, endpoint_id)
select key, value, id
  from (values (1, 'https://accounts.old.example/astakos/identity/v2.0', 'v2.0'),
               (2, 'https://accounts.old.example/astakos/account/v1.0', 'v1.0'),
               (4, 'https://pithos.old.example/object-store/v1', 'v1'), (5, 'https://cyclades.old.example/compute/v2.0', 'v2.0'),
               (6, 'https://accounts.old.example/astakos/weblogin', ''), (9, 'https://accounts.old.example/astakos/oa2', '')
       ) as e (id, url, version)
 cross join lateral (values ('publicURL', url), ('versionId', version), ('SNF:exposeVersion', 'True')) as d (key, value);
insert into im_resource values
  (1, 'astakos.pending_app', 'Number of pending project applications', 'account', 'astakos_account', null, 3,
   9223372036854775807, false, false),
  (3, 'pithos.diskspace', 'Pithos account diskspace', 'object-store', 'pithos_object-store', 'bytes', 5368709120, 0, true, true),
  (4, 'cyclades.vm', 'Number of virtual machines', 'compute', 'cyclades_compute', null, 2, 0, true, true),
  (9, 'cyclades.total_ram', null, 'compute', 'cyclades_compute', 'bytes', 9223372036854775807, 9223372036854775807, false, false);
insert into im_astakosuserquota values (1, 7, 4, 4), (2, 7, 4, 5);`

/** By the rest of 8: 0 uninitialized, 1 to 4 active, 5 suspended, 6 terminated, 7 deleted. */
const projects = ({ users, projects: others }: Size): string => `
insert into im_project
select i + 10, '2012-05-02Z', 'system:' || ${uuid('user', 'i')}, case when i % 20 = 3 then 10 else 1 end, ${uuid('user', 'i')},
       'system:' || ${uuid('user', 'i')}, '', 'system project for user user' || i || '@example.org', '2112-05-02Z', 3, 3, 1,
       true, true, null, null
  from generate_series(1, ${users}) as i where i % 20 > 2;
insert into im_project
select ${project('n')}, timestamptz '2014-01-01 01:02:03.456789+00' + n * interval '1 day',
       case when n % 8 between 1 and 5 then 'p' || n || '.example.org' end,
       case when n % 8 = 0 then 0 when n % 8 < 5 then 1 when n % 8 = 5 then 10 when n % 8 = 6 then 100 else 1000 end,
       ${uuid('project', 'n')}, 'p' || n || '.example.org', 'https://p.example/' || n, 'Project ' || n,
       '2099-01-01 12:00:00.000001+00', 1 + n % 3, 1 + (n / 3) % 2, case when n % 5 = 0 then 9223372036854775807 else 50 end,
       n % 7 = 0, false, null, ${user(`(case when n % 16 = 5 then 3 + 20 * (n % ${users / 20}) else 4 + 20 * (n % ${users / 20}) end)`)}
  from generate_series(1, ${others}) as n;
insert into im_chain select id from im_project;

insert into im_projectresourcequota (id, project_capacity, member_capacity, project_id, resource_id)
select row_number() over (order by p.id, r.id), c.project, case when p.is_base then c.project else c.project / 4 end, p.id, r.id
  from im_project as p cross join im_resource as r
 cross join lateral (
   select case when p.is_base then r.uplimit when r.id = 4 then 40 when r.id = 3 then 9223372036854775807 else 1000 end) as c (project)
 where p.state in (1, 10, 100) or r.id = 4;

insert into im_projectapplication (id, state, name, homepage, description, start_date, end_date, member_join_policy,
       member_leave_policy, limit_on_members_number, comments, issue_date, response_date, response, waive_date, waive_reason,
       private, applicant_id, chain, owner_id, response_actor_id, waive_actor_id)
select 100 + n, case when n % 16 = 0 then 0 when n % 16 = 8 then 3 when n % 16 = 7 then 5 when n % 16 = 15 then 4 else 1 end,
       p.realname, p.homepage, p.description, null, p.end_date, p.member_join_policy, p.member_leave_policy,
       p.limit_on_members_number, 'please', p.creation_date, case when n % 16 not in (0, 7) then p.creation_date + interval '1 day' end,
       case when n % 16 not in (0, 7) then 'so be it' end, case when n % 8 = 7 then p.creation_date + interval '2 days' end,
       case when n % 8 = 7 then 'never mind' end, p.private, p.owner_id, p.id, p.owner_id, null,
       case when n % 8 = 7 then p.owner_id end
  from generate_series(1, ${others}) as n join im_project as p on p.id = ${project('n')};
insert into im_projectapplication (id, state, end_date, comments, issue_date, applicant_id, chain)
select 400 + 2 * n + k, case when k = 0 then 2 else 0 end, '2100-01-01Z', 'more', '2016-01-01Z', p.owner_id, p.id
  from generate_series(1, ${others}, 8) as n join im_project as p on p.id = ${project('n')} cross join generate_series(0, 1) as k;
insert into im_projectapplication (id, state, limit_on_members_number, issue_date, response_date, applicant_id, chain)
values (900, 1, 2, '2016-01-01Z', '2016-01-02Z', ${user('5')}, 15);
update im_project as p
   set last_application_id = (select max(id) from im_projectapplication where chain = p.id);
insert into im_projectresourcegrant (project_capacity, member_capacity, project_application_id, resource_id)
select 40, 10, id, 4 from im_projectapplication where id < 400 union all select 80, 20, id, 4 from im_projectapplication where id > 400 and state = 0;

insert into im_projectlog (from_state, to_state, date, reason, actor_id, project_id)
select 0, 1, creation_date, null, null, id from im_project where state in (1, 10, 100);
insert into im_projectlog (from_state, to_state, date, reason, actor_id, project_id)
select 1, state, '2017-01-01 00:00:00.000007+00',
       case when is_base or id in (select ${project('n')} from generate_series(5, ${others}, 16) as n) then 'user_deactivation' else 'ADMIN' end,
       case when is_base then null else ${user('4')} end, id
  from im_project where state in (10, 100);
insert into im_projectlog (from_state, to_state, date, project_id) values (-1, 3, '2012-01-01Z', ${project('1')});`

/** A few of each state in each project that was ever active; who was deactivated is suspended. */
const memberships = ({ users, projects: others }: Size): string => `
insert into im_projectmembership
select i + 20, case when i % 20 = 3 then 10 else 1 end, 'NOT_EXCEEDED', '2012-05-02Z', null, true, ${user('i')}, i + 10
  from generate_series(1, ${users}) as i where i % 20 > 2;
insert into im_projectmembership
select 2000 + 20 * n + k,
       case when s.state in (1, 5) and m.i % 20 = 3 then 10 else s.state end, 'NOT_EXCEEDED', '2015-05-02Z', null,
       s.state in (1, 5, 200), ${user('m.i')}, ${project('n')}
  from generate_series(1, ${others}) as n
 cross join generate_series(0, 11) as k
 cross join lateral (select 3 + (n * 20 + k * 43) % ${users - 3} as i) as m
 cross join lateral (select (array[0, 1, 1, 5, 100, 101, 200])[1 + k % 7] as state) as s
 where n % 8 between 1 and 6 and m.i % 20 > 2;
insert into im_projectmembershiplog (from_state, to_state, date, reason, actor_id, membership_id)
select null, case when project_id < 3000 then 1 else 0 end, overquota_state_date + interval '1 microsecond', null, null, id
  from im_projectmembership;
insert into im_projectmembershiplog (from_state, to_state, date, reason, actor_id, membership_id)
select 0, case when initialized then 1 else state end, overquota_state_date + interval '1 day', 'welcome', ${user('4')}, id
  from im_projectmembership where state <> 0 and project_id > 3000;
insert into im_projectmembershiplog (from_state, to_state, date, reason, actor_id, membership_id)
select 1, state, '2017-01-01 00:00:01+00', case when state = 10 then 'user_deactivation' else 'bye' end, null, id
  from im_projectmembership where initialized and state <> 1;`

/** Limits by the rules, then usage, over limit for some; then limits that nobody has brought up to date. */
const quotas = ({ provisions }: Size): string => `
insert into quotaholder_app_holding (holder, source, resource, "limit", usage_min, usage_max)
select 'project:' || p.uuid, null, r.name, case when p.state = 1 then q.project_capacity else 0 end, 0, 0
  from im_project as p join im_projectresourcequota as q on q.project_id = p.id join im_resource as r on r.id = q.resource_id
 where p.state in (1, 10, 100) order by p.id, r.id;
insert into quotaholder_app_holding (holder, source, resource, "limit", usage_min, usage_max)
select 'user:' || u.uuid, 'project:' || p.uuid, r.name,
       case when p.state = 1 and m.state in (1, 5) then q.member_capacity else 0 end, v.used, v.used
  from im_projectmembership as m
  join im_astakosuser as u on u.user_ptr_id = m.person_id
  join im_project as p on p.id = m.project_id
  join im_projectresourcequota as q on q.project_id = p.id
  join im_resource as r on r.id = q.resource_id
 cross join lateral (
   select case when r.id = 1 then case when p.is_base then (select count(*) from im_projectapplication as a
                                                             where a.applicant_id = m.person_id and a.state = 0) else 0 end
               else (m.id * 7 + r.id) % 5 end) as v (used)
 where m.initialized and p.state in (1, 10, 100) order by m.id, r.id;
update quotaholder_app_holding as h
   set usage_min = v.used, usage_max = v.used
  from (select source, resource, sum(usage_max) as used from quotaholder_app_holding group by source, resource) as v
 where h.holder = v.source and h.source is null and h.resource = v.resource;
update quotaholder_app_holding set "limit" = "limit" + 7
 where holder in ('project:${uuidOf('project', 9)}', 'user:${uuidOf('user', 14)}') and resource = 'cyclades.vm';
insert into quotaholder_app_holding (holder, source, resource, "limit", usage_min, usage_max)
values ('user:gone', 'project:gone', 'cyclades.vm', 0, 1, 1), ('project:gone', null, 'cyclades.vm', 9223372036854775807, 1, 1);
delete from quotaholder_app_holding where holder = 'project:${uuidOf('user', 15)}' and resource = 'cyclades.total_ram';
delete from quotaholder_app_holding where holder = 'user:${uuidOf('user', 15)}' and resource = 'cyclades.total_ram';

insert into quotaholder_app_commission values
  (4001, 'one vm', 'cyclades', '2026-01-01 10:00:00.123456+00'), (4003, 'less', 'cyclades', '2026-01-01 11:00:00+00'),
  (4007, '', 'pithos', '2026-01-02Z'), (4009, 'lost', 'gone', '2026-01-03Z'), (4010, 'empty', 'cyclades', '2026-01-03Z');
insert into quotaholder_app_provision (holder, source, resource, quantity, serial_id)
select h.holder, h.source, 'cyclades.vm', v.quantity, v.serial
  from (values (4001, 6, 2), (4003, 8, -1), (4007, 9, 0), (4009, 6, 1)) as v (serial, number, quantity)
 cross join lateral (
   values ('user:' || ${uuid('user', 'v.number')}, 'project:' || ${uuid('user', 'v.number')}),
          ('project:' || ${uuid('user', 'v.number')}, null)) as h (holder, source);
update quotaholder_app_holding as h
   set usage_max = greatest(usage_max, 1) + coalesce((select sum(p.quantity) from quotaholder_app_provision as p
         where p.holder = h.holder and p.resource = h.resource and p.quantity > 0), 0),
       usage_min = greatest(usage_max, 1) + coalesce((select sum(p.quantity) from quotaholder_app_provision as p
         where p.holder = h.holder and p.resource = h.resource and p.quantity < 0), 0)
 where exists (select from quotaholder_app_provision as p where p.holder = h.holder and p.resource = h.resource
                  and p.source is not distinct from h.source);

insert into quotaholder_app_provisionlog (serial, name, issue_time, log_time, holder, source, resource, "limit", usage_min,
       usage_max, delta_quantity, reason)
select n / 2, 'old ' || n, '2015-06-07T08:09:10.1234', '2015-06-07T08:09:11.0001', 'user:' || ${uuid('user', '(4 + n % 9)')},
       case when n % 2 = 0 then 'project:' || ${uuid('user', '(4 + n % 9)')} end, 'cyclades.vm', 2, 1, 1, 1,
       case when n % 3 = 0 then 'REJECT:' else 'ACCEPT:' end
  from generate_series(2, ${provisions + 1}) as n;`

const REST = `
insert into oa2_client values
  (2, 'x', 'viewer', 'a secret', '', 'confidential', true), (3, 'y', 'native', null, '', 'public', false);
insert into oa2_redirecturl values (1, true, 'https://viewer.example/callback', 2), (4, true, 'https://viewer.example/other', 2),
  (5, true, 'https://native.example/', 3);
insert into oa2_authorizationcode (code, created_at, access_token, client_id, user_id)
values ('c', now(), 'online', 2, ${user('4')});
insert into oa2_token (code, created_at, expires_at, token_type, grant_type, redirect_uri, access_token, client_id, user_id)
values ('t', now(), now(), 'Bearer', 'authorization_code', '', 'online', 2, ${user('4')});
insert into im_approvalterms values
  (1, '2012-01-01 00:00:00.5+00', '/etc/terms/first.html'), (3, '2013-01-01Z', '/etc/terms/second.html');
select setval('auth_user_id_seq', ${NEXT.user - 1}), setval('im_chain_chain_seq', 7000),
       setval('im_projectapplication_id_seq', ${NEXT.application - 1}), setval('im_projectmembership_id_seq', ${NEXT.membership - 1}),
       setval('quotaholder_app_commission_serial_seq', ${NEXT.serial - 1}), setval('auth_group_id_seq', 77),
       setval('im_service_id_seq', 99), setval('im_resource_id_seq', 44);`

async function fill(connection: Connection, size: Size): Promise<void> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    await client.query(ORIGINAL_SCHEMA)
    const passwords = Object.entries(PASSWORDS).map(
      ([number, password]) => `update auth_user set password = '${password}' where id = ${userId(Number(number))};`,
    )
    const parts = [people(size), ...passwords, REGISTRY, projects(size), memberships(size), quotas(size), REST]
    await client.query(['begin;', ...parts, 'commit;'].join('\n'))
  } finally {
    await client.end()
  }
}

/** For `freshDatabase`. */
export const originalDatabase = (connection: Connection): Promise<void> =>
  fill(connection, { users: 1000, projects: 200, provisions: 3000 })

/** The same with less of everything, where it does not matter how much there is. */
export const smallOriginal = (connection: Connection): Promise<void> =>
  fill(connection, { users: 60, projects: 16, provisions: 20 })

/** For `--from` and `--database-url`. */
export function urlOf({ host, port, user: name, database }: Connection): string {
  return `postgresql://${name}@/${database}?host=${encodeURIComponent(String(host))}&port=${port}`
}
