import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { hashPassword } from '../identity/passwords.ts'
import { randomText } from '../oauth2/random-text.ts'
import { setPassword } from '../operations/passwords.ts'
import { addComponent, addResource, addService, renewComponentToken } from '../operations/registry.ts'
import { acceptUser, addUser, renewToken, verifyUser, type NewUser, type UserInput } from '../operations/users.ts'
import { registerSampleApplication, type SampleApplication } from './application.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

export interface SampleUser {
  readonly name: string
  readonly email: string
  readonly uuid: string
  readonly token: string
  readonly password: string
}

/** Who is in the sample cloud, with tokens and passwords that work. */
export interface SampleCloud {
  readonly users: readonly SampleUser[]
  readonly components: readonly { readonly name: string; readonly token: string }[]
  readonly application: SampleApplication
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

const FIND_USERS = sql('select id, email, uuid from users where email = any($1::text[])')

const DAYS_30_MS = 30 * 24 * 3600 * 1000

/** Nobody has to remember it. */
const PASSWORD_LENGTH = 14

/** Made at the first start. At a later one it is there, and everybody gets a new token and password: the old ones can't be read. */
export async function loadSampleCloud(database: Database, secretKey: SecretKeys): Promise<SampleCloud> {
  const passwords = USERS.map(() => randomText(PASSWORD_LENGTH))
  // Each takes a good part of a second, in which nothing should be locked.
  const hashed = await Promise.all(passwords.map(hashPassword))
  return database.transaction(async (tx) => {
    const known = await tx.query<Known>(FIND_USERS, [USERS.map(({ email }) => email)])
    const components = known.length === 0 ? await addComponents(tx) : await renewComponents(tx)
    const users = []
    for (const [place, { name, ...person }] of USERS.entries()) {
      const tokenExpires = new Date(Date.now() + DAYS_30_MS)
      const found = known.find(({ email }) => email === person.email)
      const user = found
        ? { ...found, token: await renewToken(tx, secretKey, found.uuid, tokenExpires) }
        : await addSampleUser(tx, secretKey, { ...person, tokenExpires })
      await setPassword(tx, user.id, hashed[place] as string)
      const password = passwords[place] as string
      users.push({ name, email: person.email, uuid: user.uuid, token: user.token, password })
    }
    return { users, components, application: await registerSampleApplication(tx, secretKey) }
  })
}

interface Known {
  id: bigint
  email: string
  uuid: string
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
  secretKey: SecretKeys,
  person: Omit<UserInput, 'hasSignedTerms'>,
): Promise<NewUser> {
  const user = await addUser(tx, secretKey, { ...person, hasSignedTerms: true })
  await verifyUser(tx, user.id)
  await acceptUser(tx, user.id, 'manual')
  return user
}
