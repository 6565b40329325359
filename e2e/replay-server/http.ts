import { Agent, request as httpRequest } from 'node:http'
import { bodyOf } from '../replay/recorded.ts'
import type { RecordedRequest } from '../replay/transcripts.ts'
import type { CookieJar } from './cookies.ts'
import type { Scope } from './scope.ts'

/** What came back. */
export interface Received {
  readonly status: number
  readonly reason: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly cookies: readonly string[]
  readonly body: Buffer
}

/** A request with its placeholders filled in. */
export interface Sendable {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

const TIMEOUT_MS = 60_000

/** @throws {Unbound} */
export function sendableOf(request: RecordedRequest, scope: Scope, jar: CookieJar | null): Sendable {
  const body = bodyOf(request, scope)
  const headers = scope.texts(request.headers)
  const cookies = jar?.header() ?? ''
  if (cookies !== '') headers['Cookie'] = cookies
  const csrf = request.csrf ? jar?.value('csrftoken') : undefined
  if (csrf !== undefined) headers['X-CSRFToken'] = csrf
  if (request.transfer === 'chunked') headers['Transfer-Encoding'] = 'chunked'
  else if (request.transfer === undefined && (body.length > 0 || request.method === 'POST' || request.method === 'PUT'))
    headers['Content-Length'] = String(body.length)
  return { method: request.method, url: scope.text(request.url), headers, body }
}

/** One connection after another to the service, kept alive while a scenario runs. */
export class Connections implements Disposable {
  #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  /** After a pause the service may just be closing what is idle. */
  renew(): void {
    this.#agent.destroy()
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1 })
  }

  /** The path goes over the wire as it is written, header values as ISO 8859-1. */
  send({ method, url, headers, body }: Sendable): Promise<Received> {
    const [, host = '', port, path = ''] = /^http:\/\/([^/:?#]+)(?::(\d+))?(.*)$/.exec(url) ?? []
    if (host === '') throw new Error(`No URL of the service: ${url}`)
    return new Promise((resolve, reject) => {
      const request = httpRequest({ agent: this.#agent, method, host, port, path: path || '/', timeout: TIMEOUT_MS })
      for (const [name, value] of Object.entries(headers)) request.setHeader(name, value)
      if (!('Content-Length' in headers)) request.removeHeader('Content-Length')
      if (!('Transfer-Encoding' in headers)) request.removeHeader('Transfer-Encoding')
      request.on('error', reject)
      request.on('timeout', () => request.destroy(new Error(`no answer for ${TIMEOUT_MS} ms`)))
      request.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, [value ?? []].flat().join(', ')]),
            ),
            cookies: response.headers['set-cookie'] ?? [],
            body: Buffer.concat(chunks),
          })
        })
      })
      request.end(body.length > 0 ? body : undefined)
    })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}
