import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  AstakosClient,
  AstakosClientException,
  BadValue,
  effectiveQuota,
  formatQuantity,
  mkProvisions,
  parseEndpoints,
  parseExact,
  parseQuantity,
  stringifyExact,
} from '../src/index.ts'
import { METHODS } from './support/methods.ts'
import { always, serve, type Service } from './support/service.ts'
import { clientOf, failure, nodeTransports } from './support/transports.ts'

/** Whatever can't be sent as meant is refused by name, before anything is sent. Rule R4 of the surface. */

/** A bad value, and the argument that the error names, where it is not the one that the value stands for. */
interface Bad {
  readonly value: unknown
  readonly argument: string
}

/** One parameter: a value that is fine, and many that are not. */
interface Parameter {
  readonly argument: string
  readonly good: unknown
  readonly bad: readonly Bad[]
}

const NOTHING = [null, undefined]
const NO_TEXT = [0, 7, Number.NaN, 1.5, 10n, true, {}, [], ['a'], Symbol('a'), () => 'a', new String('a')] // oxlint-disable-line no-new-wrappers
const HALVES = ['\ud800', 'a\udfffb', '\udc00\ud800']
const NO_COUNT = [
  null,
  '',
  '5',
  Number.NaN,
  -1,
  1.5,
  2 ** 53,
  1e308,
  Infinity,
  -Infinity,
  10n,
  true,
  {},
  [5],
  new Date(),
]
const NO_INTEGER = [...NO_COUNT.filter((value) => value !== -1), -(2 ** 53), undefined]
const NO_QUANTITY = [
  ...NO_INTEGER.filter((value) => typeof value !== 'bigint'),
  2n ** 63n,
  -(2n ** 63n) - 1n,
  10n ** 100n,
  0.1,
]
const NO_OBJECT = [null, 0, 5, '', 'text', true, 10n, Symbol('a'), [], [{}], () => ({})]
const NO_LIST = [0, 5, '', 'text', true, 10n, {}, { length: 1, 0: 'a' }, new Set(['a']), () => []]
const NO_FLAG = [null, 0, 1, '', 'true', {}, []]

function bad(argument: string, ...values: unknown[]): Bad[] {
  return values.map((value) => ({ value, argument }))
}

function parameter(argument: string, good: unknown, ...values: unknown[]): Parameter {
  return { argument, good, bad: bad(argument, ...values) }
}

/** A text that must not be empty. */
const id = (argument: string): Parameter => parameter(argument, 'id', ...NOTHING, ...NO_TEXT, '')
/** One that stands in a path. */
const pathId = (argument: string): Parameter =>
  parameter(argument, 'id', ...NOTHING, ...NO_TEXT, ...HALVES, '', '.', '..')
/** One that stands in a form. */
const formId = (argument: string): Parameter => parameter(argument, 'id', ...NOTHING, ...NO_TEXT, ...HALVES, '')
const formText = (argument: string): Parameter => parameter(argument, '', ...NOTHING, ...NO_TEXT, ...HALVES)
const serial = (argument: string): Parameter => parameter(argument, 1, ...NO_INTEGER)

function list(argument: string, good: unknown, badItems: readonly unknown[]): Parameter {
  return {
    argument,
    good: [good],
    bad: [
      ...bad(argument, ...NOTHING, ...NO_LIST),
      ...badItems.flatMap((item) => [
        ...bad(`${argument}[0]`, [item]),
        ...bad(`${argument}[2]`, [good, good, item, good]),
      ]),
      // oxlint-disable-next-line no-sparse-arrays -- that is what is tried
      ...bad(`${argument}[1]`, [good, , good]),
    ],
  }
}

const ids = (argument: string): Parameter => list(argument, 'id', [...NOTHING, ...NO_TEXT, ''])
const serials = (argument: string): Parameter => list(argument, 1, NO_INTEGER)

/** A list of objects with these members. */
function records(argument: string, members: readonly Parameter[]): Parameter {
  const good = Object.fromEntries(members.map((member) => [member.argument, member.good]))
  const items = list(argument, good, [...NOTHING, ...NO_OBJECT])
  return {
    ...items,
    bad: [
      ...items.bad,
      ...members.flatMap((member) =>
        member.bad.map(({ value }) => ({
          value: [good, { ...good, [member.argument]: value }],
          argument: `${argument}[1].${member.argument}`,
        })),
      ),
    ],
  }
}

