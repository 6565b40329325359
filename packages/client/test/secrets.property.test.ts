import { inspect } from 'node:util'
import type { Socket } from 'node:net'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AstakosClient, AstakosClientException, BadValue, NotSupported, type ClientOptions } from '../src/index.ts'
import { answer, CATALOG, rawServer, type RawRequest, type RawServer } from './support/raw-server.ts'
import { failure, nodeTransports, pause } from './support/transports.ts'

/**
 * Whatever goes wrong, no secret comes out: every method fails in every way against services that send back all that
 * they were sent, in every form that there is; then everything is searched that a caller could print or store.
 */

/** Each has a core of letters and digits that no encoding changes unless it changes everything. */
interface Secrets {
  readonly token: string
  readonly otherToken: string
  readonly tokenId: string
  readonly clientSecret: string
  readonly code: string
  readonly password: string
}

/** All ways to write a secret against all ways to fail take minutes: `SECRETS_FULL=1` asks for that. */
const FULL = process.env['SECRETS_FULL'] === '1'
const RUNS = FULL ? 3 : 1

const core = fc.stringMatching(/^[A-Za-z0-9]{20}$/)
const odd = fc.string({ unit: fc.constantFrom(...'"\\/+=%&<>\'; .:?#[]@!$(),|~^`{}*-_é€😀'), maxLength: 6 })
const wild = fc.string({ unit: fc.constantFrom(...'\n\t\u0001"\\/+%&é😀 '), maxLength: 4 })
const tokenLike = fc.tuple(odd, core, odd).map(([a, b, c]) => `x${a}${b}${c}y`)
const anything = fc.tuple(wild, core, wild).map(([a, b, c]) => `x${a}${b}${c}y`)
const secretsArbitrary: fc.Arbitrary<Secrets> = fc.record({
  token: tokenLike,
  otherToken: tokenLike,
  tokenId: anything,
  clientSecret: anything,
  code: anything,
  password: core,
})

