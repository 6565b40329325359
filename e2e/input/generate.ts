import { METHODS } from 'node:http'
import { broken } from './broken.ts'
import { mutated, textOf } from './document.ts'
import type { Framing, Probe } from './probe.ts'
import { Random } from './random.ts'
import { BASE, type Template } from './template.ts'
import { TEMPLATES } from './templates.ts'

/** A request that is being spoilt. */
interface Draft {
  method: string
  target: string
  headers: [string, string][]
  body: Buffer
  framing: Framing
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

/** Case number `number` of a campaign, alike every time. */
export function generate(seed: number, number: number): Probe {
  const random = new Random(seed, number)
  const template = random.weighted(TEMPLATES.map((each) => [each.weight, each] as const))
  const draft = draftOf(template, random.chance(0.5))
  const how: string[] = []
  const times = random.weighted([
    [1, 0],
    [14, 1],
    [5, 2],
  ])
  for (let time = 0; time < times; time += 1) {
    const [name, spoil] = random.weighted(WAYS)
    how.push(name)
    spoil(draft, random, template)
  }
  const probe: Probe = { ...draft, how: [`${template.method} ${template.route}`, ...how] }
  return random.chance(0.06) ? broken(probe, template, random) : probe
}

export function draftOf({ method, target, token, json, form }: Template, isSlashed = false): Draft {
  const body = Buffer.from(json === undefined ? (form ?? '') : textOf(json))
  const headers: [string, string][] = []
  if (token !== undefined) headers.push(['X-Auth-Token', token])
  if (json !== undefined) headers.push(['Content-Type', JSON_TYPE])
  if (form !== undefined) headers.push(['Content-Type', FORM_TYPE])
  const slashed = isSlashed && /v1\.0\/[^?]*[^?/]$/.test(target) ? `${target}/` : target
  return { method, target: slashed, headers, body, framing: method === 'GET' ? { kind: 'none' } : { kind: 'length' } }
}

type Spoil = (draft: Draft, random: Random, template: Template) => void

function setHeader(draft: Draft, name: string, value: string | null): void {
  draft.headers = draft.headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase())
  if (value !== null) draft.headers.push([name, value])
}

const spoilDocument: Spoil = (draft, random, { json, hints }) => {
  let document = json ?? null
  for (let times = random.pick([1, 1, 1, 2, 3]); times > 0; times -= 1) document = mutated(document, random, hints)
  draft.body = Buffer.from(textOf(document))
}

const TEXTS: readonly string[] = [
  '',
  ' ',
  '{',
  '}',
  '[]',
  '{}',
  'null',
  '1',
  '1.5',
  '-1e3',
  '"x"',
  'true',
  '\u0000',
  '{"a":1}{"b":2}',
  '{} x',
  '{a:1}',

  "{'a':1}",
  '{"a":1,}',
  '[1,]',
  '// x',
  '\ufeff{}',
  '{"__proto__":{"a":1}}',
  '<xml/>',
  'a=b&c=d',
  '[{}]',
  '[[[]]]',

  '{"\\u0000":1}',
  '{"\\ud800":1}',
  '{"accept":[]}',
  '{"reject":1,"accept":1}',
  '{"provisions":{}}',
  '{"provisions":[]}',
  '[0'.repeat(1) + ',0'.repeat(100_000) + ']',
  `{"provisions":[${'{},'.repeat(20_000)}{}]}`,
  `{${Array.from({ length: 5000 }, (_, index) => `"k${index}":${index}`).join(',')}}`,
  '['.repeat(100_000),
  '['.repeat(5000) + ']'.repeat(5000),
  '{"a":'.repeat(5000) + '1' + '}'.repeat(5000),
  `{"auth":${'['.repeat(150)}${']'.repeat(150)}}`,
  `{"displaynames":["${'x'.repeat(1_000_000)}"]}`,
  '{"suspend":{},"unsuspend":{}}',
  '{"cancel":{"app_id":7,"app_id":50002}}',
  '{"join":{},"enroll":{}}',
  '{"accept":1,"leave":null}',
  `{"leave":${'['.repeat(150)}${']'.repeat(150)}}`,
  `{"suspend":{"reason":"${'x'.repeat(1_000_000)}"}}`,
  `{"name":"a.bc","end_date":"2113-01-01T0:0Z","resources":{${Array.from({ length: 20_000 }, (_, index) => `"r${index}":{}`).join(',')}}}`,
]

