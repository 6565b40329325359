import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { addComponent, addResource, addService, renewComponentToken } from '../operations/registry.ts'
import { acceptUser, addUser, renewToken, verifyUser } from '../operations/users.ts'

/** Who is in the sample cloud, with tokens that work. */
export interface SampleCloud {
  readonly users: readonly { readonly name: string; readonly uuid: string; readonly token: string }[]
  readonly components: readonly { readonly name: string; readonly token: string }[]
}

const USERS = [
  { name: 'alice', email: 'alice@example.org', firstName: 'Alice', lastName: 'Liddell' },
  { name: 'bob', email: 'bob@example.org', firstName: 'Bob', lastName: 'Builder' },
]

const GIB = 1024n ** 3n

const COMPONENTS = [
  {
    name: 'cyclades',
    services: [
      { name: 'cyclades_compute', type: 'compute', path: 'compute/v2.0', version: 'v2.0' },
      { name: 'cyclades_network', type: 'network', path: 'network/v2.0', version: 'v2.0' },
    ],
    resources: [
      { name: 'cyclades.vm', description: 'Virtual machines', unit: null, origin: 0, limit: 2n },
      { name: 'cyclades.cpu', description: 'Processors', unit: null, origin: 0, limit: 8n },
      { name: 'cyclades.ram', description: 'Memory', unit: 'bytes', origin: 0, limit: 8n * GIB },
      { name: 'cyclades.network.private', description: 'Private networks', unit: null, origin: 1, limit: 5n },
    ],
  },
  {
    name: 'pithos',
    services: [{ name: 'pithos_object-store', type: 'object-store', path: 'object-store/v1', version: 'v1' }],
    resources: [
      { name: 'pithos.diskspace', description: 'Room for files', unit: 'bytes', origin: 0, limit: 50n * GIB },
    ],
  },
] as const

const FIND_USERS = sql('select email, uuid from users where email = any($1::text[])')

const DAYS_30_MS = 30 * 24 * 3600 * 1000

/** Made at the first start. At a later one it is there, and everybody gets a new token: the old ones can't be read. */
export function loadSampleCloud(database: Database, secretKey: Buffer): Promise<SampleCloud> {
  return database.transaction(async (tx) => {
    const known = await tx.query<{ email: string; uuid: string }>(FIND_USERS, [USERS.map(({ email }) => email)])
    return known.length === USERS.length ? renew(tx, secretKey, known) : make(tx, secretKey)
  })
}

async function make(tx: Queryable, secretKey: Buffer): Promise<SampleCloud> {
  const components = []
  for (const { name, services, resources } of COMPONENTS) {
    const site = `https://${name}.example.org`
    const { token } = await addComponent(tx, { name, baseUrl: site, uiUrl: `${site}/ui` })
    components.push({ name, token })
    for (const { path, version, ...service } of services) {
      const endpoint = { versionId: version, publicURL: `${site}/${path}`, 'SNF:exposeVersion': 'True' }
      await addService(tx, { component: name, ...service, endpoints: [endpoint] })
    }
    for (const { origin, limit, ...resource } of resources) {
      const service = services[origin] as (typeof services)[number]
      await addResource(tx, {
        ...resource,
        serviceType: service.type,
        serviceOrigin: service.name,
        uiVisible: true,
        apiVisible: true,
        systemDefault: limit,
        projectDefault: 0n,
      })
    }
  }
  const users = []
  for (const { name, ...person } of USERS) {
    const tokenExpires = new Date(Date.now() + DAYS_30_MS)
    const { id, uuid, token } = await addUser(tx, secretKey, { ...person, hasSignedTerms: true, tokenExpires })
    await verifyUser(tx, id)
    await acceptUser(tx, id, 'manual')
    users.push({ name, uuid, token })
  }
  return { users, components }
}

async function renew(
  tx: Queryable,
  secretKey: Buffer,
  known: readonly { email: string; uuid: string }[],
): Promise<SampleCloud> {
  const users = []
  for (const { name, email } of USERS) {
    const uuid = known.find((user) => user.email === email)?.uuid ?? ''
    users.push({ name, uuid, token: await renewToken(tx, secretKey, uuid, new Date(Date.now() + DAYS_30_MS)) })
  }
  const components = []
  for (const { name } of COMPONENTS) components.push({ name, token: await renewComponentToken(tx, name) })
  return { users, components }
}
