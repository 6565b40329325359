import { createHmac, timingSafeEqual } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { openPepper, pepperOf } from '../identity/pepper.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'
import { Refused } from '../projects/refused.ts'
import { checkOwnRedirectUri } from './redirect-uri.ts'

/** An application that asks on somebody's behalf. Source: OAuth2 specification, 2. */
export interface Client {
  readonly id: bigint
  readonly identifier: string
  readonly secretHash: Buffer | null
  /** What it was hashed with, sealed. */
  readonly pepper: Buffer | null
  readonly isConfidential: boolean
  /** Nobody is asked for consent. */
  readonly isTrusted: boolean
  /** As they were registered; the first is the default, A-3. */
  readonly redirectUris: readonly string[]
}

const COLUMNS = `id, identifier, secret_hash as "secretHash", is_confidential as "isConfidential", is_trusted as "isTrusted",
         (select sealed from client_pepper) as pepper,
         array(select url from oauth2_redirect_urls as r where r.client_id = c.id order by r.id) as "redirectUris"`

const FIND = sql(`select ${COLUMNS} from oauth2_clients as c where identifier = $1`)

export async function findClient(on: Queryable, identifier: string): Promise<Client | null> {
  const [client] = await on.query<Client>(FIND, [identifier])
  return client ?? null
}

/**
 * Secrets are set by hand and often short, so a plain hash could be guessed; a slow one would let everybody keep this
 * machine busy, since anybody may try a secret, and clients show theirs at each sign-in. So the hash is keyed with
 * something that is sealed in the database: without the secret key nothing can be tried. With it somebody would have the
 * tokens anyway.
 */
export function secretHashOf(pepper: Buffer, identifier: string, secret: string): Buffer {
  return createHmac('sha256', pepper).update(`oauth2 client\0${identifier}\0${secret}`).digest()
}

/** A client without a secret has no right one. */
export function isSecretOf(keys: SecretKeys, { identifier, secretHash, pepper }: Client, secret: string): boolean {
  if (secretHash === null || pepper === null) return false
  return timingSafeEqual(secretHash, secretHashOf(openPepper(keys, pepper), identifier, secret))
}

export interface ClientInput {
  /** Visible ASCII without a colon, which ends it in `Authorization`. */
  readonly identifier: string
  /** Null: none, as only a public client may have it. */
  readonly secret: string | null
  readonly isConfidential: boolean
  readonly isTrusted: boolean
  /** The first one is the default. */
  readonly redirectUris: readonly string[]
}

const ADD = sql(`
  insert into oauth2_clients (identifier, secret_hash, is_confidential, is_trusted)
  values ($1, $2, $3, $4)
      on conflict (identifier) do nothing
  returning id`)
const ADD_URLS = sql(`
  insert into oauth2_redirect_urls (client_id, url)
  select $1, url from unnest($2::text[]) with ordinality as u (url, place) order by place`)

/** @throws {RangeError} naming the rule that is broken. */
export function checkClient({
  identifier,
  secret,
  isConfidential,
}: Pick<ClientInput, 'identifier' | 'secret' | 'isConfidential'>): void {
  if (!/^[!-9;-~]{1,255}$/.test(identifier))
    throw new RangeError('An identifier is of 1 to 255 visible ASCII characters without a colon')
  if (secret === '' || secret?.includes('\0')) throw new RangeError('A secret is a text that is not empty')
  if (isConfidential && secret === null) throw new RangeError('A confidential client has a secret')
}

/** @returns its id. @throws {RangeError} naming the rule that is broken. @throws {Refused} the identifier is taken. */
export async function addClient(tx: Queryable, keys: SecretKeys, client: ClientInput): Promise<bigint> {
  const { identifier, secret, isConfidential, isTrusted, redirectUris } = client
  checkClient(client)
  redirectUris.forEach(checkOwnRedirectUri)
  const secretHash = secret === null ? null : secretHashOf(await pepperOf(tx, keys), identifier, secret)
  const [row] = await tx.query<{ id: bigint }>(ADD, [identifier, secretHash, isConfidential, isTrusted])
  if (!row) throw new Refused('conflict', `identifier: there is already a client ${identifier}`)
  await tx.query(ADD_URLS, [row.id, redirectUris])
  return row.id
}

const LIST = sql(`
  select ${COLUMNS}
    from oauth2_clients as c
   where ($1::bigint is null or id > $1)
     and ($2::boolean is null or is_confidential = $2)
     and ($3::boolean is null or is_trusted = $3)
   order by id
   limit $4`)

/** Null: whichever. */
export interface ClientFilter {
  readonly isConfidential: boolean | null
  readonly isTrusted: boolean | null
}

export function listClients(
  on: Queryable,
  { isConfidential, isTrusted }: ClientFilter,
  after: bigint | null,
  count: number,
): Promise<Client[]> {
  return on.query<Client>(LIST, [after, isConfidential, isTrusted, count])
}

const READ = sql(`select ${COLUMNS} from oauth2_clients as c where id = $1 or identifier = $2`)
const REMOVE_CODES = sql('delete from oauth2_codes where client_id = $1')
const REMOVE_TOKENS = sql('delete from oauth2_tokens where client_id = $1')
const REMOVE = sql('delete from oauth2_clients where id = $1 returning id')

/**
 * With its addresses, codes and tokens, which are worth nothing from the commit on. Codes go first, as a code that is being
 * redeemed is held before its client. @returns what it was. @throws {Refused} there is none.
 */
export async function removeClient(tx: Queryable, reference: bigint | string): Promise<Client> {
  const [id, identifier] = typeof reference === 'bigint' ? [reference, null] : [null, reference]
  const [client] = await tx.query<Client>(READ, [id, identifier])
  if (!client) throw noSuchClient()
  await tx.query(REMOVE_CODES, [client.id])
  await tx.query(REMOVE_TOKENS, [client.id])
  const removed = await tx.query(REMOVE, [client.id])
  // Of two at once the second one finds it gone.
  if (removed.length === 0) throw noSuchClient()
  return client
}

const noSuchClient = (): Refused =>
  new Refused('unknown', 'Client does not exist. You may run oauth2-client-list for available client IDs.')
