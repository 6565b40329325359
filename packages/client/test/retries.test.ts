import fc from 'fast-check'
import type { Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import { AstakosClientException, ConnectionError, InvalidResponse, Timeout } from '../src/errors.ts'
import type { RequestOptions } from '../src/options.ts'
import { backoffMs, mayRepeat, RetryBudget, retryAfterMs } from '../src/retry.ts'
import { answer, CATALOG, rawServer, type RawRequest, type RawServer } from './support/raw-server.ts'
import { clientOf, failure, pause, transports, type TransportCase } from './support/transports.ts'

const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanUps.splice(0).map((cleanUp) => cleanUp()))
})

async function serve(...args: Parameters<typeof rawServer>): Promise<RawServer> {
  const server = await rawServer(...args)
  cleanUps.push(server.close)
  return server
}

function open(server: { authUrl: string }, transport: TransportCase, more: object = {}): AstakosClient {
  const client = clientOf(server, transport, { retryDelayMsMax: 1, attemptTimeoutMs: 5000, ...more })
  cleanUps.push(() => client.close())
  return client
}

/** One method for each class; issues have a key where the service takes them. */
const classes: Readonly<
  Record<string, { call: (client: AstakosClient, options?: RequestOptions) => Promise<unknown>; keys: boolean }>
> = {
  safe: { call: (client, options) => client.getProject('p', options), keys: false },
  idempotent: { call: (client, options) => client.acceptCommission(1, options), keys: false },
  once: { call: (client, options) => client.joinProject('p', options), keys: false },
  'keyed, where there are no keys': {
    call: (client, options) => client.issueOneCommission('u', 'p', { vm: 1 }, options),
    keys: false,
  },
  keyed: { call: (client, options) => client.issueOneCommission('u', 'p', { vm: 1 }, options), keys: true },
}

type Fail = (socket: Socket, request: RawRequest) => void

const HEAD = 'HTTP/1.1 200 OK\r\n'
const READS = ['safe', 'idempotent', 'keyed']

/** What may go wrong, and which classes make another attempt then. */
const failures: Readonly<
  Record<string, { fail: Fail; repeated: readonly string[]; error: abstract new (...args: never) => Error }>
> = {
  'a reset': { fail: (socket) => socket.resetAndDestroy(), repeated: READS, error: ConnectionError },
  'an end': { fail: (socket) => socket.end(), repeated: READS, error: ConnectionError },
  'a body cut short': {
    fail: (socket) => socket.end(`${HEAD}content-length: 100\r\n\r\n{`),
    repeated: READS,
    error: ConnectionError,
  },
  'no answer in time': { fail: () => undefined, repeated: READS, error: Timeout },
  'text that is no JSON': {
    fail: (socket, request) =>
      socket.write(answer(request.path.endsWith('commissions') ? 201 : 200, '<html>', echo(request))),
    repeated: ['keyed'],
    error: InvalidResponse,
  },
  ...Object.fromEntries(
    [302, 400, 401, 403, 404, 405, 408, 409, 413, 418, 422, 429, 500, 501, 502, 503, 504, 505, 599].map((status) => [
      String(status),
      {
        fail: (socket: Socket, request: RawRequest) => socket.write(answer(status, '', echo(request))),
        repeated:
          status === 429
            ? ['keyed']
            : [500, 502, 503, 504].includes(status)
              ? READS
              : status > 500
                ? ['safe', 'idempotent']
                : [],
        error: AstakosClientException,
      },
    ]),
  ),
}

function echo(request: RawRequest): Record<string, string> {
  const key = request.headers['idempotency-key']
  return key === undefined ? {} : { 'idempotency-key': key }
}

/** What decides is the same everywhere, so all of it is tried over one transport. */
const EVERYWHERE = new Set(['a reset', 'no answer in time', 'text that is no JSON', '404', '429', '503'])

