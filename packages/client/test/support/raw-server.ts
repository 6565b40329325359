import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'

/**
 * A service that speaks bytes: what it sends, and when it hangs up, is a test's own. It only splits what comes into
 * requests, and answers `POST …/tokens` by itself unless the test wants to.
 */
export interface RawServer {
  readonly origin: string
  /** The identity URL, for the client. */
  readonly authUrl: string
  readonly port: number
  /** Everything but discovery. */
  readonly requests: RawRequest[]
  readonly discoveries: RawRequest[]
  readonly open: ReadonlySet<Socket>
  /** How many connections there were, and at most at once. */
  readonly counts: { connections: number; most: number }
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Number of the connection, from 1. */
  readonly connection: number
  /** Number of the request on its connection, from 1. */
  readonly nth: number
}

export interface RawOptions {
  /** `Astakos-Features` of the answer to discovery. */
  readonly features?: string
  /** Takes discovery over as well. */
  readonly ownDiscovery?: boolean
  readonly onConnection?: (socket: Socket, connection: number) => void
  /** As soon as the head of a request has come, before its body. */
  readonly onHead?: (request: RawRequest, socket: Socket) => void
  /** Discovery hangs up, so that the first call of a test is on a connection of its own. */
  readonly closeAfterDiscovery?: boolean
}

export async function rawServer(
  respond: (request: RawRequest, socket: Socket) => void,
  options: RawOptions = {},
): Promise<RawServer> {
  const open = new Set<Socket>()
  const requests: RawRequest[] = []
  const discoveries: RawRequest[] = []
  const counts = { connections: 0, most: 0 }
  const server: Server = createServer({ noDelay: true }, (socket) => {
    const connection = (counts.connections += 1)
    open.add(socket)
    counts.most = Math.max(counts.most, open.size)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined) // the other side may do to us what we do to it
    options.onConnection?.(socket, connection)
    readRequests(
      socket,
      connection,
      (request) => options.onHead?.(request, socket),
      (request) => {
        if (!options.ownDiscovery && request.path.endsWith('/tokens')) {
          discoveries.push(request)
          socket.write(answer(200, CATALOG, discoveryHeaders(options)))
          if (options.closeAfterDiscovery) socket.end()
          return
        }
        requests.push(request)
        respond(request, socket)
      },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = `http://127.0.0.1:${port}`
  const close = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of open) socket.destroy()
    await closed
  }
  return {
    origin,
    authUrl: `${origin}/identity/v2.0`,
    port,
    requests,
    discoveries,
    open,
    counts,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function discoveryHeaders({ features, closeAfterDiscovery }: RawOptions): Record<string, string> {
  return {
    ...(features === undefined ? {} : { 'astakos-features': features }),
    ...(closeAfterDiscovery ? { connection: 'close' } : {}),
  }
}

function readRequests(
  socket: Socket,
  connection: number,
  onHead: (request: RawRequest) => void,
  onRequest: (request: RawRequest) => void,
): void {
  let held = Buffer.alloc(0)
  let nth = 0
  let head: Omit<RawRequest, 'body'> | null = null
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk])
    for (;;) {
      if (!head) {
        const end = held.indexOf('\r\n\r\n')
        if (end < 0) return
        const [line = '', ...lines] = held.subarray(0, end).toString('latin1').split('\r\n')
        const [method = '', path = ''] = line.split(' ')
        const headers = Object.fromEntries(lines.map(headerOf))
        head = { method, path, headers, connection, nth: (nth += 1) }
        held = held.subarray(end + 4)
        onHead({ ...head, body: '' })
      }
      const length = Number(head.headers['content-length'] ?? 0)
      if (held.byteLength < length) return
      const request = { ...head, body: held.subarray(0, length).toString() }
      held = held.subarray(length)
      head = null
      onRequest(request)
    }
  })
}

function headerOf(line: string): [string, string] {
  const colon = line.indexOf(':')
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
}

/** A whole answer. `Content-Length` is right unless the headers say otherwise. */
export function answer(
  status: number,
  body: string | Uint8Array | object | null = '',
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const bytes =
    body === null
      ? Buffer.alloc(0)
      : typeof body === 'string'
        ? Buffer.from(body)
        : body instanceof Uint8Array
          ? Buffer.from(body)
          : Buffer.from(JSON.stringify(body))
  const all = { 'content-type': 'application/json', 'content-length': String(bytes.byteLength), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Reason\r\n${lines.join('')}\r\n`, 'latin1'), bytes])
}

/** Hangs up with a reset instead of an end. */
export function reset(socket: Socket): void {
  socket.resetAndDestroy()
}

export const CATALOG: object = {
  access: {
    serviceCatalog: [
      {
        name: 'astakos_account',
        type: 'account',
        endpoints_links: [],
        endpoints: [
          {
            publicURL: 'http://ignored.example.com/account/v1.0',
            'SNF:uiURL': 'http://ignored.example.com/ui',
            versionId: 'v1.0',
            region: 'default',
          },
        ],
      },
      {
        name: 'astakos_oauth2',
        type: 'astakos_auth',
        endpoints_links: [],
        endpoints: [{ publicURL: 'http://ignored.example.com/oauth2', versionId: 'v1.0', region: 'default' }],
      },
    ],
  },
}