const spoilText: Spoil = (draft, random) => {
  const { body } = draft
  const at = random.below(body.length + 1)
  const inserted = (bytes: Buffer): Buffer => Buffer.concat([body.subarray(0, at), bytes, body.subarray(at)])
  draft.body = random.weighted<() => Buffer>([
    [4, () => Buffer.from(random.pick(TEXTS))],
    [2, () => body.subarray(0, at)],
    [
      2,
      () =>
        inserted(
          random.pick(
            [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0], [0xef, 0xbb, 0xbf]].map((b) =>
              Buffer.from(b),
            ),
          ),
        ),
    ],
    [2, () => inserted(Buffer.from(random.pick(['\\u0000', '\\ud800', '"', '\\', '{', ']', ',', '\n', '1e1', '.5'])))],
    [1, () => Buffer.concat([body, body])],
    [1, () => random.bytes(random.below(200))],
    [1, () => Buffer.from(body.toString(), 'utf16le')],
  ])()
}

const TYPES = [
  'text/plain',
  'application/xml',
  'APPLICATION/JSON',
  'application/json; charset=latin1',
  'application/jsonx',
  '',

  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'multipart/form-data',
  'garbage',
  '/',
  ';',
  '*/*',

  'application/octet-stream',
  'application/json, text/plain',
  ' application/json',
  'application/json;',
  'é/è',
  'a'.repeat(3000),
]

const spoilType: Spoil = (draft, random) => setHeader(draft, 'Content-Type', random.pick([null, ...TYPES]))

