import { sql, type Queryable } from '../db/statement.ts'
import { checkToken, generateToken, hashToken } from '../identity/tokens.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { syncLimits } from '../projects/sync.ts'

/** Components, their services and the resources of those. Source: administration specification, 1.3; quota specification, 1. */

export interface ComponentInput {
  readonly name: string
  readonly baseUrl: string | null
  readonly uiUrl: string | null
  /** @default a new one */
  readonly token?: string | undefined
  readonly tokenExpires?: Date | null | undefined
}

const INSERT_COMPONENT = sql(`
  insert into components (name, base_url, ui_url, token_hash, token_created, token_expires)
  values ($1, $2, $3, $4, now(), $5)
  returning id`)

/** @returns the token, which is stored as a hash alone: this is the only time that it is shown. */
export async function addComponent(tx: Queryable, input: ComponentInput): Promise<{ id: bigint; token: string }> {
  const token = input.token ?? generateToken()
  checkToken(token)
  const { name, baseUrl, uiUrl, tokenExpires = null } = input
  const [row] = await tx.query<{ id: bigint }>(INSERT_COMPONENT, [name, baseUrl, uiUrl, hashToken(token), tokenExpires])
  return { id: (row as { id: bigint }).id, token }
}

export interface ServiceInput {
  readonly component: string
  readonly name: string
  readonly type: string
  /** Pairs of each endpoint; all values are text. */
  readonly endpoints: readonly Readonly<Record<string, string>>[]
}

const INSERT_SERVICE = sql(`
  insert into services (component_id, name, type)
  select id, $2, $3 from components where name = $1
  returning id`)

const INSERT_ENDPOINT = sql('insert into endpoints (service_id, data) values ($1, $2)')

export async function addService(tx: Queryable, { component, name, type, endpoints }: ServiceInput): Promise<void> {
  const [row] = await tx.query<{ id: bigint }>(INSERT_SERVICE, [component, name, type])
  if (!row) throw new RangeError(`There is no component ${component}`)
  for (const data of endpoints) {
    // oxlint-disable-next-line no-await-in-loop -- their order is the catalog's
    await tx.query(INSERT_ENDPOINT, [row.id, JSON.stringify(data)])
  }
}

export interface ResourceInput {
  readonly name: string
  readonly description: string | null
  readonly unit: string | null
  readonly serviceType: string
  readonly serviceOrigin: string
  readonly uiVisible: boolean
  readonly apiVisible: boolean
  /** Limit in system projects. */
  readonly systemDefault: bigint
  /** Limit in other projects. */
  readonly projectDefault: bigint
}

const INSERT_RESOURCE = sql(`
  insert into resources (name, description, unit, service_type, service_origin, ui_visible, api_visible, system_default,
                         project_default)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
  returning id`)

/** Every project that was approved once gets the default of a resource that it does not know yet. */
const INSERT_PAIRS = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, v.capacity, v.capacity
    from projects as p
    join resources as r on r.id = $1
   cross join lateral (select case when p.is_system then r.system_default else r.project_default end) as v (capacity)
   where p.state in ('active', 'suspended', 'terminated')
   order by p.id
      on conflict do nothing
  returning project_id`)

/** @throws {RangeError} a resource that the UI shows must be visible to the API. */
export async function addResource(tx: Queryable, input: ResourceInput): Promise<void> {
  if (input.uiVisible && !input.apiVisible) throw new RangeError("Flag 'ui_visible' should entail 'api_visible'.")
  // Or a project that is approved meanwhile would not know it.
  await lockInOrder(tx, { registry: true })
  const [row] = await tx.query<{ id: bigint }>(INSERT_RESOURCE, [
    input.name,
    input.description,
    input.unit,
    input.serviceType,
    input.serviceOrigin,
    input.uiVisible,
    input.apiVisible,
    input.systemDefault,
    input.projectDefault,
  ])
  const { id } = row as { id: bigint }
  const projects = await tx.query<{ project_id: bigint }>(INSERT_PAIRS, [id])
  await syncLimits(tx, { projects: projects.map(({ project_id }) => project_id), resources: [input.name] })
}

export interface ResourceChange {
  readonly systemDefault?: bigint | undefined
  readonly projectDefault?: bigint | undefined
  readonly apiVisible?: boolean | undefined
  readonly uiVisible?: boolean | undefined
}

/** Projects keep their limits. What the API doesn't show, the UI doesn't either. */
const UPDATE_RESOURCE = sql(`
  update resources
     set system_default = coalesce($2, system_default),
         project_default = coalesce($3, project_default),
         api_visible = coalesce($4, api_visible or coalesce($5, false)),
         ui_visible = case when $4 = false then false else coalesce($5, ui_visible) end
   where name = $1
  returning id`)

export async function modifyResource(tx: Queryable, name: string, change: ResourceChange): Promise<void> {
  const { systemDefault = null, projectDefault = null, apiVisible = null, uiVisible = null } = change
  const rows = await tx.query(UPDATE_RESOURCE, [name, systemDefault, projectDefault, apiVisible, uiVisible])
  if (rows.length === 0) throw new RangeError(`There is no resource ${name}`)
}

const RENEW_COMPONENT = sql('update components set token_hash = $2, token_created = now() where name = $1 returning id')

/** @returns the new token; the old one is worth nothing from the commit on. */
export async function renewComponentToken(tx: Queryable, name: string): Promise<string> {
  const token = generateToken()
  const rows = await tx.query(RENEW_COMPONENT, [name, hashToken(token)])
  if (rows.length === 0) throw new RangeError(`There is no component ${name}`)
  return token
}
