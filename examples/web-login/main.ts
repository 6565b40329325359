// A page of one's quotas for whoever signs in, by OAuth2. `npm start` prints the command that runs it.
//
// Of the person it learns nothing but who it is: neither the password nor the token, and the access token that it gets
// opens nothing (sign-in.ts). So it can't ask for quotas in the person's name. It is a service of the cloud itself, and
// asks with its own token for what this person may use of its own resources.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { AstakosClient, AstakosClientException, NotFound, type Quotas, type Uuid } from 'astakosclient'
import type { Html } from '../support/html.ts'
import { quotasPage, refusalPage, welcomePage } from './pages.ts'
import { Sessions } from './sessions.ts'
import { addressToAskAt, newAttempt, personOf, type Registration } from './sign-in.ts'

const { ASTAKOS_URL, ASTAKOS_SERVICE_TOKEN, OAUTH2_CLIENT, OAUTH2_SECRET, APP_URL, PORT } = process.env
if (!ASTAKOS_URL || !ASTAKOS_SERVICE_TOKEN || !OAUTH2_SECRET)
  throw new Error('ASTAKOS_URL, ASTAKOS_SERVICE_TOKEN and OAUTH2_SECRET are needed; `npm start` prints them')

/** What people call it by. Not 127.0.0.1, where a service for trying things is: its cookies would come here, too. */
const own = new URL(APP_URL ?? 'http://localhost:8100')
const app: Registration = {
  identifier: OAUTH2_CLIENT ?? 'example-web-login',
  secret: OAUTH2_SECRET,
  redirectUri: `${own.origin}/callback`,
}
const client = new AstakosClient(ASTAKOS_SERVICE_TOKEN, ASTAKOS_URL, { usePool: true })
const sessions = new Sessions(own.protocol === 'https:')

interface Answer {
  readonly status: number
  readonly body?: Html
  readonly location?: string
  readonly cookie?: string
}

async function home(request: IncomingMessage): Promise<Answer> {
  const session = sessions.of(request)
  if (session === null || !('person' in session)) return { status: 200, body: welcomePage() }
  const { person } = session
  const [quotas, resources] = await Promise.all([quotasOf(person.uuid), client.getResources()])
  return { status: 200, body: quotasPage(person, quotas, resources) }
}

async function quotasOf(user: Uuid): Promise<Quotas> {
  try {
    const quotas = await client.serviceGetQuotas({ user })
    return quotas[user] ?? {}
  } catch (error) {
    if (error instanceof NotFound) return {}
    throw error
  }
}

async function signIn(request: IncomingMessage): Promise<Answer> {
  const attempt = newAttempt()
  const location = await addressToAskAt(client, app, attempt)
  return { status: 303, location, cookie: sessions.start(request, { attempt }) }
}

/** The browser comes back with a code. Whoever refuses does not come back: there is no answer for no. */
async function callback(request: IncomingMessage, { searchParams }: URL): Promise<Answer> {
  const session = sessions.of(request)
  const [code, state] = [searchParams.get('code'), searchParams.get('state')]
  // The code may be somebody else's, who wants this browser to work in their account: it is not even redeemed.
  if (session === null || !('attempt' in session) || state !== session.attempt.state || !code)
    return { status: 400, body: refusalPage('This sign-in was not begun here.') }
  const person = await personOf(client, app, { code, verifier: session.attempt.verifier })
  return { status: 303, location: '/', cookie: sessions.start(request, { person }) }
}

const routes: Readonly<Record<string, (request: IncomingMessage, url: URL) => Answer | Promise<Answer>>> = {
  'GET /': home,
  'GET /sign-in': signIn,
  'GET /callback': callback,
  'POST /sign-out': (request) => ({ status: 303, location: '/', cookie: sessions.end(request) }),
}

async function answer(request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', own)
  const route = routes[`${request.method} ${url.pathname}`]
  if (!route) return { status: 404, body: refusalPage('There is no such page.') }
  try {
    return await route(request, url)
  } catch (error) {
    if (!(error instanceof AstakosClientException)) throw error
    // Without its details, which are for developers.
    console.error(error.message)
    return { status: 502, body: refusalPage('Astakos did not say who you are.') }
  }
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, body, location, cookie }) => {
      response.writeHead(status, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        // The address may hold a code.
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
        ...(location === undefined ? {} : { location }),
        ...(cookie === undefined ? {} : { 'set-cookie': cookie }),
      })
      response.end(body?.text)
    },
    (error: Error) => response.destroy(error),
  )
})
server.listen(Number(PORT ?? own.port), '127.0.0.1')
await once(server, 'listening')
console.log(own.href)

process.once('SIGINT', () => {
  server.close()
  server.closeAllConnections()
  void client.close()
})