const quantity = parameter('quantity', 1n, ...NO_QUANTITY)
const userProvisions = records('userProvisions', [id('user'), id('project'), id('resource'), quantity])
const projectProvisions = records('projectProvisions', [id('project'), id('resource'), quantity])
const memberProvisions = records('provisions', [id('project'), id('resource'), quantity])
const reassignments: Parameter = (() => {
  const plain = records('provisions', [id('from'), id('to'), id('resource'), quantity])
  const least = { from: 'a', to: 'b', resource: 'r', quantity: -(2n ** 63n) }
  // What is given back has no 64 bits.
  return { ...plain, bad: [...plain.bad, ...bad('provisions[0].quantity', [least])] }
})()
const quantities: Parameter = {
  argument: 'provisions',
  good: { vm: 1 },
  bad: [
    ...bad('provisions', ...NOTHING, ...NO_OBJECT, { '': 1 }),
    ...NO_QUANTITY.map((value) => ({ value: { vm: 1, 'a"b': value }, argument: 'provisions["a\\"b"]' })),
  ],
}
const tokenParams: Parameter = {
  argument: 'params',
  good: { code: 'c', redirect_uri: undefined },
  bad: [
    ...bad('params', ...NOTHING, ...NO_OBJECT),
    ...bad('params.code', ...[null, ...NO_TEXT, ...HALVES].map((code) => ({ code }))),
    ...bad('params.\ud800', { '\ud800': 'a' }),
  ],
}
const specs: Parameter = (() => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  return {
    argument: 'specs',
    good: { name: 'n', end_date: 'd' },
    bad: [
      ...bad('specs', ...NOTHING, ...NO_OBJECT),
      ...NO_QUANTITY.filter((value) => value !== undefined && typeof value !== 'string').map((value) => ({
        value: { max_members: value },
        argument: 'specs.max_members',
      })),
      ...NO_QUANTITY.filter((value) => value !== undefined).flatMap((value) => [
        {
          value: { resources: { vm: { project_capacity: value, member_capacity: 1 } } },
          argument: 'specs.resources["vm"].project_capacity',
        },
        {
          value: { resources: { a: {}, vm: { project_capacity: 1, member_capacity: value } } },
          argument: 'specs.resources["vm"].member_capacity',
        },
      ]),
      ...bad('specs.name', { name: Number.NaN }, { name: Infinity }, { name: () => 'n' }, { name: Symbol('n') }),
      ...bad('specs.of.0.it', { of: [{ it: Number.NaN }] }, { of: [{ it: 2 ** 53 }] }, { of: [{ it: -1e300 }] }),
      ...bad('specs.resources', ...[null, ...NO_OBJECT].map((resources) => ({ resources }))),
      ...bad('specs.resources["vm"]', ...[...NOTHING, ...NO_OBJECT].map((vm) => ({ resources: { vm } }))),
      ...bad('specs.self.self', { self: cycle }),
    ],
  }
})()

/** A member of the last object, which all may be left out. */
const option = (argument: string, ...values: unknown[]): Parameter => parameter(argument, undefined, ...values)

const NO_HEADERS = [
  ...NO_OBJECT,
  { '': 'a' },
  { 'a b': 'a' },
  { 'a:': 'a' },
  { 'a\n': 'a' },
  { ü: 'a' },
  { a: null },
  { a: undefined },
  { a: 5 },
  { a: ['b'] },
  { a: 'b\r\nX-Auth-Token: c' },
  { a: '\u0000' },
  { a: '\u007f' },
  { a: '€' },
  { a: '\ud800' },
  { 'X-Auth-Token': 'other' },
  { 'x-auth-token': 'other' },
  { 'Content-Length': '5' },
  { Host: 'example.com' },
  { 'Transfer-Encoding': 'chunked' },
  { Connection: 'close' },
  { 'Idempotency-Key': 'k' },
  { Upgrade: 'h2c' },
]
const common: readonly Parameter[] = [
  option('signal', null, 5, 'text', {}, [], () => undefined, new EventTarget()),
  option('timeoutMs', ...NO_COUNT),
  option('retry', ...NO_COUNT),
  option('headers', ...NO_HEADERS),
]
const issueOptions: readonly Parameter[] = [
  option('name', null, ...NO_TEXT),
  option('force', ...NO_FLAG),
  option('autoAccept', ...NO_FLAG),
  option('idempotencyKey', null, ...NO_TEXT, '', ' ', 'a b', 'ü', 'a\n', '\u007f', 'k'.repeat(256)),
  option('leaseSeconds', 0, ...NO_COUNT),
]
const reason = [option('reason', null, ...NO_TEXT)]
/** One id or several, or null. */
const filter = (argument: string): Parameter => ({
  argument,
  good: undefined,
  bad: [
    ...bad(argument, '', ...HALVES, 0, 7, Number.NaN, 10n, true, {}, new Set(['a']), Symbol('a'), [], ['a', '\ud800']),
    ...bad(`${argument}[1]`, ...[...NOTHING, '', 5, {}, []].map((item) => ['a', item])),
  ],
})
const word = (argument: string): Parameter => option(argument, '', ...NO_TEXT, ...HALVES)

