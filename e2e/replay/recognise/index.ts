import type { Json } from '../json.ts'
import type { Pair, Recorded } from '../recorded.ts'
import * as account from './account.ts'
import { distinct } from './bodies.ts'
import * as commissions from './commissions.ts'
import type { Drive, Recognised } from './drive.ts'
import * as identity from './identity.ts'
import * as memberships from './memberships.ts'
import * as projects from './projects.ts'
import * as quotas from './quotas.ts'
import { LeftOut } from './rules.ts'

/** A request that methods of the client send, and those methods. */
export interface Producible {
  readonly token: string
  /** By way of the option `headers`. */
  readonly headers: Readonly<Record<string, string>>
  readonly sends: Sent
  readonly drives: readonly Drive[]
}

/** What has to arrive. */
export interface Sent {
  readonly method: string
  readonly path: readonly string[]
  readonly query: readonly Pair[]
  /** All of them, but for those of the HTTP library. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: { readonly json: Json } | { readonly form: readonly Pair[] } | null
}

interface Route {
  readonly recognise: (recorded: Recorded, names: readonly string[]) => Recognised
  readonly query?: readonly string[]
  /** Answered whatever the token is: the client's own is a default like any other. */
  readonly public?: true
}

/** A star stands for one segment, handed on. The first that fits counts. */
const ROUTES: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
  'identity/v2.0/tokens': { POST: { recognise: identity.tokens, public: true } },
  'identity/v2.0/tokens/*': { GET: { recognise: identity.tokenOfId, query: ['belongsTo'], public: true } },
  'oauth2/token': { POST: { recognise: identity.oauth2Token, public: true } },
  'ui/get_services': { GET: { recognise: account.services, public: true } },
  'account/v1.0/resources': { GET: { recognise: account.resources, public: true } },
  'account/v1.0/user_catalogs': { POST: { recognise: account.userCatalogs } },
  'account/v1.0/service/user_catalogs': { POST: { recognise: account.serviceUserCatalogs } },
  'account/v1.0/feedback': { POST: { recognise: account.feedback } },
  'account/v1.0/myaccount/default_project': { POST: { recognise: account.defaultProject } },
  'account/v1.0/quotas': { GET: { recognise: quotas.quotas } },
  'account/v1.0/service_quotas': { GET: { recognise: quotas.serviceQuotas, query: ['user', 'project'] } },
  'account/v1.0/service_project_quotas': { GET: { recognise: quotas.serviceProjectQuotas, query: ['project'] } },
  'account/v1.0/commissions': { GET: { recognise: commissions.pending }, POST: { recognise: commissions.issue } },
  'account/v1.0/commissions/action': { POST: { recognise: commissions.resolve } },
  'account/v1.0/commissions/*': { GET: { recognise: commissions.commission } },
  'account/v1.0/commissions/*/action': { POST: { recognise: commissions.commissionAction } },
  'account/v1.0/projects': {
    GET: { recognise: projects.projects, query: ['name', 'state', 'owner', 'mode'] },
    POST: { recognise: projects.createProject },
  },
  'account/v1.0/projects/memberships': {
    GET: { recognise: memberships.memberships, query: ['project'] },
    POST: { recognise: memberships.newMembership },
  },
  'account/v1.0/projects/memberships/*': { GET: { recognise: memberships.membership } },
  'account/v1.0/projects/memberships/*/action': { POST: { recognise: memberships.membershipAction } },
  'account/v1.0/projects/*': { GET: { recognise: projects.project }, PUT: { recognise: projects.modifyProject } },
  'account/v1.0/projects/*/action': { POST: { recognise: projects.projectAction } },
}

/** The client's token where the recording has none and needs none. */
const ANY_TOKEN = 'a-token-that-nobody-asks-for'

/** @throws {LeftOut} no method sends this request. */
export function recognise(recorded: Recorded): Producible {
  const { path, route, names } = routeOf(recorded)
  if (recorded.transfer !== null) throw new LeftOut('framing')
  if (recorded.hasCookies) throw new LeftOut('cookies')
  checkQuery(recorded, route.query ?? [])
  const given = givenToken(recorded, route)
  if (recorded.method === 'GET' && recorded.body.length > 0) throw new LeftOut('bodyOnGet')
  const { drives, json, form } = route.recognise(recorded, names)
  // The body of `authenticate` names the client's token.
  const own = json && path === 'identity/v2.0/tokens' ? tokenInBody(json) : null
  const token = own ?? given ?? ANY_TOKEN
  const body = json ? { json } : form ? { form } : null
  return {
    token,
    drives,
    headers: extraHeaders(recorded),
    sends: {
      method: recorded.method,
      path: path.split('/').map((segment, index) => (segment === '*' ? (recorded.path?.[index] ?? '') : segment)),
      query: recorded.query,
      headers: {
        ...extraHeaders(recorded),
        ...(recorded.method === 'GET' ? {} : { 'content-type': form ? FORM : 'application/json' }),
        ...(path === 'oauth2/token' ? { authorization: recorded.headers.get('authorization') ?? '' } : {}),
        'x-auth-token': Buffer.from(token).toString('latin1'),
      },
      body,
    },
  }
}

const FORM = 'application/x-www-form-urlencoded'

function routeOf(recorded: Recorded): { path: string; route: Route; names: string[] } {
  if (recorded.path === null) throw new LeftOut('path')
  const slash = recorded.path.length > 1 && recorded.path.at(-1) === ''
  const segments = slash ? recorded.path.slice(0, -1) : recorded.path
  const found = Object.entries(ROUTES).find(([pattern]) => fits(pattern.split('/'), segments))
  if (found === undefined) throw new LeftOut('path')
  const [path, methods] = found
  const route = methods[recorded.method]
  if (route === undefined) throw new LeftOut('method')
  if (slash) throw new LeftOut('slash')
  return { path, route, names: segments.filter((_, index) => path.split('/')[index] === '*') }
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, index) => (part === '*' ? segments[index] !== '' : part === segments[index]))
  )
}

function checkQuery({ query }: Recorded, known: readonly string[]): void {
  if (query.some(([name]) => name.toLowerCase() === 'x-auth-token')) throw new LeftOut('tokenInQuery')
  if (query.some(([name]) => !known.includes(name))) throw new LeftOut('query')
  distinct(query, 'query')
}

/** The token in the header, as the caller of the client would give it; null where none is needed. */
function givenToken(recorded: Recorded, route: Route): string | null {
  const header = recorded.headers.get('x-auth-token')
  if (header === undefined) {
    if (!route.public) throw new LeftOut('noToken')
    return null
  }
  if (!identity.isSendableToken(header)) throw new LeftOut('badToken', [{ name: 'new AstakosClient', token: header }])
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'))
  } catch {
    throw new LeftOut('tokenBytes')
  }
}

function tokenInBody(json: Json): string {
  return (json as { auth: { token: { id: string } } }).auth.token.id
}

/** Headers that the client adds only when it is told to. */
function extraHeaders({ method, path, headers }: Recorded): Record<string, string> {
  const own = new Set(['x-auth-token'])
  if (method !== 'GET') own.add('content-type')
  if (path?.join('/') === 'oauth2/token') own.add('authorization')
  return Object.fromEntries([...headers].filter(([name]) => !own.has(name)))
}
