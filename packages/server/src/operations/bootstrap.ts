import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { servicesOf } from './companions.ts'
import { addComponent } from './registry.ts'
import { modifyResource } from './resources.ts'
import { importServices } from './service-import.ts'

const FIND = sql("select base_url from components where name = 'astakos' for update")
const LOCK = sql('lock table components in share row exclusive mode')

const MOVE_COMPONENT = sql("update components set base_url = $1, ui_url = $2 where name = 'astakos'")
const MOVE_ENDPOINTS = sql(`
  update endpoints as e
     set data = jsonb_set(e.data, '{publicURL}', to_jsonb(v.url))
    from services as s
    join unnest($1::text[], $2::text[]) as v (name, url) on v.name = s.name
   where e.service_id = s.id`)

/** How many pending applications a user may have, unless an operator says otherwise. */
const PENDING_APPLICATIONS = 3n

/** At the first start the service registers itself; after that it only follows its base URL. @returns the one before, if it was another one. */
export async function bootstrap(database: Database, baseUrl: string): Promise<string | null> {
  return database.transaction(async (tx) => {
    // Of several processes that start at once one does it.
    await tx.query(LOCK)
    const [own] = await tx.query<{ base_url: string | null }>(FIND)
    if (!own) await register(tx, baseUrl)
    else if (own.base_url !== baseUrl) {
      await move(tx, baseUrl)
      return own.base_url
    }
    return null
  })
}

async function register(tx: Queryable, baseUrl: string): Promise<void> {
  // Nobody is shown its token: the service doesn't call itself.
  await addComponent(tx, { name: 'astakos', baseUrl, uiUrl: `${baseUrl}/ui` })
  await importServices(tx, servicesOf('astakos', baseUrl))
  await modifyResource(tx, 'astakos.pending_app', { systemDefault: PENDING_APPLICATIONS })
}

async function move(tx: Queryable, baseUrl: string): Promise<void> {
  const services = servicesOf('astakos', baseUrl)
  await tx.query(MOVE_COMPONENT, [baseUrl, `${baseUrl}/ui`])
  await tx.query(MOVE_ENDPOINTS, [
    services.map(({ name }) => name),
    services.map(({ endpoints }) => endpoints[0]?.['publicURL']),
  ])
}
