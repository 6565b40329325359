import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oauth from 'oauth4webapi'

/** As it is registered at the service. */
export const PHOTOS = { identifier: 'photo-album', secret: 'secret of the photo album' } as const
/** It asks for nobody's consent. */
export const HOUSE = { identifier: 'house-wiki', secret: 'secret of the house wiki' } as const

type Registered = typeof PHOTOS | typeof HOUSE

/** A small web application that signs people in by OAuth2, with a standard library; and a site that wishes us ill. */
export interface Application extends AsyncDisposable {
  /** Of another site than the service. */
  readonly origin: string
  /** The same by an address of the service's own site, so that cookies that say `SameSite` go along. */
  readonly neighbour: string
  readonly callback: string
  /** How often a browser came back to it. */
  readonly visits: number
  signInUrl(client: Registered): string
  /** A page with ours in a frame. */
  frameOf(origin: string, url: string): string
  /** A page with a button that sends a form to us. */
  forgery(origin: string, action: string, fields: Readonly<Record<string, string>>): string
}

interface Login {
  readonly client: Registered
  readonly verifier: string
}

/** @param base of the service. */
export async function startApplication(base: string): Promise<Application> {
  const logins = new Map<string, Login>()
  let visits = 0
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) =>
      answer(response, 400, `<h1>Refused</h1><p>${String(error)}</p>`),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const origin = `http://localhost:${port}`
  const callback = `${origin}/callback`

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', origin)
    const { searchParams } = url
    if (url.pathname === '/sign-in')
      return leave(response, searchParams.get('client') === HOUSE.identifier ? HOUSE : PHOTOS)
    if (url.pathname === '/callback') return welcome(response, url)
    if (url.pathname === '/frame')
      return answer(
        response,
        200,
        `<h1>A prize!</h1><iframe title="prize" src="${attribute(searchParams.get('url'))}"></iframe>`,
      )
    if (url.pathname === '/forgery') return answer(response, 200, forgedForm(searchParams))
    return answer(response, 404, '<h1>Not found</h1>')
  }

  async function leave(response: ServerResponse, client: Registered): Promise<void> {
    const [state, verifier] = [oauth.generateRandomState(), oauth.generateRandomCodeVerifier()]
    logins.set(state, { client, verifier })
    const asked = new URLSearchParams({
      response_type: 'code',
      client_id: client.identifier,
      redirect_uri: callback,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    response.writeHead(302, { location: `${base}/oauth2/auth?${asked.toString()}` }).end()
  }

  async function welcome(response: ServerResponse, url: URL): Promise<void> {
    visits += 1
    const state = url.searchParams.get('state') ?? ''
    const login = logins.get(state)
    if (!login) throw new Error('Nobody here asked for that')
    logins.delete(state)
    const client = { client_id: login.client.identifier }
    const issuer = { issuer: base, token_endpoint: `${base}/oauth2/token` }
    const granted = await oauth.authorizationCodeGrantRequest(
      issuer,
      client,
      oauth.ClientSecretBasic(login.client.secret),
      oauth.validateAuthResponse(issuer, client, url, state),
      callback,
      login.verifier,
      { [oauth.allowInsecureRequests]: true },
    )
    const { access_token: token } = await oauth.processAuthorizationCodeResponse(issuer, client, granted)
    const validated = await fetch(`${base}/identity/v2.0/tokens/${token}`)
    const { access } = (await validated.json()) as { access: { user: { name: string } } }
    answer(response, 200, `<h1>Hello, ${access.user.name}</h1>`)
  }

  return {
    origin,
    neighbour: `http://127.0.0.1:${port}`,
    callback,
    get visits() {
      return visits
    },
    signInUrl: ({ identifier }) => `${origin}/sign-in?client=${identifier}`,
    frameOf: (from, url) => `${from}/frame?url=${encodeURIComponent(url)}`,
    forgery: (from, action, fields) => `${from}/forgery?${new URLSearchParams({ ...fields, action }).toString()}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function forgedForm(parameters: URLSearchParams): string {
  const fields = [...parameters].filter(([name]) => name !== 'action')
  const inputs = fields.map(([name, value]) => `<input type="hidden" name="${name}" value="${attribute(value)}">`)
  return `<form method="post" action="${attribute(parameters.get('action'))}">${inputs.join('')}<button>Win</button></form>`
}

function attribute(text: string | null): string {
  return (text ?? '').replaceAll('&', '&amp;').replaceAll('"', '&quot;')
}

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' })
  response.end(`<!doctype html><html lang="en"><title>Photo album</title><body>${body}</body></html>`)
}