for (const transport of transports) {
  describe(`attempts over ${transport.name}`, () => {
    for (const [name, { call, keys }] of Object.entries(classes)) {
      for (const [what, { fail, repeated, error: Expected }] of Object.entries(failures)) {
        if (transport.name !== 'undici' && !EVERYWHERE.has(what)) continue
        const isRepeated = repeated.includes(name)
        it(`${name}: ${what} leads to ${isRepeated ? 'others' : 'no other'}`, async () => {
          const server = await serve((request, socket) => fail(socket, request), {
            closeAfterDiscovery: true,
            ...(keys ? { features: 'idempotent-commissions' } : {}),
          })
          const client = open(server, transport, {
            retry: 2,
            attemptTimeoutMs: what === 'no answer in time' ? 40 : 5000,
          })
          await client.getEndpoints()
          await pause(2)
          const error = await failure(call(client))
          expect(error).toBeInstanceOf(Expected)
          expect(error).toMatchObject({ attempts: isRepeated ? 3 : 1 })
          expect(server.requests).toHaveLength(isRepeated ? 3 : 1)
          expect(
            new Set(server.requests.map(({ path, body, headers }) => `${path} ${body} ${headers['idempotency-key']}`))
              .size,
          ).toBe(1)
        })
      }

      it(`${name}: a refused connection leads to others, since nothing was sent`, async () => {
        const server = await serve(() => undefined, {
          closeAfterDiscovery: true,
          ...(keys ? { features: 'idempotent-commissions' } : {}),
        })
        const client = open(server, transport, { retry: 2 })
        await client.getEndpoints()
        await pause(5)
        await server.close()
        expect(await failure(call(client))).toMatchObject({ name: 'ConnectionError', attempts: 3, outcome: 'none' })
      })

      it(`${name}: there is one attempt without \`retry\`, and as many as a call asks for`, async () => {
        const server = await serve(
          (request, socket) => socket.write(answer(503, '', echo(request))),
          keys ? { features: 'idempotent-commissions' } : {},
        )
        const client = open(server, transport)
        expect(await failure(call(client))).toMatchObject({ status: 503, attempts: 1 })
        expect(await failure(call(client, { retry: 3 }))).toMatchObject({ attempts: READS.includes(name) ? 4 : 1 })
        const stubborn = open(server, transport, { retry: 3 })
        expect(await failure(call(stubborn, { retry: 0 }))).toMatchObject({ attempts: 1 })
      })
    }

    it('end with the first that works', async () => {
      let asked = 0
      const server = await serve((_, socket) => {
        asked += 1
        if (asked === 1) socket.write(answer(502, '<html>'))
        else if (asked === 2) socket.resetAndDestroy()
        else socket.write(answer(200, { id: 'p' }))
      })
      expect(await open(server, transport, { retry: 5 }).getProject('p')).toEqual({ id: 'p' })
      expect(asked).toBe(3)
    })

    it('are made for discovery, too', async () => {
      let asked = 0
      const server = await serve(
        (request, socket) => {
          asked += 1
          if (asked <= 2) socket.write(answer(503, ''))
          else socket.write(answer(200, request.path.endsWith('tokens') ? CATALOG : { id: 'p' }))
        },
        { ownDiscovery: true },
      )
      expect(await open(server, transport, { retry: 2 }).getProject('p')).toEqual({ id: 'p' })
      expect(asked).toBe(4)
    })
  })

  describe(`Retry-After over ${transport.name}`, () => {
    /** Refuses once, with the header. */
    const refuseOnce = async (value: string): Promise<{ server: RawServer; times: number[] }> => {
      const times: number[] = []
      const server = await serve((_, socket) => {
        times.push(performance.now())
        if (times.length === 1) socket.write(answer(503, '', { 'retry-after': value }))
        else socket.write(answer(200, { id: 'p' }))
      })
      return { server, times }
    }

    it('in seconds is waited for', async () => {
      const { server, times } = await refuseOnce('1')
      const client = open(server, transport, { retry: 1, retryDelayMsMax: 2000 })
      expect(await client.getProject('p')).toEqual({ id: 'p' })
      const [first = 0, second = 0] = times
      expect(second - first).toBeGreaterThanOrEqual(995)
      expect(second - first).toBeLessThan(1600)
    })

    it('of 0, or of a date that has passed, lets the next attempt be made at once', async () => {
      for (const value of ['0', new Date(Date.now() - 60_000).toUTCString()]) {
        // oxlint-disable-next-line no-await-in-loop -- two
        const { server, times } = await refuseOnce(value)
        const client = open(server, transport, { retry: 1, retryDelayMsMax: 20_000 })
        // oxlint-disable-next-line no-await-in-loop
        await client.getProject('p')
        expect((times[1] ?? 0) - (times[0] ?? 0)).toBeLessThan(90)
      }
    })

    it('longer than the longest pause ends the call at once', async () => {
      for (const value of ['2', '99999999999999999999999', new Date(Date.now() + 60_000).toUTCString()]) {
        // oxlint-disable-next-line no-await-in-loop -- few
        const { server, times } = await refuseOnce(value)
        const client = open(server, transport, { retry: 5, retryDelayMsMax: 1000 })
        const began = performance.now()
        // oxlint-disable-next-line no-await-in-loop
        expect(await failure(client.getProject('p'))).toMatchObject({ status: 503, attempts: 1, retryable: true })
        expect(performance.now() - began).toBeLessThan(500)
        expect(times).toHaveLength(1)
      }
    })

    it('beyond the deadline ends the call at once', async () => {
      const { server } = await refuseOnce('3')
      const client = open(server, transport, { retry: 5, retryDelayMsMax: 20_000, timeoutMs: 2000 })
      const began = performance.now()
      expect(await failure(client.getProject('p'))).toMatchObject({ status: 503, attempts: 1 })
      expect(performance.now() - began).toBeLessThan(500)
    })

    it('that makes no sense is none', async () => {
      const { server, times } = await refuseOnce('soon')
      await open(server, transport, { retry: 1 }).getProject('p')
      expect(times).toHaveLength(2)
    })
  })

  describe(`the retry budget over ${transport.name}`, () => {
    it('lets a failing service have 1.1 requests a call, once its reserve is spent', async () => {
      const server = await serve((_, socket) => socket.write(answer(503, '')))
      const client = open(server, transport, { retry: 5 })
      const spend = async (calls: number): Promise<number> => {
        const before = server.requests.length
        for (let done = 0; done < calls; done += 20) {
          // oxlint-disable-next-line no-await-in-loop -- in batches
          await Promise.allSettled(Array.from({ length: 20 }, () => client.withToken('t').getProject('p')))
        }
        return server.requests.length - before
      }
      const first = await spend(100)
      expect(first).toBeGreaterThan(110)
      expect(first).toBeLessThanOrEqual(121)
      const calls = transport.options.usePool ? 1000 : 200
      const next = await spend(calls)
      expect(next).toBeLessThanOrEqual(calls * 1.1 + 1)
      expect(next).toBeGreaterThanOrEqual(calls * 1.09)
    })

    it("of one client is not another's", async () => {
      const server = await serve((_, socket) => socket.write(answer(503, '')))
      const spent = open(server, transport, { retry: 20 })
      await Promise.allSettled(Array.from({ length: 20 }, () => spent.getProject('p')))
      const before = server.requests.length
      await failure(open(server, transport, { retry: 2 }).getProject('p'))
      expect(server.requests.length - before).toBe(3)
    })
  })
}

