import { addComponent } from '../../packages/server/src/operations/registry.ts'
import type { Database } from '../../packages/server/src/db/database.ts'
import { sql, type Queryable } from '../../packages/server/src/db/statement.ts'
import { syncLimits } from '../../packages/server/src/projects/sync.ts'
import type { SetLimit, Sync } from './steps.ts'

/** Few of everything, so that steps meet. */
export const USERS: readonly string[] = ['u0', 'u1', 'u2']
export const PROJECTS: readonly string[] = ['p0', 'p1']
export const RESOURCES: readonly string[] = ['model.disk', 'model.vm']
export const COMPONENTS: readonly string[] = ['model-a', 'model-b', 'model-c']

export interface HoldingName {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
}

export const HOLDINGS: readonly HoldingName[] = PROJECTS.flatMap((project) =>
  RESOURCES.flatMap((resource) => [
    { holder: `project:${project}`, source: null, resource },
    ...USERS.map((user) => ({ holder: `user:${user}`, source: `project:${project}`, resource })),
  ]),
)

/** With all that hangs on them. */
const EMPTY = sql(`
  truncate users, groups, components, services, resources, projects, holdings, commissions, resolutions,
           idempotency_keys
   restart identity cascade`)

export async function empty(tx: Queryable): Promise<void> {
  await tx.query(EMPTY)
}

const ADD_SERVICE = sql(
  "insert into services (component_id, name, type) select id, 'model', 'model' from components where name = $1",
)
const ADD_RESOURCES = sql(`
  insert into resources (name, service_type, service_origin, system_default, project_default)
  select name, 'model', 'model', 0, 0 from unnest($1::text[]) as r (name)`)
const ADD_USERS = sql(`
  insert into users (uuid, email, username)
  select uuid, uuid || '@example.org', uuid || '@example.org' from unnest($1::text[]) as u (uuid)`)
const ADD_PROJECTS = sql(`
  insert into projects (uuid, name, realname, is_system, state, end_date, join_policy, leave_policy, max_members)
  select uuid, uuid, uuid, false, 'active', 'infinity', 'closed', 'closed', 0 from unnest($1::text[]) as p (uuid)`)
const ADD_MEMBERS = sql(`
  insert into memberships (user_id, project_id, state, initialized)
  select u.id, p.id, 'accepted', true from users as u cross join projects as p`)
const ADD_CAPACITIES = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, 0, 0 from projects as p cross join resources as r`)

/** On a database of the tests' own: whatever was there is gone. @returns the components' tokens by name. */
export async function makeUniverse(database: Database): Promise<ReadonlyMap<string, string>> {
  return database.transaction(async (tx) => {
    await empty(tx)
    const tokens = new Map<string, string>()
    for (const name of COMPONENTS) {
      const { token } = await addComponent(tx, { name, baseUrl: null, uiUrl: null, tokenExpires: null })
      tokens.set(name, token)
    }
    await tx.query(ADD_SERVICE, [COMPONENTS[0]])
    await tx.query(ADD_RESOURCES, [RESOURCES])
    await tx.query(ADD_USERS, [USERS])
    await tx.query(ADD_PROJECTS, [PROJECTS])
    await tx.query(ADD_MEMBERS)
    await tx.query(ADD_CAPACITIES)
    return tokens
  })
}

const CLEAR = ['idempotency_keys', 'commissions', 'resolutions', 'holdings'].map((table) => sql(`delete from ${table}`))

/** Holdings without usage, and nothing issued yet. The service has to forget what it knew of the old ones. */
export async function beginAgain(database: Database, start: readonly Sync[]): Promise<void> {
  await database.transaction(async (tx) => {
    for (const statement of CLEAR) await tx.query(statement)
  })
  for (const sync of start) await change(database, sync)
}

const SET_LIMIT = sql(
  'update holdings set "limit" = $4 where holder = $1 and source is not distinct from $2 and resource = $3',
)
const SET_STATE = sql(`
  update projects
     set state = $2, name = case when $2 in ('active', 'suspended') then realname end
   where uuid = $1
  returning id`)
const SET_CAPACITY = sql(`
  update project_resources
     set project_capacity = $3, member_capacity = $4
    from resources as r
   where project_id = $1 and r.id = resource_id and r.name = $2`)
const SET_MEMBER = sql(
  'update memberships set state = $3 from users as u where project_id = $1 and u.id = user_id and u.uuid = $2',
)

/** What an operator's command would do. */
export async function change(database: Database, step: SetLimit | Sync): Promise<void> {
  await database.transaction(async (tx) => {
    if (step.kind === 'limit') {
      await tx.query(SET_LIMIT, [step.holder, step.source, step.resource, step.limit])
      return
    }
    const [project] = await tx.query<{ id: bigint }>(SET_STATE, [step.project, step.state])
    if (!project) throw new RangeError(`There is no project ${step.project}`)
    for (const { resource, project: ofProject, member } of step.capacities)
      await tx.query(SET_CAPACITY, [project.id, resource, ofProject, member])
    for (const { user, state } of step.members) await tx.query(SET_MEMBER, [project.id, user, state])
    await syncLimits(tx, { projects: [project.id] })
  })
}