/** How a server writes what it was sent. */
const writings: Readonly<Record<string, (text: string) => string>> = {
  'as it is': (text) => text,
  'in JSON': (text) => JSON.stringify(text).slice(1, -1),
  'in JSON in JSON': (text) => JSON.stringify(JSON.stringify(text)).slice(1, -1),
  'in escapes of JSON': (text) => escaped(text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`),
  'percent-encoded': encodeURIComponent,
  'percent-encoded in lower case': (text) => encodeURIComponent(text).replace(/%../g, (hex) => hex.toLowerCase()),
  'percent-encoded altogether': (text) => [...Buffer.from(text)].map((byte) => `%${hex(byte)}`).join(''),
  'percent-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'percent-encoded JSON': (text) => encodeURIComponent(JSON.stringify(text)),
  'percent-encoded, but for its slashes': (text) => encodeURIComponent(text).replaceAll('%2F', '/'),
  'in JSON with a backslash before each slash': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'in JSON of ASCII alone': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'form-encoded': (text) => new URLSearchParams({ s: text }).toString().slice(2),
  'in HTML': (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
  'in HTML with numbers in hex': (text) =>
    text.replace(/[^\w ]/gu, (character) => `&#x${character.codePointAt(0)?.toString(16).toUpperCase()};`),
  'in HTML with names': (text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  'as bytes that were taken for characters': (text) => Buffer.from(text).toString('latin1'),
  'in base64': (text) => Buffer.from(text).toString('base64'),
  'in base64 for URLs': (text) => Buffer.from(text).toString('base64url'),
}
const writing = fc.constantFrom(...Object.values(writings))
const transport = fc.constantFrom<ClientOptions>(...nodeTransports.map(({ options }) => options), {
  fetch: (input, init) => globalThis.fetch(input, init),
})

function escaped(text: string, of: (unit: number) => string): string {
  return Array.from({ length: text.length }, (_, at) => of(text.charCodeAt(at))).join('')
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}

// ---------------------------------------------------------------- what is called

type Calls = Readonly<Record<string, (client: AstakosClient, secrets: Secrets) => Promise<unknown>>>

const [user, project, resource] = ['u-1', 'p-1', 'cyclades.vm']

const calls: Calls = {
  features: (client) => client.features(),
  authenticate: (client) => client.authenticate({ tenantName: user }),
  getEndpoints: (client) => client.getEndpoints(),
  validateToken: (client, { tokenId }) => client.validateToken(tokenId, { belongsTo: 'scope' }),
  getToken: (client, { clientSecret, code, password }) =>
    client.getToken('authorization_code', 'id', clientSecret, {
      code,
      redirect_uri: 'https://app.example.com',
      refresh_token: password,
      client_assertion: code,
    }),
  getUsernames: (client) => client.getUsernames([user]),
  getUsername: (client) => client.getUsername(user),
  serviceGetUsernames: (client) => client.serviceGetUsernames(null),
  serviceGetUsername: (client) => client.serviceGetUsername(user),
  getUuids: (client) => client.getUuids(['name']),
  getUuid: (client) => client.getUuid('name'),
  serviceGetUuids: (client) => client.serviceGetUuids(['name']),
  serviceGetUuid: (client) => client.serviceGetUuid('name'),
  getServices: (client) => client.getServices(),
  getResources: (client) => client.getResources(),
  sendFeedback: (client) => client.sendFeedback('message', 'data'),
  setDefaultProject: (client) => client.setDefaultProject(project),
  getQuotas: (client, { password }) => client.getQuotas({ headers: { Authorization: `Basic ${password}` } }),
  serviceGetQuotas: (client) => client.serviceGetQuotas({ user }),
  serviceQuotasEntries: (client) => all(client.serviceQuotasEntries({ user })),
  serviceGetProjectQuotas: (client) => client.serviceGetProjectQuotas({ projectId: [project] }),
  serviceProjectQuotasEntries: (client) => all(client.serviceProjectQuotasEntries()),
  issueCommissionGeneric: (client) => client.issueCommissionGeneric([], [{ project, resource, quantity: 1n }]),
  issueOneCommission: (client) => client.issueOneCommission(user, project, { [resource]: 1n }),
  issueResourceReassignment: (client) =>
    client.issueResourceReassignment(user, [{ from: project, to: 'p-2', resource, quantity: 1 }]),
  getPendingCommissions: (client) => client.getPendingCommissions(),
  getCommissionInfo: (client) => client.getCommissionInfo(7, { resolved: true }),
  commissionAction: (client) => client.commissionAction(7, 'accept'),
  acceptCommission: (client) => client.acceptCommission(7),
  rejectCommission: (client) => client.rejectCommission(7),
  resolveCommissions: (client) => client.resolveCommissions([7], [8]),
  getProjects: (client) => client.getProjects({ name: 'name' }),
  getProject: (client) => client.getProject(project),
  createProject: (client) => client.createProject({ name: 'name', end_date: '2030-01-01' }),
  modifyProject: (client) => client.modifyProject(project, { description: 'text' }),
  projectAction: (client) => client.projectAction(project, 'suspend', { reason: 'why' }),
  applicationAction: (client) => client.applicationAction(project, 7, 'approve'),
  getMemberships: (client) => client.getMemberships({ projectId: project }),
  getMembership: (client) => client.getMembership(7),
  membershipAction: (client) => client.membershipAction(7, 'leave'),
  joinProject: (client) => client.joinProject(project),
  enrollMember: (client) => client.enrollMember(project, 'name@example.com'),
}

async function all(entries: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = []
  for await (const entry of entries) list.push(entry)
  return list
}

// ---------------------------------------------------------------- what is searched

/** Everything that can be reached from a value and printed: members of all kinds, also inherited ones. */
function textsOf(value: unknown): string[] {
  const texts = [
    inspect(value, { depth: Infinity, showHidden: true, maxArrayLength: null, maxStringLength: null }),
    inspect(value, { depth: Infinity, showProxy: true, maxArrayLength: null, maxStringLength: null }),
    attempted(() => JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}` : member))),
    attempted(() => String(value)),
  ]
  walk(value, texts, new Set())
  return texts
}

function walk(value: unknown, texts: string[], seen: Set<unknown>): void {
  if (typeof value === 'string') texts.push(value)
  if (ArrayBuffer.isView(value))
    texts.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'))
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) return
  seen.add(value)
  for (let holder: unknown = value; isShown(holder); holder = Object.getPrototypeOf(holder)) {
    for (const key of Reflect.ownKeys(holder)) {
      if (typeof key === 'string') texts.push(key)
      if (key === 'constructor' || key === 'prototype') continue
      walk(
        attempted(() => (value as Record<PropertyKey, unknown>)[key] ?? ''),
        texts,
        seen,
      )
    }
  }
}

function isShown(holder: unknown): holder is object {
  return holder !== null && ![Object.prototype, Array.prototype, Function.prototype].includes(holder as never)
}

function attempted<T>(read: () => T): T | '' {
  try {
    return read()
  } catch {
    return ''
  }
}

/** A text with its encodings undone, each by itself and one after the other. */
function readings(text: string): string[] {
  const decoded = decodedOf(text)
  const base64 = (text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? []).flatMap((run) =>
    [0, 1, 2, 3].map((offset) => Buffer.from(run.slice(offset), 'base64').toString('latin1')),
  )
  const buffers = (text.match(/(?<=<Buffer )[0-9a-f ]+/g) ?? []).map((run) =>
    Buffer.from(run.replaceAll(' ', ''), 'hex').toString('latin1'),
  )
  return [text, decoded, decodedOf(decoded), ...base64, ...buffers]
}

function decodedOf(text: string): string {
  return text
    .replace(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+u([0-9a-fA-F]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\+x([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
}

function coresOf(secrets: object): string[] {
  return Object.values(secrets as Record<string, string>).map((secret) => /[A-Za-z0-9]{20}/.exec(secret)?.[0] ?? secret)
}

function expectNoSecret(what: string, value: unknown, secrets: object): void {
  const search = new Search(secrets)
  search.add(what, value)
  search.expectNothing()
}

/** Each text is looked at once: the same stand in many places. */
class Search {
  readonly #cores: string[]
  readonly #texts = new Map<string, string>()

  constructor(secrets: object) {
    this.#cores = coresOf(secrets)
  }

  add(what: string, value: unknown): void {
    for (const text of textsOf(value)) if (!this.#texts.has(text)) this.#texts.set(text, what)
  }

  expectNothing(): void {
    for (const [text, what] of this.#texts) {
      for (const reading of readings(text)) {
        for (const found of this.#cores) {
          const at = reading.indexOf(found)
          if (at >= 0) throw new Error(`${what} shows ${found}: ${reading.slice(Math.max(0, at - 500), at + 100)}`)
        }
      }
    }
  }
}

/** Ends the processes' own doubts: what Node prints by itself counts too. */
const printed: unknown[] = []
const note = (thing: unknown): void => void printed.push(thing)
const streams = [process.stdout, process.stderr]
const written = streams.map((stream) => stream.write.bind(stream))

beforeAll(() => {
  process.on('warning', note)
  process.on('unhandledRejection', note)
  process.on('uncaughtException', note)
  streams.forEach((stream, index) => {
    stream.write = ((chunk: Uint8Array | string, ...rest: never[]) => {
      note(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
      return written[index]?.(chunk, ...rest)
    }) as typeof stream.write
  })
})

afterAll(() => {
  process.off('warning', note)
  process.off('unhandledRejection', note)
  process.off('uncaughtException', note)
  streams.forEach((stream, index) => (stream.write = written[index] as typeof stream.write))
})

/** Collects what a logger is told; `console` would print its fields with `inspect`. */
class Lines {
  readonly lines: unknown[] = []
  debug(message: string, fields?: object): void {
    this.lines.push({ message, fields })
  }
  warn(message: string, fields?: object): void {
    this.lines.push({ message, fields })
  }
}

// ---------------------------------------------------------------- services that send everything back

/** Sends an answer that holds everything, wherever something can be held. */
type Hostility = (socket: Socket, echo: Echo, request: RawRequest) => void

interface Echo {
  /** What the service was sent, as it came, and the secrets in it written in one way. */
  readonly text: string
  /** The same, fit for a line of a head. */
  readonly line: string
  readonly status: number
}

function echoOf(request: RawRequest, secrets: Secrets, write: (text: string) => string, status: number): Echo {
  const sent = [...Object.values(request.headers), request.path, request.body].join('\n')
  const known = readings(sent).join('\n')
  const own = Object.values(secrets as unknown as Record<string, string>).filter((secret) =>
    coresOf([secret]).every((found) => known.includes(found)),
  )
  const text = [request.path, request.body, request.headers['x-auth-token'], ...own.map(write)].join(' ')
  // oxlint-disable-next-line no-control-regex -- a line end would end the line
  return { text, line: text.replace(/[\u0000-\u001f]/g, encodeURIComponent), status }
}

function head({ line, status }: Echo, length: number, more = ''): string {
  return (
    `HTTP/1.1 ${status} ${line}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n` +
    `x-request-id: ${line}\r\nlocation: /elsewhere?${encodeURI(line)}\r\nset-cookie: a=${line}\r\n${more}\r\n`
  )
}

function send(socket: Socket, echo: Echo, body: string, more?: string): void {
  socket.write(head(echo, Buffer.byteLength(body), more))
  socket.write(body)
}

const statuses = [204, 300, 302, 304, 400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 502, 503, 599]

const hostilities: Readonly<Record<string, Hostility>> = {
  'a refusal with a fault': (socket, echo) =>
    send(
      socket,
      echo,
      JSON.stringify({
        [`overLimit ${echo.text}`]: {
          code: echo.status,
          message: echo.text,
          details: echo.text,
          data: {
            name: 'NoCapacityError',
            provision: { holder: `user:${echo.text}`, source: echo.text, resource: echo.text, quantity: 1 },
            limit: 1,
            usage: 1,
            [echo.text]: [echo.text, { [echo.text]: echo.text }],
          },
        },
      }),
    ),
  'a refusal with a fault, escaped throughout': (socket, echo) => {
    const text = escaped(echo.text, (unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
    send(socket, echo, `{"badRequest":{"code":400,"message":"${text}","details":"${text}","data":{"x":"${text}"}}}`)
  },
  'a missing holding': (socket, echo) =>
    send(
      socket,
      { ...echo, status: 404 },
      JSON.stringify({
        itemNotFound: {
          code: 404,
          message: echo.text,
          details: '',
          data: {
            name: 'NoHoldingError',
            provision: { holder: echo.text, source: null, resource: echo.text, quantity: 1 },
          },
        },
      }),
    ),
  'a refusal in HTML': (socket, echo) => send(socket, echo, `<html>${echo.text}</html>`),
  'a refusal that is no UTF-8': (socket, echo) => {
    const body = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(echo.text), Buffer.from([0xc3])])
    socket.write(head(echo, body.byteLength))
    socket.write(body)
  },
  'a success that is no JSON': (socket, echo) => send(socket, { ...echo, status: 200 }, `{"x":"${echo.text}`),
  'a success with a number that is none': (socket, echo) =>
    send(socket, { ...echo, status: 200 }, `{${JSON.stringify(echo.text)}:12345678901234567890${echo.text}}`),
  'a success that is no UTF-8': (socket, echo) => {
    const body = Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff]), Buffer.from(`${echo.text}"}`)])
    socket.write(head({ ...echo, status: 200 }, body.byteLength))
    socket.write(body)
  },
  'a success of another kind': (socket, echo) => send(socket, { ...echo, status: 200 }, JSON.stringify(echo.text)),
  'a success without what it promises': (socket, echo) =>
    send(socket, { ...echo, status: 200 }, JSON.stringify({ x: echo.text, serial: echo.text, access_token: 1 })),
  'a success that is too large': (socket, echo) =>
    send(socket, { ...echo, status: 200 }, JSON.stringify(echo.text.repeat(40))),
  'an answer that breaks off': (socket, echo) => {
    socket.write(head({ ...echo, status: 200 }, 100_000))
    socket.write(`{"x":${JSON.stringify(echo.text)}`, () => socket.destroy())
  },
  'a stream that breaks off after an entry': (socket, echo) => {
    const entry = `{"u":{"p":{"r":{"limit":1}}},${JSON.stringify(echo.text)}:{"p":{"r":{"limit":1}}},`
    socket.write(head({ ...echo, status: 200 }, 1_000_000))
    socket.write(entry.padEnd(70_000), () => socket.resetAndDestroy())
  },
  'a reset': (socket) => socket.resetAndDestroy(),
  'an end without an answer': (socket) => socket.end(),
  'what is no HTTP': (socket, echo) => socket.end(`${echo.line} ${echo.text}\r\n\r\n`),
  'a header that is none': (socket, echo) =>
    socket.end(`HTTP/1.1 200 OK\r\n${echo.line}\r\nx y: ${echo.line}\r\ncontent-length: 0\r\n\r\n`),
  'a length that is none': (socket, echo) => socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${echo.line}\r\n\r\n`),
  'two lengths': (socket, echo) => socket.end(head(echo, 3, 'content-length: 4\r\n')),
  'a chunk that is none': (socket, echo) =>
    socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${echo.line}\r\n${echo.text}`),
  'a head that does not end': (socket, echo) =>
    socket.end(`HTTP/1.1 200 OK\r\n${`x-more: ${echo.line}\r\n`.repeat(500)}\r\n`),
  'another protocol': (socket, echo) =>
    socket.end(`HTTP/1.1 101 ${echo.line}\r\nconnection: upgrade\r\nupgrade: ${echo.line}\r\n\r\n`),
  'an early hint and then a refusal': (socket, echo) => {
    socket.write(`HTTP/1.1 103 ${echo.line}\r\nlink: ${echo.line}\r\n\r\n`)
    send(socket, echo, echo.text)
  },
  silence: () => undefined,
  'a head and then silence': (socket, echo) => void socket.write(head({ ...echo, status: 200 }, 100)),
  'a pause that is asked for': (socket, echo) =>
    send(socket, { ...echo, status: 503 }, echo.text, 'retry-after: 99\r\n'),
}