describe('the pause between attempts', () => {
  it('is anything from 0 to a bound that doubles, and never more than the longest', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(100_000), (retries, maxMs) => {
        const bound = Math.min(maxMs, 100 * 2 ** retries)
        const pauses = Array.from({ length: 50 }, () => backoffMs(retries, maxMs))
        expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0)
        expect(Math.max(...pauses)).toBeLessThanOrEqual(bound)
      }),
    )
  })

  it('takes the whole range', () => {
    const pauses = Array.from({ length: 4000 }, () => backoffMs(3, 20_000))
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const share = pauses.filter((ms) => ms >= tenth * 80 && ms < (tenth + 1) * 80).length / pauses.length
      expect(share).toBeGreaterThan(0.06)
      expect(share).toBeLessThan(0.14)
    }
  })
})

describe('Retry-After', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const cases: readonly [string | null, number | null][] = [
    [null, null],
    ['0', 0],
    ['5', 5000],
    [' 7 ', 7000],
    ['Thu, 01 Jan 2026 00:00:10 GMT', 10_000],
    ['Wed, 31 Dec 2025 23:59:50 GMT', 0],
    ['soon', null],
    ['', null],
    ['1e3', null],
  ]
  for (const [header, ms] of cases) it(`${header} is ${ms} ms`, () => expect(retryAfterMs(header, now)).toBe(ms))
})

describe('the retry budget', () => {
  it('is a reserve, and then a tenth of the calls', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.boolean(), { maxLength: 300 }), (reserve, steps) => {
        const budget = new RetryBudget(reserve)
        let [calls, retries] = [0, 0]
        for (const isCall of steps) {
          if (isCall) {
            calls += 1
            budget.earn()
          } else if (budget.spend()) retries += 1
          expect(retries).toBeLessThanOrEqual(reserve + calls / 10 + 1e-3)
        }
      }),
    )
  })

  it('does not grow beyond its reserve', () => {
    const budget = new RetryBudget(3)
    for (let call = 0; call < 1000; call += 1) budget.earn()
    expect([budget.spend(), budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, true, false])
  })
})

describe('the classes of operations', () => {
  it('never repeat what may have been done, without a key', () => {
    for (const sent of [true, false]) {
      expect(mayRepeat('once', { kind: 'silence', sent, final: false })).toBe(!sent)
    }
    for (const status of [200, 400, 429, 500, 503]) {
      expect(mayRepeat('once', { kind: 'status', status, final: false })).toBe(false)
    }
    expect(mayRepeat('once', { kind: 'broken', final: false })).toBe(false)
  })

  it('repeat nothing after an end that is final', () => {
    for (const retry of ['safe', 'idempotent', 'keyed', 'once'] as const) {
      expect(mayRepeat(retry, { kind: 'silence', sent: false, final: true })).toBe(false)
    }
  })
})
