import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCredentials } from '../src/oauth2/credentials.ts'
import { originOf, prefersHtml } from '../src/oauth2/consent.ts'
import { isSameUri, normalForm } from '../src/oauth2/normal-form.ts'
import { randomText } from '../src/oauth2/random-text.ts'
import { checkOwnRedirectUri, isRegistered, withParameters } from '../src/oauth2/redirect-uri.ts'

const CALLBACK = 'https://conf.example.org/cb'

describe('a redirect URI', () => {
  it('is good where it is registered, or continues a registered one after a slash', () => {
    for (const uri of [CALLBACK, `${CALLBACK}/`, `${CALLBACK}/a/b?x=../..&y=%2e%2e#/../`, `${CALLBACK}/..a/b..`])
      expect(isRegistered(uri, [CALLBACK]), uri).toBe(true)
    expect(isRegistered('https://public.example.org/app', ['https://public.example.org/'])).toBe(true)
    expect(isRegistered('https://public.example.org', ['https://public.example.org/'])).toBe(false)
    expect(isRegistered(CALLBACK, ['https://other.example.org/', CALLBACK])).toBe(true)
    expect(isRegistered(CALLBACK, [])).toBe(false)
  })

  it('is compared with its query', () => {
    expect(isRegistered(`${CALLBACK}?x=1`, [CALLBACK])).toBe(false)
    expect(isRegistered(`${CALLBACK}?x=1`, [`${CALLBACK}?x=1`])).toBe(true)
    expect(isRegistered(`${CALLBACK}?x=2`, [`${CALLBACK}?x=1`])).toBe(false)
  })

  it.each([
    ['another host', 'https://evil.example.org/cb'],
    ['another scheme', 'http://conf.example.org/cb'],
    ['another port', 'https://conf.example.org:8443/cb'],
    ['a longer segment', `${CALLBACK}x`],
    ['a longer host', 'https://conf.example.org.evil.example.org/cb'],
    ['a user in front of the host', 'https://conf.example.org@evil.example.org/cb'],
    ['dots', `${CALLBACK}/../other`],
    ['a dot', `${CALLBACK}/./other`],
    ['dots at the end', `${CALLBACK}/..`],
    ['dots before a query', `${CALLBACK}/..?x`],
    ['dots before a fragment', `${CALLBACK}/..#x`],
    ['encoded dots', `${CALLBACK}/%2e%2E/other`],
    ['one encoded dot', `${CALLBACK}/.%2e/other`],
    ['an encoded slash', `${CALLBACK}/..%2fother`],
    ['an encoded backslash', `${CALLBACK}/x%5c..%5cother`],
    ['twice encoded dots', `${CALLBACK}/%252e%252e/other`],
    ['dots with encoded digits', `${CALLBACK}/%%32%65%%32%65/other`],
    ['dots that are encoded very often', `${CALLBACK}/%25252525252e./other`],
    ['dots with a parameter', `${CALLBACK}/..;a=b/other`],
    ['a backslash', `${CALLBACK}/\\..\\other`],
    ['a tab between dots', `${CALLBACK}/.\t./other`],
    ['a line feed', `${CALLBACK}/a\r\nSet-Cookie:x`],
    ['a blank', `${CALLBACK}/ ..`],
    ['a NUL', `${CALLBACK}/\0`],
    ['letters outside of ASCII', `${CALLBACK}/ä`],
    ['a blank in front', ` ${CALLBACK}`],
    ['upper case', CALLBACK.toUpperCase()],
  ])('is refused with %s', (_, uri) => {
    expect(isRegistered(uri, [CALLBACK])).toBe(false)
  })

  it('never gets out of what is registered, as browsers and servers behind them read it', () => {
    const piece = fc.constantFrom(
      '.',
      '..',
      '/',
      '//',
      '\\',
      '%2e',
      '%2E',
      '%2f',
      '%5c',
      '%252e',
      '\t',
      '\n',
      ' ',
      ';',
      '?',
      '#',
      '@',
      ':',
      'a',
      'evil.org',
    )
    let good = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const uri = CALLBACK + pieces.join('')
        if (!isRegistered(uri, [CALLBACK])) return
        good += 1
        const { origin, pathname } = new URL(uri)
        expect(origin).toBe('https://conf.example.org')
        expect(`${pathname}/`.startsWith('/cb/')).toBe(true)
        const decoded = new URL(decodeURIComponent(pathname.replaceAll(/%(?![\da-f]{2})/gi, '%25')), origin)
        expect(`${decoded.pathname}/`.startsWith('/cb/')).toBe(true)
      }),
      { numRuns: 5000 },
    )
    expect(good).toBeGreaterThan(100)
  })

  it('is registered where it is absolute and means what it says', () => {
    for (const uri of [
      CALLBACK,
      'http://127.0.0.1:8080/',
      'https://x.org',
      'https://x.org?a=b',
      'pithos://login',
      'org.example.app:/cb',
    ])
      expect(() => checkOwnRedirectUri(uri), uri).not.toThrow()
    for (const uri of [
      '',
      '/cb',
      'x.org/cb',
      'https:/x.org',
      'https://',
      'https:\\\\x.org',
      'https://a@x.org/',
      'https://x.org/a#b',
      'https://x.org/../a',
      'https://x.org/a b',
      'javascript:alert(1)',
      'JAVASCRIPT:alert(1)',
      'data:text/html,x',
      'https://[x/',
      `https://x.org/${'a'.repeat(5000)}`,
    ])
      expect(() => checkOwnRedirectUri(uri), uri).toThrow(RangeError)
  })
})

