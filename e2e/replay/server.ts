import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { STATUS_CODES } from 'node:http'
import type { Answer } from './answer.ts'
import { writeJson, readJson, type Json } from './json.ts'
import { pairsOf, segmentsOf, splitOnce, type Pair } from './recorded.ts'
import type { Sent } from './recognise/index.ts'

const BASE_PATH = '/astakos'

/** What HTTP libraries send by themselves. */
const LIBRARY_HEADERS = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'connection',
  'content-length',
  'host',
  'sec-fetch-mode',
  'user-agent',
])

/**
 * A service on a port of its own that knows one exchange at a time: it checks that what arrives equals what was
 * recorded, and answers as recorded. The public `POST tokens`, with which a client finds its service, is answered
 * besides.
 */
export class ReplayServer implements AsyncDisposable {
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  #exchange: { readonly sent: Sent; readonly answer: Answer } | null = null
  #catalog: Json = null
  #problems: string[] = []
  /** Requests since the last `expect`, without those for the catalog. */
  #arrived = 0
  #all = 0

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
  }

  get base(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}${BASE_PATH}`
  }

  set catalog(catalog: Json) {
    this.#catalog = catalog
  }

  /** All requests so far. */
  get requests(): number {
    return this.#all
  }

  expect(sent: Sent, answer: Answer): void {
    this.#exchange = { sent, answer }
    this.#problems = []
    this.#arrived = 0
  }

  /** What was wrong with the requests since `expect`; nothing where exactly the recorded one arrived. */
  problems(): string[] {
    const problems = [...this.#problems]
    if (this.#arrived !== 1) problems.push(`the request arrived ${this.#arrived} times`)
    this.#exchange = null
    return problems
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request)
    this.#all += 1
    const expected = this.#exchange
    if (isDiscovery(request, body) && !(expected?.sent.path.at(-1) === 'tokens' && expected.sent.body === null)) {
      return respond(response, { status: 200, headers: { 'content-type': JSON_TYPE }, body: writeJson(this.#catalog) })
    }
    this.#arrived += 1
    if (expected === null) return respond(response, { status: 500, headers: {}, body: 'nothing is expected' })
    this.#problems.push(...differences(expected.sent, request, body))
    respond(response, expected.answer)
  }
}

const JSON_TYPE = 'application/json; charset=UTF-8'

function isDiscovery(request: IncomingMessage, body: string): boolean {
  return request.method === 'POST' && request.url === `${BASE_PATH}/identity/v2.0/tokens` && body === ''
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
}

function respond(response: ServerResponse, { status, headers, body }: Answer): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, STATUS_CODES[status], { ...headers, 'content-length': String(bytes.length) })
  response.end(bytes)
}

function differences(sent: Sent, request: IncomingMessage, body: string): string[] {
  const [path, query = ''] = splitOnce(request.url ?? '', '?')
  return [
    ...difference('method', sent.method, request.method),
    ...difference('path', sent.path, segmentsOf(path.slice(BASE_PATH.length + 1))),
    ...difference('query', sorted(sent.query), sorted(pairsOf(query))),
    ...headerDifferences(sent.headers, request, body),
    ...bodyDifferences(sent.body, body),
  ]
}

function headerDifferences(expected: Sent['headers'], { headers }: IncomingMessage, body: string): string[] {
  const known = Object.entries(expected).flatMap(([name, value]) => difference(`header ${name}`, value, headers[name]))
  const unknown = Object.keys(headers).filter((name) => !(name in expected) && !LIBRARY_HEADERS.has(name))
  const length = body === '' ? (headers['content-length'] ?? '0') : headers['content-length']
  return [
    ...known,
    ...unknown.map((name) => `header ${name}: sent, but not recorded`),
    ...difference('header content-length', String(Buffer.byteLength(body)), length),
  ]
}

function bodyDifferences(expected: Sent['body'], body: string): string[] {
  if (expected === null) return difference('body', '', body)
  if ('form' in expected) return difference('form', sorted(expected.form), sorted(pairsOf(body)))
  return difference('body', canonical(expected.json), canonical(readJson(body)))
}

function difference(what: string, recorded: unknown, arrived: unknown): string[] {
  const [one, other] = [shown(recorded), shown(arrived)]
  return one === other ? [] : [`${what}: recorded ${cut(one)}, arrived ${cut(other)}`]
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing')
}

function cut(text: string): string {
  return text.length > 2000 ? `${text.slice(0, 2000)} …` : text
}

function sorted(pairs: readonly Pair[]): Pair[] {
  return [...pairs].sort((one, other) => (String(one) < String(other) ? -1 : 1))
}

/** The order of members does not count. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return writeJson(value)
  const names = Object.keys(value).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as Json)}`).join(',')}}`
}
