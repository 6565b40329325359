import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { addComponent, addResource, addService } from './registry.ts'

/** The service's own services, as the catalog lists them. Source: overview, 2. */
const OWN_SERVICES = [
  { name: 'astakos_account', type: 'account', path: '/account/v1.0', version: 'v1.0' },
  { name: 'astakos_identity', type: 'identity', path: '/identity/v2.0', version: 'v2.0' },
  { name: 'astakos_weblogin', type: 'astakos_weblogin', path: '/weblogin', version: '' },
  { name: 'astakos_oauth2', type: 'astakos_auth', path: '/oauth2', version: '' },
] as const

const FIND = sql("select base_url from components where name = 'astakos' for update")
const LOCK = sql('lock table components in share row exclusive mode')

const MOVE_COMPONENT = sql("update components set base_url = $1, ui_url = $2 where name = 'astakos'")
const MOVE_ENDPOINTS = sql(`
  update endpoints as e
     set data = jsonb_set(e.data, '{publicURL}', to_jsonb($1 || v.path))
    from services as s
    join unnest($2::text[], $3::text[]) as v (name, path) on v.name = s.name
   where e.service_id = s.id`)

/** How many pending applications a user may have, unless an operator says otherwise. */
const PENDING_APPLICATIONS = 3n

const UNLIMITED = 2n ** 63n - 1n

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
  for (const { name, type, path, version } of OWN_SERVICES) {
    const endpoint = { versionId: version, publicURL: baseUrl + path, 'SNF:exposeVersion': 'True' }
    // oxlint-disable-next-line no-await-in-loop -- their order is the catalog's
    await addService(tx, { component: 'astakos', name, type, endpoints: [endpoint] })
  }
  await addResource(tx, {
    name: 'astakos.pending_app',
    description: 'Number of pending project applications',
    unit: null,
    serviceType: 'account',
    serviceOrigin: 'astakos_account',
    uiVisible: false,
    apiVisible: false,
    systemDefault: PENDING_APPLICATIONS,
    projectDefault: UNLIMITED,
  })
}

async function move(tx: Queryable, baseUrl: string): Promise<void> {
  await tx.query(MOVE_COMPONENT, [baseUrl, `${baseUrl}/ui`])
  await tx.query(MOVE_ENDPOINTS, [baseUrl, OWN_SERVICES.map(({ name }) => name), OWN_SERVICES.map(({ path }) => path)])
}
