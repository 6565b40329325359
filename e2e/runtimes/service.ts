import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export const TOKEN = 'a-token-of-the-tests'
const USER = 'b3de8eb0-3958-477e-a1c9-789af8dd352c'
const PROJECT = '2c1d3a6e-9f7b-4d0e-8a55-0d1f6a1f5c11'

/** So much of Astakos as the smoke program needs, on a socket of its own. */
export interface Service {
  readonly origin: string
  /** The most readings of quotas that were under way at once, since the last look. */
  takePeak(): number
  close(): Promise<void>
}

export interface ServiceOptions {
  /**
   * The original service sends no CORS headers, so a page of another origin can't read its answers: such a page needs
   * a proxy of its own origin, or one that adds these headers.
   */
  readonly cors: boolean
  /** Files to serve besides, by path. */
  readonly files?: Readonly<Record<string, readonly [type: string, text: string]>>
}

export async function startService(options: ServiceOptions): Promise<Service> {
  const world: World = { pending: new Set(), serials: 0, reading: 0, peak: 0 }
  const server = createServer((request, response) => {
    answer(request, response, world, options).catch((error: unknown) => {
      response.writeHead(500).end(String(error))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: originOf(server),
    takePeak() {
      const { peak } = world
      world.peak = 0
      return peak
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface World {
  readonly pending: Set<number>
  serials: number
  reading: number
  peak: number
}

const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT',
  'Access-Control-Allow-Headers': 'X-Auth-Token, Content-Type',
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  options: ServiceOptions,
): Promise<void> {
  const cors = options.cors ? CORS : {}
  const path = request.url ?? ''
  const send = (status: number, text: string, type = 'application/json'): void => {
    response.writeHead(status, { ...cors, 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }).end(text)
  }
  const fault = (status: number, name: string): void =>
    send(status, JSON.stringify({ [name]: { message: name, code: status, details: '' } }))

  const file = options.files?.[path]
  if (file) return send(200, file[1], file[0])
  if (request.method === 'OPTIONS') return send(options.cors ? 204 : 405, '')

  const body = await bodyOf(request)
  const account = '/account/v1.0'
  if (path === '/identity/v2.0/tokens') {
    const origin = `http://${request.headers.host}`
    if (body === '') return send(200, JSON.stringify({ access: { serviceCatalog: catalogOf(origin) } }))
    const { auth } = JSON.parse(body) as { auth: { token: { id: string } } }
    if (auth.token.id !== TOKEN) return fault(401, 'unauthorized')
    return send(200, JSON.stringify(userInfo(origin)))
  }
  if (request.headers['x-auth-token'] !== TOKEN) return fault(401, 'unauthorized')

  switch (`${request.method} ${path}`) {
    case `POST ${account}/user_catalogs`: {
      const { uuids = [] } = JSON.parse(body) as { uuids?: string[] }
      const known = uuids.includes(USER) ? { [USER]: 'ψάρι@example.com' } : {}
      return send(200, JSON.stringify({ uuid_catalog: known, displayname_catalog: {} }))
    }
    case `GET ${account}/quotas`:
      world.peak = Math.max(world.peak, ++world.reading)
      await pause(10)
      world.reading -= 1
      return send(200, `{"${PROJECT}":${quotas}}`)
    case `GET ${account}/service_quotas`:
      return send(200, `{"${USER}":{"${PROJECT}":${quotas}}}`)
    case `GET ${account}/resources`:
      return undefined // never: for calls that are given up
    case `POST ${account}/commissions`: {
      // As text: `JSON.parse` would round its quantity.
      const provision = /"provisions":\s*\[(\{[^}]*\})/.exec(body)?.[1] ?? '{}'
      if (provision.includes('cyclades.ram')) {
        const data = `{"provision":${provision},"name":"NoCapacityError","limit":10,"usage":9}`
        return send(413, `{"overLimit":{"message":"over limit","code":413,"details":"","data":${data}}}`)
      }
      world.pending.add(++world.serials)
      return send(201, JSON.stringify({ serial: world.serials }))
    }
  }
  const serial = Number(/\/commissions\/(\d+)\/action$/.exec(path)?.[1])
  if (world.pending.delete(serial)) return send(200, '')
  return fault(404, 'itemNotFound')
}

/** 2^63 - 1 and a number that no double can hold; as text, since `JSON.stringify` can't write them. */
const quota =
  '{"limit":9223372036854775807,"usage":9007199254740993,"pending":0,' +
  '"project_limit":9223372036854775807,"project_usage":9007199254740993,"project_pending":0}'
const quotas = `{"pithos.diskspace":${quota}}`

function catalogOf(origin: string): object[] {
  const endpoint = {
    region: 'default',
    versionId: 'v1.0',
    publicURL: `${origin}/account/v1.0`,
    'SNF:uiURL': `${origin}/ui`,
  }
  return [{ name: 'astakos_account', type: 'account', endpoints_links: [], endpoints: [endpoint] }]
}

function userInfo(origin: string): object {
  return {
    access: {
      token: { id: TOKEN, expires: '2037-01-01T00:00:00.000000+00:00', tenant: { id: USER, name: 'ψάρι@example.com' } },
      user: { id: USER, name: 'ψάρι@example.com', roles: [], roles_links: [], projects: [PROJECT] },
      serviceCatalog: catalogOf(origin),
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