/** Drives all methods at once and searches what comes of them. */
async function searchAll(
  secrets: Secrets,
  options: ClientOptions,
  authUrl: string,
  more: { readonly mayWork?: boolean } = {},
): Promise<void> {
  const logger = new Lines()
  const client = new AstakosClient(secrets.token, authUrl, {
    retry: 1,
    retryDelayMsMax: 1,
    timeoutMs: 250,
    attemptTimeoutMs: 100,
    maxResponseBytes: 4000,
    headers: { 'X-Api-Key': secrets.password },
    logger,
    ...options,
  })
  const other = client.withToken(secrets.otherToken)
  const search = new Search(secrets)
  try {
    await Promise.all(
      Object.entries(calls).flatMap(([name, call]) =>
        [client, other].map(async (own) => {
          const outcome = await call(own, secrets).then(
            () => null,
            (error: unknown) => error,
          )
          if (outcome !== null) {
            expect(outcome, name).toBeInstanceOf(AstakosClientException)
            search.add(name, outcome)
          } else if (!more.mayWork) expect(silent, name).toContain(name)
          search.add(`${name}: logRequest`, own.logRequest)
          search.add(`${name}: logResponse`, own.logResponse)
        }),
      ),
    )
    search.add(
      'the client',
      Reflect.ownKeys(client).map((key) => [key, client[key as keyof AstakosClient]]),
    )
    search.add('the client for another token', inspect({ ...other, other }, { depth: Infinity, showHidden: true }))
    for (const line of logger.lines) search.add('the log', line)
  } finally {
    await client.close()
  }
  search.add('what the process printed', printed.splice(0))
  search.expectNothing()
}

