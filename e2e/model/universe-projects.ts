import type { Database } from '../../packages/server/src/db/database.ts'
import { sql } from '../../packages/server/src/db/statement.ts'
import { hashToken } from '../../packages/server/src/identity/tokens.ts'
import { addComponent } from '../../packages/server/src/operations/registry.ts'
import { syncLimits } from '../../packages/server/src/projects/sync.ts'
import { empty } from './universe.ts'

/** Few people, so that they meet. */
export const ADMIN = 'root'
export const PEOPLE: readonly string[] = [ADMIN, 'ann', 'bob', 'cat', 'dan']
export const emailOf = (user: string): string => `${user}@example.org`
export const userOf = (email: string): string => email.slice(0, email.indexOf('@'))

/** How many pending applications a user may have. */
export const PENDING_APP = 'astakos.pending_app'
export const PENDING_MAX = 2n

export interface ResourceOf {
  readonly name: string
  readonly component: string
  readonly isVisible: boolean
  readonly systemDefault: bigint
  readonly projectDefault: bigint
}

export const RESOURCES: readonly ResourceOf[] = [
  { name: PENDING_APP, component: 'astakos', isVisible: false, systemDefault: PENDING_MAX, projectDefault: 0n },
  { name: 'model.disk', component: 'model', isVisible: true, systemDefault: 10n, projectDefault: 4n },
  { name: 'model.hidden', component: 'model', isVisible: false, systemDefault: 3n, projectDefault: 7n },
  { name: 'model.vm', component: 'model', isVisible: true, systemDefault: 2n, projectDefault: 0n },
]
export const COMPONENTS: readonly string[] = ['astakos', 'model']

/** Of system projects. */
export const END_DATE = '2126-01-01T00:00:00+00:00'

const ADD_SERVICE = sql(
  'insert into services (component_id, name, type) select id, name, name from components where name = $1',
)
const ADD_RESOURCES = sql(`
  insert into resources (name, service_type, service_origin, ui_visible, api_visible, system_default, project_default)
  select name, component, component, visible, visible, system_default, project_default
    from unnest($1::text[], $2::text[], $3::boolean[], $4::bigint[], $5::bigint[])
           with ordinality as r (name, component, visible, system_default, project_default, n)
   order by n`)
const ADD_USERS = sql(`
  insert into users (uuid, email, username, token_hash, token_sealed, token_created, token_expires, email_verified,
                     moderated, is_active, has_signed_terms)
  select uuid, email, email, hash, '', now(), now() + interval '1 day', true, true, true, true
    from unnest($1::text[], $2::text[], $3::bytea[]) with ordinality as u (uuid, email, hash, n)
   order by n`)

/** On a database of the tests' own: whatever was there is gone. @returns all tokens by name. */
export async function makeProjectUniverse(database: Database): Promise<ReadonlyMap<string, string>> {
  const tokens = new Map(PEOPLE.map((user) => [user, `token-of-${user}`.padEnd(43, '-')]))
  await database.transaction(async (tx) => {
    await empty(tx)
    for (const name of COMPONENTS) {
      const { token } = await addComponent(tx, { name, baseUrl: null, uiUrl: null, tokenExpires: null })
      tokens.set(name, token)
      await tx.query(ADD_SERVICE, [name])
    }
    await tx.query(ADD_RESOURCES, [
      RESOURCES.map(({ name }) => name),
      RESOURCES.map(({ component }) => component),
      RESOURCES.map(({ isVisible }) => isVisible),
      RESOURCES.map(({ systemDefault }) => systemDefault),
      RESOURCES.map(({ projectDefault }) => projectDefault),
    ])
    await tx.query(ADD_USERS, [PEOPLE, PEOPLE.map(emailOf), PEOPLE.map((user) => hashToken(tokens.get(user) ?? ''))])
  })
  await beginProjectsAgain(database)
  return tokens
}

const CLEAR = [
  'update projects set last_application_id = null',
  'delete from application_resources',
  'delete from applications',
  'delete from project_log',
  'delete from membership_log',
  'delete from memberships',
  'delete from project_resources',
  'delete from projects',
  'delete from idempotency_keys',
  'delete from commissions',
  'delete from resolutions',
  'delete from holdings',
  'update users set is_active = true, deactivated_reason = null, deactivated_at = null, default_project = uuid',
].map((text) => sql(text))

const ADD_SYSTEM_PROJECTS = sql(`
  insert into projects (uuid, name, realname, is_system, state, description, end_date, join_policy, leave_policy,
                        max_members, private)
  select uuid, 'system:' || uuid, 'system:' || uuid, true, 'active', 'system project for user ' || username, $1,
         'closed', 'closed', 1, true
    from users
   order by id
  returning id`)
const ADD_CAPACITIES = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, r.system_default, r.system_default from projects as p cross join resources as r`)
const ADD_MEMBERS = sql(`
  with members as (
    insert into memberships (user_id, project_id, state, initialized)
    select u.id, p.id, 'accepted', true from users as u join projects as p on p.uuid = u.uuid order by u.id
    returning id
  )
  insert into membership_log (membership_id, from_state, to_state) select id, null, 'accepted' from members`)
const LOG_PROJECTS = sql(
  "insert into project_log (project_id, from_state, to_state) select id, 'uninitialized', 'active' from projects",
)

const MEMBERSHIPS = sql('select u.uuid, m.id from memberships as m join users as u on u.id = m.user_id')

/**
 * Everybody has an account and its system project, and nothing else is there.
 *
 * @returns the ids of the memberships in those, by user.
 */
export async function beginProjectsAgain(database: Database): Promise<ReadonlyMap<string, bigint>> {
  return database.transaction(async (tx) => {
    for (const statement of CLEAR) await tx.query(statement)
    const projects = await tx.query<{ id: bigint }>(ADD_SYSTEM_PROJECTS, [END_DATE])
    for (const statement of [ADD_CAPACITIES, ADD_MEMBERS, LOG_PROJECTS]) await tx.query(statement)
    await syncLimits(tx, { projects: projects.map(({ id }) => id) })
    const members = await tx.query<{ uuid: string; id: bigint }>(MEMBERSHIPS)
    return new Map(members.map(({ uuid, id }) => [uuid, id]))
  })
}
