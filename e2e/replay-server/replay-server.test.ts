import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJson, type Json } from '../replay/json.ts'
import { readScenario, scenarioFiles, type RecordedRequest, type Scenario } from '../replay/transcripts.ts'
import { compare } from './compare.ts'
import { CookieJar } from './cookies.ts'
import type { Difference } from './difference.ts'
import { DIFFERENCES } from './differences.ts'
import { expectationsOf } from './expectation.ts'
import { Connections, sendableOf } from './http.ts'
import { compareLocations } from './location.ts'
import { RecordedService, type Tampering } from './recorded-service.ts'
import { Recordings } from './recordings.ts'
import { differenceOf, Replay, type Verdict } from './replay.ts'
import { Report } from './report.ts'
import { Scope } from './scope.ts'
import { routeOf } from './selection.ts'
import { WorldService } from './service.ts'
import { readXml, readXmlTemplate } from './xml.ts'

const golden = fileURLToPath(new URL('../../fixtures/golden/', import.meta.url))
const worldFile = `${golden}world.json`
const scenarios = scenarioFiles([`${golden}scenarios`]).map(readScenario)
const recordings = new Recordings(worldFile, scenarios)

const ALICE = '0b0e2f4c-0000-4000-8000-000000000001'

function scopeOf(bindings: Record<string, string> = {}): Scope {
  return Scope.of('http://127.0.0.1:8000', '/astakos', { 'uuid:alice': ALICE, 'token:alice': 'a token', ...bindings })
}

describe('the recordings', () => {
  const steps = scenarios.flatMap((scenario) => scenario.steps)

  it('are 1852 steps, 1844 of them with a request', () => {
    expect(scenarios).toHaveLength(108)
    expect(steps).toHaveLength(1852)
    expect(steps.filter(({ request }) => request)).toHaveLength(1844)
    expect(steps.filter(({ operator }) => operator)).toHaveLength(7)
    expect(steps.filter(({ wait_seconds: seconds }) => seconds !== undefined)).toHaveLength(1)
  })
})

describe('the deliberate differences', () => {
  const exchanges = scenarios.flatMap(({ steps }) =>
    steps.flatMap((step) => {
      const { request, response } = step
      if (!request || !response) return []
      return [{ step, request, response, recorded: expectationsOf({ ...step, response }, routeOf(request.url)) }]
    }),
  )

  it('are each used, and never two at once', () => {
    const used = new Set(exchanges.map((exchange) => differenceOf(DIFFERENCES, exchange)))
    expect(DIFFERENCES.filter((difference) => !used.has(difference)).map(({ id }) => id)).toEqual([])
  })

  it('leave no status 500 to be expected', () => {
    for (const exchange of exchanges) {
      const expected = differenceOf(DIFFERENCES, exchange)?.expect(exchange, recordings) ?? exchange.recorded
      for (const { status } of expected) expect(status, exchange.request.url).not.toBe(500)
    }
  })

  it('take the data of earlier faults out where the recordings say so', () => {
    for (const exchange of exchanges) {
      const isStale = 'stale' in exchange.step
      expect(differenceOf(DIFFERENCES, exchange)?.id === 'Q-6').toBe(isStale)
    }
  })

  it('say what is answered to a chunked body', () => {
    const json = { uuids: ['<uuid:alice>'], displaynames: ['BOB@example.org', 'bob@example.org'] }
    const request: RecordedRequest = {
      method: 'POST',
      url: '<base>/account/v1.0/user_catalogs',
      json,
      transfer: 'chunked',
    }
    const exchange = { request, response: { status: 400n, headers: {} }, recorded: [] }
    expect(differenceOf(DIFFERENCES, exchange)?.expect(exchange, recordings)[0]?.body).toEqual({
      kind: 'json',
      json: {
        uuid_catalog: { '<uuid:alice>': 'alice@example.org' },
        displayname_catalog: { 'BOB@example.org': '<uuid:bob>', 'bob@example.org': '<uuid:bob>' },
      },
    })
  })
})

