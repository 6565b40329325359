import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CATALOG } from './raw-server.ts'

/** A request as it came, nothing left out. */
export interface Received {
  readonly method: string
  /** Without its query, still encoded. */
  readonly path: string
  /** What follows the question mark; null without one. */
  readonly query: string | null
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Number of the connection, from 1. */
  readonly connection: number
}

/** An object as the body is written as JSON; `bigint`s are not for here. */
export interface Reply {
  readonly status?: number
  readonly reason?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | object | null
}

/** What a test wants answered; undefined leaves the request to the service: the catalog for `POST tokens`, else 404. */
export type Script = (request: Received, response: ServerResponse) => Reply | undefined | Promise<Reply | undefined>

export interface ServiceOptions {
  /** The header `Astakos-Features` of the answers to `POST tokens`. */
  readonly features?: string
  /** Where it is; elsewhere `POST tokens` is not known. */
  readonly identityPath?: string
  readonly catalog?: object
}

/**
 * A service on a socket of this machine that keeps what it receives and answers by a script:
 *
 *     await using service = await serve((request) => ({ body: { id: 'p' } }))
 *     const client = new AstakosClient('t', service.authUrl, { proxy: false })
 *     await client.getProject('p')
 *     expect(service.last.path).toBe('/account/v1.0/projects/p')
 */
export class Service implements AsyncDisposable {
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #identityPath: string
  readonly #features: string | undefined
  readonly #connections = new WeakMap<object, number>()
  /** May be replaced between calls. */
  script: Script
  catalog: object
  /** Everything that came, in order. */
  readonly requests: Received[] = []
  /** How many connections there were. */
  connections = 0
  /** How many there are. */
  openConnections = 0
  origin = ''

  constructor(script: Script, options: ServiceOptions) {
    this.script = script
    this.catalog = options.catalog ?? CATALOG
    this.#features = options.features
    this.#identityPath = options.identityPath ?? '/identity/v2.0'
    this.#server.on('connection', (socket) => {
      this.#connections.set(socket, (this.connections += 1))
      this.openConnections += 1
      socket.on('close', () => (this.openConnections -= 1))
    })
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  get authUrl(): string {
    return this.origin + this.#identityPath
  }

  /** The public `POST tokens`. */
  get discoveries(): Received[] {
    return this.requests.filter(isDiscovery)
  }

  /** Everything else. */
  get calls(): Received[] {
    return this.requests.filter((request) => !isDiscovery(request))
  }

  /** The last request. */
  get last(): Received {
    const last = this.requests.at(-1)
    if (!last) throw new Error('Nothing was received')
    return last
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
    } catch {
      return // the client went away
    }
    const [path = '', ...query] = (incoming.url ?? '').split('?')
    const request: Received = {
      method: incoming.method ?? '',
      path,
      query: query.length > 0 ? query.join('?') : null,
      headers: headersOf(incoming.rawHeaders),
      body: Buffer.concat(chunks).toString(),
      connection: this.#connections.get(incoming.socket) ?? 0,
    }
    this.requests.push(request)
    const reply = (await this.script(request, response)) ?? this.#ownReply(request)
    if (response.headersSent || response.destroyed) return // the script has answered by itself
    send(response, reply)
  }

  #ownReply({ method, path }: Received): Reply {
    if (method !== 'POST' || path !== `${this.#identityPath}/tokens`) return { status: 404 }
    return {
      headers: this.#features === undefined ? {} : { 'Astakos-Features': this.#features },
      body: this.catalog,
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Everything by default: the catalog, and 404 for the rest. */
export function serve(script: Script = () => undefined, options: ServiceOptions = {}): Promise<Service> {
  return new Service(script, options).listen()
}

/** Discovery is answered by the service itself, all else with this. */
export function always(reply: Reply): Script {
  return (request) => (isDiscovery(request) ? undefined : reply)
}

/** The public `POST tokens`: without a body, unlike `authenticate`. */
export function isDiscovery({ method, path, body }: Received): boolean {
  return method === 'POST' && path.endsWith('/tokens') && body === ''
}

function send(response: ServerResponse, { status = 200, reason, headers = {}, body = null }: Reply): void {
  const bytes =
    body instanceof Uint8Array ? body : body === null ? '' : typeof body === 'string' ? body : JSON.stringify(body)
  const bodiless = status === 204 || status === 304
  const all = {
    'Content-Type': 'application/json',
    ...(bodiless ? {} : { 'Content-Length': String(Buffer.byteLength(bytes)) }),
    ...headers,
  }
  if (reason === undefined) response.writeHead(status, all)
  else response.writeHead(status, reason, all)
  response.end(bodiless ? undefined : bytes)
}

/** Repeated ones are joined, so that a test sees them. */
function headersOf(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {}
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? ''
    const value = raw[at + 1] ?? ''
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return headers
}