/** `nothing` is what they promise, so that a success is one, whatever stands in it. */
const silent = [
  'sendFeedback',
  'setDefaultProject',
  'commissionAction',
  'acceptCommission',
  'rejectCommission',
  'projectAction',
  'applicationAction',
  'membershipAction',
]

describe.each(Object.entries(hostilities))(
  'against a service that answers with %s, no secret comes out',
  (_, hostile) => {
    it.each([
      ['of any method', false],
      ['of discovery', true],
    ])('%s', async (__, ownDiscovery) => {
      await fc.assert(
        fc.asyncProperty(
          secretsArbitrary,
          transport,
          writing,
          fc.constantFrom(...statuses.filter((status) => status >= 300 && status !== 304)),
          async (secrets, options, write, status) => {
            await using server = await rawServer(
              (request, socket) => hostile(socket, echoOf(request, secrets, write, status), request),
              { ownDiscovery },
            )
            await searchAll(secrets, options, server.authUrl, { mayWork: true })
          },
        ),
        { numRuns: RUNS, endOnFailure: true },
      )
    })
  },
)

describe('no secret comes out', () => {
  it.each(statuses)('of an answer with status %i, however it is written', async (status) => {
    const secrets = fc.sample(secretsArbitrary, 1)[0] as Secrets
    const writers = FULL || status === 400 ? Object.values(writings) : fc.sample(writing, 1)
    for (const write of writers) {
      // oxlint-disable-next-line no-await-in-loop -- one server after the other
      await using server = await rawServer((request, socket) => {
        const echo = echoOf(request, secrets, write, status)
        if (status === 204 || status === 304) socket.write(head(echo, 0))
        else send(socket, echo, JSON.stringify({ fault: { code: status, message: echo.text } }))
      })
      // oxlint-disable-next-line no-await-in-loop
      await searchAll(secrets, { proxy: false, retry: 0 }, server.authUrl)
    }
  })

  it('of a catalog that holds it', async () => {
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, transport, writing, async (secrets, options, write) => {
        await using server = await rawServer(
          (request, socket) => {
            const { text } = echoOf(request, secrets, write, 200)
            const place = `http://${encodeURIComponent(text)}@ignored.example.com/${encodeURIComponent(text)}?${encodeURIComponent(text)}`
            const document = JSON.stringify(CATALOG).replaceAll('http://ignored.example.com', place)
            socket.write(
              request.path.endsWith('/tokens') ? answer(200, document, { 'astakos-features': 'x' }) : answer(404, text),
            )
          },
          { ownDiscovery: true },
        )
        await searchAll(secrets, options, server.authUrl, { mayWork: true })
      }),
      { numRuns: FULL ? 6 : 1, endOnFailure: true },
    )
  })

  it('of a connection that is refused', async () => {
    const server = await rawServer(() => undefined)
    await server.close()
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, transport, async (secrets, options) => {
        await searchAll(secrets, options, server.authUrl)
      }),
      { numRuns: FULL ? 6 : 1, endOnFailure: true },
    )
  })

  it('of TLS that fails, or can not even begin', async () => {
    await using server = await rawServer((_, socket) => socket.end('what is no TLS'))
    const authUrl = server.authUrl.replace('http:', 'https:')
    await fc.assert(
      fc.asyncProperty(
        secretsArbitrary,
        transport,
        fc.constantFrom({}, { ca: 'no certificate' }, { cert: 'none', key: 'none' }),
        async (secrets, options, tls) => {
          await searchAll(secrets, options.fetch ? options : { ...options, tls }, authUrl)
        },
      ),
      { numRuns: FULL ? 8 : 1, endOnFailure: true },
    )
  })

  it('of a proxy that refuses, or is not there', async () => {
    await using proxy = await rawServer(
      (request, socket) =>
        socket.end(`HTTP/1.1 407 ${request.headers['proxy-authorization']}\r\ncontent-length: 0\r\n\r\n`),
      { ownDiscovery: true },
    )
    await fc.assert(
      fc.asyncProperty(
        secretsArbitrary,
        fc.constantFrom('http', 'https'),
        fc.constantFrom(proxy.port, 1),
        async (secrets, scheme, port) => {
          const url = `http://user:${secrets.password}@127.0.0.1:${port}`
          await searchAll(secrets, { proxy: url }, `${scheme}://accounts.example.com/identity/v2.0`)
        },
      ),
      { numRuns: FULL ? 6 : 1, endOnFailure: true },
    )
  })

  it('of a proxy in the environment that is no URL', async () => {
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, async (secrets) => {
        const before = process.env['HTTPS_PROXY']
        process.env['HTTPS_PROXY'] = `user:${secrets.password}@127.0.0.1`
        try {
          await searchAll(secrets, {}, 'https://127.0.0.1:1/identity/v2.0')
        } finally {
          if (before === undefined) delete process.env['HTTPS_PROXY']
          else process.env['HTTPS_PROXY'] = before
        }
      }),
      { numRuns: FULL ? 3 : 1, endOnFailure: true },
    )
  })

  it('of a call that is aborted, and the reason is that of the signal', async () => {
    await using server = await rawServer(() => undefined)
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, transport, async (secrets, options) => {
        const logger = new Lines()
        const client = new AstakosClient(secrets.token, server.authUrl, { ...options, logger })
        const controller = new AbortController()
        const reason = new Error('stop')
        const call = failure(client.validateToken(secrets.tokenId, { signal: controller.signal }))
        await pause(5)
        controller.abort(reason)
        expect(await call).toBe(reason)
        expectNoSecret('the reason', [reason, logger.lines, client, client.logRequest, client.logResponse], secrets)
        await client.close()
      }),
      { numRuns: FULL ? 6 : 1, endOnFailure: true },
    )
  })

  it('of an injected fetch that fails with all that it was given', async () => {
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, fc.nat(), async (secrets, seed) => {
        let nth = seed
        const fetch: typeof globalThis.fetch = (input, init) => {
          nth += 1
          return Promise.reject(rejections[nth % rejections.length]?.(String(input as string), init ?? {}) as Error)
        }
        await searchAll(secrets, { fetch }, 'https://accounts.example.com/identity/v2.0')
      }),
      { numRuns: (FULL ? 3 : 1) * rejections.length, endOnFailure: true },
    )
  })

  it('of an injected fetch that throws at once, or answers with nothing of use', async () => {
    const secrets = fc.sample(secretsArbitrary, 1)[0] as Secrets
    const odd: (() => unknown)[] = [
      () => {
        throw new Error(secrets.token)
      },
      () => undefined,
      () => ({ status: 500, statusText: secrets.token, headers: new Map([['x', secrets.token]]) }),
      () => Response.error(),
      () => new Response(secrets.token, { status: 500, headers: { 'x-request-id': secrets.password } }),
    ]
    for (const one of odd) {
      const fetch = (async () => one()) as unknown as typeof globalThis.fetch
      // oxlint-disable-next-line no-await-in-loop
      await searchAll(secrets, { fetch }, 'https://accounts.example.com/identity/v2.0')
    }
  })

  it('of a client that is closed', async () => {
    const secrets = fc.sample(secretsArbitrary, 1)[0] as Secrets
    const client = new AstakosClient(secrets.token, 'https://accounts.example.com')
    await client.close()
    for (const call of Object.values(calls)) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(call(client, secrets))
      expect(error).toBeInstanceOf(BadValue)
      expectNoSecret('a closed client', error, secrets)
    }
  })

  it('of what a service does not offer', async () => {
    const secrets = fc.sample(secretsArbitrary, 1)[0] as Secrets
    await using server = await rawServer(() => undefined)
    const client = new AstakosClient(secrets.token, server.authUrl, { proxy: false })
    const error = await failure(client.issueOneCommission(user, project, {}, { idempotencyKey: 'key' }))
    expect(error).toBeInstanceOf(NotSupported)
    expectNoSecret('NotSupported', error, secrets)
  })
})