describe('the deliberate differences of projects and memberships', () => {
  const answersTo = (
    method: string,
    path: string,
    json: Json,
    [status, recorded]: readonly [bigint, Json?] = [500n],
  ): string[] => {
    const request: RecordedRequest = { method, url: `<base>/account/v1.0/${path}`, json }
    const response = { status, headers: {}, ...(recorded === undefined ? {} : { json: recorded }) }
    const exchange = { request, response, recorded: [] }
    const difference = differenceOf(DIFFERENCES, exchange)
    const expected = difference?.expect(exchange, recordings) ?? []
    return expected.map(({ status: is, body }) => `${is} ${body.kind === 'fault' ? body.message : body.kind}`)
  }
  const submitted = { name: 'a.example.org', end_date: '2040-06-01T00:00:00Z' }
  const created = [201n, { id: '<project:1>', application: '<application:1>' }] as const

  it('say of which value a project is refused that had an unexpected type', () => {
    const answers = (members: Json, method = 'POST', path = 'projects'): string[] =>
      answersTo(method, path, { ...submitted, ...(members as object) })
    expect(answers({ name: null })).toEqual(['400 Name missing.'])
    expect(answers({ name: 5n, end_date: 5n })).toEqual(['400 Project name should be in domain format'])
    expect(answers({ leave_policy: ['auto'], max_members: null })).toEqual(['400 Invalid leave policy'])
    expect(answers({ max_members: null, join_policy: {} })).toEqual(['400 Invalid join policy'])
    expect(answers({ max_members: 2.5 })).toEqual(['400 Invalid max_members'])
    expect(answers({ resources: { 'cyclades.vm': null }, end_date: [] })).toEqual(['400 Malformed resource policies'])
    expect(answers({ start_date: true, end_date: 5n })).toEqual(['400 Invalid start_date'])
    expect(answers({ max_members: null, end_date: 5n }, 'PUT', 'projects/<project:1>/')).toEqual([
      '400 Invalid end_date',
    ])
    expect(answersTo('PUT', 'projects/<project:1>', null)).toEqual(['400 <text>'])
    expect(answersTo('POST', 'myaccount/default_project', [])).toEqual(['400 <text>'])
  })

  it('claim no failure that they do not know', () => {
    expect(answersTo('POST', 'projects', submitted)).toEqual([])
    expect(answersTo('PUT', 'projects/<project:1>', { name: null, max_members: null, end_date: null })).toEqual([])
    expect(answersTo('POST', 'projects/<project:1>/action', { approve: { app_id: 5n } })).toEqual([])
    expect(answersTo('POST', 'projects/<project:1>/action', { approve: { app_id: '5' } })).toEqual([])
    expect(answersTo('POST', 'projects/memberships', { join: {} })).toEqual([])
    expect(answersTo('POST', 'projects/memberships/<membership:1>/action', { leave: null })).toEqual([])
  })

  it('refuse booleans wherever a number is wanted', () => {
    const capacities = { 'cyclades.vm': { project_capacity: 5n, member_capacity: false } }
    expect(answersTo('POST', 'projects', { ...submitted, max_members: true }, created)).toEqual([
      '400 Invalid max_members',
    ])
    expect(answersTo('POST', 'projects', { ...submitted, resources: capacities }, created)).toEqual([
      '400 Malformed resource policies',
    ])
    expect(answersTo('POST', 'projects/<project:1>/action', { approve: { app_id: true } }, [404n])).toEqual([
      '400 <text>',
    ])
    expect(answersTo('POST', 'projects/memberships', { join: { project: true } }, [404n])).toEqual([
      '400 Invalid project ID: <text>',
    ])
    expect(answersTo('POST', 'projects', { ...submitted, private: true }, created)).toEqual([])
  })

  it('take a number for no project, where a project is looked for', () => {
    const unknown = 'There is no project identified by 7.'
    const join = (project: Json, status: bigint): string[] =>
      answersTo('POST', 'projects/memberships', { join: { project } }, [status])
    expect(join(7n, 200n)).toEqual([`404 ${unknown}`])
    expect(join('7', 409n)).toEqual([`404 ${unknown}`])
    expect(join('<project:1>', 409n)).toEqual([])
    expect(join(10n ** 20n, 400n)).toEqual([])
    expect(answersTo('POST', 'projects/7/action', { suspend: {} }, [200n])).toEqual([`404 ${unknown}`])
    expect(answersTo('POST', 'projects/7/action', { approve: { app_id: 5n } }, [409n])).toEqual([])
    expect(answersTo('PUT', 'projects/7', {}, created)).toEqual([`404 ${unknown}`])
    const enroll = { enroll: { project: 7n, user: 'bob@example.org' } }
    expect(answersTo('POST', 'projects/memberships', enroll, [200n])).toEqual([`409 ${unknown}`])
    const nobody = { conflict: { message: 'Unknown users: bob@example.org' } }
    expect(answersTo('POST', 'projects/memberships', enroll, [409n, nobody])).toEqual([])
  })

  it('leave open whether a date is understood that need not be', () => {
    const dated = (members: object): string[] => answersTo('POST', 'projects', { ...submitted, ...members }, created)
    expect(dated({ end_date: '1 June 2040 UTC' })).toEqual(['400 Invalid end_date'])
    expect(dated({ start_date: 'June 1st', end_date: 'x' })).toEqual(['400 Invalid start_date'])
    for (const date of ['2113-5-5T20:20:20Z', '2113-01-01T0:0Z', '2040-06-01 00:00 UTC', '2040-06-01T00:00:00.5+0200'])
      expect(dated({ end_date: date, start_date: null })).toEqual([])
  })
})

