import { sql } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'
import { servicesOf } from '../operations/companions.ts'
import { copy, refuseAny, type Import } from './copy.ts'
import { insertInto } from './target.ts'

/** Components, services with their endpoints, resources. Source: database specification. */

const COMPONENTS = insertInto('components', {
  id: 'bigint',
  name: 'text',
  base_url: 'text',
  ui_url: 'text',
  token_hash: 'bytea',
  token_created: 'timestamptz',
  token_expires: 'timestamptz',
})

interface Component {
  readonly id: number
  readonly name: string
  readonly url: string | null
  readonly base_url: string | null
  readonly auth_token: string | null
  readonly auth_token_created: string | null
  readonly auth_token_expires: string | null
}

/** The original's own component takes the place of the one that this service made for itself. */
export async function copyComponents(to: Import): Promise<void> {
  await copy<Component, typeof COMPONENTS.columns>(to, {
    what: 'components',
    from: 'im_component',
    select: `
      select id, name, url, base_url, auth_token, auth_token_created::text, auth_token_expires::text
        from im_component order by id`,
    into: COMPONENTS,
    row({ id, name, url, base_url, auth_token: token, ...row }) {
      if (name === 'astakos')
        to.notes.steps.push(
          `The component astakos is at ${base_url ?? 'no base URL'}: the next start of serve moves it and its services to --base-url`,
        )
      return {
        id,
        name,
        base_url: base_url === '' ? null : base_url,
        ui_url: url === '' ? null : url,
        token_hash: token === null || token === '' ? null : hashToken(token),
        token_created: row.auth_token_created,
        token_expires: row.auth_token_expires,
      }
    },
  })
}

const SERVICES = insertInto('services', { id: 'bigint', component_id: 'bigint', name: 'text', type: 'text' })
const ENDPOINTS = insertInto('endpoints', { id: 'bigint', service_id: 'bigint', data: 'jsonb' })

interface Endpoint {
  readonly id: number
  readonly service_id: number
  readonly keys: readonly (string | null)[]
  readonly contents: readonly (string | null)[]
}

/** Their order is that of the catalog. */
export async function copyServices(to: Import): Promise<void> {
  await copy<{ id: number; component_id: number; name: string; type: string }, typeof SERVICES.columns>(to, {
    what: 'services',
    from: 'im_service',
    select: 'select id, component_id, name, type from im_service order by id',
    into: SERVICES,
    row: (row) => row,
  })
  await refuseAny(
    to,
    'im_endpointdata',
    'select d.id from im_endpointdata as d left join im_endpoint as e on e.id = d.endpoint_id where e.id is null',
    'endpoint_id: names a row that is not there',
  )
  await copy<Endpoint, typeof ENDPOINTS.columns>(to, {
    what: 'endpoints',
    from: 'im_endpoint',
    select: `
      select e.id, e.service_id, array_agg(d.key::text order by d.id) as keys,
             array_agg(d.value::text order by d.id) as contents
        from im_endpoint as e
        left join im_endpointdata as d on d.endpoint_id = e.id
       group by e.id, e.service_id
       order by e.id`,
    into: ENDPOINTS,
    row({ id, service_id, keys, contents }) {
      const pairs = keys.flatMap((key, index) => (key === null ? [] : [[key, contents[index] ?? ''] as const]))
      return { id, service_id, data: JSON.stringify(Object.fromEntries(pairs)) }
    },
  })
}

/** Its OAuth2 may have had another path, by a setting. */
const MOVE_OWN = sql(`
  update endpoints as e
     set data = e.data || jsonb_build_object('publicURL', rtrim(c.base_url, '/') || v.path)
    from components as c
    join services as s on s.component_id = c.id
    join unnest($1::text[], $2::text[]) as v (name, path) on v.name = s.name
   where c.name = 'astakos' and c.base_url is not null and e.service_id = s.id
     and e.data ->> 'publicURL' is distinct from rtrim(c.base_url, '/') || v.path
  returning e.id`)
const MISSING_OWN = sql(`
  select name from unnest($1::text[]) as v (name) where name not in (select name from services) order by name`)

/** Where this service answers them. */
export async function moveOwnServices({ target, notes }: Import): Promise<void> {
  const own = servicesOf('astakos', '')
  const names = own.map(({ name }) => name)
  const moved = await target.tx.query(MOVE_OWN, [names, own.map(({ endpoints }) => endpoints[0]?.['publicURL'])])
  notes.change('endpoints', 'of the component astakos, now at the path that this service has for them', moved.length)
  const missing = await target.tx.query<{ name: string }>(MISSING_OWN, [names])
  if (missing.length > 0)
    notes.steps.push(
      `The catalog had no ${missing.map(({ name }) => name).join(', ')}: clients do not find these until they are registered for the component astakos`,
    )
}

const RESOURCES = insertInto('resources', {
  id: 'bigint',
  name: 'text',
  description: 'text',
  unit: 'text',
  service_type: 'text',
  service_origin: 'text',
  ui_visible: 'boolean',
  api_visible: 'boolean',
  system_default: 'bigint',
  project_default: 'bigint',
})

interface Resource {
  readonly id: number
  readonly name: string
  readonly desc: string | null
  readonly unit: string | null
  readonly service_type: string
  readonly service_origin: string
  readonly ui_visible: boolean
  readonly api_visible: boolean
  readonly uplimit: bigint
  readonly project_default: bigint
}

export async function copyResources(to: Import): Promise<void> {
  await copy<Resource, typeof RESOURCES.columns>(to, {
    what: 'resources',
    from: 'im_resource',
    select: `
      select id, name, "desc", unit, service_type, service_origin, ui_visible, api_visible, uplimit, project_default
        from im_resource order by id`,
    into: RESOURCES,
    row: ({ desc: description, uplimit: system_default, ...row }) => ({ ...row, description, system_default }),
  })
  if ((await to.source.count('im_resource', "name = 'astakos.pending_app'")) === 0)
    to.notes.steps.push(
      'The resource astakos.pending_app was not there: register it with its service astakos_account, or nobody can apply for a project',
    )
}