/** What HTTP libraries put into their errors. */
const rejections: readonly ((url: string, init: RequestInit) => unknown)[] = [
  (url, init) => Object.assign(new TypeError('failed'), { request: { url, ...init } }),
  (url, init) => Object.assign(new Error('failed'), { config: { headers: new Headers(init.headers), url } }),
  (url, init) => Object.assign(new Error('failed'), { request: new Request(url, init) }),
  (url, init) => new Error(`${url} ${JSON.stringify(init)}`),
  (url, init) => new Error('outer', { cause: new Error('inner', { cause: { url, init } }) }),
  (url, init) => new AggregateError([new Error(JSON.stringify(init)), new Error(url)], 'several'),
  (url, init) => Object.assign(new Error('failed'), { [Symbol('request')]: { url, init } }),
  (url, init) => Object.assign(new Error('failed'), { parts: new Map<unknown, unknown>([[url, new Set([init])]]) }),
  (url, init) => Object.assign(new Error('failed'), { bytes: new TextEncoder().encode(url + JSON.stringify(init)) }),
  (url, init) =>
    Object.assign(new Error('failed'), { bytes: new TextEncoder().encode(url + JSON.stringify(init)).buffer }),
  (url, init) => Object.assign(new Error('failed'), { code: JSON.stringify(init), name: url }),
  (url, init) => Object.defineProperty(new Error('failed'), 'request', { value: { url, init } }),
  (url, init) => Object.defineProperty(new Error('failed'), 'request', { get: () => ({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { toJSON: () => ({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { [inspect.custom]: () => JSON.stringify({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { retry: Object.assign(() => undefined, { url, init }) }),
  (url, init) => new RequestFailed(url, init),
  (url, init) => new HiddenRequestFailed(url, init),
  (url, init) => JSON.stringify({ url, init }),
  (url, init) => ({ url, init }),
  () => undefined,
  () => Object.create(null) as unknown,
  (url, init) => new DOMException(`${url} ${JSON.stringify(init)}`, 'NetworkError'),
]

class RequestFailed extends Error {
  readonly #request: object
  constructor(url: string, init: RequestInit) {
    super('failed')
    this.#request = { url, init }
  }
  get request(): object {
    return this.#request
  }
}

class HiddenRequestFailed extends Error {
  readonly #request: object
  constructor(url: string, init: RequestInit) {
    super('failed')
    this.#request = { url, init }
  }
  toJSON(): object {
    return this.#request
  }
  [inspect.custom](): object {
    return this.#request
  }
}

describe('a value that can not be sent is not repeated', () => {
  const secrets = fc.sample(secretsArbitrary, 1)[0] as Secrets
  const place = 'https://accounts.example.com/identity/v2.0'
  const { password, token, tokenId, clientSecret } = secrets
  const wrong = (value: unknown): never => value as never

  it.each<[string, () => unknown]>([
    ['a token with a line end', () => new AstakosClient(`${token}\n`, place)],
    ['a token in an object', () => new AstakosClient(wrong({ token }), place)],
    ['a token with a blank', () => new AstakosClient(` ${token}`, place)],
    ['a token for another client', () => new AstakosClient('t', place).withToken(`${token}\n`)],
    ['a URL with a password', () => new AstakosClient(token, `https://user:${password}@accounts.example.com`)],
    ['a URL with a secret in its query', () => new AstakosClient(token, `${place}?token=${password}`)],
    ['a URL that is none', () => new AstakosClient(token, `user:${password}@accounts.example.com:x`)],
    ['a URL of another scheme', () => new AstakosClient(token, `ftp://${password}@accounts.example.com`)],
    ['a proxy that is none', () => new AstakosClient(token, place, { proxy: `//user:${password}@proxy` })],
    [
      'an origin with a password',
      () => new AstakosClient(token, place, { trustedOrigins: [`https://a:${password}@x`] }),
    ],
    [
      'a header with a line end',
      () => new AstakosClient(token, place, { headers: { authorization: `${password}\n` } }),
    ],
    ['a header that is a list', () => new AstakosClient(token, place, { headers: { cookie: wrong([password]) } })],
    ['a header that is ours', () => new AstakosClient(token, place, { headers: { 'X-Auth-Token': password } })],
    ['a key without a certificate', () => new AstakosClient(token, place, { tls: { key: password } })],
    ['a number of retries', () => new AstakosClient(token, place, { retry: wrong(password) })],
    ['a logger', () => new AstakosClient(token, place, { logger: wrong(password) })],
  ])('%s', (name, construct) => {
    let error: unknown = null
    try {
      construct()
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(BadValue)
    expectNoSecret(name, error, secrets)
  })

  it.each<[string, (client: AstakosClient) => Promise<unknown>]>([
    ['a token id in a list', (client) => client.validateToken(wrong([tokenId]))],
    ['half a character', (client) => client.validateToken(`${tokenId}\ud800`)],
    ['a client secret in an object', (client) => client.getToken('x', 'id', wrong({ clientSecret }), {})],
    ['a colon in an id', (client) => client.getToken('x', `id:${password}`, clientSecret, {})],
    ['a code in a list', (client) => client.getToken('x', 'id', clientSecret, wrong({ code: [password] }))],
    ['a code that is half a character', (client) => client.getToken('x', 'id', 's', { code: `${password}\udc00` })],
    ['parameters that are a text', (client) => client.getToken('x', 'id', clientSecret, wrong(password))],
    ['a header of one call', (client) => client.getQuotas({ headers: { cookie: `${password}\r\n` } })],
    ['options that are a text', (client) => client.getQuotas(wrong(password))],
    ['a serial that is a text', (client) => client.acceptCommission(wrong(password))],
    ['a quantity that is a text', (client) => client.issueOneCommission('u', 'p', { r: wrong(password) })],
    [
      'an idempotency key with a blank',
      (client) => client.issueOneCommission('u', 'p', {}, { idempotencyKey: `${password} ` }),
    ],
  ])('%s', async (name, call) => {
    const client = new AstakosClient(token, place)
    const error = await failure(call(client))
    expect(error).toBeInstanceOf(BadValue)
    expectNoSecret(name, error, secrets)
  })
})

describe('the log of the last answer', () => {
  it('does not end in the beginning of a secret', async () => {
    const secrets = fc.sample(secretsArbitrary, 1)[0] as Secrets
    const { token } = secrets
    const beginning = token.slice(0, /[A-Za-z0-9]{20}/.exec(token)?.index ?? 0)
    for (const before of [65_536 - 30, 65_536 + 16_384 - 30]) {
      for (let shift = 0; shift < 40; shift += 3) {
        // oxlint-disable-next-line no-await-in-loop
        await using server: RawServer = await rawServer((_, socket) =>
          socket.write(answer(400, `${'z'.repeat(before + shift)}${token}${'z'.repeat(40_000)}`)),
        )
        const client = new AstakosClient(token, server.authUrl, { proxy: false })
        // oxlint-disable-next-line no-await-in-loop
        await failure(client.getQuotas())
        expect(client.logResponse?.data.replace(/^z+/, '').replace(/z+$/, '')).toMatch(
          /^(\(not shown\))?$|^\(not show?$/,
        )
        expect(client.logResponse?.data).not.toContain(beginning + token.slice(beginning.length, beginning.length + 4))
      }
    }
  })
})
