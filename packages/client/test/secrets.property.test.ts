import type { Socket } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AstakosClient, AstakosClientException, BadValue, NotSupported, type ClientOptions } from '../src/index.ts'
import { entriesOf, METHODS } from './support/methods.ts'
import { answer, CATALOG, rawServer, type RawRequest } from './support/raw-server.ts'
import { coreOf, SecretSearch } from './support/secret-search.ts'
import { failure, pause, transports } from './support/transports.ts'

/**
 * Whatever goes wrong, no secret comes out: every method fails in every way against services that send back what they
 * were sent, in every form that there is; then all is searched that a caller could print or store.
 */

interface Secrets {
  readonly token: string
  readonly otherToken: string
  readonly tokenId: string
  readonly clientSecret: string
  readonly code: string
  /** In a header of the caller's own, and of a proxy. */
  readonly password: string
}

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789']
/** Random enough that no two are the same, and no word. */
const core = fc
  .array(fc.constantFrom(...letters), { minLength: 18, maxLength: 18 })
  .map((characters) => `Q9${characters.join('')}`)
const odd = fc.string({ unit: fc.constantFrom(...'"\\/+=%&<>\'; .:?#[]@!$(),|~^`{}*-_é€😀'), maxLength: 6 })
const wild = fc.string({ unit: fc.constantFrom(...'\n\t\u0001"\\/+%&é😀 '), maxLength: 4 })
const token = fc.tuple(odd, core, odd).map(([before, middle, after]) => `x${before}${middle}${after}y`)
const anything = fc.tuple(wild, core, wild).map(([before, middle, after]) => `x${before}${middle}${after}y`)
const secretsArbitrary: fc.Arbitrary<Secrets> = fc.record({
  token,
  otherToken: token,
  tokenId: anything,
  clientSecret: anything,
  code: anything,
  password: core,
})

function someSecrets(): Secrets {
  return fc.sample(secretsArbitrary, 1)[0] as Secrets
}

function valuesOf(secrets: Secrets): string[] {
  return Object.values(secrets as unknown as Record<string, string>)
}