describe('comparing JSON', () => {
  const problems = (expected: Json, actual: string, hints = {}, scope = scopeOf()): string[] =>
    compare(expected, readJson(actual), scope, hints)

  it('wants the same members, in any order', () => {
    expect(problems({ a: 1n, b: null }, '{"b": null, "a": 1}')).toEqual([])
    expect(problems({ a: 1n, b: null }, '{"a": 1}')).toEqual(['$.b: missing, expected null'])
    expect(problems({ a: 1n }, '{"a": 1, "b": null}')).toEqual(['$.b: not expected, got null'])
  })

  it('keeps integers exact, and apart from fractions, booleans and texts', () => {
    expect(problems([9223372036854775807n], '[9223372036854775807]')).toEqual([])
    expect(problems([9223372036854775807n], '[9223372036854775808]')).toHaveLength(1)
    expect(problems([1n], '[1.0]')).toHaveLength(1)
    expect(problems([1n], '[true]')).toHaveLength(1)
    expect(problems([1n], '["1"]')).toHaveLength(1)
  })

  it('minds the order of lists but for those named', () => {
    expect(problems({ a: [1n, 2n] }, '{"a": [2, 1]}')).toHaveLength(2)
    expect(problems({ a: [1n, 2n] }, '{"a": [2, 1]}', { unordered: ['$.a'] })).toEqual([])
    expect(problems({ a: [1n, 2n] }, '{"a": [2, 2]}', { unordered: ['$.a'] })).toHaveLength(2)
    expect(problems([{ a: [1n, 2n] }], '[{"a": [2, 1]}]', { unordered: ['$[*].a'] })).toEqual([])
    expect(problems([1n, 2n], '[1]', { unordered: ['$'] })).toEqual(['$: no item is 2'])
  })

  it('finds the assignment of a list without order that fits all items', () => {
    const scope = scopeOf()
    const expected = [['<serial:1>'], ['<serial:2>', 'b'], ['<serial:1>', 'a']]
    expect(problems(expected, '[[7], [8, "b"], [7, "a"]]', { unordered: ['$'] }, scope)).toEqual([])
    expect(scope.text('<serial:1> <serial:2>')).toBe('7 8')
    const ambiguous = ['<serial:3>', '<serial:4>']
    expect(problems({ all: ambiguous, last: '<serial:4>' }, '{"all": [9, 10], "last": 10}')).toEqual([])
  })

  it('compares lenient texts up to their foreign notation', () => {
    const lenient = ['$.message']
    expect(
      problems({ message: "Malformed provision {u'a': 1}" }, '{"message": "Malformed provision {\\"a\\":1}"}'),
    ).toHaveLength(1)
    expect(
      problems({ message: "Malformed provision {u'a': 1}" }, '{"message": "Malformed provision x"}', { lenient }),
    ).toEqual([])
    expect(problems({ message: "Malformed provision {u'a': 1}" }, '{"message": "Wrong"}', { lenient })).toHaveLength(1)
  })
})

