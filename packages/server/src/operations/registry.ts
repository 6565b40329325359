import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { checkToken, generateToken, hashToken } from '../identity/tokens.ts'
import { Refused } from '../projects/refused.ts'
import { syncLimits } from '../projects/sync.ts'
import { lockInOrder } from '../quotas/lock.ts'

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
      on conflict do nothing
  returning id`)
const IS_TAKEN = sql('select 1 from components where name = $1')

/**
 * @returns the token, which is stored as a hash alone: this is the only time that it is shown.
 * @throws {RangeError} the token that was given is too weak. @throws {Refused} the name is taken, or that token.
 */
export async function addComponent(tx: Queryable, input: ComponentInput): Promise<{ id: bigint; token: string }> {
  const token = input.token ?? generateToken()
  checkToken(token)
  const { name, baseUrl, uiUrl, tokenExpires = null } = input
  const [row] = await tx.query<{ id: bigint }>(INSERT_COMPONENT, [name, baseUrl, uiUrl, hashToken(token), tokenExpires])
  if (row) return { id: row.id, token }
  const [taken] = await tx.query(IS_TAKEN, [name])
  throw taken ? new Refused('conflict', `There already exists a component named '${name}'.`) : tokenTaken()
}

export const tokenTaken = (): Refused => new Refused('conflict', 'auth_token: is the token of another component')

const RENEW_COMPONENT = sql('update components set token_hash = $2, token_created = now() where name = $1 returning id')

/** @returns the new token; the old one is worth nothing from the commit on. */
export async function renewComponentToken(tx: Queryable, name: string): Promise<string> {
  const token = generateToken()
  const rows = await tx.query(RENEW_COMPONENT, [name, hashToken(token)])
  if (rows.length === 0) throw new RangeError(`There is no component ${name}`)
  return token
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

const INSERT_ENDPOINTS = sql(`
  insert into endpoints (service_id, data)
  select $1, data::jsonb from unnest($2::text[]) with ordinality as e (data, place) order by place`)

export async function addService(tx: Queryable, { component, name, type, endpoints }: ServiceInput): Promise<void> {
  const [row] = await tx.query<{ id: bigint }>(INSERT_SERVICE, [component, name, type])
  if (!row) throw new RangeError(`There is no component ${component}`)
  await addEndpoints(tx, row.id, endpoints)
}

/** In the order of the catalog. */
export async function addEndpoints(
  tx: Queryable,
  service: bigint,
  endpoints: ServiceInput['endpoints'],
): Promise<void> {
  await tx.query(INSERT_ENDPOINTS, [service, endpoints.map((data) => JSON.stringify(data))])
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

const INSERT_RESOURCES = sql(`
  insert into resources (name, description, unit, service_type, service_origin, ui_visible, api_visible, system_default,
                         project_default)
  select name, description, unit, service_type, service_origin, ui_visible, api_visible, system_default, project_default
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::boolean[], $8::bigint[],
                $9::bigint[])
         with ordinality as v (name, description, unit, service_type, service_origin, ui_visible, api_visible,
                               system_default, project_default, place)
   order by place
  returning id`)

/** Every project that was approved once gets the default of a resource that it does not know yet. */
const INSERT_PAIRS = sql(`
  insert into project_resources (project_id, resource_id, project_capacity, member_capacity)
  select p.id, r.id, v.capacity, v.capacity
    from projects as p
    join resources as r on r.id = any($1::bigint[])
   cross join lateral (select case when p.is_system then r.system_default else r.project_default end) as v (capacity)
   where p.state in ('active', 'suspended', 'terminated')
   order by p.id, r.id
      on conflict do nothing
  returning project_id`)

/** @throws {RangeError} a resource that the UI shows must be visible to the API. */
export function addResource(tx: Queryable, input: ResourceInput): Promise<void> {
  return addResources(tx, [input])
}

/** Together, since the holdings of all projects are locked for them. @throws {RangeError} as for one. */
export async function addResources(tx: Queryable, inputs: readonly ResourceInput[]): Promise<void> {
  if (inputs.length === 0) return
  if (inputs.some(({ uiVisible, apiVisible }) => uiVisible && !apiVisible))
    throw new RangeError("Flag 'ui_visible' should entail 'api_visible'.")
  // Or a project that is approved meanwhile would not know them.
  await lockInOrder(tx, { registry: true })
  const added = await tx.query<{ id: bigint }>(INSERT_RESOURCES, [
    inputs.map(({ name }) => name),
    inputs.map(({ description }) => description),
    inputs.map(({ unit }) => unit),
    inputs.map(({ serviceType }) => serviceType),
    inputs.map(({ serviceOrigin }) => serviceOrigin),
    inputs.map(({ uiVisible }) => uiVisible),
    inputs.map(({ apiVisible }) => apiVisible),
    intArray(inputs.map(({ systemDefault }) => systemDefault)),
    intArray(inputs.map(({ projectDefault }) => projectDefault)),
  ])
  const pairs = await tx.query<{ project_id: bigint }>(INSERT_PAIRS, [intArray(added.map(({ id }) => id))])
  const projects = [...new Set(pairs.map(({ project_id }) => project_id))]
  await syncLimits(tx, { projects, resources: inputs.map(({ name }) => name) })
}