describe('adding parameters', () => {
  const added = [
    ['state', 'a b&c'],
    ['code', 'X'],
  ] as const

  it('keeps those that are there, also repeated ones, in their order', () => {
    expect(withParameters(CALLBACK, added)).toBe(`${CALLBACK}?state=a+b%26c&code=X`)
    expect(withParameters(`${CALLBACK}?x=2&x=1&y&x=%20`, added)).toBe(
      `${CALLBACK}?x=2&x=1&y&x=%20&state=a+b%26c&code=X`,
    )
    expect(withParameters(`${CALLBACK}?`, added)).toBe(`${CALLBACK}?state=a+b%26c&code=X`)
    expect(withParameters(`${CALLBACK}#f?g`, added)).toBe(`${CALLBACK}?state=a+b%26c&code=X#f?g`)
    expect(withParameters('org.example.app:/cb', added)).toBe('org.example.app:/cb?state=a+b%26c&code=X')
  })

  it('leaves none of the same name, however it is written', () => {
    expect(withParameters(`${CALLBACK}?code=evil&c%6fde=evil&x=1&state=evil`, added)).toBe(
      `${CALLBACK}?x=1&state=a+b%26c&code=X`,
    )
    expect(withParameters(`${CALLBACK}?state=own`, [['code', 'X']])).toBe(`${CALLBACK}?state=own&code=X`)
  })

  it('is undone by reading them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (state) => {
        const url = new URL(
          withParameters(`${CALLBACK}?a=1&a=2`, [
            ['state', state],
            ['code', 'X'],
          ]),
        )
        expect(url.searchParams.getAll('a')).toEqual(['1', '2'])
        expect(url.searchParams.get('state')).toBe(state)
        expect(url.searchParams.getAll('code')).toEqual(['X'])
      }),
    )
  })
})