describe('placeholders', () => {
  it('are bound to the first value and stay with it', () => {
    const scope = scopeOf()
    expect(compare({ serial: '<serial:1>' }, { serial: 1007n }, scope)).toEqual([])
    expect(scope.json(['<serial:1>', '<serial:1|string>', 'serial <serial:1>'])).toEqual([1007n, '1007', 'serial 1007'])
    expect(compare({ serial: '<serial:1>' }, { serial: 1008n }, scope)).toEqual(['$.serial: expected 1007, got 1008'])
  })

  it('of one kind have different values', () => {
    const scope = scopeOf({ 'serial:1': '1007' })
    expect(compare('<serial:2>', 1007n, scope)).toHaveLength(1)
    expect(compare('<serial:2>', 1008n, scope)).toEqual([])
  })

  it('of integers stand for JSON integers, and with a suffix for texts', () => {
    expect(compare('<serial:1>', '7', scopeOf())).toHaveLength(1)
    expect(compare('<serial:1|string>', '7', scopeOf())).toEqual([])
    expect(compare('<serial:1|string>', 7n, scopeOf())).toHaveLength(1)
  })

  it('are found in keys', () => {
    const scope = scopeOf()
    expect(
      compare({ '<uuid:alice>': 1n, '<project:1>': 2n }, { [ALICE]: 1n, [ALICE.replace('1', '2')]: 2n }, scope),
    ).toEqual([])
    expect(compare({ '<uuid:bob>': 1n }, { bob: 1n }, scope)).toHaveLength(2)
  })

  it('of what came into being here alone are expected nowhere, and take their items with them', () => {
    const [known, id] = [ALICE.replace(/1$/, '2'), ALICE.replace(/1$/, '3')]
    const scope = scopeOf({ 'project:1': known })
    expect(compare({ id: '<project:new>' }, { id: known }, scope)).toHaveLength(1)
    expect(compare({ id: '<project:new>', is: '<application:new>' }, { id, is: 7n }, scope)).toEqual([])
    expect(compare(['<project:1>'], [id, known], scope)).toEqual([])
    expect(compare([{ id: '<project:1>' }], [{ id: known }, { id }], scope, { unordered: ['$'] })).toEqual([])
    expect(compare({ '<project:1>': 1n }, { [known]: 1n, [id]: 2n }, scope)).toEqual([])
    expect(compare([], [ALICE], scope)).toHaveLength(1)
    expect(compare('<project:2>', id, scope)).toHaveLength(1)
    expect(compare('<serial:1>', 7n, scope)).toEqual([])
  })

  it('are encoded by their suffix', () => {
    const scope = scopeOf()
    expect(scope.text('<base|urlencode> <base|quote> <uuid:alice|upper>')).toBe(
      `http%3A%2F%2F127.0.0.1%3A8000%2Fastakos http%3A//127.0.0.1%3A8000/astakos ${ALICE.toUpperCase()}`,
    )
    expect(scope.text('<base:https> <origin> <base_path>')).toBe(
      'https://127.0.0.1:8000/astakos http://127.0.0.1:8000 /astakos',
    )
  })

  it('of dates are patterns', () => {
    expect(compare('<datetime>', '2026-12-24T03:12:24.957632+00:00', scopeOf())).toEqual([])
    expect(compare('<datetime>', '2026-12-24T03:12:24+00:00', scopeOf())).toEqual([])
    expect(compare('<datetime>', '2026-12-24T03:12:24.957Z', scopeOf())).toHaveLength(1)
    expect(compare('<datetime>', '2026-12-24T03:12:24.957+00:00', scopeOf())).toHaveLength(1)
  })

  it('that stand for nothing here take their items with them', () => {
    const scope = scopeOf({ 'serial:1': '1001' })
    scope.withhold(['<serial:1>', '<serial:2>'], 'O-10')
    expect(compare(['<serial:1>', '<serial:2>'], [1001n], scope)).toEqual([])
    expect(compare(['<serial:1>', '<serial:2>'], [1001n, 1002n], scope)).toHaveLength(1)
    expect(compare({ serial: '<serial:2>' }, { serial: 1002n }, scope)).toHaveLength(1)
    expect(() => scope.text('<serial:2>')).toThrow('O-10')
  })
})

