import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AstakosClient, AstakosClientException } from '../src/index.ts'
import { serve, type Received } from './support/service.ts'

/** Marked, so that nothing else looks like one; with characters that are escaped in URLs, forms, JSON and HTML. */
const odd = fc.string({ unit: fc.constantFrom(...'"\\/+=%&<>\'; .:?#é€😀'), maxLength: 5 })
const secret = fc
  .tuple(odd, fc.stringMatching(/^[A-Za-z0-9]{12}$/), odd)
  .map(([before, core, after]) => `x${before}SECRET${core}${after}y`)
const secrets = fc.record({ token: secret, other: secret, tokenId: secret, clientSecret: secret, code: secret })
type Secrets = typeof secrets extends fc.Arbitrary<infer T> ? T : never

/** How a server writes back what it was sent. */
const writings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  encodeURIComponent,
  (text) => encodeURIComponent(text).replace(/%../g, (escape) => escape.toLowerCase()),
  (text) => encodeURIComponent(encodeURIComponent(text)),
  (text) => new URLSearchParams({ s: text }).toString().slice(2),
  (text) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
  (text) => Buffer.from(text).toString('latin1'),
  (text) => Buffer.from(text).toString('base64'),
  (text) => Buffer.from(text).toString('base64url'),
]

/** Everything that a caller, a log or a crash report could show of a value. */
function shown(value: unknown): string {
  const texts = [
    inspect(value, { depth: Infinity, showHidden: true, getters: true, maxStringLength: null }),
    String(value),
  ]
  try {
    texts.push(JSON.stringify(value) ?? '')
  } catch {
    // A cycle or a bigint: inspect has shown it.
  }
  for (let cause = value; cause instanceof Error; cause = cause.cause) {
    texts.push(
      cause.message,
      cause.stack ?? '',
      JSON.stringify({ ...cause }, (_, member: unknown) => (typeof member === 'bigint' ? String(member) : member)),
    )
    if (cause instanceof AstakosClientException) texts.push(inspect(cause.errobject, { depth: Infinity }))
  }
  return texts.join('\n')
}

function expectNoSecret(where: string, text: string, { token, other, tokenId, clientSecret, code }: Secrets): void {
  for (const value of [token, other, tokenId, clientSecret, code]) {
    // The core has no character that any writing changes.
    const core = /SECRET\w{12}/.exec(value)?.[0] as string
    expect(text.includes(core), `${where} shows ${value}`).toBe(false)
    for (const encoding of ['base64', 'base64url'] as const) {
      expect(
        text.includes(Buffer.from(value).toString(encoding).replace(/=+$/, '')),
        `${where} shows ${value} in ${encoding}`,
      ).toBe(false)
    }
  }
}

const callsOf = (
  client: AstakosClient,
  { other, tokenId, clientSecret, code }: Secrets,
): Record<string, () => Promise<unknown>> => ({
  authenticate: () => client.authenticate(),
  getEndpoints: () => client.getEndpoints(),
  validateToken: () => client.validateToken(tokenId),
  getToken: () => client.getToken('authorization_code', 'id', clientSecret, { code }),
  getUsername: () => client.getUsername('u'),
  getServices: () => client.getServices(),
  sendFeedback: () => client.sendFeedback('message', 'data'),
  getQuotas: () => client.withToken(other).getQuotas(),
  entries: () => client.serviceQuotasEntries().next(),
  issue: () => client.issueOneCommission('u', 'p', { 'cyclades.vm': 1n }),
  accept: () => client.acceptCommission(7),
  resolve: () => client.resolveCommissions([7], [8]),
  createProject: () => client.createProject({ name: 'n', end_date: '2040-01-01T00:00:00Z' }),
  joinProject: () => client.joinProject('p'),
})

