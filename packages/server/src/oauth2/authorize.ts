import type { Queryable } from '../db/statement.ts'
import { findClient, isSecretOf, type Client } from './clients.ts'
import { readCredentials } from './credentials.ts'
import { readChallenge } from './pkce.ts'
import { checkRedirectUri } from './redirect-uri.ts'
import { GrantRefused, refuseIf } from './refused.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** A request of the protocol, whichever way its parameters came. */
export interface Ask {
  readonly isSecure: boolean
  /** Null: it is missing. */
  readonly parameter: (name: string) => string | null
  readonly authorization: string | undefined
}

/** What a client wants from somebody. */
export interface Authorization {
  readonly client: Client
  readonly redirectUri: string
  readonly scope: string
  readonly state: string | null
  readonly challenge: string | null
}

/** More than that of a form is no name of a scope. */
const TEXT_MAX = 5000

/** Source: OAuth2 specification, 4, in its order. @throws {GrantRefused} */
export async function readAuthorization(on: Queryable, key: SecretKeys, ask: Ask): Promise<Authorization> {
  const { isSecure, parameter, authorization } = ask
  refuseIf(!isSecure, 'Secure request required')
  const type = parameter('response_type')
  refuseIf(!type, 'Missing authorization type')
  refuseIf(type === 'token', 'Unsupported authorization type')
  refuseIf(type !== 'code', 'Invalid authorization type')
  const identifier = parameter('client_id')
  if (!identifier) throw new GrantRefused('Client identification is required')
  const credentials = readCredentials(authorization)
  if (credentials && credentials.identifier !== identifier)
    throw new GrantRefused('Client identification conflicts with client authorization')
  const client = await findClient(on, identifier)
  if (!client) throw new GrantRefused('No such client found')
  refuseIf(credentials !== null && !isSecretOf(key, client, credentials.secret), 'Invalid credentials')
  const redirectUri = redirectUriOf(client, parameter('redirect_uri'))
  const challenge = readChallenge(parameter('code_challenge'), parameter('code_challenge_method'))
  const [scope, state] = [parameter('scope'), parameter('state')]
  refuseIf(
    [scope, state].some((text) => (text?.length ?? 0) > TEXT_MAX),
    'Parameter length limit exceeded',
  )
  return { client, redirectUri, scope: firstWordOf(scope ?? '') || redirectUri, state, challenge }
}

function redirectUriOf({ redirectUris }: Client, asked: string | null): string {
  if (asked !== null) {
    checkRedirectUri(asked, redirectUris)
    return asked
  }
  const [first] = redirectUris
  if (first === undefined) throw new GrantRefused('Unable to fallback to client redirect URI')
  return first
}

function firstWordOf(text: string): string {
  return text.trim().split(/\s+/, 1)[0] ?? ''
}
