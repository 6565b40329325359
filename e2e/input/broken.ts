import { bytesOf, type Probe } from './probe.ts'
import type { Random } from './random.ts'
import type { Template } from './template.ts'

const HEAD = 'GET /astakos/account/v1.0/resources HTTP/1.1\r\nHost: x\r\n'

const WHOLE: readonly (string | Buffer)[] = [
  '',
  '\r\n',
  '\r\n\r\n\r\n',
  'GET',
  'GET /\r\n\r\n',
  'GET / HTTP/9.9\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  ' GET / HTTP/1.1\r\nHost: x\r\n\r\n',

  'GET  /  HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET\t/\tHTTP/1.1\r\nHost: x\r\n\r\n',
  'GET / HTTP/1.1\nHost: x\n\n',
  'GET / HTTP/1.0\r\n\r\n',

  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  ...[
    'no colon\r\n\r\n',
    'A : b\r\n\r\n',
    ': b\r\n\r\n',
    'A: b\r\n c\r\n\r\n',
    'A: \u0000\r\n\r\n',
    'A: b\rc\r\n\r\n',
    'A: \u007f\r\n\r\n',
    'Host: y\r\n\r\n',
  ].map((line) => HEAD + line),
  `${HEAD}${'A: b\r\n'.repeat(3000)}\r\n`,
  `${HEAD}A: ${'b'.repeat(100_000)}\r\n\r\n`,
  `${HEAD}\r\n${HEAD}Connection: close\r\n\r\n`,
  `${HEAD}\r\n`.repeat(40),
  `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  ...['zz', '-1', '', '1;', '5\r\nabc', 'FFFFFFFFFFFFFFFF', '0\r\nX'].map(
    (chunk) =>
      `POST /astakos/identity/v2.0/tokens HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}\r\n`,
  ),
  Buffer.from('16030100c8010000c403035f', 'hex'),
]

/** Hardly HTTP; made of requests that can change nothing, whatever becomes of them. */
export function broken(probe: Probe, template: Template, random: Random): Probe {
  const isHarmless = template.method === 'GET' || /tokens|user_catalogs/.test(template.route)
  const whole = bytesOf(probe, 'x', (text) => text)
  const at = random.below(whole.length + 1)
  const raw = random.weighted<() => Buffer>([
    [3, () => Buffer.from(random.pick(WHOLE))],
    [1, () => random.bytes(random.below(300))],
    ...(isHarmless
      ? ([
          [1, () => whole.subarray(0, at)],
          [2, () => Buffer.concat([whole.subarray(0, at), random.bytes(1 + random.below(3)), whole.subarray(at + 1)])],
          [1, () => Buffer.concat([whole, whole])],
        ] as const)
      : []),
  ])()
  return { ...probe, how: [...probe.how, 'broken'], raw }
}