describe('the normal form of a URI', () => {
  it.each([
    ['HTTPS://Conf.Example.ORG/cb', CALLBACK],
    ['https://conf.example.org:443/cb', CALLBACK],
    ['https://conf.example.org:/cb', CALLBACK],
    ['http://x.org:80', 'http://x.org/'],
    ['http://x.org:443/', 'http://x.org:443/'],
    ['https://x.org//a///b', 'https://x.org/a/b'],
    ['https://x.org/a/./b/../c', 'https://x.org/a/c'],
    ['https://x.org/a/..', 'https://x.org/'],
    ['https://x.org/../../a/', 'https://x.org/a/'],
    ['https://x.org/%7euser/%41%2f', 'https://x.org/~user/A%2F'],
    ['https://x.org/?b=2&a=1&c=&d', 'https://x.org/?a=1&b=2'],
    ['https://x.org/?b=2&b=1', 'https://x.org/?b=1&b=2'],
    ['https://x.org/?a=b+c', 'https://x.org/?a=b%20c'],
    ['https://x.org/?', 'https://x.org/'],
    ['https://User@x.org/#F', 'https://User@x.org/#F'],
    ['org.example.app:/cb', 'org.example.app:/cb'],
    ['no uri', 'no uri'],
  ])('of %s is %s', (uri, expected) => {
    expect(normalForm(uri)).toBe(expected)
  })

  const segment = fc.stringMatching(/^[a-z~-][\w.~-]{0,5}$/)
  const parts = fc.record({
    host: fc.stringMatching(/^[a-z]{1,6}\.(?:org|com)$/),
    segments: fc.array(segment, { maxLength: 4 }),
    pairs: fc.array(fc.tuple(segment, segment), { maxLength: 4 }),
  })
  const uriOf = ({ host, segments, pairs }: { host: string; segments: string[]; pairs: [string, string][] }): string =>
    `https://${host}/${segments.join('/')}${pairs.length > 0 ? `?${pairs.map((pair) => pair.join('=')).join('&')}` : ''}`

  it('is its own', () => {
    const any = fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string(), parts.map(uriOf))
    fc.assert(
      fc.property(any, (uri) => {
        expect(normalForm(normalForm(uri))).toBe(normalForm(uri))
      }),
    )
  })

  it('is one for all spellings', () => {
    const escaped = (text: string): string =>
      text.replaceAll(/[a-z]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
    fc.assert(
      fc.property(parts, fc.nat(), (given, turn) => {
        const { host, segments, pairs } = given
        const at = pairs.length > 0 ? turn % pairs.length : 0
        const other = uriOf({
          host: `${host.toUpperCase()}:443`,
          segments: ['.', 'x', '..', ...segments.flatMap((name) => ['', escaped(name)])],
          pairs: [...pairs.slice(at), ['empty', ''] as [string, string], ...pairs.slice(0, at)],
        })
        expect(normalForm(other)).toBe(normalForm(uriOf(given)))
      }),
    )
  })

  it('differs where hosts, paths or parameters do', () => {
    fc.assert(
      fc.property(parts, parts, (one, other) => {
        const key = ({ host, segments, pairs }: typeof one): string =>
          JSON.stringify([host, segments, pairs.map((pair) => pair.join('=')).sort()])
        expect(isSameUri(uriOf(one), uriOf(other))).toBe(key(one) === key(other))
      }),
    )
  })
})

describe('the credentials of a client', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

  it('are split at the first colon', () => {
    expect(readCredentials(basic('app:a:b'))).toEqual({ identifier: 'app', secret: 'a:b' })
    expect(readCredentials(basic('app:'))).toEqual({ identifier: 'app', secret: '' })
    expect(readCredentials(basic('app:%41 ä'))).toEqual({ identifier: 'app', secret: '%41 ä' })
    expect(readCredentials(basic('app:x').replace('Basic', 'bAsIc '))).toEqual({ identifier: 'app', secret: 'x' })
  })

  it('are none in another scheme, and nameless where they can not be read', () => {
    for (const header of [undefined, '', 'abc', 'Bearer abc', 'Basically eDp4'])
      expect(readCredentials(header)).toBeNull()
    for (const header of ['Basic', 'Basic ', 'Basic %%%', basic('app'), basic(':x'), basic('a\0:x'), 'Basic /zp4'])
      expect(readCredentials(header)?.identifier, header).toBeNull()
  })
})

describe('the page of consent', () => {
  it('is for who wants HTML rather than JSON', () => {
    for (const accept of [
      'text/html',
      'text/html,application/xhtml+xml,*/*;q=0.8',
      'text/html, application/json',
      'application/json;q=0.5, TEXT/HTML;q=0.9',
    ])
      expect(prefersHtml(accept), accept).toBe(true)
    for (const accept of [
      undefined,
      '',
      '*/*',
      'text/*',
      'application/json',
      'application/json, text/html',
      'text/html;q=0',
      'text/html;q=0.5, application/json',
    ])
      expect(prefersHtml(accept), accept).toBe(false)
  })

  it('may lead to one origin, or the scheme of an application', () => {
    expect(originOf('https://x.org:8443/cb?x')).toBe('https://x.org:8443')
    expect(originOf('pithos://login')).toBe('pithos:')
  })
})

it('codes and tokens are letters and digits, each as likely', () => {
  const counts = new Map<string, number>()
  const text = randomText(62_000)
  expect(text).toMatch(/^[A-Za-z0-9]{62000}$/)
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  expect(counts.size).toBe(62)
  expect(Math.min(...counts.values())).toBeGreaterThan(700)
  expect(Math.max(...counts.values())).toBeLessThan(1300)
})