/** Calls everything, and searches every error, every log and the client itself. */
async function search(values: Secrets, authUrl: string, options: object): Promise<void> {
  const lines: unknown[] = []
  const log = (...line: unknown[]): void => void lines.push(line)
  const client = new AstakosClient(values.token, authUrl, {
    retry: 1,
    retryDelayMsMax: 1,
    timeoutMs: 2000,
    logger: { debug: log, warn: log },
    ...options,
  })
  for (const [name, call] of Object.entries(callsOf(client, values))) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the log is that of the last call
      await call()
    } catch (error) {
      expect(error, name).toBeInstanceOf(AstakosClientException)
      expectNoSecret(name, shown(error), values)
    }
    expectNoSecret(`${name}: logRequest`, shown(client.logRequest), values)
    expectNoSecret(`${name}: logResponse`, shown(client.logResponse), values)
  }
  expectNoSecret(
    'the client',
    inspect(client, { showHidden: true, depth: Infinity }) + JSON.stringify({ ...client }),
    values,
  )
  expectNoSecret('the log', inspect(lines, { depth: Infinity, maxStringLength: null, maxArrayLength: null }), values)
  await client.close()
}

/** What a request held of the secrets, as a server might write it back. */
function echoed(request: Received, values: Secrets, write: (text: string) => string): string {
  const { clientSecret, ...others } = values
  const sent = [
    Buffer.from(request.headers['x-auth-token'] ?? '', 'latin1').toString(),
    decodeURIComponent(request.path),
  ]
  const form = new URLSearchParams(request.body)
  sent.push(...form.values())
  const basic = /^Basic (.*)$/.exec(request.headers['authorization'] ?? '')?.[1]
  const held = Object.values(others).filter((value) => sent.some((text) => text.includes(value)))
  if (basic !== undefined) held.push(clientSecret)
  return `${held.map(write).join(' ')} Basic ${basic ?? ''}`
}

describe.each([
  ['node:http', {}],
  ['undici', { usePool: true }],
  ['an injected fetch', { fetch: globalThis.fetch }],
])('no secret comes out over %s', (_, options) => {
  it('of an answer that holds what was sent, whatever its status', async () => {
    await fc.assert(
      fc.asyncProperty(
        secrets,
        fc.constantFrom(...writings),
        fc.constantFrom(200, 302, 400, 401, 403, 404, 409, 413, 500, 503),
        async (values, write, status) => {
          await using service = await serve((request) => {
            const body = echoed(request, values, write)
            return { status, headers: { 'x-request-id': encodeURIComponent(body), location: '/elsewhere' }, body }
          })
          await search(values, service.authUrl, options)
        },
      ),
      { numRuns: 12, endOnFailure: true },
    )
  })

  it('of a fault that holds what was sent', async () => {
    await fc.assert(
      fc.asyncProperty(secrets, async (values) => {
        await using service = await serve((request) => {
          const text = echoed(request, values, String)
          return { status: 413, body: { overLimit: { code: 413, message: text, data: { name: text, x: text } } } }
        })
        await search(values, service.authUrl, options)
      }),
      { numRuns: 4, endOnFailure: true },
    )
  })

  it('of a connection that is refused', async () => {
    await fc.assert(
      fc.asyncProperty(secrets, async (values) => {
        const service = await serve()
        const { authUrl } = service
        await service[Symbol.asyncDispose]()
        await search(values, authUrl, options)
      }),
      { numRuns: 3, endOnFailure: true },
    )
  })
})

it('comes out of no error that an injected fetch throws with the request in it', async () => {
  await fc.assert(
    fc.asyncProperty(secrets, async (values) => {
      const fetch = (input: unknown, init: unknown): Promise<Response> =>
        Promise.reject(
          Object.assign(new Error(`failed: ${inspect(init, { depth: 5 })}`, { cause: { input, init } }), { init }),
        )
      await search(values, 'http://127.0.0.1:1/identity/v2.0', { fetch })
    }),
    { numRuns: 5, endOnFailure: true },
  )
})

it('takes time in proportion to the text, whatever the text', async () => {
  const body = '\\%25&amp;'.repeat(200_000)
  await using service = await serve(() => ({ status: 400, body }))
  const client = new AstakosClient('x\\\\%25\\SECRET', service.authUrl)
  await expect(client.getQuotas()).rejects.toMatchObject({ status: 400 })
})
