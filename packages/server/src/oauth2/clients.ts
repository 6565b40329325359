import { createHmac, timingSafeEqual } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { openPepper, pepperOf } from '../identity/pepper.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'
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

const FIND = sql(`
  select id, identifier, secret_hash as "secretHash", is_confidential as "isConfidential", is_trusted as "isTrusted",
         (select sealed from client_pepper) as pepper,
         array(select url from oauth2_redirect_urls as r where r.client_id = c.id order by r.id) as "redirectUris"
    from oauth2_clients as c
   where identifier = $1`)

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
function secretHashOf(pepper: Buffer, identifier: string, secret: string): Buffer {
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
  returning id`)
const ADD_URLS = sql(`
  insert into oauth2_redirect_urls (client_id, url)
  select $1, url from unnest($2::text[]) with ordinality as u (url, place) order by place`)

/** @throws {RangeError} naming the rule that is broken. */
export async function addClient(tx: Queryable, keys: SecretKeys, client: ClientInput): Promise<void> {
  const { identifier, secret, isConfidential, isTrusted, redirectUris } = client
  if (!/^[!-9;-~]{1,255}$/.test(identifier))
    throw new RangeError('An identifier is of 1 to 255 visible ASCII characters without a colon')
  if (secret === '' || secret?.includes('\0')) throw new RangeError('A secret is a text that is not empty')
  if (isConfidential && secret === null) throw new RangeError('A confidential client has a secret')
  redirectUris.forEach(checkOwnRedirectUri)
  const secretHash = secret === null ? null : secretHashOf(await pepperOf(tx, keys), identifier, secret)
  const [row] = await tx.query<{ id: bigint }>(ADD, [identifier, secretHash, isConfidential, isTrusted])
  await tx.query(ADD_URLS, [(row as { id: bigint }).id, redirectUris])
}
