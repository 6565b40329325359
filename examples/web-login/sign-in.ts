import { createHash, randomBytes } from 'node:crypto'
import { parseEndpoints, type AstakosClient, type Uuid } from 'astakosclient'

/** OAuth2's authorization-code grant: what this application asks of Astakos, and what of the browser. */

/** This application, as Astakos knows it. */
export interface Registration {
  readonly identifier: string
  readonly secret: string
  readonly redirectUri: string
}

/** A sign-in under way. It stays here; what the browser carries around is made of it, and worth nothing without it. */
export interface Attempt {
  readonly state: string
  readonly verifier: string
}

export interface Person {
  readonly uuid: Uuid
  readonly name: string
}

export function newAttempt(): Attempt {
  return { state: secretText(), verifier: secretText() }
}

export function secretText(): string {
  return randomBytes(32).toString('base64url')
}

/** Where the browser is sent: there the person signs in, and is asked whether this application may know who it is. */
export async function addressToAskAt(client: AstakosClient, app: Registration, attempt: Attempt): Promise<string> {
  const [service] = parseEndpoints(await client.getEndpoints(), { name: 'astakos_oauth2' })
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: app.identifier,
    redirect_uri: app.redirectUri,
    // Comes back as it is, so that nobody is signed in who did not begin it here.
    state: attempt.state,
    // PKCE: whoever redeems the code has to know what this is the hash of, so a code that was overheard is worthless.
    code_challenge: createHash('sha256').update(attempt.verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return `${service?.endpoints[0]?.publicURL}/auth?${asked.toString()}`
}

/**
 * Who it is that came back with a code.
 *
 * @throws {BadRequest} the code was redeemed before, is too old, or was not meant for this application.
 */
export async function personOf(
  client: AstakosClient,
  app: Registration,
  { code, verifier }: { readonly code: string; readonly verifier: string },
): Promise<Person> {
  const { access_token: accessToken } = await client.getToken('authorization_code', app.identifier, app.secret, {
    code,
    redirect_uri: app.redirectUri,
    code_verifier: verifier,
  })
  // It is good for 20 seconds and for nothing but this question: it is no `X-Auth-Token`, so nobody's virtual machines
  // are in danger where it leaks. `belongsTo` says where it is about to be used.
  const { access } = await client.validateToken(accessToken, { belongsTo: app.redirectUri })
  return { uuid: access.user.id, name: access.user.name }
}