describe('comparing XML', () => {
  const problems = (expected: string, actual: string): string[] =>
    compare(readXmlTemplate(expected), readXml(actual), scopeOf())

  it('minds neither white space nor the order of attributes nor declared namespaces', () => {
    expect(
      problems(
        '<?xml version="1.0"?>\n\n<a  SNF:b="1"  c="<token:alice>" >\n <d/>\n <e>&#39;x&#39; <uuid:alice></e></a>\n',
        `<?xml version="1.0"?><a xmlns:SNF="urn:x" c="a token" SNF:b='1'><d></d><e>'x' ${ALICE}</e></a>`,
      ),
    ).toEqual([])
  })

  it('minds everything else', () => {
    expect(problems('<a b="1"/>', '<a b="2"/>')).toHaveLength(1)
    expect(problems('<a b="1"/>', '<a/>')).toHaveLength(1)
    expect(problems('<a><b/></a>', '<a><b/><b/></a>')).toHaveLength(1)
    expect(problems('<a>x</a>', '<a>y</a>')).toHaveLength(1)
    expect(problems('<a/>', '<b/>')).toHaveLength(1)
    for (const text of ['<a>', '<a></b>', '<a/><b/>', '{}', '<a b=1/>'])
      expect(() => readXml(text)).toThrow(SyntaxError)
  })
})

describe('comparing locations', () => {
  const problems = (expected: string, actual: string, scope = scopeOf()): string[] =>
    compareLocations(expected, actual, 'http://127.0.0.1:8000/astakos/weblogin/login', scope)

  it('takes queries as sets, also inside of next', () => {
    const next = encodeURIComponent('http://127.0.0.1:8000/x?c=3&d=4')
    const shuffled = encodeURIComponent('http://127.0.0.1:8000/x?d=4&c=3')
    expect(problems(`<base>/ui/login?a=1&next=${next}`, `/astakos/ui/login?next=${shuffled}&a=1`)).toEqual([])
    expect(problems(`<base>/ui/login?a=1&next=${next}`, `/astakos/ui/login?next=${shuffled}&a=2`)).not.toEqual([])
    expect(problems('<base>/ui/', '<base>/ui')).not.toEqual([])
  })

  it('binds what is in the query', () => {
    const scope = scopeOf()
    expect(problems('<origin>/cb?code=<oauth2:code:1>', '/cb?code=abc', scope)).toEqual([])
    expect(scope.text('<oauth2:code:1>')).toBe('abc')
  })
})

