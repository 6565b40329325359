import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Connections, type Received } from '../replay-server/http.ts'

export interface Passed {
  /** By which a client finds its service. */
  readonly isDiscovery: boolean
  readonly answer: Received
}

/** Those of one connection, and what is said anew. */
const OWN_HEADERS = new Set(['connection', 'content-length', 'host', 'keep-alive', 'transfer-encoding'])

/** Stands between a client and the service, passes everything on, and keeps what the service answered. */
export class Tap implements AsyncDisposable {
  readonly #service: string
  readonly #connections = new Connections()
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  readonly #passed: Passed[] = []
  #all = 0

  /** @param service its origin. */
  constructor(service: string) {
    this.#service = service
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** All requests so far. */
  get requests(): number {
    return this.#all
  }

  /** What was passed on since the last time. */
  take(): Passed[] {
    return this.#passed.splice(0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    this.#connections[Symbol.dispose]()
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#all += 1
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const length = headers['content-length'] === undefined ? {} : { 'Content-Length': String(body.length) }
    const answer = await this.#connections.send({
      method,
      url: this.#service + url,
      headers: { ...withoutOwn(headers as Record<string, string>), ...length },
      body,
    })
    this.#passed.push({ isDiscovery: method === 'POST' && url.endsWith('/tokens') && body.length === 0, answer })
    response.writeHead(answer.status, answer.reason, {
      ...withoutOwn(answer.headers),
      'content-length': String(answer.body.length),
    })
    response.end(answer.body)
  }
}

function withoutOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name)))
}