const spoilFraming: Spoil = (draft, random) => {
  const { length } = draft.body
  draft.framing = random.weighted<Framing>([
    [
      4,
      {
        kind: 'chunked',
        size: random.pick([1, 7, 1000, 1_000_000]),
        extension: random.pick(['', '', ';a=b', ';x']),
        trailer: random.pick(['', '', 'X-Trailer: 1\r\n', 'Content-Length: 5\r\n']),
      },
    ],
    [1, { kind: 'none' }],
    [1, { kind: 'short', length: random.below(length + 1) }],
    [
      4,
      {
        kind: 'odd',
        body: random.pick([
          null,
          null,
          Buffer.alloc(0),
          Buffer.from('zz\r\n{}\r\n0\r\n\r\n'),
          Buffer.from('FFFFFFFFFFFFFFFFF\r\n'),
        ]),
        headers: random.pick<readonly string[]>([
          [`Content-Length: ${length + 1 + random.below(1000)}`],
          ['Content-Length: 99999999999'],
          ['Content-Length: 17000000'],
          ['Content-Length: 18446744073709551617'],
          ['Content-Length: -1'],
          ['Content-Length: +5'],
          ['Content-Length: 0x5'],
          ['Content-Length: 5, 5'],
          ['Content-Length: abc'],
          ['Content-Length: '],
          [`Content-Length: ${length}`, `Content-Length: ${length + 1}`],
          [`Content-Length: ${length}`, `Content-Length: ${length}`],
          [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'],
          ['Transfer-Encoding: chunked'],
          ['Transfer-Encoding: gzip'],
          ['Transfer-Encoding: gzip, chunked'],
          ['Transfer-Encoding: chunked, gzip'],
          ['Transfer-Encoding: CHUNKED', 'Transfer-Encoding: identity'],
          ['Transfer-Encoding: x'],
        ]),
      },
    ],
  ])
}

const spoilMethod: Spoil = (draft, random) => {
  draft.method = random.pick([
    ...METHODS,
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'get',
    'FOO',
    'GETT',
    'G-T',
    'BREW',
    'POST\u00e9',
    'X'.repeat(500),
  ])
  if (draft.method === 'POST' && draft.framing.kind === 'none') draft.framing = { kind: 'length' }
}

const PATHS = [
  '/',
  '//',
  '/..',
  '/astakos',
  '/astakos/',
  '/astakos/account',
  '/astakos/account/',
  '/astakos/account/v1.0',
  '/astakos/x',

  '/astakos/account/v1.0/x',
  '/astakos/account/v2.0/quotas',
  '/astakos/identity',
  '/astakos/identity/v3',
  '/favicon.ico',

  '/astakos/account/v1.0/commissions/abc',
  '/astakos/account/v1.0/commissions/1/x',
  '/astakos/account/v1.0/commissions/-1',
  '/astakos/account/v1.0/commissions/9223372036854775807',
  '/astakos/account/v1.0/commissions/9223372036854775808',
  '/astakos/account/v1.0/commissions/0',
  `/astakos/account/v1.0/commissions/${'9'.repeat(500)}`,

  '/astakos/account/v1.0/commissions/0090001',
  '/astakos/account/v1.0/commissions/1.0',
  '/astakos/account/v1.0/commissions/1e3',
  '/astakos/account/v1.0/projects',
  '/astakos/account/v1.0/projects/1/action',
  '/astakos/account/v1.0/projects//',
  '/astakos/account/v1.0/projects//action',
  '/astakos/account/v1.0/projects/action',
  '/astakos/account/v1.0/projects/x/action/y',
  '/astakos/account/v1.0/projects/memberships/x',
  '/astakos/account/v1.0/projects/memberships/1/x',
  '/astakos/account/v1.0/projects/memberships/action',
  '/astakos/account/v1.0/projects/memberships/x/action',
  '/astakos/account/v1.0/projects/memberships//action',
  '/astakos/identity/v2.0/users',
  '/astakos/identity/v2.0/tokens/a/b/c',
  '/astakos/identity/v2.0/tokens//',
  '/astakos/identity/v2.0/tokens/%00/',

  '/astakos/ui/get_services',
  '/astakos/oauth2/token',
  '/astakos/admin/stats',
  '/ASTAKOS/ui/',
  '*',
  'x',
  '',
  '?',
  '#',
]
const PIECES = [
  '/',
  '//',
  '/..',
  '/.',
  '%2F',
  '%2f..%2f',
  '%',
  '%zz',
  '%0',
  '%ff',
  '%c0%af',
  '%00',
  '%2e%2e',
  '%252F',
  ';x=1',
  '\u00e9',
  '\\',

  '.json',
  '.xml',
  '%3F',
  '%23',
  '%20',
  '%0d%0aX:%20y',
  '%E2%80%AE',
  ':',
  '*',
  '(',
  '[',
  '|',
  '^',
  '"',
  'a'.repeat(5000),
  'z'.repeat(20_000),
]

/** In the place of a project's or a membership's. */
const IDS = [
  '0',
  '1',
  '-1',
  '+1',
  '1.0',
  '1e3',
  '007',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551616',
  '9'.repeat(500),
  '%D9%A3',
  '<uuid:alice>',
  '<uuid:carol>',
  '<uuid:frank>',
  '<uuid:trent>',
  '<project:first>',
  '<project:second>',
  '<project:third>',
  '<membership:first>',
  '<membership:second>',
  '0<membership:first>',
  'memberships',
  'action',
  'null',
  '__proto__',
  '%00',
  '<project:first>%00',
  '%20',
  '.',
  '..',
  '%ff',
  '%F0%9F%98%80',
  "'%20or%201=1--",
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(5000),
]

const NAMED = /^(.*\/projects\/(?:memberships\/)?)[^/]*[<\d][^/]*/

const spoilPath: Spoil = (draft, random) => {
  const query = draft.target.indexOf('?')
  const path = query < 0 ? draft.target : draft.target.slice(0, query)
  const rest = query < 0 ? '' : draft.target.slice(query)
  const at = random.below(path.length + 1)
  const encoded = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  draft.target = random.weighted<() => string>([
    [3, () => random.pick(PATHS)],
    [3, () => path.slice(0, at) + random.pick(PIECES) + path.slice(at) + rest],
    [2, () => path + random.pick(PIECES) + rest],
    // The same path, in another spelling.
    [2, () => path.slice(0, at) + (path[at] === undefined ? '' : encoded(path[at])) + path.slice(at + 1) + rest],
    [1, () => path.slice(0, at) + path.slice(at).toUpperCase() + rest],
    [1, () => path.replaceAll('/', '//') + rest],
    [1, () => path.replace(BASE, '') + rest],
    [
      1,
      () => random.pick(['http://127.0.0.1', 'http://evil.example:1', 'https://[::1]', 'x://', 'http:']) + path + rest,
    ],
    ...(NAMED.test(path)
      ? ([[8, () => path.replace(NAMED, (_, head: string) => head + random.pick(IDS)) + rest]] as const)
      : []),
    [1, () => path + random.bytes(random.below(30)).toString('base64url') + rest],
  ])()
}

const QUERIES = [
  '?',
  '?&&&',
  '?=',
  '?a',
  '?a=b&a=c',
  '?%',
  '?%zz=1',
  '?x=%ff',
  '?x=%00',
  '?format=xml',
  '?format=json',
  '?format=%',
  '?format=',

  '?user=',
  '?user=%00',
  '?user=%ff',
  '?user=,,,',
  '?user=<uuid:alice>',
  '?project=%',
  '?project=%E2%82',
  '?project=',
  '?user=x&user=<uuid:bob>',

  '?X-Auth-Token=',
  '?X-Auth-Token=x',
  '?X-Auth-Token=%ff',
  '?X-Auth-Token=%00',
  '?X-Auth-Token=<token:alice>',
  '?x-auth-token=<token:alice>',

  '?X-Auth-Token=<token:component:cyclades>',
  '?resolved=true',
  '?resolved=%',
  '?callback=1',
  '?callback=%00',
  '?callback=a.b',
  '?__proto__=1',

  '?\u00e9=\u00ff',
  '?a=b#c',
  '??',
  `?${'a=1&'.repeat(2000)}`,
  `?user=${'x,'.repeat(3000)}`,
  '?user="',
  '?user=<uuid:alice>&project=x',
]

const spoilQuery: Spoil = (draft, random, { queries }) => {
  const extra = random.pick(random.chance(0.7) ? (queries ?? QUERIES) : QUERIES)
  const isJoined = random.chance(0.3) && draft.target.includes('?')
  draft.target = isJoined ? `${draft.target}&${extra.slice(1)}` : draft.target.replace(/\?.*|$/, () => extra)
}

const TOKENS = [
  '<token:alice>',
  '<token:bob>',
  '<token:judy>',
  '<token:carol>',
  '<token:dave>',
  '<token:component:cyclades>',
  '<token:component:pithos>',
  '<token:component:legacy>',

  '<token:erin>',
  '<token:frank>',
  '<token:grace>',
  '<token:heidi>',
  '<token:ivan>',
  '<token:trent>',
  '<token:component:astakos>',

  '',
  ' ',
  'x',
  'Bearer <token:alice>',
  '<token:alice>x',
  ' <token:alice> ',
  '\u00e9\u00ff',
  '\u0080',
  'a'.repeat(5000),
  '0',
  'null',
  "' or 1=1 --",
  '<uuid:alice>',
  '<token:alice>, <token:alice>',
  '%00',
  '"<token:alice>"',
  '\u00d0\u00bf',
]

const spoilToken: Spoil = (draft, random) => {
  if (random.chance(0.15)) draft.headers.push(['x-auth-token', random.pick(TOKENS)])
  else setHeader(draft, 'X-Auth-Token', random.pick([null, ...TOKENS]))
}

const HEADERS: readonly (readonly [string, string])[] = [
  ...['k', '', 'a b', 'é', 'x'.repeat(255), 'x'.repeat(256), '\u0001', 'k,k', '<uuid:bob>'].map(
    (v) => ['Idempotency-Key', v] as const,
  ),
  ...['application/xml', '*/*', ';;;,,,', 'application/json;q=0', 'é', 'a'.repeat(8000)].map(
    (v) => ['Accept', v] as const,
  ),
  ...['100-continue', 'x'].map((v) => ['Expect', v] as const),
  ...['websocket', 'h2c'].map((v) => ['Upgrade', v] as const),
  ...['gzip', 'br, identity', 'x'].map((v) => ['Content-Encoding', v] as const),
  ...['127.0.0.1, x', 'a'.repeat(3000), ',', '\u00ff', '[::1'].map((v) => ['X-Forwarded-For', v] as const),
  ...['https', 'é', '', 'javascript'].map((v) => ['X-Forwarded-Protocol', v] as const),
  ...['evil.example', 'é', ':', 'a b', '[', ''].map((v) => ['X-Forwarded-Host', v] as const),
  ...['_pithos2_a=x', '=', ';;', 'é=é', '_pithos2_a'].map((v) => ['Cookie', v] as const),
  ['Host', 'other.example'],
  ['Origin', 'https://evil.example'],
  ['Access-Control-Request-Method', 'POST'],
  ['Range', 'bytes=0-0'],
  ['If-Match', '*'],
  ['If-Modified-Since', 'x'],
  ['TE', 'trailers'],
  ['Accept-Version', '9.9.9'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['Authorization', 'Bearer <token:alice>'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  ['Content-Type', 'text/html'],
  ['X-Many', 'a'.repeat(17_000)],
]

const spoilHeader: Spoil = (draft, random) => {
  const name = random.pick([...new Set(HEADERS.map(([each]) => each))])
  const [, value] = random.pick(HEADERS.filter(([each]) => each === name))
  draft.headers.push([name, value])
  if (random.chance(0.1)) draft.headers.push([name, value])
  if (random.chance(0.02)) for (let count = 0; count < 1500; count += 1) draft.headers.push([`X-${count}`, ''])
}

const spoilForm: Spoil = (draft, random, template) => {
  if (template.form === undefined) return
  draft.body = Buffer.from(
    random.pick([
      '',
      'feedback_msg=',
      'feedback_msg',
      'feedback_data=x',
      'FEEDBACK_MSG=x',
      'feedback_msg=%zz',
      'feedback_msg=%ff',
      'feedback_msg=%00',

      '&&&=',
      'feedback_msg=&feedback_msg=x',
      'feedback_msg=x&feedback_msg=',
      '{"feedback_msg":"x"}',
      `feedback_msg=${'x'.repeat(100_000)}`,
      '--x\r\nContent-Disposition: form-data; name="feedback_msg"\r\n\r\nhello\r\n--x--\r\n',
      '--x\r\nContent-Disposition: form-data; name="feedback_msg"; filename="a"\r\n\r\nhello\r\n--x--\r\n',
      '--x\r\nContent-Dis',
    ]),
  )
  if (draft.body.includes('--x')) setHeader(draft, 'Content-Type', 'multipart/form-data; boundary=x')
}

const WAYS: readonly (readonly [number, readonly [string, Spoil]])[] = [
  [30, ['document', spoilDocument]],
  [12, ['text', spoilText]],
  [7, ['type', spoilType]],
  [7, ['framing', spoilFraming]],
  [7, ['method', spoilMethod]],
  [12, ['path', spoilPath]],
  [7, ['query', spoilQuery]],
  [8, ['token', spoilToken]],
  [6, ['header', spoilHeader]],
  [4, ['form', spoilForm]],
]