describe('requests', () => {
  const wire = async (request: RecordedRequest, jar: CookieJar | null = null): Promise<string> => {
    let received = ''
    const server = createServer((socket) => {
      socket.setEncoding('latin1').on('data', (text: string) => {
        received += text
        if (/\r\n\r\n/.test(received) && (!/chunked/.test(received) || received.endsWith('0\r\n\r\n')))
          socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const scope = Scope.of(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, '/astakos', {
      'serial:1': '7',
    })
    using connections = new Connections()
    const { status } = await connections.send(sendableOf(request, scope, jar))
    expect(status).toBe(204)
    server.close()
    await once(server, 'close')
    return received
  }

  it('send paths, header names and values as they are written', async () => {
    const sent = await wire({
      method: 'GET',
      url: '<base>/a/../%71//b;c?x=%3C&y=<serial:1>',
      headers: { 'x-AUTH-token': ' café ' },
    })
    expect(sent).toMatch(/^GET \/astakos\/a\/\.\.\/%71\/\/b;c\?x=%3C&y=7 HTTP\/1\.1\r\n/)
    expect(sent).toContain('x-AUTH-token:  café \r\n')
    expect(sent).not.toMatch(/content-length|transfer-encoding|content-type/i)
  })

  it('have a length of 0 without a body where that was recorded', async () => {
    expect(await wire({ method: 'POST', url: '<base>/a' })).toContain('Content-Length: 0\r\n')
    const none = await wire({ method: 'POST', url: '<base>/a', transfer: 'none' })
    expect(none).not.toMatch(/content-length|transfer-encoding/i)
    expect(await wire({ method: 'DELETE', url: '<base>/a' })).not.toMatch(/content-length|transfer-encoding/i)
  })

  it('carry a body with any method', async () => {
    const sent = await wire({ method: 'TRACE', url: '<base>/a', json: { serial: '<serial:1>' } })
    expect(sent).toMatch(/^TRACE .*\r\nContent-Length: 12\r\n.*\r\n\r\n\{"serial":7\}$/s)
    const latin1 = await wire({ method: 'POST', url: '<base>/a', latin1: 'é' })
    expect(latin1).toMatch(/Content-Length: 1\r\n.*\r\n\r\né$/s)
  })

  it('are chunked where that was recorded', async () => {
    const sent = await wire({ method: 'POST', url: '<base>/a', text: 'body', transfer: 'chunked' })
    expect(sent).toMatch(/Transfer-Encoding: chunked\r\n.*\r\n\r\n4\r\nbody\r\n0\r\n\r\n$/s)
    expect(sent).not.toMatch(/content-length/i)
  })

  it('send the cookies of their jar', async () => {
    const jar = new CookieJar()
    jar.store(['a=1; Secure', 'b=2', 'csrftoken=t; Path=/', 'b=""; expires=Thu, 01 Jan 1970'])
    const sent = await wire({ method: 'POST', url: '<base>/a', cookie_jar: 'x', csrf: true }, jar)
    expect(sent).toContain('Cookie: a=1; csrftoken=t\r\n')
    expect(sent).toContain('X-CSRFToken: t\r\n')
  })
})

describe('the replay', () => {
  const service = new RecordedService(worldFile)
  beforeAll(() => service.listen())
  afterAll(() => service[Symbol.asyncDispose]())

  const play = async (
    scenario: Scenario,
    tamper?: Tampering,
    differences: readonly Difference[] = [],
  ): Promise<Verdict[]> => {
    service.expect(scenario, tamper)
    const verdicts: Verdict[] = []
    for await (const [, verdict] of new Replay(service, recordings, differences).play(scenario)) verdicts.push(verdict)
    return verdicts
  }
  const named = (name: string): Scenario => {
    const scenario = scenarios.find((candidate) => candidate.name === name)
    if (scenario === undefined) throw new Error(`No scenario ${name}`)
    return scenario
  }
  const problemsOf = async (name: string, n: bigint, tamper: Tampering): Promise<string[]> => {
    const verdicts = await play(named(name), (step, answer) => (step.n === n ? tamper(step, answer) : answer))
    return verdicts.flatMap((verdict) => (verdict.kind === 'failed' ? verdict.problems : []))
  }

  it('finds nothing wrong with a service that answers as recorded, and sends it what was recorded', async () => {
    for (const scenario of scenarios) {
      // Nothing expires in a service that only knows its answers.
      const steps = scenario.steps.map((step) =>
        step.wait_seconds === undefined ? step : { ...step, wait_seconds: 0n },
      )
      const verdicts = await play({ ...scenario, steps })
      expect(verdicts.length).toBe(scenario.steps.length)
      expect(
        verdicts.filter(({ kind }) => kind !== 'passed'),
        scenario.name,
      ).toEqual([])
    }
    expect(service.problems).toEqual([])
    expect(service.orders).toContainEqual({ requires: 'mail-unreachable' })
    expect(service.orders.some((order) => 'operator' in order)).toBe(true)
  })

  it('notices another status', async () => {
    const problems = await problemsOf('commission-accept', 6n, (_, answer) => ({ ...answer, status: 202 }))
    expect(problems).toEqual([expect.stringMatching(/^status: expected 200, got 202/)])
  })

  it('notices another body', async () => {
    const tamper: Tampering = (_, answer) => ({ ...answer, body: answer.body.replace('"usage":1', '"usage":2') })
    const problems = await problemsOf('commission-accept', 2n, tamper)
    expect(problems).toEqual([expect.stringMatching(/usage: expected 1, got 2$/)])
    expect(await problemsOf('commission-accept', 2n, (_, answer) => ({ ...answer, body: '{' }))).toHaveLength(1)
    expect(await problemsOf('commission-accept', 6n, (_, answer) => ({ ...answer, body: '{}' }))).toEqual([
      'body: expected none, got {}',
    ])
    expect(
      await problemsOf('identity-xml', 8n, (_, answer) => ({ ...answer, body: answer.body.replace('Inv', 'V') })),
    ).toHaveLength(1)
  })

  it('notices a missing and another header', async () => {
    const without: Tampering = (_, { headers: { allow: _allow, ...headers }, ...answer }) => ({ ...answer, headers })
    expect(await problemsOf('identity-token-methods', 1n, without)).toEqual(['header allow: missing, expected POST'])
    const retyped: Tampering = (_, answer) => ({
      ...answer,
      headers: { ...answer.headers, 'content-type': 'text/html' },
    })
    expect(await problemsOf('identity-token-methods', 1n, retyped)).toEqual([
      'header content-type: expected application/json; charset=UTF-8, got text/html',
    ])
  })

  it('fails the steps that need what was never bound', async () => {
    const refuse: Tampering = (_, answer) => ({ ...answer, status: 400 })
    const problems = await problemsOf('commission-reject', 1n, refuse)
    expect(problems[0]).toMatch(/^status: expected 201, got 400/)
    expect(problems).toContain('skipped: <serial:1> was never bound')
  })

  it('takes another of several refused provisions, with its message', async () => {
    const step = named('commission-release').steps.find(({ n }) => n === 4n)
    expect(step?.alternatives).toHaveLength(1)
    const other: Tampering = (_, answer) => ({
      ...answer,
      body: answer.body
        .replace(/"holder":"user:([^"]+)"/, '"holder":"project:$1"')
        .replace(/"source":"[^"]+"/, '"source":null')
        .replace(/"message":"user:/, '"message":"project:'),
    })
    expect(await problemsOf('commission-release', 4n, other)).toEqual([])
    const mixed: Tampering = (_, answer) => ({
      ...answer,
      body: answer.body.replace('"message":"user:', '"message":"project:'),
    })
    expect(await problemsOf('commission-release', 4n, mixed)).toHaveLength(1)
  })

  it('expects what a deliberate difference says, and skips what does not exist then', async () => {
    const difference: Difference = {
      id: 'X-1',
      why: 'nothing is issued',
      when: ({ request, response }) => request.method === 'POST' && response.status === 201n,
      expect: () => [{ status: 201, headers: { 'content-type': 'text/plain' }, body: { kind: 'empty' } }],
    }
    const answerOtherwise: Tampering = (step, answer) =>
      step.n === 1n ? { status: 201, headers: { 'content-type': 'text/plain' }, body: '' } : { ...answer, body: '[]' }
    const { steps, ...scenario } = named('commission-accept')
    const short = { ...scenario, steps: steps.filter(({ n }) => n <= 4n && n !== 2n) }
    expect(await play(short, answerOtherwise, [difference])).toEqual([
      { kind: 'passed', by: difference },
      { kind: 'passed', by: null },
      { kind: 'skipped', because: 'X-1' },
    ])
    const [verdict] = await play(short, undefined, [difference])
    expect(verdict).toMatchObject({ kind: 'failed', by: difference })
  })

  it('fails a refusal that has an effect', async () => {
    const refusal: Difference = {
      id: 'X-2',
      why: 'it is refused',
      when: () => true,
      expect: () => [{ status: 400, headers: {}, body: { kind: 'any' } }],
    }
    const answered = async (name: string, bodies: readonly string[]): Promise<Verdict[]> => {
      const scenario = named(name)
      const [first] = scenario.steps
      let asked = 0
      const steps = bodies.map(() => first).filter((step) => step !== undefined)
      service.expect({ ...scenario, steps }, () => {
        const body = bodies[asked++] ?? '{}'
        return { status: body === 'refused' ? 400 : 200, headers: {}, body }
      })
      const verdicts: Verdict[] = []
      const replay = new Replay(service, recordings, [refusal])
      const one = { ...scenario, steps: steps.slice(0, 1) }
      for await (const [, verdict] of replay.play(one)) verdicts.push(verdict)
      expect(asked).toBe(bodies.length)
      return verdicts
    }
    const [passed, failed] = [[{ kind: 'passed' }], [{ kind: 'failed' }]]
    expect(await answered('commission-accept', ['[]', '{}', 'refused', '[]', '{}'])).toMatchObject(passed)
    expect(await answered('commission-accept', ['[]', '{}', 'refused', '[7]', '{}'])).toMatchObject(failed)
    const [before, after] = [
      ['[1]', '[]', '{}'],
      ['[1]', '[]', '{"a": 0}'],
    ]
    expect(await answered('project-create-dates', [...before, 'refused', ...before])).toMatchObject(passed)
    expect(await answered('project-create-dates', [...before, 'refused', ...after])).toMatchObject(failed)
    service.problems.length = 0
  })
})

describe('the service in a process of its own', () => {
  const world = `{ origin: 'http://127.0.0.1:1', base_path: '/astakos', bindings: { 'uuid:alice': 'a' } }`
  const script = (answer: string): string[] => [
    process.execPath,
    '--input-type=module',
    '--eval',
    `import { createInterface } from 'node:readline'
     const say = (value) => console.log(JSON.stringify(value))
     say(${world})
     for await (const line of createInterface(process.stdin)) { const command = JSON.parse(line); ${answer} }`,
  ]

  it('tells its bindings, obeys, and ends with its input', async () => {
    await using service = new WorldService(script(`say(command.reset ? ${world} : { ok: true })`), '/')
    expect((await service.start()).text('<base>/<uuid:alice>')).toBe('http://127.0.0.1:1/astakos/a')
    expect((await service.reset()).text('<uuid:alice>')).toBe('a')
    await service.order({ requires: 'mail-unreachable' })
  })

  it('fails what it does not do', async () => {
    await using service = new WorldService(script(`say({ error: 'no such user' })`), '/')
    await service.start()
    await expect(service.order({ operator: { action: 'renew_token' } })).rejects.toThrow('no such user')
  })

  it('is missed when it ends', async () => {
    await using service = new WorldService(script('process.exit(3)'), '/')
    await service.start()
    await expect(service.reset()).rejects.toThrow('The service ended')
  })
})

describe('the report', () => {
  it('counts steps and names rules that were never used', () => {
    const lines: string[] = []
    const [used, unused] = DIFFERENCES
    if (!used || !unused) throw new Error('No differences')
    const report = new Report((line) => lines.push(line), [used, unused])
    const scenario = scenarios[0]
    const step = scenario?.steps[0]
    if (!scenario || !step) throw new Error('No scenario')
    report.scenario(scenario)
    report.step(scenario, step, { kind: 'passed', by: used })
    report.step(scenario, step, { kind: 'failed', problems: ['the problem'], by: null })
    report.step(scenario, step, { kind: 'skipped', because: used.id })
    report.summary()
    expect(lines).toContain('    the problem')
    expect(lines.filter((line) => line.includes('NEVER USED'))).toEqual([expect.stringContaining(unused.id)])
    expect(lines.at(-1)).toBe('1 passed, 1 failed')
  })
})
