import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CATALOG } from './raw-server.ts'

/** What becomes of a request to commissions: lost on its way, or its answer is, or half of it; or it arrives when nobody waits any more. */
export type Loss = 'request' | 'answer' | 'half' | 'late' | null

export interface Commission {
  readonly serial: number
  readonly key: string | null
  readonly body: string
  state: 'pending' | 'accepted' | 'rejected'
}

interface Decision {
  readonly fingerprint: string
  readonly status: number
  readonly body: string
}

/**
 * The part of a service that issues and resolves commissions, in memory and over real HTTP. It keeps its decisions by
 * key, as the idempotency contract says, and can lose requests and answers.
 */
export class IdempotentService {
  readonly commissions = new Map<number, Commission>()
  readonly decisions = new Map<string, Decision>()
  /** What came to commissions, also what was lost. */
  readonly received: {
    readonly method: string
    readonly path: string
    readonly key: string | null
    readonly body: string
  }[] = []
  discoveries = 0
  /** null sends no header: the original. */
  features: string | null = 'idempotent-commissions, resolved-commissions, commission-leases'
  /** false is an older process, which knows nothing of keys. */
  knowsKeys = true
  /** How many commissions there may be; more are refused. */
  capacity = Number.POSITIVE_INFINITY
  lose: (nth: number) => Loss = () => null
  /** An answer instead of the service's own. */
  instead: (nth: number) => { status: number; body?: string; headers?: Record<string, string> } | null = () => null
  authUrl = ''
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  #serial = 0

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.authUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/identity/v2.0`
    return this
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  get pending(): number[] {
    return [...this.commissions.values()].filter(({ state }) => state === 'pending').map(({ serial }) => serial)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    const { method = '', url = '' } = request
    if (url.endsWith('/tokens')) {
      this.discoveries += 1
      if (this.features !== null) response.setHeader('Astakos-Features', this.features)
      return reply(response, 200, CATALOG)
    }
    const path = url.replace('/account/v1.0', '')
    const header = request.headers['idempotency-key']
    const key = typeof header === 'string' ? header : null
    this.received.push({ method, path, key, body })
    const nth = this.received.length
    const loss = this.lose(nth)
    if (loss === 'request') return void request.socket.destroy()
    if (loss === 'late') {
      request.socket.destroy()
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20))
    }
    const other = this.instead(nth)
    const { status, text, headers } = other
      ? { status: other.status, text: other.body ?? '', headers: other.headers ?? {} }
      : this.#answer(method, path, body, key)
    if (loss === 'answer') request.socket.destroy()
    if (request.socket.destroyed) return
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    })
    if (loss === 'half') return void response.write(text.slice(0, -1), () => request.socket.destroy())
    response.end(text)
  }

  #answer(
    method: string,
    path: string,
    body: string,
    key: string | null,
  ): { status: number; text: string; headers: Record<string, string> } {
    const [, serial, action] = /^\/commissions\/(\d+)(\/action)?/.exec(path) ?? []
    if (method === 'POST' && path === '/commissions') return this.#issue(body, this.knowsKeys ? key : null)
    if (method === 'GET' && path === '/commissions') return plain(200, this.pending)
    if (method === 'POST' && path === '/commissions/action') return this.#resolve(body)
    const commission = this.commissions.get(Number(serial))
    if (action === undefined) {
      const isVisible = commission?.state === 'pending' || path.endsWith('?resolved=true')
      if (!commission || !isVisible) return plain(404, '')
      return plain(200, {
        serial: commission.serial,
        name: '',
        issue_time: '',
        provisions: [],
        state: commission.state,
      })
    }
    if (commission?.state !== 'pending') return plain(404, '')
    commission.state = 'accept' in (JSON.parse(body) as object) ? 'accepted' : 'rejected'
    return plain(200, '')
  }

  #issue(body: string, key: string | null): { status: number; text: string; headers: Record<string, string> } {
    const echo: Record<string, string> = key === null ? {} : { 'idempotency-key': key }
    const known = key === null ? undefined : this.decisions.get(key)
    if (known) {
      if (known.fingerprint !== body) {
        const text = 'Idempotency-Key was used for another request'
        return { ...plain(422, { unprocessableEntity: { code: 422, message: text, details: '' } }), headers: echo }
      }
      return { status: known.status, text: known.body, headers: { ...echo, 'idempotency-replayed': 'true' } }
    }
    const decided = this.#decide(body, key)
    if (key !== null) this.decisions.set(key, { fingerprint: body, status: decided.status, body: decided.text })
    return { ...decided, headers: echo }
  }

  #decide(body: string, key: string | null): { status: number; text: string; headers: Record<string, string> } {
    if (this.commissions.size >= this.capacity) {
      return plain(413, { overLimit: { code: 413, message: 'over', details: '', data: { name: 'NoCapacityError' } } })
    }
    const serial = (this.#serial += 1)
    const { auto_accept: accepted } = JSON.parse(body) as { auto_accept: boolean }
    this.commissions.set(serial, { serial, key, body, state: accepted ? 'accepted' : 'pending' })
    return plain(201, { serial })
  }

  #resolve(body: string): { status: number; text: string; headers: Record<string, string> } {
    const { accept, reject } = JSON.parse(body) as { accept: number[]; reject: number[] }
    const failed: unknown[] = []
    const settle = (serials: number[], state: 'accepted' | 'rejected'): number[] =>
      serials.filter((serial) => {
        const commission = this.commissions.get(serial)
        if (commission?.state === 'pending') {
          commission.state = state
          return true
        }
        failed.push([serial, { itemNotFound: { code: 404, message: 'There is no such commission' } }])
        return false
      })
    return plain(200, { accepted: settle(accept, 'accepted'), rejected: settle(reject, 'rejected'), failed })
  }
}

function plain(status: number, body: unknown): { status: number; text: string; headers: Record<string, string> } {
  return { status, text: body === '' ? '' : JSON.stringify(body), headers: {} }
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