interface Signature {
  readonly parameters: readonly Parameter[]
  readonly options?: readonly Parameter[]
  /** What the last object is called. */
  readonly last?: string
}

const signatures: readonly [method: keyof AstakosClient & string, Signature][] = [
  ['features', { parameters: [] }],
  ['authenticate', { parameters: [], options: [option('tenantName', ...NO_TEXT)] }],
  ['getEndpoints', { parameters: [] }],
  ['validateToken', { parameters: [pathId('tokenId')], options: [option('belongsTo', ...NO_TEXT, ...HALVES)] }],
  [
    'getToken',
    {
      parameters: [
        formId('grantType'),
        parameter('clientId', 'id', ...formId('').bad.map(({ value }) => value), 'with:colon'),
        formText('clientSecret'),
        tokenParams,
      ],
    },
  ],
  ['getUsernames', { parameters: [ids('uuids')] }],
  ['getUsername', { parameters: [id('uuid')] }],
  [
    'serviceGetUsernames',
    { parameters: [{ ...ids('uuids'), bad: ids('uuids').bad.filter(({ value }) => value !== null) }] },
  ],
  ['serviceGetUsername', { parameters: [id('uuid')] }],
  ['getUuids', { parameters: [ids('displayNames')] }],
  ['getUuid', { parameters: [id('displayName')] }],
  ['serviceGetUuids', { parameters: [ids('displayNames')] }],
  ['serviceGetUuid', { parameters: [id('displayName')] }],
  ['getServices', { parameters: [] }],
  ['getResources', { parameters: [] }],
  ['sendFeedback', { parameters: [formId('message'), formText('data')] }],
  ['setDefaultProject', { parameters: [id('projectId')] }],
  ['getQuotas', { parameters: [] }],
  ['serviceGetQuotas', { parameters: [], options: [filter('user'), filter('projectId')], last: 'filter' }],
  ['serviceQuotasEntries', { parameters: [], options: [filter('user'), filter('projectId')], last: 'filter' }],
  ['serviceGetProjectQuotas', { parameters: [], options: [filter('projectId')], last: 'filter' }],
  ['serviceProjectQuotasEntries', { parameters: [], options: [filter('projectId')], last: 'filter' }],
  ['issueCommissionGeneric', { parameters: [userProvisions, projectProvisions], options: issueOptions }],
  ['issueOneCommission', { parameters: [id('holder'), id('source'), quantities].map(notAList), options: issueOptions }],
  ['issueOneCommission', { parameters: [id('holder'), onlyLists(memberProvisions)], options: issueOptions }],
  ['issueResourceReassignment', { parameters: [id('holder'), reassignments], options: issueOptions }],
  ['getPendingCommissions', { parameters: [] }],
  ['getCommissionInfo', { parameters: [serial('serial')], options: [option('resolved', ...NO_FLAG)] }],
  ['commissionAction', { parameters: [serial('serial'), id('action')] }],
  ['acceptCommission', { parameters: [serial('serial')] }],
  ['rejectCommission', { parameters: [serial('serial')] }],
  ['resolveCommissions', { parameters: [serials('acceptSerials'), serials('rejectSerials')] }],
  ['getProjects', { parameters: [], options: ['name', 'state', 'owner', 'mode'].map(word), last: 'filter' }],
  ['getProject', { parameters: [pathId('projectId')] }],
  ['createProject', { parameters: [specs] }],
  ['modifyProject', { parameters: [pathId('projectId'), specs] }],
  ['projectAction', { parameters: [pathId('projectId'), id('action')], options: reason }],
  ['applicationAction', { parameters: [pathId('projectId'), serial('appId'), id('action')], options: reason }],
  ['getMemberships', { parameters: [], options: [word('projectId')], last: 'filter' }],
  ['getMembership', { parameters: [serial('membershipId')] }],
  ['membershipAction', { parameters: [serial('membershipId'), id('action')], options: reason }],
  ['joinProject', { parameters: [id('projectId')] }],
  ['enrollMember', { parameters: [id('projectId'), id('email')] }],
]

