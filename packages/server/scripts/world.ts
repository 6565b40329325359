import { createHash } from 'node:crypto'
import { sql, type Queryable } from '../src/db/statement.ts'
import { addClient } from '../src/oauth2/clients.ts'
import { addComponent, addResource, addService } from '../src/operations/registry.ts'
import { deactivateUser } from '../src/operations/activation.ts'
import { setPassword } from '../src/operations/passwords.ts'
import { acceptUser, addUser, rejectUser, verifyUser } from '../src/operations/users.ts'
import type { SecretKeys } from '../src/identity/secret-keys.ts'

/** The state that recorded scenarios start from; the format is that of `fixtures/golden/world.json`. */
export interface World {
  readonly users: readonly WorldUser[]
  readonly groups: readonly { readonly name: string }[]
  readonly components: readonly WorldComponent[]
  readonly services: readonly {
    readonly name: string
    readonly component: string
    readonly type: string
    readonly endpoints: readonly Readonly<Record<string, string>>[]
  }[]
  readonly resources: readonly WorldResource[]
  readonly oauth2_clients?: readonly {
    readonly identifier: string
    readonly secret: string | null
    readonly type: string
    readonly is_trusted: boolean
    readonly redirect_uris: readonly string[]
  }[]
  readonly settings: {
    readonly project_admins: readonly string[]
    readonly user_admin_api: { readonly group_when_enabled: string }
  }
  readonly identifiers: { readonly serial: number; readonly membership: number; readonly application: number }
}

interface WorldUser {
  readonly name: string
  readonly email: string
  readonly password?: string
  readonly first_name: string
  readonly last_name: string
  readonly token_expired: boolean
  readonly email_verified: boolean
  readonly moderated: boolean
  readonly is_rejected: boolean
  readonly is_active: boolean
  readonly has_signed_terms: boolean
  readonly groups: readonly string[]
}

interface WorldComponent {
  readonly name: string
  readonly token_expired: boolean
  readonly base_url: string | null
  readonly ui_url: string | null
}

interface WorldResource {
  readonly name: string
  readonly desc: string | null
  readonly unit: string | null
  readonly service_type: string
  readonly service_origin: string
  readonly ui_visible: boolean
  readonly api_visible: boolean
  readonly uplimit: number | bigint
  readonly project_default: number | bigint
}

const EMPTY = sql(`
  truncate users, groups, user_groups, components, services, endpoints, resources, projects, project_resources,
           applications, application_resources, memberships, project_log, membership_log, holdings, commissions, resolutions, idempotency_keys,
           outbox, client_pepper, oauth2_clients, oauth2_redirect_urls, terms, sign_in_failures, imports
   restart identity cascade`)

const START_SERIALS = sql("select setval('serials', $1, false)")
const START_APPLICATIONS = sql("select setval(pg_get_serial_sequence('applications', 'id'), $1, false)")
const START_MEMBERSHIPS = sql("select setval(pg_get_serial_sequence('memberships', 'id'), $1, false)")
const ADD_GROUP = sql('insert into groups (name) values ($1) returning id')
const JOIN_GROUP = sql('insert into user_groups (user_id, group_id) select $1, id from groups where name = $2')

const DAY_MS = 24 * 3600 * 1000

/** As in the recordings, where it is shown. */
const LONG_AGO = new Date('2001-01-01T00:00:00Z')

/** @returns what the placeholders of this world stand for. */
export async function loadWorld(
  tx: Queryable,
  world: World,
  { secretKey, base }: { readonly secretKey: SecretKeys; readonly base: string },
): Promise<Record<string, string>> {
  const filled = (text: string): string => text.replaceAll('<base>', base)
  const expiry = (isOver: boolean): Date => (isOver ? LONG_AGO : new Date(Date.now() + 30 * DAY_MS))
  const bindings: Record<string, string> = {}
  await tx.query(EMPTY)
  await tx.query(START_SERIALS, [world.identifiers.serial])
  await tx.query(START_MEMBERSHIPS, [world.identifiers.membership])
  await tx.query(START_APPLICATIONS, [world.identifiers.application])
  for (const { name } of world.groups) {
    const [row] = await tx.query<{ id: bigint }>(ADD_GROUP, [name])
    bindings[`group:${name}`] = String(row?.id)
  }
  for (const { name, base_url, ui_url, token_expired } of world.components) {
    const { token } = await addComponent(tx, {
      name,
      baseUrl: base_url === null ? null : filled(base_url),
      uiUrl: ui_url === null ? null : filled(ui_url),
      tokenExpires: token_expired ? expiry(true) : null,
    })
    bindings[`token:component:${name}`] = token
  }
  for (const { endpoints, ...service } of world.services) {
    await addService(tx, {
      ...service,
      endpoints: endpoints.map((data) =>
        Object.fromEntries(Object.entries(data).map(([key, value]) => [key, filled(value)])),
      ),
    })
  }
  for (const resource of world.resources) {
    await addResource(tx, {
      name: resource.name,
      description: resource.desc,
      unit: resource.unit,
      serviceType: resource.service_type,
      serviceOrigin: resource.service_origin,
      uiVisible: resource.ui_visible,
      apiVisible: resource.api_visible,
      systemDefault: BigInt(resource.uplimit),
      projectDefault: BigInt(resource.project_default),
    })
  }
  for (const user of world.users) {
    const { id, uuid, token } = await addUser(tx, secretKey, {
      email: user.email,
      firstName: user.first_name,
      lastName: user.last_name,
      hasSignedTerms: user.has_signed_terms,
      tokenExpires: expiry(user.token_expired),
    })
    bindings[`uuid:${user.name}`] = uuid
    bindings[`token:${user.name}`] = token
    if (user.password !== undefined) await setPassword(tx, id, cheaplyHashed(user.password))
    for (const group of user.groups) await tx.query(JOIN_GROUP, [id, group])
    if (user.email_verified) await verifyUser(tx, id)
    if (user.is_rejected) await rejectUser(tx, id, 'spam')
    else if (user.moderated) await acceptUser(tx, id, 'auto_moderation')
    if (user.moderated && !user.is_rejected && !user.is_active) await deactivateUser(tx, uuid, 'left')
  }
  for (const { secret, type, identifier, is_trusted, redirect_uris } of world.oauth2_clients ?? []) {
    await addClient(tx, secretKey, {
      identifier,
      secret,
      isConfidential: type === 'confidential',
      isTrusted: is_trusted,
      redirectUris: redirect_uris,
    })
  }
  return bindings
}

/** In a format of an imported account, which costs nothing: a world is loaded before each scenario. */
function cheaplyHashed(password: string): string {
  return `md5$world$${createHash('md5').update(`world${password}`).digest('hex')}`
}