/** How a server writes what it was sent into something else. Letters and digits stay as they are. */
const writings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  (text) => JSON.stringify(JSON.stringify(text)).slice(1, -1),
  (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  (text) => unitByUnit(JSON.stringify(text).slice(1, -1), /[^ -~]/g),
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll('%2F', '/'),
  (text) => encodeURIComponent(text).replace(/%../g, (escape) => escape.toLowerCase()),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => encodeURIComponent(JSON.stringify(text)),
  (text) => new URLSearchParams({ s: text }).toString().slice(2),
  (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
  (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  (text) => Buffer.from(text).toString('latin1'),
]

/** Those that leave no character as it is. On top of each other they could hide anything. */
const disguises: readonly ((text: string) => string)[] = [
  (text) => unitByUnit(text, /[^]/g),
  (text) => Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
]

function unitByUnit(text: string, which: RegExp): string {
  return text.replace(which, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const writing = fc.constantFrom(...writings)
const transport = fc.constantFrom(...transports.map(({ options }) => options))

const [user, project, resource] = ['u-1', 'p-1', 'cyclades.vm']

const calls: Readonly<Record<string, (client: AstakosClient, secrets: Secrets) => Promise<unknown>>> = {
  features: (client) => client.features(),
  authenticate: (client) => client.authenticate({ tenantName: user }),
  getEndpoints: (client) => client.getEndpoints(),
  validateToken: (client, { tokenId }) => client.validateToken(tokenId, { belongsTo: 'scope' }),
  getToken: (client, { clientSecret, code, password }) =>
    client.getToken('authorization_code', 'client', clientSecret, { code, refresh_token: password }),
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
  serviceGetQuotas: (client, { otherToken }) => client.withToken(otherToken).serviceGetQuotas({ user }),
  serviceQuotasEntries: (client) => entriesOf(client.serviceQuotasEntries({ user })),
  serviceGetProjectQuotas: (client) => client.serviceGetProjectQuotas({ projectId: [project] }),
  serviceProjectQuotasEntries: (client) => entriesOf(client.serviceProjectQuotasEntries()),
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

it('is looked for in every method', () => {
  expect(Object.keys(calls).sort()).toEqual(METHODS)
})

/** What the process says by itself: Node prints warnings, and what nobody caught. */
const printed: unknown[] = []
const note = (thing: unknown): void => void printed.push(thing)
const restore: (() => void)[] = []

beforeAll(() => {
  for (const event of ['warning', 'unhandledRejection', 'uncaughtException']) {
    process.on(event, note)
    restore.push(() => process.off(event, note))
  }
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream)
    stream.write = (chunk: Uint8Array | string, ...rest: never[]) => {
      note(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
      return write(chunk, ...rest)
    }
    restore.push(() => (stream.write = write))
  }
})

afterAll(() => restore.splice(0).forEach((undo) => undo()))

/** Calls all methods at once, or some, and searches errors, logs, the client and what the process printed. */
async function searchAll(
  secrets: Secrets,
  authUrl: string,
  options: ClientOptions,
  names: readonly string[] = METHODS,
): Promise<Map<string, unknown>> {
  const lines: unknown[] = []
  const log = (...line: unknown[]): void => void lines.push(line)
  const client = new AstakosClient(secrets.token, authUrl, {
    retry: 1,
    retryDelayMsMax: 1,
    timeoutMs: 300,
    attemptTimeoutMs: 120,
    maxResponseBytes: 4000,
    headers: { 'X-Api-Key': secrets.password },
    logger: { debug: log, warn: log },
    ...options,
  })
  const search = new SecretSearch(valuesOf(secrets))
  const errors = new Map<string, unknown>()
  await Promise.all(
    names.map(async (name) => {
      try {
        await calls[name]?.(client, secrets)
      } catch (error) {
        errors.set(name, error)
        expect(error, name).toBeInstanceOf(AstakosClientException)
        search.add(name, error)
      }
      search.add(`${name}: logRequest`, client.logRequest)
      search.add(`${name}: logResponse`, client.logResponse)
    }),
  )
  await client.close()
  search.add('the client', [
    inspect(client, { depth: Infinity, showHidden: true }),
    JSON.stringify(client),
    { ...client },
  ])
  for (const line of lines) search.add('the log', line)
  search.add('what the process printed', printed.splice(0))
  search.expectNothing()
  return errors
}

// ---------------------------------------------------------------- services that send everything back

interface Echo {
  /** What the service was sent, as it came, and the secrets in it once more. */
  readonly text: string
  /** The secrets alone, as they are. */
  readonly plain: string
  /** The same, fit for a line of a head. */
  readonly line: string
  readonly status: number
}

/** Only what the call itself sent: what other calls sent, a client can't remember for ever. */
function echoOf(request: RawRequest, secrets: Secrets, write: (text: string) => string, status: number): Echo {
  const { headers, path, body } = request
  const sent = `${Object.values(headers).join('\n')}\n${path}\n${body}`
  const basic = Buffer.from(headers['authorization']?.slice(6) ?? '', 'base64').toString()
  const held = valuesOf(secrets).filter((secret) => `${sent}\n${basic}`.includes(coreOf(secret)))
  const authorization = headers['authorization'] ?? ''
  const text = [path, body, headers['x-auth-token'], authorization, ...held.map(write)].join(' ')
  // oxlint-disable-next-line no-control-regex -- a line end would end the line
  return { text, plain: held.join(' '), line: text.replace(/[\u0000-\u001f]/g, encodeURIComponent), status }
}

function head({ line, status }: Echo, length: number | string, more = ''): string {
  return (
    `HTTP/1.1 ${status} ${line}\r\ncontent-type: application/json\r\ncontent-length: ${length}\r\n` +
    `x-request-id: ${line}\r\nlocation: /elsewhere?${encodeURI(line)}\r\nset-cookie: a=${line}\r\n${more}\r\n`
  )
}

function send(socket: Socket, echo: Echo, body: string, more?: string): void {
  socket.write(head(echo, Buffer.byteLength(body), more) + body)
}

const ok = (echo: Echo): Echo => ({ ...echo, status: 200 })

const hostilities: Readonly<Record<string, (socket: Socket, echo: Echo) => void>> = {
  'a refusal with a fault': (socket, echo) => {
    const { text } = echo
    const provision = { holder: `user:${text}`, source: text, resource: text, quantity: 1 }
    const data = { name: 'NoCapacityError', provision, limit: 1, usage: 1, [text]: [text, { [text]: text }] }
    send(socket, echo, JSON.stringify({ overLimit: { code: echo.status, message: text, details: text, data } }))
  },
  'a fault that is named after it': (socket, echo) =>
    send(socket, echo, JSON.stringify({ [echo.text]: { code: echo.status, message: '' } })),
  'a fault with all characters escaped': (socket, echo) => {
    const text = unitByUnit(echo.plain, /[^]/g)
    send(socket, echo, `{"badRequest":{"code":400,"message":"${text}","details":"${text}","data":{"x":"${text}"}}}`)
  },
  'a missing holding': (socket, echo) => {
    const provision = { holder: echo.text, source: null, resource: echo.text, quantity: 1 }
    const fault = { code: 404, message: echo.text, data: { name: 'NoHoldingError', provision } }
    send(socket, { ...echo, status: 404 }, JSON.stringify({ itemNotFound: fault }))
  },
  'a refusal in HTML': (socket, echo) => send(socket, echo, `<html>${echo.text}</html>`),
  'a refusal that is no UTF-8': (socket, echo) => {
    const body = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(echo.text), Buffer.from([0xc3])])
    socket.write(head(echo, body.byteLength))
    socket.write(body)
  },
  'a success that is no JSON': (socket, echo) => send(socket, ok(echo), `{"x":"${echo.text}`),
  'a success with a number that is none': (socket, echo) =>
    send(socket, ok(echo), `{${JSON.stringify(echo.text)}:12345678901234567890${echo.text}}`),
  'a success that is no UTF-8': (socket, echo) => {
    const body = Buffer.concat([Buffer.from('{"x":"'), Buffer.from([0xff]), Buffer.from(`${echo.text}"}`)])
    socket.write(head(ok(echo), body.byteLength))
    socket.write(body)
  },
  'a success of another kind': (socket, echo) => send(socket, ok(echo), JSON.stringify(echo.text)),
  'a success without what it promises': (socket, echo) =>
    send(socket, ok(echo), JSON.stringify({ x: echo.text, serial: echo.text, access_token: 1 })),
  'a success that is too large': (socket, echo) => send(socket, ok(echo), JSON.stringify(echo.text.repeat(40))),
  'an answer that breaks off': (socket, echo) => {
    socket.write(head(ok(echo), 100_000))
    socket.write(`{"x":${JSON.stringify(echo.text)}`, () => socket.destroy())
  },
  'a stream that breaks off after an entry': (socket, echo) => {
    const entry = `{"u":{"p":{"r":{"limit":1}}},${JSON.stringify(echo.text)}:{"p":{"r":{"limit":1}}},`
    socket.write(head(ok(echo), 1_000_000))
    socket.write(entry.padEnd(70_000), () => socket.resetAndDestroy())
  },
  'a reset': (socket) => void socket.resetAndDestroy(),
  'what is no HTTP': (socket, { line, text }) => void socket.end(`${line} ${text}\r\n\r\n`),
  'a header that is none': (socket, { line }) =>
    void socket.end(`HTTP/1.1 200 OK\r\n${line}\r\nx y: ${line}\r\ncontent-length: 0\r\n\r\n`),
  'a length that is none': (socket, echo) => void socket.end(head(ok(echo), echo.line)),
  'two lengths': (socket, echo) => void socket.end(head(ok(echo), 3, 'content-length: 4\r\n')),
  'a chunk that is none': (socket, { line, text }) =>
    void socket.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${line}\r\n${text}`),
  'a head that does not end': (socket, { line }) =>
    void socket.end(`HTTP/1.1 200 OK\r\n${`x-more: ${line}\r\n`.repeat(500)}`),
  'another protocol': (socket, { line }) =>
    void socket.end(`HTTP/1.1 101 ${line}\r\nconnection: upgrade\r\nupgrade: ${line}\r\n\r\n`),
  'an early hint before a refusal': (socket, echo) => {
    socket.write(`HTTP/1.1 103 ${echo.line}\r\nlink: ${echo.line}\r\n\r\n`)
    send(socket, echo, echo.text)
  },
  silence: () => undefined,
  'a head, then silence': (socket, echo) => void socket.write(head(ok(echo), 100)),
  'a pause that is too long': (socket, echo) =>
    send(socket, { ...echo, status: 503 }, echo.text, 'retry-after: 99\r\n'),
}

/** One of each base, and one that looks for features first. */
const ONE_EACH = ['authenticate', 'getServices', 'getToken', 'getQuotas', 'issueOneCommission', 'serviceQuotasEntries']

const refusals = fc.constantFrom(300, 302, 400, 401, 403, 404, 405, 409, 413, 418, 422, 429, 500, 502, 599)

describe('no secret comes out', () => {
  it.each(Object.entries(hostilities))('of %s', async (_, hostile) => {
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, transport, writing, refusals, async (secrets, options, write, status) => {
        for (const ownDiscovery of [false, true]) {
          // oxlint-disable-next-line no-await-in-loop -- one server after the other
          await using server = await rawServer(
            (request, socket) => hostile(socket, echoOf(request, secrets, write, status)),
            { ownDiscovery },
          )
          // oxlint-disable-next-line no-await-in-loop
          await searchAll(secrets, server.authUrl, options, ownDiscovery ? ONE_EACH : METHODS)
        }
      }),
      { numRuns: 2, endOnFailure: true },
    )
  })

  it('of an answer, whatever its status and however it is written', async () => {
    const all = [...writings, ...disguises]
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, transport, refusals, async (secrets, options, status) => {
        let nth = 0
        await using server = await rawServer((request, socket) => {
          const echo = echoOf(request, secrets, all[(nth += 1) % all.length] ?? String, status)
          send(socket, echo, `<p>${echo.text}</p>`)
        })
        await searchAll(secrets, server.authUrl, options)
      }),
      { numRuns: 10, endOnFailure: true },
    )
  })

  it('of a catalog that holds it', async () => {
    // A client for another token does not know whose token the catalog repeats.
    const names = METHODS.filter((name) => name !== 'serviceGetQuotas')
    await fc.assert(
      fc.asyncProperty(secretsArbitrary, transport, writing, async (secrets, options, write) => {
        await using server = await rawServer(
          (request, socket) => {
            const part = encodeURIComponent(echoOf(request, secrets, write, 200).text)
            const place = `http://${part}@ignored.example.com/${part}?${part}`
            const catalog = JSON.stringify(CATALOG).replaceAll('http://ignored.example.com', place)
            socket.write(request.path.endsWith('/tokens') ? answer(200, catalog) : answer(404, request.path))
          },
          { ownDiscovery: true },
        )
        await searchAll(secrets, server.authUrl, options, names)
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })

  it('of a connection that is refused', async () => {
    const server = await rawServer(() => undefined)
    await server.close()
    for (const { options } of transports) {
      // oxlint-disable-next-line no-await-in-loop
      const errors = await searchAll(someSecrets(), server.authUrl, options)
      expect(errors.size).toBe(METHODS.length)
    }
  })

  it.each([
    ['that the other side does not speak', {}],
    ['with an authority that is none', { ca: 'none' }],
    ['with a key that is none', { cert: 'none', key: 'none' }],
  ])('of TLS %s', async (_, tls) => {
    await using server = await rawServer((__, socket) => socket.end('what is no TLS'), { ownDiscovery: true })
    for (const { name, options } of transports) {
      const more = name === 'fetch' ? options : { ...options, tls }
      // oxlint-disable-next-line no-await-in-loop
      const errors = await searchAll(someSecrets(), server.authUrl.replace('http:', 'https:'), more)
      expect(errors.size).toBe(METHODS.length)
    }
  })

  it('of a proxy that refuses, or is not there', async () => {
    await using proxy = await rawServer(
      ({ headers }, socket) => {
        const reason = headers['proxy-authorization'] ?? 'none'
        socket.end(`HTTP/1.1 502 ${reason}\r\ncontent-length: ${reason.length}\r\n\r\n${reason}`)
      },
      { ownDiscovery: true },
    )
    for (const scheme of ['http', 'https']) {
      for (const port of [proxy.port, 1]) {
        const secrets = someSecrets()
        const url = `http://user:${secrets.password}@127.0.0.1:${port}`
        // oxlint-disable-next-line no-await-in-loop
        const errors = await searchAll(
          secrets,
          `${scheme}://accounts.example.com/identity/v2.0`,
          { proxy: url },
          ONE_EACH,
        )
        expect(errors.size).toBe(ONE_EACH.length)
      }
    }
    expect(proxy.requests.some(({ headers }) => headers['proxy-authorization'] !== undefined)).toBe(true)
  })

  it('of a proxy in the environment that is no URL', async () => {
    const secrets = someSecrets()
    const before = process.env['HTTPS_PROXY']
    process.env['HTTPS_PROXY'] = `user:${secrets.password}@127.0.0.1`
    try {
      await searchAll(secrets, 'https://127.0.0.1:1/identity/v2.0', {}, ONE_EACH)
    } finally {
      if (before === undefined) delete process.env['HTTPS_PROXY']
      else process.env['HTTPS_PROXY'] = before
    }
  })

  it('of a call that is aborted, and the reason is that of the signal', async () => {
    await using server = await rawServer(() => undefined)
    for (const { options } of transports) {
      const secrets = someSecrets()
      const client = new AstakosClient(secrets.token, server.authUrl, options)
      const controller = new AbortController()
      const reason = new Error('stop')
      const call = failure(client.validateToken(secrets.tokenId, { signal: controller.signal }))
      // oxlint-disable-next-line no-await-in-loop
      await pause(20)
      controller.abort(reason)
      // oxlint-disable-next-line no-await-in-loop
      expect(await call).toBe(reason)
      const search = new SecretSearch(valuesOf(secrets))
      search.add('an aborted call', [reason, client.logRequest, client.logResponse])
      search.expectNothing()
      // oxlint-disable-next-line no-await-in-loop
      await client.close()
    }
  })

  it('of an injected fetch that fails with all that it was given', async () => {
    for (let first = 0; first < rejections.length; first += 1) {
      let nth = first
      const fetch: typeof globalThis.fetch = (input, init) => {
        const rejection = rejections[(nth += 1) % rejections.length] as (typeof rejections)[number]
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- a fetch may reject with anything
        return Promise.reject(rejection(input as string, init ?? {}))
      }
      // oxlint-disable-next-line no-await-in-loop
      const errors = await searchAll(someSecrets(), 'https://accounts.example.com/identity/v2.0', { fetch }, ONE_EACH)
      expect(errors.size).toBe(ONE_EACH.length)
    }
  })

  it('of an injected fetch that throws at once, or answers with nothing of use', async () => {
    const secrets = someSecrets()
    const answers: (() => unknown)[] = [
      () => {
        throw new Error(secrets.token)
      },
      () => undefined,
      () => ({ status: 500, statusText: secrets.token, headers: new Map([['x', secrets.token]]) }),
      () => Response.error(),
      () => new Response(secrets.token, { status: 500, headers: { 'x-request-id': secrets.password } }),
    ]
    for (const one of answers) {
      const fetch = (async () => one()) as unknown as typeof globalThis.fetch
      // oxlint-disable-next-line no-await-in-loop
      const errors = await searchAll(secrets, 'https://accounts.example.com/identity/v2.0', { fetch })
      expect(errors.size).toBe(METHODS.length)
    }
  })

  it('that the service has just given out', async () => {
    const { token: own, otherToken: given } = someSecrets()
    const document = JSON.stringify({ access: { token: { id: given }, serviceCatalog: [] }, access_token: given })
    for (const body of [document, document.slice(0, -1), `${document}}`, `[${document}]`]) {
      // oxlint-disable-next-line no-await-in-loop -- one server after the other
      await using server = await rawServer(
        // Without a body it is discovery, whose answer anybody may read.
        (request, socket) =>
          socket.write(answer(200, request.body === '' && request.method === 'POST' ? CATALOG : body)),
        { ownDiscovery: true },
      )
      const lines: unknown[] = []
      const log = (...line: unknown[]): void => void lines.push(line)
      const client = new AstakosClient(own, server.authUrl, { proxy: false, logger: { debug: log, warn: log } })
      const search = new SecretSearch([given])
      for (const call of [
        () => client.authenticate(),
        () => client.validateToken('id'),
        () => client.getToken('grant', 'client', 'secret', {}),
      ]) {
        // oxlint-disable-next-line no-await-in-loop
        const error = await call().then(
          () => null,
          (thrown: unknown) => thrown,
        )
        search.add('a call that brings a token', [error, client.logRequest, client.logResponse, lines])
      }
      search.expectNothing()
    }
  })

  it('of a client that is closed', async () => {
    const secrets = someSecrets()
    const client = new AstakosClient(secrets.token, 'https://accounts.example.com')
    const search = new SecretSearch(valuesOf(secrets))
    await client.close()
    for (const [name, call] of Object.entries(calls)) {
      // oxlint-disable-next-line no-await-in-loop
      const error = await failure(call(client, secrets))
      expect(error, name).toBeInstanceOf(BadValue)
      search.add(name, error)
    }
    search.expectNothing()
  })

  it('of what a service does not offer', async () => {
    const secrets = someSecrets()
    await using server = await rawServer(() => undefined)
    const client = new AstakosClient(secrets.token, server.authUrl, { proxy: false })
    const error = await failure(client.issueOneCommission(user, project, {}, { idempotencyKey: 'key' }))
    expect(error).toBeInstanceOf(NotSupported)
    const search = new SecretSearch(valuesOf(secrets))
    search.add('NotSupported', error)
    search.expectNothing()
  })
})

