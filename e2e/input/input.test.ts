import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { routes } from '../../packages/server/src/routes/index.ts'
import { campaign, type Summary } from './campaign.ts'
import { generate } from './generate.ts'
import { expectationOf } from './oracle.ts'
import { report } from './report.ts'
import { startTarget, type Tables, type Target } from './target.ts'
import { TEMPLATES } from './templates.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const SEED = 20_26

/** Of every kind there is something that a request could spoil. */
const LOOKED_AT =
  'users holdings commissions resolutions projects project_resources project_log applications application_resources ' +
  'memberships membership_log'

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('bad input', () => {
  it('is answered, refused by faults and changes nothing', async () => {
    await using target = await startTarget(root)
    const tables = await target.tables()
    for (const name of LOOKED_AT.split(' ')) expect(tables.get(name)?.rows, name).toBeGreaterThan(0)
    const summary = await campaign(target, { seed: SEED, numbers: upTo(1500) })
    expect(report(summary).at(-1), report(summary).join('\n')).toBe('1500 requests, 5xx 0, changes 0')
    for (const status of [0, 200, 201, 400, 401, 403, 404, 405, 409, 413])
      expect([...summary.statuses.keys()]).toContain(status)
  })
})

describe('the cases', () => {
  it('start from a valid request of every route and method', () => {
    const plain = (path: string): string => path.replaceAll(/\([^)]*\)/g, '')
    const tried = new Set(TEMPLATES.map(({ method, route }) => `${method} ${plain(route)}`))
    const served = routes.flatMap(({ path, methods }) =>
      Object.keys(methods)
        .filter((method) => ['GET', 'POST', 'PUT'].includes(method))
        .map((method) => `${method} ${plain(path)}`),
    )
    // One that answers all other methods by itself says nothing more with them.
    const isTold = (call: string): boolean => call === 'GET /oauth2/token' || call === 'PUT /oauth2/token'
    expect(served.filter((call) => !isTold(call) && !tried.has(call))).toEqual([])
  })

  it('are the same every time, and others with another seed', () => {
    const all = (seed: number): string[] => upTo(200).map((number) => JSON.stringify(generate(seed, number)))
    expect(all(1)).toEqual(all(1))
    expect(all(1)).not.toEqual(all(2))
  })

  it('are mostly such whose answer is known exactly', () => {
    const expectations = upTo(2000).map((number) => expectationOf(generate(SEED, number)))
    const exact = expectations.filter(({ statuses }) => statuses?.length === 1)
    expect(exact.length).toBeGreaterThan(1200)
    expect(expectations.filter(({ effect }) => effect !== null).length).toBeGreaterThan(10)
  })
})

type Behaviour = (request: IncomingMessage, response: ServerResponse, tables: Map<string, string>) => void

/** A service that answers whatever is asked as a test wants it, and has a table that it may spoil. */
async function against(behaviour: Behaviour, numbers: number[]): Promise<Summary> {
  const tables = new Map([['users', 'as before']])
  const server = createServer((request, response) => {
    request.resume()
    behaviour(request, response, tables)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const target: Target = {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    bind: (text) => text,
    tables: (): Promise<Tables> => Promise.resolve(new Map([...tables].map(([name, md5]) => [name, { rows: 1, md5 }]))),
    reset: () => Promise.resolve(void tables.set('users', 'as before')),
  }
  try {
    return await campaign(target, { seed: SEED, numbers, timeoutMs: 1000 })
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

const refuse = (response: ServerResponse, status: number, body: string): void => {
  response.writeHead(status, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}
const fault = (status: number): string => JSON.stringify({ x: { code: status, message: '', details: '' } })

/** Cases that are refused by one status, below the API, with a body. */
const refusedBy = (status: number): number[] =>
  upTo(1000).filter((number) => {
    const probe = generate(SEED, number)
    const { statuses, isApi, isSilent, effect } = expectationOf(probe)
    return statuses?.join() === String(status) && isApi && !isSilent && effect === null && probe.method !== 'HEAD'
  })

describe('the checker', () => {
  const numbers = refusedBy(400).slice(0, 40)

  it('is content with faults of the right code', async () => {
    const summary = await against((_, response) => refuse(response, 400, fault(400)), numbers)
    expect(summary.findings).toEqual([])
    expect(report(summary).at(-1)).toBe('40 requests, 5xx 0, changes 0')
  })

  it('notices an answer of 500, and shows how to try it again', async () => {
    const summary = await against((_, response) => refuse(response, 500, fault(500)), numbers)
    expect(report(summary).at(-1)).toBe('40 requests, 5xx 40, changes 0')
    expect(report(summary)[0]).toMatch(new RegExp(`^--seed ${SEED} --case \\d+: 500`))
    expect(numbers).toContain(summary.findings[0]?.number)
  })

  it('notices which request has changed something', async () => {
    const [spoiler = 0] = numbers.slice(17)
    const { target: spoilt } = generate(SEED, spoiler)
    const isFirst = numbers.find((number) => generate(SEED, number).target === spoilt)
    const summary = await against((request, response, tables) => {
      if (request.url === spoilt) tables.set('users', `changed by ${request.url}`)
      refuse(response, 400, fault(400))
    }, numbers)
    expect(report(summary).at(-1)).toBe('40 requests, 5xx 0, changes 1')
    expect(summary.findings).toMatchObject([{ number: isFirst, problem: { text: 'changed users' } }])
  })

  it('notices what never answers', async () => {
    const summary = await against(() => undefined, numbers.slice(0, 8))
    expect(summary.findings.map(({ problem }) => problem.text)).toEqual(
      Array.from({ length: 8 }, () => 'neither an answer nor a close'),
    )
  })

  it('notices what closes without an answer', async () => {
    const summary = await against((request) => void request.socket.destroy(), numbers.slice(0, 8))
    expect(new Set(summary.findings.map(({ problem }) => problem.text))).toEqual(new Set(['closed without an answer']))
  })

  it.each([
    ['another code', fault(401)],
    ['two members', JSON.stringify({ a: { code: 400, message: '', details: '' }, b: {} })],
    ['no details', '{"badRequest":{"code":400,"message":""}}'],
    ['no JSON', 'Bad Request'],
    ['no body', ''],
  ])('notices a fault with %s', async (_, body) => {
    const summary = await against((__, response) => refuse(response, 400, body), numbers.slice(0, 5))
    expect(summary.findings).toHaveLength(5)
    expect(summary.findings[0]?.problem.text).toMatch(/^400 that is no fault of that code/)
  })

  it('notices a request that is served although it should not be', async () => {
    const summary = await against((_, response) => refuse(response, 200, '{}'), numbers.slice(0, 5))
    expect(summary.findings).toHaveLength(5)
    expect(summary.findings[0]?.problem.text).toBe('200 instead of 400: {}')
  })

  it('notices a service that is gone', async () => {
    const summary = await against(
      (request) => {
        const { server } = request.socket as unknown as { server: ReturnType<typeof createServer> }
        server.close()
        server.closeAllConnections()
      },
      refusedBy(400).slice(0, 40),
    )
    expect(summary.findings.at(-1)?.problem.text).toMatch(/^the service is gone/)
    expect(summary.requests).toBeLessThan(40)
  })
})
