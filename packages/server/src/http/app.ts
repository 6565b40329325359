import { randomBytes } from 'node:crypto'
import { METHODS } from 'node:http'
import {
  fastify,
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify'
import type { Service } from '../service.ts'
import { faultPage, page, redirect, type Answer } from './answer.ts'
import { authenticateComponent, authenticateUser, checkMembership } from './authenticate.ts'
import type { Call, Method, Route } from './call.ts'
import { corsHeaders, preflight } from './cors.ts'
import { faultOf } from './failure.ts'
import { Fault, faultJson, faultXml } from './fault.ts'
import { CONTENT_TYPES, formatOf } from './negotiation.ts'
import { canonicalUrl, UNREADABLE } from './path.ts'
import { Query } from './query.ts'
import { trustOf } from './trust.ts'
import { refuseUnparsed } from './unparsed.ts'

export interface AppOptions {
  readonly service: Service
  readonly routes: readonly Route[]
  readonly logger: FastifyBaseLogger
  /** Told of every answer. */
  readonly onAnswer?: (answer: Answered) => void
}

export interface Answered {
  readonly route: string
  readonly method: string
  readonly status: number
  readonly milliseconds: number
  /** The component that called, by its name. */
  readonly component: string | null
}

/** What is known of a request before its body is read. */
interface Known {
  readonly query: Query
  readonly method: Method
  readonly caller: object
}

/** A request may not take longer to arrive; answers may. */
const REQUEST_TIMEOUT_MS = 120_000

/** Longer than load balancers keep theirs, so that they close first. */
const KEEP_ALIVE_MS = 75_000

/** No form of a page is longer, and people need no account to send one. */
const PAGE_BYTES_MAX = 64 * 1024

/** Of what is nowhere. */
const STRAY_BYTES_MAX = 1024 * 1024

/** CONNECT never gets here. */
const ALL_METHODS = METHODS.filter((method) => method !== 'CONNECT')

/** Without a token of the page that it comes from, such a request is refused. O-17. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** The application, apart from its listener. */
export function createApp({ service, routes, logger, onAnswer }: AppOptions): FastifyInstance {
  const { settings } = service
  const base = new URL(settings.baseUrl)
  const basePath = base.pathname.replace(/\/$/, '')
  const isTrusted = trustOf(settings.trustProxy)
  const app = fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => nextRequestId(),
    bodyLimit: Math.min(STRAY_BYTES_MAX, settings.bodyBytesMax),
    trustProxy: settings.trustProxy.length > 0 ? (address) => isTrusted(address) : false,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler: refuseUnparsed,
    rewriteUrl: ({ url }) => canonicalUrl(url ?? '/'),
    routerOptions: { maxParamLength: 16_384, querystringParser: () => ({}) },
  })
  for (const method of ALL_METHODS) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method)

  // Order of checks: URL, method, token, type of the body, body. So bodies are bytes until a route reads them.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body))

  app.addHook('onRequest', async (request, reply) => {
    // Routes look at the type: the framework would refuse one that it can't read, also where any will do.
    const type = request.headers['content-type']
    if (type !== undefined) {
      request.contentType = type
      request.headers['content-type'] = 'application/octet-stream'
    }
    const cors = corsHeaders(settings.corsOrigins, request.headers.origin)
    if (!cors) return
    reply.headers(cors)
    if (request.method === 'OPTIONS' && request.headers['access-control-request-method'])
      return reply.code(204).headers(preflight(request.headers)).send()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const answered = answeredOf(request, reply)
    onAnswer?.(answered)
    request.log.debug(answered, 'answered')
    done()
  })

  const callOf = (request: FastifyRequest, query: Query): Call => ({
    service,
    params: request.params as Record<string, string>,
    query,
    format: formatOf(pathOf(request), query, request.headers.accept),
    body: request.body as Buffer | undefined,
    header: (name) => (name === 'content-type' ? (request.contentType ?? undefined) : headerOf(request, name)),
    origin: isTrusted(request.socket.remoteAddress) ? `${schemeOf(request)}://${request.host}` : base.origin,
    url: request.originalUrl,
    isSecure: isTrusted(request.socket.remoteAddress) && schemeOf(request) === 'https',
    address: request.ip,
  })

  for (const route of routes) {
    const allow = Object.keys(route.methods).join(',')
    const { bodyBytesMax = route.kind === 'page' ? PAGE_BYTES_MAX : Infinity } = route
    const options = {
      method: ALL_METHODS,
      bodyLimit: Math.min(bodyBytesMax, settings.bodyBytesMax),
      async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
        if (route.isOn?.(settings) === false) return reply.callNotFound()
        if (route.headers) reply.headers(route.headers)
        const method = route.methods[request.method]
        if (!method) {
          if (route.kind === 'page' && !SAFE.has(request.method)) throw new Forbidden()
          throw new Fault('notAllowed', 'Method not allowed', { allow })
        }
        const query = new Query(request.url)
        const known: Known = { query, method, caller: await callerOf(service, method, request, query) }
        request.known = known
        return undefined
      },
      async handler(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
        const { query, method, caller } = request.known as Known
        return send(reply, route.kind, await method.handle({ ...callOf(request, query), ...caller } as never))
      },
      errorHandler: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
        fail(error, request, reply, route),
    }
    const url = basePath + route.path
    if (url !== '') app.route({ ...options, url })
    if (route.slash !== false) app.route({ ...options, url: `${url}/` })
    for (const suffix of route.suffixes ?? []) app.route({ ...options, url: url + suffix })
  }
  if (basePath !== '') app.get('/', (_, reply) => send(reply, 'page', redirect(`${settings.baseUrl}/`, 301)))

  app.decorateRequest('known', null)
  app.decorateRequest('contentType', null)
  app.setErrorHandler((error, request, reply) => fail(error, request, reply, API))
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request)
    if (path === UNREADABLE)
      return fail(new Fault('badRequest', 'The path can not be decoded as UTF-8'), request, reply, API)
    const isApi = ['/account/', '/identity/'].some((area) => path.startsWith(basePath + area))
    if (isApi) return fail(new Fault('badRequest', 'API endpoint not found'), request, reply, API)
    return send(reply, 'page', SAFE.has(request.method) ? page('Not found', 404) : page('Forbidden', 403))
  })
  return app
}