/** In the place of the source a list means the other form of the call. */
function notAList(given: Parameter): Parameter {
  return given.argument === 'source' ? { ...given, bad: given.bad.filter(({ value }) => !Array.isArray(value)) } : given
}

/** And without a list it is taken for the source. */
function onlyLists(given: Parameter): Parameter {
  return { ...given, bad: given.bad.filter(({ value }) => Array.isArray(value)) }
}

it('has every method in the table', () => {
  expect([...new Set(signatures.map(([method]) => method))].sort()).toEqual(METHODS)
})

function show(value: unknown): string {
  return inspect(value, { depth: 3, breakLength: Infinity }).slice(0, 80)
}

function check(error: unknown, argument: string, method: string, what: string): void {
  expect(error, what).toBeInstanceOf(BadValue)
  const { message, ...found } = error as BadValue
  expect({ ...found, text: message, isBase: error instanceof AstakosClientException }, what).toMatchObject({
    argument,
    details: expect.stringContaining(`in ${method}: ${argument} `) as string,
    text: expect.stringContaining(argument) as string,
    isBase: true,
    status: 500,
    response: null,
    fault: null,
    attempts: 0,
    outcome: 'none',
    retryable: false,
  })
  expect((error as BadValue).name).toBe('BadValue')
}

for (const transport of nodeTransports) {
  describe(`bad input over ${transport.name}`, () => {
    let service: Service
    let client: AstakosClient
    beforeAll(async () => {
      service = await serve(always({ body: {} }))
      client = clientOf(service, transport)
    })
    afterAll(async () => {
      expect(client.logRequest).toBeNull()
      expect(service.requests).toEqual([])
      await client.close()
      await service.close()
    })

    const call = async (method: keyof AstakosClient, args: readonly unknown[]): Promise<unknown> => {
      const result = (client[method] as (...args: unknown[]) => unknown).apply(client, [...args])
      return Symbol.asyncIterator in (result as object) ? (result as AsyncIterator<unknown>).next() : result
    }
    /** Calls with each bad value in this place; it is refused by a rejection, never by a throw. */
    const tryAll = async (
      method: keyof AstakosClient & string,
      values: readonly Bad[],
      argsWith: (value: unknown) => unknown[],
    ): Promise<void> => {
      const { connections } = service
      for (const { value, argument } of values) {
        // oxlint-disable-next-line no-await-in-loop -- none of them waits for anything
        check(await failure(call(method, argsWith(value))), argument, method, `${argument} = ${show(value)}`)
      }
      expect(service.connections).toBe(connections)
    }

    describe.each(signatures)('%s', (method, { parameters, options = [], last = 'options' }) => {
      const good = parameters.map((each) => each.good)
      for (const [at, { argument, bad: values }] of parameters.entries()) {
        it(`refuses a bad ${argument}`, async () => {
          await tryAll(method, values, (value) => good.with(at, value))
          if (values.some(({ value }) => value === undefined)) {
            check(await failure(call(method, good.slice(0, at))), argument, method, 'left out')
          }
        })
      }
      for (const { argument, bad: values } of [...options, ...common]) {
        it(`refuses a bad ${last}.${argument}`, () =>
          tryAll(method, values.filter(({ value }) => value !== undefined), (value) => [...good, { [argument]: value }])) // prettier-ignore
      }
      it(`refuses ${last} that are no object`, () =>
        tryAll(method, bad(last, ...NO_OBJECT), (value) => [...good, value]))
    })
  })
}

