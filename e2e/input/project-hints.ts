import { Members, nodeOf, Raw, type Hints, type Node } from './document.ts'

/** What the members of project and membership bodies are tried with. */

const texts = (...list: readonly string[]): readonly Node[] => list
const words = (list: string): readonly string[] => list.split(' ')
const raws = (list: string): readonly Raw[] => words(list).map((text) => new Raw(text))

/** In a form that is odd; whether it is a date or not, everybody may say. Overview, 9; O-18. */
export const ODD_DATES: readonly string[] = [
  'Fri, 01 Jun 2040 00:00:00 GMT',
  '01 Jun 2040 00:00 +0000',
  '2113-05-05T24:00:00Z',
  '2113-05-05T23:59:60Z',
  '2113-05-05t20:20:20z',
  '9999-12-31T23:59:59-23:59',
  '0001-01-01T00:00:00+23:59',
  '0000-01-01T00:00:00Z',
  '10000-01-01T00:00:00Z',
  '+012113-05-05T00:00:00Z',
  '-4713-01-01T00:00:00Z',
  '2113-05-05T20:20:20+99:99',
  '2113-05-05T20:20:20+02',
  ' 2113-05-05T20:20:20Z',
  '2113-05-05T20:20:20Z\n',
  '2113-05-05T20:20:20 Europe/Athens',
  '2113-W18-5T20:20Z',
  '4512345600',
]

const DATES = texts(
  '2113-5-5T20:20:20Z',
  '2113-01-01T0:0Z',
  '2113-05-05 20:20:20+02:00',
  '2113-05-05T20:20:20.123456+0200',
  '2113-05-05T20:20:20.1234567890123-11:30',
  '2113-05-05T20:20 UTC',
  '2113-05-05T20:20:20 GMT',
  '9999-12-31T23:59:59.999999Z',
  '1970-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '2113-05-05',
  '2113-05-05T00:00:00',
  '2113-02-29T00:00:00Z',
  '2113-13-01T00:00:00Z',
  '2113-00-01T00:00:00Z',
  '2113-05-05T25:00:00Z',
  '2113-05-05T20:60:00Z',
  '2113-05-05T20:20:20Zx',
  'infinity',
  '-infinity',
  'epoch',
  'now',
  'tomorrow',
  ...ODD_DATES,
)

const QUANTITIES: readonly Node[] = [
  ...words(
    'inf infinite INF Infinity 0 5 1.5GiB 10. 0.9 7bytes 8191PiB 8192PiB 9223372036854775807 9223372036854775808',
  ),
  ...words('-5 +5 .5 1e3 5Ki 1.5.5 1,5 0x10'),
  ...texts('', '5 GiB', '10 gb', '5 ', '5\tK', '8 BYTES', '5 x', ' 5', '5\n', `${'9'.repeat(5000)}P`),
  // Letters that turn into others in capitals, and a digit of another script.
  ...texts('5K\u0130B', '5\u212a', '\u0663'),
  ...raws(`0 -1 9223372036854775807 9223372036854775808 1.0 1e2 1${'0'.repeat(400)}`),
]

const LIMITS: readonly Node[] = [
  ...raws('0 1 2 -1 10 11 9223372036854775807 9223372036854775808 1.0 1e1 -0'),
  ...words('10 inf 1KiB'),
]

const capacity = (project: unknown, member: unknown): Node =>
  nodeOf({ project_capacity: project, member_capacity: member })

const CAPACITIES: readonly Node[] = [
  capacity(0, 0),
  capacity(1, 2),
  capacity(2n ** 63n - 1n, 2n ** 63n - 1n),
  capacity(2n ** 63n, 1),
  capacity(-1, -2),
  capacity('1', 1),
  capacity(true, false),
  nodeOf({ project_capacity: 1 }),
  nodeOf({ member_capacity: 1, extra: 1 }),
]

const POLICIES: readonly Node[] = ['auto', 'moderated', 'closed', 'AUTO', ' auto', 'open', null, ['auto'], new Raw('0')]

const around = (limit: number): readonly Node[] =>
  texts('a'.repeat(limit), 'a'.repeat(limit + 1), '😀'.repeat(limit), '😀'.repeat(limit + 1), 'a\nb\tc', "'; --")