/** The route as it is written, not as it was asked for: an address may hold a secret, and each is another label. */
function answeredOf(request: FastifyRequest, reply: FastifyReply): Answered {
  const { component } = ((request.known as Known | null)?.caller ?? {}) as { component?: { name: string } }
  return {
    route: request.routeOptions.url ?? 'unknown',
    method: request.method,
    status: reply.statusCode,
    milliseconds: reply.elapsedTime,
    component: component?.name ?? null,
  }
}

const processId = randomBytes(6).toString('hex')
let requests = 0
function nextRequestId(): string {
  requests += 1
  return `${processId}-${requests.toString(36)}`
}

/** A page's request without its token. */
class Forbidden extends Error {}

type Place = Pick<Route, 'kind' | 'isJsonOnly' | 'isForPrograms'>

/** Of what no route is about. */
const API: Place = { kind: 'api' }

function fail(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  { kind, isJsonOnly, isForPrograms }: Place,
): FastifyReply {
  if (error instanceof Forbidden) return send(reply, kind, page('Forbidden', 403))
  const known = faultOf(error)
  if (!known) request.log.error({ err: error }, 'A request failed unexpectedly')
  else if (known.status >= 500) request.log.warn({ reason: known.message }, 'A request could not be served')
  const fault = known ?? new Fault('internalServerError', 'Unexpected error')
  if (kind === 'page' && !isForPrograms) return send(reply, kind, faultPage(fault))
  const format = isJsonOnly ? 'json' : formatOf(pathOf(request), new Query(request.url), request.headers.accept)
  return send(reply, kind, {
    status: fault.status,
    body: format === 'xml' ? faultXml(fault) : faultJson(fault),
    contentType: CONTENT_TYPES[format],
    headers: fault.headers,
  })
}

function send(
  reply: FastifyReply,
  kind: Route['kind'],
  { status, body, contentType, headers: own, cookies }: Answer,
): FastifyReply {
  reply.code(status).header('content-type', contentType).header('x-request-id', reply.request.id)
  if (kind === 'api') {
    const vary = reply.getHeader('vary')
    reply.headers(apiHeaders())
    if (typeof vary === 'string') reply.header('vary', `X-Auth-Token, ${vary}`)
  } else {
    const vary = reply.getHeader('vary')
    reply.headers(PAGE_HEADERS)
    if (typeof vary === 'string') reply.header('vary', `Cookie, ${vary}`)
  }
  if (own) reply.headers(own)
  if (cookies) reply.header('set-cookie', cookies)
  // As bytes where no charset is named: to a text the framework would add one.
  const isBare = typeof body === 'string' && !contentType.includes('charset')
  return reply.send(isBare ? Buffer.from(body) : body)
}

/** Most depend on who looks, and an address that a browser is sent to may hold a token. What may be kept says so itself. */
const PAGE_HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'same-origin', vary: 'Cookie' }

let second = 0
let headers: Readonly<Record<string, string>> = {}

/** They change once a second, and writing a date costs as much as finding a route. Source: overview, 8. */
function apiHeaders(): Readonly<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000)
  if (now === second) return headers
  const date = new Date(now * 1000).toUTCString()
  second = now
  headers = {
    'cache-control': 'no-cache, no-store, must-revalidate, max-age=0',
    vary: 'X-Auth-Token',
    'content-language': 'en',
    expires: date,
    'last-modified': date,
  }
  return headers
}

async function callerOf(service: Service, method: Method, request: FastifyRequest, query: Query): Promise<object> {
  if (method.caller === 'nobody') return {}
  const token = headerOf(request, 'x-auth-token')
  if (method.caller === 'component') return { component: await authenticateComponent(service, query, token) }
  const user = await authenticateUser(service, query, token)
  if (method.groups) await checkMembership(service.database, user, method.groups(service.settings))
  return { user }
}

function pathOf(request: FastifyRequest): string {
  const end = request.url.indexOf('?')
  return end < 0 ? request.url : request.url.slice(0, end)
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value.join(', ') : value
}

/** From a proxy that is believed; it may use either name. */
function schemeOf(request: FastifyRequest): string {
  return headerOf(request, 'x-forwarded-protocol') === 'https' ? 'https' : request.protocol
}

declare module 'fastify' {
  interface FastifyRequest {
    known: unknown
    contentType: string | null
  }
}