describe('the constructor', () => {
  const tls = { cert: 'c', key: 'k' }
  const badOptions: readonly Parameter[] = [
    option('retry', ...NO_COUNT),
    option('usePool', ...NO_FLAG),
    option('poolSize', 0, ...NO_COUNT),
    option('logger', 0, 5, 'text', true, {}, [], { debug: () => undefined }, { debug: 5, warn: 5 }),
    option('headers', ...NO_HEADERS),
    option('timeoutMs', ...NO_COUNT),
    option('attemptTimeoutMs', ...NO_COUNT),
    option('connectTimeoutMs', ...NO_COUNT),
    option('retryDelayMsMax', ...NO_COUNT),
    option('maxResponseBytes', 0, ...NO_COUNT),
    option(
      'trustedOrigins',
      null,
      ...NO_LIST,
      ...[null, undefined, 5, '', 'x', 'accounts.example.com', 'https://x/path', 'https://x/?q', 'https://x/#f', 'ftp://x', 'https://u@x', 'https://u:p@x'].map((item) => ['https://x', item]), // prettier-ignore
    ),
    { ...option('tls', ...NO_OBJECT, { cert: 'c' }, { key: 'k' }) },
    option('proxy', null, true, 0, 5, {}, [], '', 'x', 'proxy.example.com:80', 'socks5://x', 'http://'),
    option('fetch', null, 0, 5, 'text', {}, []),
  ]

  it.each(badOptions)('refuses a bad $argument', ({ argument, bad: values }) => {
    for (const { value } of values) {
      check(
        thrown(() => new AstakosClient('t', 'http://x', { [argument]: value })),
        argument,
        'constructor',
        show(value),
      )
    }
  })

  it('refuses bad parts of tls, by name', () => {
    for (const [value, argument] of [
      [{ ca: 5 }, 'tls.ca'],
      [{ ca: ['a', null] }, 'tls.ca'],
      [{ ...tls, cert: 5 }, 'tls.cert'],
      [{ ...tls, key: null }, 'tls.key'],
    ] as const) {
      check(
        thrown(() => new AstakosClient('t', 'http://x', { tls: value } as object)),
        argument,
        'constructor',
        argument,
      )
    }
  })

  it('refuses a fetch beside what it would replace', () => {
    const { fetch } = globalThis
    for (const [argument, value] of [
      ['usePool', true],
      ['tls', tls],
      ['proxy', 'http://x'],
    ] as const) {
      check(
        thrown(() => new AstakosClient('t', 'http://x', { fetch, [argument]: value })),
        argument,
        'constructor',
        argument,
      )
    }
    expect(new AstakosClient('t', 'http://x', { fetch, usePool: false, proxy: false }).retry).toBe(0)
  })

  it('refuses options that are no object', () => {
    for (const value of NO_OBJECT) {
      check(
        thrown(() => new AstakosClient('t', 'http://x', value as object)),
        'options',
        'constructor',
        show(value),
      )
    }
  })

  it('refuses a token that no header can hold', () => {
    for (const value of [...NOTHING, ...NO_TEXT, ...HALVES, ...noTokens]) {
      check(
        thrown(() => new AstakosClient(value as string, 'http://x')),
        'token',
        'constructor',
        show(value),
      )
    }
  })

  it('refuses an authUrl that is no URL of a service', () => {
    const values = ['', ' ', 'accounts.example.com', '/identity/v2.0', '//x', 'http://', 'http://[', 'http://x:99999', 'ftp://x', 'file:///etc', 'javascript:1', 'ws://x', 'http://u@x', 'http://u:p@x', 'http://x?q=1', 'http://x/#f'] // prettier-ignore
    for (const value of [...NOTHING, ...NO_TEXT, ...values, { href: 'http://x' }]) {
      check(
        thrown(() => new AstakosClient('t', value as string)),
        'authUrl',
        'constructor',
        show(value),
      )
    }
    expect(thrown(() => new AstakosClient('t', 'ftp://x'))).toMatchObject({
      details: expect.stringContaining('Unsupported scheme: ftp') as string,
    })
    // It might hold a password.
    expect(String(thrown(() => new AstakosClient('t', 'http://u:hunter2@x')))).not.toContain('hunter2')
  })
})

const noTokens = ['', ' ', ' a', 'a ', 'a\n', 'a\r\nb', '\u0000', 'a\tb', '\u007f']

