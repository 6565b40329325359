// A page of one's projects, with a button for everything that can be done there. Run it with
// `npx tsx examples/web-projects.ts`, with ASTAKOS_URL and ASTAKOS_TOKEN of a service of yours, such as that of `npm start`.
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  AstakosClient,
  AstakosClientException,
  getTokenFromCookie,
  Unauthorized,
  type Membership,
  type MembershipAction,
  type Project,
} from 'astakosclient'
import { html, page, type Html } from './support/html.ts'
import { exampleService } from './support/service.ts'

const service = await exampleService()
const client = new AstakosClient(service.token, service.authUrl, { usePool: true })

/** Whoever is signed in to Astakos is so here, by its cookie; whoever has none is the one whose token was given. */
function clientOf(request: IncomingMessage): AstakosClient {
  const token = getTokenFromCookie(request, '_pithos2_a')
  return token === null ? client : client.withToken(token)
}

async function projectsPage(user: AstakosClient): Promise<Html> {
  // Those that the user has to do with, and those that are open to everybody.
  const [related, open, memberships] = await Promise.all([
    user.getProjects(),
    user.getProjects({ mode: 'active' }),
    user.getMemberships(),
  ])
  const projects = [...related, ...open.filter(({ id }) => !related.some((project) => project.id === id))]
  const names =
    memberships.length === 0 ? {} : await user.getUsernames(memberships.map((membership) => membership.user))
  return page(
    'Projects',
    projects.map((project) => {
      const members = memberships.filter((membership) => membership.project === project.id)
      return html`<h2>${project.name}</h2>
        <p>${project.state}, for up to ${project.max_members} members</p>
        <ul>
          ${members.map((member) => memberItem(member, names[member.user] ?? 'somebody'))}
        </ul>
        ${canAsk(project, members) ? button('join', project.id) : ''}`
    }),
  )
}

/** The service tells what its caller may do with a membership, so nothing of that is known here. */
function memberItem({ id, state, allowed_actions: actions }: Membership, name: string): Html {
  return html`<li>${name}: ${state} ${actions.map((action) => button(action, String(id)))}</li>`
}

function canAsk({ state, join_policy: policy }: Project, memberships: readonly Membership[]): boolean {
  return state === 'active' && policy !== 'closed' && memberships.length === 0
}

function button(action: string, on: string): Html {
  return html`<form method="post" action="/">
    <input type="hidden" name="on" value="${on}" /><button name="action" value="${action}">${action}</button>
  </form>`
}

async function act(user: AstakosClient, form: URLSearchParams): Promise<void> {
  const [action, on] = [form.get('action') ?? '', form.get('on') ?? '']
  if (action === 'join') await user.joinProject(on)
  else await user.membershipAction(Number(on), action as MembershipAction)
}

async function answer(request: IncomingMessage): Promise<{ status: number; location?: string; body?: Html }> {
  try {
    const user = clientOf(request)
    if (request.method !== 'POST') return { status: 200, body: await projectsPage(user) }
    // The cookie comes along with other pages' forms, too.
    if (request.headers.origin !== `http://${request.headers.host}`) return { status: 403, body: page('Not from here') }
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string
    await act(user, new URLSearchParams(body))
    return { status: 303, location: '/' }
  } catch (error) {
    if (!(error instanceof AstakosClientException)) throw error
    if (error instanceof Unauthorized) return { status: 401, body: page('Sign in first') }
    // It says why, in words that are meant for people.
    return { status: error.status, body: page(error.fault?.message ?? 'The service did not answer', []) }
  }
}

const server = createServer((request, response) => {
  answer(request).then(
    ({ status, location, body = page('') }) => {
      const headers = location === undefined ? {} : { location }
      response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', ...headers }).end(body.text)
    },
    (error: Error) => response.destroy(error),
  )
})
server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1')
await once(server, 'listening')
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)

process.once('SIGINT', () => {
  server.close()
  server.closeAllConnections()
  void client.close().then(() => service.stop())
})
