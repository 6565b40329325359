import { describe, expect, it } from 'vitest'
import { getTokenFromCookie } from '../src/cookie.ts'
import type { CookieSource } from '../src/cookie.ts'

const NAME = '_pithos2_a'
const UUID = '73917abc-abcd-477e-a1f1-1763abcdefab'
const TOKEN = 'UQpYas7ElzWGD5yCcEXtjw'
const DECODED = `${UUID}|${TOKEN}`
const ENCODED = `${UUID}%7C${TOKEN}`
const HEADER = `csrftoken=x; ${NAME}=${ENCODED}; sessionid=y`

const header = (value: string): string | null => getTokenFromCookie(`${NAME}=${value}`, NAME)

describe('getTokenFromCookie', () => {
  it.each<[string, CookieSource]>([
    ['the Cookie header', HEADER],
    ['Headers', new Headers({ Cookie: HEADER })],
    ['a Request', new Request('http://127.0.0.1/', { headers: { Cookie: HEADER } })],
    ['a request of node', { headers: { cookie: HEADER } }],
    ['a map with the decoded value', new Map([[NAME, DECODED]])],
    ['a map with the encoded value', new Map([[NAME, ENCODED]])],
    ['a request of express, decoded', { cookies: { [NAME]: DECODED } }],
    ['a request of fastify, encoded', { cookies: { [NAME]: ENCODED } }],
    [
      'cookies without a prototype',
      { cookies: Object.assign(Object.create(null), { [NAME]: DECODED }) as Record<string, string> },
    ],
  ])('reads %s (C-6)', (_, source) => {
    expect(getTokenFromCookie(source, NAME)).toBe(TOKEN)
    expect(getTokenFromCookie(source, 'other')).toBeNull()
  })

  it('reads a request that has a method get, as that of express', () => {
    const get = (name: string): string | undefined => (name.toLowerCase() === 'cookie' ? HEADER : undefined)
    expect(getTokenFromCookie({ headers: { cookie: HEADER }, get }, NAME)).toBe(TOKEN)
    expect(getTokenFromCookie({ headers: {}, cookies: { [NAME]: DECODED }, get }, NAME)).toBe(TOKEN)
  })

  it('looks at the header before the cookies that a framework parsed', () => {
    const both = { headers: { cookie: `${NAME}=u%7Cfirst` }, cookies: { [NAME]: 'u|second' } }
    expect(getTokenFromCookie(both, NAME)).toBe('first')
    expect(getTokenFromCookie({ ...both, headers: { cookie: 'a=b' } }, NAME)).toBe('second')
    expect(getTokenFromCookie({ ...both, headers: {} }, NAME)).toBe('second')
  })

  it('splits at the first bar (C-6)', () => {
    expect(header('u%7Ca%7Cb')).toBe('a|b')
    expect(header('u|a|b')).toBe('a|b')
    expect(header('u%7C%7C')).toBe('|')
    expect(getTokenFromCookie(new Map([[NAME, 'u|a|b']]), NAME)).toBe('a|b')
  })

  it('keeps everything after the bar, also equals signs and line ends', () => {
    expect(header('u%7Cab==')).toBe('ab==')
    expect(header('u%7Ca%0Ab')).toBe('a\nb')
  })

  it('decodes once', () => {
    expect(header('u%7Ca%257Cb')).toBe('a%7Cb')
    expect(header('u%7Ca%2525')).toBe('a%25')
    expect(header('u%257Ca')).toBeNull()
    expect(header('u%7Ca+b')).toBe('a+b')
    expect(header('u%7C%CE%B1')).toBe('α')
    expect(getTokenFromCookie({ cookies: { [NAME]: 'u|a%25' } }, NAME)).toBe('a%25')
  })

  it('takes double quotes off', () => {
    expect(header(`"${ENCODED}"`)).toBe(TOKEN)
    expect(getTokenFromCookie({ cookies: { [NAME]: `"${DECODED}"` } }, NAME)).toBe(TOKEN)
    expect(header('"u%7Ca')).toBe('a')
  })

  it('takes the first of several cookies of the name', () => {
    expect(getTokenFromCookie(`${NAME}=u%7Cfirst; ${NAME}=u%7Csecond`, NAME)).toBe('first')
    expect(getTokenFromCookie(`${NAME}=; ${NAME}=u%7Csecond`, NAME)).toBeNull()
  })

  it('compares names exactly, apart from blanks around them', () => {
    expect(getTokenFromCookie(` ${NAME} = ${ENCODED} ;x`, NAME)).toBe(TOKEN)
    expect(getTokenFromCookie(`${NAME};${NAME}=${ENCODED}`, NAME)).toBe(TOKEN)
    expect(getTokenFromCookie(`x${NAME}=${ENCODED}`, NAME)).toBeNull()
    expect(getTokenFromCookie(HEADER, NAME.toUpperCase())).toBeNull()
    expect(getTokenFromCookie(HEADER, `${NAME} `)).toBeNull()
  })

  it.each([
    ['an empty value', ''],
    ['quotes alone', '""'],
    ['half of the quotes', '"'],
    ['no bar', 'justatoken'],
    ['an empty token', `${UUID}%7C`],
    ['a broken percent-encoding', `${UUID}%7C%`],
    ['bytes that are no UTF-8', `${UUID}%7C%ff`],
  ])('finds no token in %s', (_, value) => {
    expect(header(value)).toBeNull()
    expect(getTokenFromCookie({ cookies: { [NAME]: value } }, NAME)).toBeNull()
    expect(getTokenFromCookie(new Map([[NAME, value]]), NAME)).toBeNull()
  })

  it('finds nothing in what an object inherits', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'get', '']) {
      for (const source of [
        { cookies: {} },
        { headers: {} },
        new Map<string, string>(),
        HEADER,
        new Headers({ Cookie: HEADER }),
      ]) {
        expect(getTokenFromCookie(source, name)).toBeNull()
      }
    }
  })

  const cyclic: Record<string, unknown> = {}
  cyclic['headers'] = cyclic
  cyclic['cookies'] = cyclic
  const throws = (): never => {
    throw new Error('getter')
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()

  it.each<[string, unknown]>([
    ['null', null],
    ['undefined', undefined],
    ['a number', 42],
    ['a symbol', Symbol('x')],
    ['a function', throws],
    ['an array', [HEADER]],
    ['an object', {}],
    ['headers that are null', { headers: null }],
    ['headers with several texts', { headers: { cookie: [HEADER] } }],
    ['cookies that are null', { cookies: null }],
    ['cookies that are a list', { cookies: [DECODED] }],
    ['a cookie that is an object', { cookies: { [NAME]: { toString: () => DECODED } } }],
    ['a getter that throws', Object.defineProperty({}, 'headers', { get: throws })],
    ['a method that throws', { get: throws }],
    ['a map of numbers', new Map([[NAME, 1]])],
    ['a circle', cyclic],
    ['a revoked proxy', revoked.proxy],
  ])('never throws: %s', (_, source) => {
    expect(getTokenFromCookie(source as CookieSource, NAME)).toBeNull()
  })

  it.each([null, undefined, 7, {}, [NAME], Symbol('x')])('never throws for a name of another type', (name) => {
    expect(getTokenFromCookie(HEADER, name as string)).toBeNull()
    expect(getTokenFromCookie({ cookies: { [NAME]: DECODED } }, name as string)).toBeNull()
  })

  it('reads a long hostile header in no time', () => {
    const started = performance.now()
    expect(getTokenFromCookie(`${'a='.repeat(200_000)};${' '.repeat(200_000)};${'|'.repeat(200_000)}`, NAME)).toBeNull()
    expect(header(`"${'x'.repeat(400_000)}`)).toBeNull()
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})
