import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived. */
export interface Arrived {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A real HTTP service on loopback that plays what it is told: discovery from a catalog, everything else from `reply`. */
export class ReplayService {
  readonly #server: Server
  /** What came since the last `play`, discovery apart. */
  arrived: Arrived[] = []
  #reply: Reply = { status: 500, headers: {}, body: Buffer.alloc(0) }
  #catalog = ''
  #discovery = true

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<ReplayService> {
    const server = createServer({ keepAlive: true })
    const service = new ReplayService(server)
    server.on('request', (request, response) => void service.#serve(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return service
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The catalog for clients that look for the endpoints. */
  discover(catalog: string): void {
    this.#catalog = catalog
  }

  /** @param discovery whether a public `POST tokens` is the client looking for endpoints, or the call itself. */
  play(reply: Reply, discovery: boolean): void {
    this.arrived = []
    this.#reply = reply
    this.#discovery = discovery
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const arrived = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
    if (
      this.#discovery &&
      arrived.method === 'POST' &&
      arrived.url.endsWith('/identity/v2.0/tokens') &&
      body.length === 0
    ) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(this.#catalog)
      return
    }
    this.arrived.push(arrived)
    const { status, headers, body: answer } = this.#reply
    response.writeHead(status, { ...headers, 'content-length': answer.length }).end(answer)
  }
}
