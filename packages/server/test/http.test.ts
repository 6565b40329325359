import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What the recordings don't show of the way over HTTP. */

const [database] = databases as [Database]
const started: WorldService[] = []
let plain: WorldService
let tokens: Record<string, string>

async function start(settings: Parameters<typeof startWorldService>[1] = {}): Promise<WorldService> {
  const { connection } = await freshDatabase(await startServer(database), migrated)
  const service = await startWorldService(connection, settings)
  started.push(service)
  return service
}

beforeAll(async () => {
  plain = await start({ settings: { trustProxy: [] } })
  tokens = await plain.load(WORLD)
})
afterAll(async () => {
  await Promise.all(started.map((service) => service[Symbol.asyncDispose]()))
})

/** A request as it is written. */
async function raw(service: WorldService, text: string): Promise<string> {
  const { hostname, port } = new URL(service.origin)
  const socket: Socket = connect(Number(port), hostname)
  let received = ''
  socket.on('data', (data: Buffer) => (received += data.toString('latin1')))
  socket.write(text)
  await once(socket, 'close')
  return received
}

const get = (path: string, ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'host: a', 'connection: close', ...headers, '', ''].join('\r\n')

describe('paths', () => {
  it.each([
    ['/astakos/account/v1.0/resources', 200],
    ['/astakos/account/v1.0/resources/', 200],
    ['/astakos/account/v1.0/resources//', 400],
    ['/astakos/account/v1.0/%72esources', 200],
    ['/astakos/account%2Fv1.0%2Fresources', 200],
    ['/astakos/account/v1.0/resources;a=b', 400],
    ['/astakos/account/v1.0/resources%00', 400],
    ['/astakos/account/v1.0/%ff', 400],
    ['/astakos/account/v1.0/%zz', 400],
    ['/astakos/nowhere', 404],
    ['/%ff', 400],
    ['http://anywhere/astakos/account/v1.0/resources', 200],
    [`/astakos/identity/v2.0/tokens/${'x'.repeat(8000)}`, 404],
    ['/astakos/account/v1.0/commissions/99999999999999999999999999999999999', 401],
  ])('%s is answered by %d', async (path, status) => {
    expect(await raw(plain, get(path))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  it('that the original redirects are redirected, whatever the query', async () => {
    for (const [path, to] of [
      ['/', '/astakos/'],
      ['/astakos', '/astakos/ui/'],
      ['/astakos/?a=b', '/astakos/ui/'],
      ['/astakos/ui', '/astakos/ui/'],
      ['/astakos/weblogin', '/astakos/weblogin/'],
    ] as const)
      expect(await raw(plain, get(path))).toMatch(
        new RegExp(`^HTTP/1\\.1 301 [^]*\r\nlocation: ${plain.origin}${to}\r\n`),
      )
  })

  it('serve under a base URL without a path', async () => {
    const { service } = plain
    const { createApp } = await import('../src/http/app.ts')
    const { routes } = await import('../src/routes/index.ts')
    const { pino } = await import('pino')
    const atRoot = { ...service, settings: { ...service.settings, baseUrl: 'https://accounts.example.org' } }
    const app = createApp({ service: atRoot, routes, logger: pino({ level: 'silent' }) })
    expect((await app.inject('/account/v1.0/resources')).statusCode).toBe(200)
    expect((await app.inject('/account/v1.0/nothing')).statusCode).toBe(400)
    const root = await app.inject('/')
    expect([root.statusCode, root.headers.location]).toEqual([301, 'https://accounts.example.org/ui/'])
    await app.close()
  })
})

describe('a token', () => {
  const quotas = '/astakos/account/v1.0/quotas'
  it('in the query goes before that of the header, unless it is empty', async () => {
    const [alice, bob] = [tokens['token:alice'] as string, tokens['token:bob'] as string]
    const uuidOf = async (...request: Parameters<typeof get>): Promise<string> => raw(plain, get(...request))
    expect(await uuidOf(`${quotas}?X-Auth-Token=${alice}`, `x-auth-token: ${bob}`)).toContain(tokens['uuid:alice'])
    expect(await uuidOf(`${quotas}?X-Auth-Token=`, `x-auth-token: ${bob}`)).toContain(tokens['uuid:bob'])
    expect(await uuidOf(`${quotas}?X-Auth-Token=x&X-Auth-Token=${alice}`)).toContain(tokens['uuid:alice'])
  })

  it.each(['%ff', '%00', 'caf\u00e9', '%C3%A9', 'x'.repeat(5000)])('%s is refused', async (token) => {
    expect(await raw(plain, get(`${quotas}?X-Auth-Token=${token}`))).toMatch(/^HTTP\/1\.1 40[01] /)
  })

  it('of a user is none of a component, and the reverse', async () => {
    const [user, component] = [tokens['token:alice'], tokens['token:component:cyclades']]
    for (const [path, token] of [
      [quotas, component],
      ['/astakos/account/v1.0/commissions', user],
    ] as const)
      expect(await raw(plain, get(path, `x-auth-token: ${token}`))).toContain('Invalid X-Auth-Token')
  })
})

describe('answers', () => {
  it('of the API say that they are not to be kept', async () => {
    const answer = await fetch(`${plain.origin}/astakos/account/v1.0/resources`)
    const { headers } = answer
    expect(headers.get('cache-control')).toBe('no-cache, no-store, must-revalidate, max-age=0')
    expect(headers.get('vary')).toBe('X-Auth-Token')
    expect(headers.get('content-language')).toBe('en')
    expect(headers.get('x-request-id')).toMatch(/^[0-9a-f]{12}-\w+$/)
    for (const name of ['expires', 'last-modified'])
      expect(Math.abs(Date.parse(headers.get(name) ?? '') - Date.now())).toBeLessThan(60_000)
    expect(Number(headers.get('content-length'))).toBe((await answer.arrayBuffer()).byteLength)
  })

  it('to HEAD have the length of the fault, and no body', async () => {
    const text = await raw(plain, get('/astakos/account/v1.0/resources').replace('GET', 'HEAD'))
    expect(text).toMatch(/^HTTP\/1\.1 405 Method Not Allowed\r\n/)
    const fault = { notAllowed: { code: 405, message: 'Method not allowed', details: '' } }
    expect(text).toContain(`\r\ncontent-length: ${JSON.stringify(fault).length}\r\n`)
    expect(text.endsWith('\r\n\r\n')).toBe(true)
  })

  it('to bodies that are too large are 413, and not about quota', async () => {
    const small = await start({ settings: { bodyBytesMax: 1000 } })
    await small.load(WORLD)
    const answer = await fetch(small.authUrl + '/tokens', { method: 'POST', body: 'x'.repeat(1001) })
    expect([answer.status, await answer.json()]).toEqual([
      413,
      { requestEntityTooLarge: { code: 413, message: 'The body is too large', details: '' } },
    ])
  })
})

describe('X-Forwarded-Host', () => {
  it('counts only from a trusted proxy', async () => {
    const trusting = await start({ settings: { trustProxy: ['127.0.0.0/8'] } })
    const header = 'x-forwarded-host: other.example.org'
    expect(await raw(plain, get('/astakos/ui/get_menu', header))).toContain(`${plain.origin}/astakos/ui/`)
    expect(await raw(trusting, get('/astakos/ui/get_menu', header))).toContain('http://other.example.org/astakos/ui/')
    expect(await raw(trusting, get('/astakos/ui/get_menu', header, 'x-forwarded-proto: https'))).toContain(
      'https://other.example.org/astakos/ui/',
    )
    expect(await raw(trusting, get('/astakos/ui/get_menu', header, 'x-forwarded-protocol: https'))).toContain(
      'https://other.example.org/astakos/ui/',
    )
  })
})

describe('CORS', () => {
  const url = (service: WorldService): string => `${service.origin}/astakos/account/v1.0/quotas`
  const ask = { 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-auth-token' }

  it('is off by default', async () => {
    const answer = await fetch(url(plain), { method: 'OPTIONS', headers: { ...ask, origin: 'https://a.example.org' } })
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([405, null])
  })

  it('lets pages of the named origins call, and no others', async () => {
    const open = await start({ settings: { corsOrigins: ['https://a.example.org'] } })
    await open.load(WORLD)
    const preflight = await fetch(url(open), {
      method: 'OPTIONS',
      headers: { ...ask, origin: 'https://a.example.org' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-origin')).toBe('https://a.example.org')
    expect(preflight.headers.get('access-control-allow-headers')).toBe('x-auth-token')
    const call = await fetch(url(open), { headers: { origin: 'https://a.example.org' } })
    expect(call.headers.get('access-control-allow-origin')).toBe('https://a.example.org')
    expect(call.headers.get('access-control-expose-headers')).toContain('Astakos-Features')
    expect(call.headers.get('vary')).toBe('X-Auth-Token, Origin')
    const other = await fetch(url(open), { method: 'OPTIONS', headers: { ...ask, origin: 'https://b.example.org' } })
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([405, null])
  })
})

describe('what is no request', () => {
  it.each([
    ['a line that is no request', 'nonsense\r\n\r\n', 400, 'The request is no valid HTTP'],
    [
      'headers without end',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
      431,
      'The headers are too large',
    ],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      400,
      'The request is no valid HTTP',
    ],
  ])('%s is a fault, too', async (_, text, status, message) => {
    const answer = await raw(plain, text)
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toEqual({
      badRequest: { code: status, message, details: '' },
    })
  })
})

describe('a form with several fields of one name', () => {
  it.each([
    ['feedback_msg=a&feedback_msg=', 400],
    ['feedback_msg=&feedback_msg=b', 200],
  ])('%s: the last one counts', async (body, status) => {
    const answer = await raw(
      plain,
      [
        'POST /astakos/account/v1.0/feedback HTTP/1.1',
        'host: a',
        'connection: close',
        `x-auth-token: ${tokens['token:alice']}`,
        'content-type: application/x-www-form-urlencoded',
        `content-length: ${body.length}`,
        '',
        body,
      ].join('\r\n'),
    )
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })
})
