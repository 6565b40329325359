import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { addComponent, addResource, addService, renewComponentToken } from '../operations/registry.ts'
import { acceptUser, addUser, renewToken, verifyUser, type UserInput } from '../operations/users.ts'

export interface SampleUser {
  readonly name: string
  readonly uuid: string
  readonly token: string
}

/** Who is in the sample cloud, with tokens that work. */
export interface SampleCloud {
  readonly users: readonly SampleUser[]
  readonly components: readonly { readonly name: string; readonly token: string }[]
}

/** Of the user who decides about projects. The service has to know it before that user is there. */
export const ADMINISTRATOR = 'c3c52b19-d3a1-4dd8-8f4e-0f7a1f7f1a5b'

const USERS = [
  { name: 'alice', email: 'alice@example.org', firstName: 'Alice', lastName: 'Liddell' },
  { name: 'bob', email: 'bob@example.org', firstName: 'Bob', lastName: 'Builder' },
  { name: 'carol', email: 'carol@example.org', firstName: 'Carol', lastName: 'Keeper', uuid: ADMINISTRATOR },
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
    const components = known.length === 0 ? await addComponents(tx) : await renewComponents(tx)
    const users = []
    for (const { name, ...person } of USERS) {
      const uuid = known.find(({ email }) => email === person.email)?.uuid
      const tokenExpires = new Date(Date.now() + DAYS_30_MS)
      if (uuid === undefined) users.push({ name, ...(await addSampleUser(tx, secretKey, { ...person, tokenExpires })) })
      else users.push({ name, uuid, token: await renewToken(tx, secretKey, uuid, tokenExpires) })
    }
    return { users, components }
  })
}

async function addComponents(tx: Queryable): Promise<SampleCloud['components']> {
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
  return components
}

async function renewComponents(tx: Queryable): Promise<SampleCloud['components']> {
  const components = []
  for (const { name } of COMPONENTS) components.push({ name, token: await renewComponentToken(tx, name) })
  return components
}

async function addSampleUser(
  tx: Queryable,
  secretKey: Buffer,
  person: Omit<UserInput, 'hasSignedTerms'>,
): Promise<{ uuid: string; token: string }> {
  const { id, uuid, token } = await addUser(tx, secretKey, { ...person, hasSignedTerms: true })
  await verifyUser(tx, id)
  await acceptUser(tx, id, 'manual')
  return { uuid, token }
}
