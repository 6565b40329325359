import type { Database } from '../db/database.ts'
import type { Queryable } from '../db/statement.ts'
import type { Ask } from './authorize.ts'
import { findClient, isSecretOf, type Client } from './clients.ts'
import { findCode, type FoundCode } from './codes.ts'
import { decodedCredentials, readCredentials } from './credentials.ts'
import { isSameUri } from './normal-form.ts'
import { checkVerifier } from './pkce.ts'
import { checkRedirectUri } from './redirect-uri.ts'
import { GrantRefused, refuseIf } from './refused.ts'
import { redeemCode, revokeTokensOf } from './tokens.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

export interface GrantAsk extends Ask {
  /** A form; A-6: whatever its parameters. */
  readonly isForm: boolean
}

/** @returns an access token. Source: OAuth2 specification, 5, in its order. @throws {GrantRefused} */
export async function redeem(database: Database, key: SecretKeys, ask: GrantAsk, lifeMs: number): Promise<string> {
  const { isSecure, isForm, parameter } = ask
  refuseIf(!isSecure, 'Secure request required')
  refuseIf(!isForm, 'Invalid Content-Type header')
  checkGrantType(parameter('grant_type'))
  const client = await clientOf(database, key, ask)
  const code = await codeOf(database, client, parameter('code'))
  checkUsedRedirectUri(client, code, parameter('redirect_uri'))
  checkVerifier(code.challenge, parameter('code_verifier'))
  const token = await database.transaction((tx) => redeemCode(tx, code, lifeMs))
  if (token === null) throw await usedUp(database, client, code)
  return token
}

function checkGrantType(type: string | null): void {
  refuseIf(!type, 'Missing grant type')
  // Those of others and of extensions; A-9: whatever the host.
  const isForeign = type === 'client_credentials' || type === 'token' || /^(?:https?|ftp):\/\/[^/]/i.test(type ?? '')
  refuseIf(isForeign, 'Unsupported grant type')
  refuseIf(type !== 'authorization_code', 'Invalid grant type')
}

async function clientOf(on: Queryable, key: SecretKeys, { parameter, authorization }: Ask): Promise<Client> {
  const named = parameter('client_id') || null
  const credentials = readCredentials(authorization)
  const decoded = credentials && decodedCredentials(credentials)
  if (named !== null && credentials && credentials.identifier !== named && decoded?.identifier !== named)
    throw new GrantRefused('Client identification conflicts with client authorization')
  const identifier = named ?? credentials?.identifier ?? null
  if (identifier === null) throw new GrantRefused('Missing client identification')
  const client =
    (await findClient(on, identifier)) ?? (decoded?.identifier ? await findClient(on, decoded.identifier) : null)
  if (!client) throw new GrantRefused('No such client found')
  refuseIf(client.isConfidential && !credentials, 'Client authentication is required')
  const isRight = [credentials, decoded].some((one) => one && isSecretOf(key, client, one.secret))
  refuseIf(credentials !== null && !isRight, 'Invalid credentials')
  return client
}

async function codeOf(database: Database, client: Client, text: string | null): Promise<FoundCode> {
  if (!text) throw new GrantRefused('Missing authorization code')
  const code = await findCode(database, text)
  if (code?.wasUsed) throw await usedUp(database, client, code)
  if (!code?.isGood) throw new GrantRefused('No such authorization code')
  refuseIf(code.clientId !== client.id, 'Mismatching client with code client')
  return code
}

/**
 * The code is known to somebody who should not know it, so what it was redeemed for ends. A client that just showed its
 * secret is believed to have asked twice, as recorded: nobody else could have redeemed its codes.
 */
async function usedUp(database: Database, client: Client, { hash, clientId }: FoundCode): Promise<GrantRefused> {
  const isOwn = client.isConfidential && client.id === clientId
  if (!isOwn) await database.transaction((tx) => revokeTokensOf(tx, hash))
  return new GrantRefused('No such authorization code')
}

function checkUsedRedirectUri({ redirectUris }: Client, { redirectUri }: FoundCode, given: string | null): void {
  if (given !== null) {
    checkRedirectUri(given, redirectUris)
    refuseIf(!isSameUri(given, redirectUri), 'Invalid redirect uri')
    return
  }
  const [first] = redirectUris
  const isFirst = first !== undefined && isSameUri(first, redirectUri)
  refuseIf(!isFirst, 'The redirect uri does not match the one used during authorization')
}