describe('withToken', () => {
  it('throws for a token that no header can hold', () => {
    const client = new AstakosClient('t', 'http://127.0.0.1:1')
    for (const value of [...NOTHING, ...NO_TEXT, ...HALVES, ...noTokens]) {
      check(
        thrown(() => client.withToken(value as string)),
        'token',
        'withToken',
        show(value),
      )
    }
  })
})

describe('the functions', () => {
  const quota = { limit: 1n, usage: 1n, pending: 0n, project_limit: 1n, project_usage: 1n, project_pending: 0n }
  const rows: readonly [string, string, (value: never) => unknown, readonly unknown[]][] = [
    ['mkProvisions', 'holder', (value) => mkProvisions(value, 'p', 'r', 1), [...NOTHING, ...NO_TEXT, '']],
    ['mkProvisions', 'source', (value) => mkProvisions('u', value, 'r', 1), [...NOTHING, ...NO_TEXT, '']],
    ['mkProvisions', 'resource', (value) => mkProvisions('u', 'p', value, 1), [...NOTHING, ...NO_TEXT, '']],
    ['mkProvisions', 'quantity', (value) => mkProvisions('u', 'p', 'r', value), NO_QUANTITY],
    ['formatQuantity', 'quantity', (value) => formatQuantity(value), NO_QUANTITY],
    ['formatQuantity', 'unit', (value) => formatQuantity(1, value), NO_TEXT],
    ['formatQuantity', 'style', (value) => formatQuantity(1, 'bytes', value), [null, ...NO_TEXT, '', 'xb']],
    ['parseQuantity', 'text', (value) => parseQuantity(value), [...NOTHING, ...NO_TEXT, '', '-1', 'x', '1e3', 'NaN']],
    ['effectiveQuota', 'quota', (value) => effectiveQuota(value), [undefined, ...NO_OBJECT]],
    ['effectiveQuota', 'quota.usage', (usage) => effectiveQuota({ ...quota, usage }), [...NOTHING, 1, '1', Number.NaN]],
    ['parseEndpoints', 'filter', (value) => parseEndpoints({ access: { serviceCatalog: [] } }, value), NO_OBJECT],
    ...['name', 'type', 'region', 'versionId'].map(
      (member) =>
        [
          'parseEndpoints',
          member,
          (value) => parseEndpoints({ access: { serviceCatalog: [] } }, { [member]: value }),
          NO_TEXT,
        ] as (typeof rows)[0],
    ),
    ['parseExact', 'text', (value) => parseExact(value), [...NOTHING, ...NO_TEXT]],
    ['stringifyExact', 'value', (value) => stringifyExact(value), [undefined, Symbol('a'), () => 1]],
  ]
  it.each(rows)('%s throws for a bad %s', (method, argument, call, values) => {
    for (const value of values)
      check(
        thrown(() => call(value as never)),
        argument,
        method,
        show(value),
      )
  })
})

function thrown(body: () => unknown): unknown {
  try {
    body()
  } catch (error) {
    return error
  }
  return 'It did not throw'
}

describe('what the service judges', () => {
  it('is sent as it is', async () => {
    await using service = await serve(always({ body: {} }))
    await using client = clientOf(service, nodeTransports[0] as (typeof nodeTransports)[0])
    const bodies: [Promise<unknown>, string][] = [
      [client.projectAction('p', 'no such action' as 'suspend'), '{"no such action":{"reason":""}}'],
      [client.membershipAction(-1, 'x' as 'leave'), '{"x":""}'],
      [client.commissionAction(-1, '\ud800' as 'accept'), '{"\\ud800":""}'],
      [client.joinProject('not a uuid \u0000 \ud800'), '{"join":{"project":"not a uuid \\u0000 \\ud800"}}'],
      [client.createProject({} as { name: string; end_date: string }), '{}'],
      [
        client.modifyProject('p', { max_members: -5, name: null, resources: {} } as object),
        '{"max_members":-5,"name":null,"resources":{}}',
      ],
      [client.sendFeedback(' ', ''), 'feedback_msg=+&feedback_data='],
    ]
    for (const [call, body] of bodies) {
      // oxlint-disable-next-line no-await-in-loop -- one request after the other, to tell them apart
      await call.catch(() => undefined)
      expect(service.calls.map((request) => request.body)).toContain(body)
    }
    await client.getProject('\n\u0000')
    expect(service.last.path).toBe('/account/v1.0/projects/%0A%00')
  })
})