/** What HTTP libraries put into their errors, and worse. */
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
  (url, init) => Object.assign(new Error('failed'), { raw: Buffer.from(url + JSON.stringify(init)).buffer }),
  (url, init) => Object.assign(new Error('failed'), { code: JSON.stringify({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { name: JSON.stringify({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { sent: { [JSON.stringify({ url, init })]: true } }),
  (url, init) => Object.assign(new Error('failed'), { request: new Hidden({ url, init }) }),
  (url, init) => Object.defineProperty(new Error('failed'), 'request', { value: { url, init } }),
  (url, init) => Object.defineProperty(new Error('failed'), 'request', { get: () => ({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { toJSON: () => ({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { [inspect.custom]: () => JSON.stringify({ url, init }) }),
  (url, init) => Object.assign(new Error('failed'), { retry: Object.assign(() => undefined, { url, init }) }),
  (url, init) => new RequestFailed({ url, init }),
  (url, init) => JSON.stringify({ url, init }),
  (url, init) => ({ url, init }),
  () => undefined,
  () => Object.create(null) as unknown,
  (url, init) => new DOMException(`${url} ${JSON.stringify(init)}`, 'NetworkError'),
]

/** Keeps a request out of sight, and shows it all the same. */
class Hidden {
  readonly #request: object
  constructor(request: object) {
    this.#request = request
  }
  toJSON(): object {
    return this.#request
  }
}

class RequestFailed extends Error {
  readonly #request: object
  constructor(request: object) {
    super('failed')
    this.#request = request
  }
  get request(): object {
    return this.#request
  }
  toJSON(): object {
    return this.#request
  }
  [inspect.custom](): object {
    return this.#request
  }
}

describe('a value that can not be sent is not repeated', () => {
  const secrets = someSecrets()
  const { password, tokenId, clientSecret } = secrets
  const place = 'https://accounts.example.com/identity/v2.0'
  const wrong = (value: unknown): never => value as never
  const make = (options: ClientOptions): AstakosClient => new AstakosClient(secrets.token, place, options)

  function expectQuiet(name: string, error: unknown): void {
    expect(error).toBeInstanceOf(BadValue)
    const search = new SecretSearch(valuesOf(secrets))
    search.add(name, error)
    search.expectNothing()
  }

  it.each<[string, () => unknown]>([
    ['a token with a line end', () => new AstakosClient(`${secrets.token}\n`, place)],
    ['a token in an object', () => new AstakosClient(wrong({ token: secrets.token }), place)],
    ['a token with a blank', () => new AstakosClient(` ${secrets.token}`, place)],
    ['a token for another client', () => new AstakosClient('token', place).withToken(`${secrets.token}\n`)],
    ['a URL with a password', () => new AstakosClient('token', `https://user:${password}@accounts.example.com`)],
    ['a URL with a query', () => new AstakosClient('token', `${place}?token=${password}`)],
    ['a URL that is none', () => new AstakosClient('token', `user:${password}@accounts.example.com:x`)],
    ['a URL of another scheme', () => new AstakosClient('token', `ftp://${password}@accounts.example.com`)],
    ['a proxy that is none', () => make({ proxy: `//user:${password}@proxy` })],
    ['an origin with a password', () => make({ trustedOrigins: [`https://user:${password}@example.com`] })],
    ['a header with a line end', () => make({ headers: { authorization: `${password}\n` } })],
    ['a header that is a list', () => make({ headers: { cookie: wrong([password]) } })],
    ['a header that is ours', () => make({ headers: { 'X-Auth-Token': password } })],
    ['a key without a certificate', () => make({ tls: { key: password } })],
    ['a number of retries', () => make({ retry: wrong(password) })],
    ['a logger', () => make({ logger: wrong(password) })],
  ])('%s', (name, construct) => {
    let error: unknown = null
    try {
      construct()
    } catch (thrown) {
      error = thrown
    }
    expectQuiet(name, error)
  })

  it.each<[string, (client: AstakosClient) => Promise<unknown>]>([
    ['a token id in a list', (client) => client.validateToken(wrong([tokenId]))],
    ['half a character', (client) => client.validateToken(`${tokenId}\ud800`)],
    ['a client secret in an object', (client) => client.getToken('grant', 'id', wrong({ clientSecret }), {})],
    ['a colon in an id', (client) => client.getToken('grant', `id:${password}`, clientSecret, {})],
    ['a code in a list', (client) => client.getToken('grant', 'id', clientSecret, wrong({ code: [password] }))],
    ['half a character of a code', (client) => client.getToken('grant', 'id', 's', { code: `${password}\udc00` })],
    ['parameters that are a text', (client) => client.getToken('grant', 'id', clientSecret, wrong(password))],
    ['a header of one call', (client) => client.getQuotas({ headers: { cookie: `${password}\r\n` } })],
    ['options that are a text', (client) => client.getQuotas(wrong(password))],
    ['a serial that is a text', (client) => client.acceptCommission(wrong(password))],
    ['a quantity that is a text', (client) => client.issueOneCommission('u', 'p', { r: wrong(password) })],
    ['a key with a blank', (client) => client.issueOneCommission('u', 'p', {}, { idempotencyKey: `${password} ` })],
  ])('%s', async (name, call) => {
    expectQuiet(name, await failure(call(make({}))))
  })
})

describe('cutting secrets', () => {
  it('spares no value of a header that is named after one, however short', async () => {
    await using server = await rawServer((_, socket) => socket.write(answer(404)))
    const client = new AstakosClient('token', server.authUrl, { proxy: false, headers: { Cookie: 'a=1', Accept: '*' } })
    await failure(client.getQuotas())
    expect(client.logRequest?.headers).toMatchObject({ cookie: '(not shown)', accept: '*' })
  })

  it('takes time in proportion to the text, whatever the text', async () => {
    const body = '\\%25&amp;'.repeat(200_000)
    await using server = await rawServer((_, socket) => socket.write(answer(400, body)))
    const client = new AstakosClient('x\\\\%25\\SECRET', server.authUrl, { proxy: false })
    await expect(client.getQuotas()).rejects.toMatchObject({ status: 400 })
  })

  it('leaves no beginning of one where the log of an answer full of them ends', async () => {
    const plain = coreOf(someSecrets().token)
    await using server = await rawServer((_, socket) => socket.write(answer(400, `no${plain.repeat(6000)}`)))
    const client = new AstakosClient(plain, server.authUrl, { proxy: false })
    await failure(client.getQuotas())
    expect(client.logResponse?.data).toMatch(/^no(\(not shown\))+[(]?[not shown]*$/)
  })

  it('leaves no beginning of one where the log of an answer ends', async () => {
    const { token: own } = someSecrets()
    const plain = `${coreOf(own)}${coreOf(own)}`
    let before = 0
    await using server = await rawServer((_, socket) =>
      socket.write(answer(400, `${' '.repeat(before)}${plain}${' '.repeat(40_000)}`)),
    )
    const client = new AstakosClient(plain, server.authUrl, { proxy: false })
    for (const edge of [65_536, 65_536 + 16_384]) {
      for (before = edge - plain.length - 2; before < edge + 3; before += 1) {
        // oxlint-disable-next-line no-await-in-loop
        await failure(client.getQuotas())
        expect('(not shown)').toContain(client.logResponse?.data.trim())
      }
    }
  })
})
