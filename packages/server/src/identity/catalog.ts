import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'

/** An element of the service catalog. Source: identity specification, 2.2. */
export interface CatalogService {
  readonly name: string
  readonly type: string
  readonly endpoints_links: readonly never[]
  readonly endpoints: readonly Readonly<Record<string, string | null>>[]
}

const SERVICES = sql(`
  select s.name, s.type, c.ui_url,
         (select json_agg(e.data order by e.id) from endpoints as e where e.service_id = s.id) as endpoints
    from services as s
    join components as c on c.id = s.component_id
   order by s.id`)

interface Row {
  name: string
  type: string
  ui_url: string | null
  endpoints: Record<string, string>[] | null
}

/** The same for everybody, so its text is made once. */
export interface Catalog {
  readonly services: readonly CatalogService[]
  readonly json: string
}

export async function readCatalog(on: Queryable): Promise<Catalog> {
  const rows = await on.query<Row>(SERVICES)
  const services = rows.map(({ name, type, ui_url, endpoints }) => ({
    name,
    type,
    endpoints_links: [] as const,
    endpoints: (endpoints ?? []).map((data) => ({
      ...data,
      'SNF:uiURL': ui_url,
      region: 'default',
      ...(name === 'astakos_weblogin' ? { 'SNF:webloginURL': data['publicURL'] ?? null } : {}),
    })),
  }))
  return { services, json: JSON.stringify(services) }
}