const RESOURCES: readonly Node[] = [
  {},
  { 'cyclades.vm': {} },
  { 'astakos.pending_app': { project_capacity: 1, member_capacity: 1 } },
  { 'no.such': { project_capacity: 1, member_capacity: 1 } },
  { '': { project_capacity: 1, member_capacity: 1 } },
  { 'cyclades.network.private': { project_capacity: 9, member_capacity: 9 } },
  ['cyclades.vm'],
].map(nodeOf)

const OWNERS = words(
  '<uuid:alice> <uuid:bob> <uuid:carol> <uuid:erin> <uuid:frank> <uuid:grace> <uuid:heidi> <uuid:ivan> <uuid:trent> ' +
    'alice@example.org 00000000-0000-0000-0000-000000000000',
)

export const PROJECT_HINTS: Hints = {
  name: [
    ...words('x.example.org first.example.org A.BC a a.b a.bcdefg a.bcdefgh a.12 a..bc .bc -a.bc a-.bc a_b.cd a.bc.'),
    ...texts(' a.bc', 'a.bc\n', '\u00fc.org', '\u212a.org', 'a.\u017ft', 'xn--a.org', 'system:<uuid:alice>'),
    ...texts(`${'a'.repeat(63)}.org`, `${'a'.repeat(64)}.org`, `${'a.'.repeat(38)}abcd`, `${'a.'.repeat(39)}abc`),
  ],
  owner: OWNERS,
  join_policy: POLICIES,
  leave_policy: POLICIES,
  start_date: DATES,
  end_date: DATES,
  max_members: QUANTITIES,
  private: [true, false, null, 'true', '', new Raw('0'), new Raw('1')],
  homepage: [null, ...around(255)],
  description: [null, ...around(4096)],
  comments: [null, ...around(4096)],
  resources: RESOURCES,
  'cyclades.vm': CAPACITIES,
  'pithos.diskspace': CAPACITIES,
  project_capacity: LIMITS,
  member_capacity: LIMITS,
}

const REASONS: readonly Node[] = [
  null,
  '',
  'because',
  'x'.repeat(60_000),
  nodeOf({ a: [1] }),
  nodeOf([]),
  true,
  new Raw('1.5'),
]
const ORDERS: readonly Node[] = [
  {},
  { reason: null },
  { reason: { a: 1 } },
  { app_id: 50002 },
  { app_id: 50001, reason: '' },
  { app_id: null },
  [],
].map(nodeOf)

const ORDER_NAMES = ['suspend', 'unsuspend', 'terminate', 'reinstate', 'approve', 'deny', 'dismiss', 'cancel'] as const

export const ORDER_HINTS: Hints = {
  ...Object.fromEntries(ORDER_NAMES.map((name) => [name, [...ORDERS, 'x', null, true]])),
  reason: REASONS,
  app_id: [
    ...raws('1 0 -1 -0 50001 50002 50003 50004 9223372036854775807 9223372036854775808 -9223372036854775809'),
    ...raws(`50002.0 5.0002e4 1${'0'.repeat(400)}`),
    ...words('1 50001 50003 -1 x 5e4 50002.0 0x1 9223372036854775808 \u0663'),
    '',
    null,
    nodeOf([50002]),
  ],
}

const PROJECTS: readonly Node[] = [
  ...words('<project:first> <project:second> <project:fourth> <uuid:alice> <uuid:frank> <uuid:trent> 1 system:x'),
  ...texts('', '00000000-0000-0000-0000-000000000000'),
  ...raws('1 0 -1 1.0 9223372036854775807 9223372036854775808 -9223372036854775809'),
  null,
  new Members([['id', '<project:first>']]),
]

export const BEGIN_HINTS: Hints = {
  project: PROJECTS,
  user: words(
    'alice@example.org bob@example.org dave@example.org erin@example.org frank@example.org heidi@example.org ' +
      'ivan@example.org Judy.Mixed@Example.org judy.mixed@example.org ALICE@example.org <uuid:alice> * % _@example.org',
  ),
  join: [nodeOf({}), nodeOf({ project: 1 }), 'x', '<project:second>', null],
  enroll: [nodeOf({}), nodeOf({ project: '<project:first>' }), nodeOf({ user: 'alice@example.org' }), 'x', null],
}

export const MEMBERSHIP_HINTS: Hints = Object.fromEntries(
  ['leave', 'cancel', 'accept', 'reject', 'remove'].map((name) => [name, REASONS]),
)
