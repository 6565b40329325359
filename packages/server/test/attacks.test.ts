import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { SecretKeys } from '../src/identity/secret-keys.ts'
import { newCsrfToken } from '../src/signin/csrf.ts'
import { Browser } from './support/browser.ts'
import { dumpOf } from './support/dump.ts'
import type { Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { PAGES, pagesWith, pathOf } from './support/page-routes.ts'
import { databases, freshDatabase, startServer, type Connection, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What a page of another site can make somebody's browser send. Every page is tried: they are taken from the list of routes. */

const [database] = databases as [Database]
/** Each with its own defence: those of the login look where it comes from, the other at the client's secret or PKCE. */
const WITHOUT_TOKEN = ['/ui/local', '/ui/login/local', '/oauth2/token']
const WITH_TOKEN = pagesWith('POST').filter((path) => !WITHOUT_TOKEN.includes(path))

let service: WorldService
let connection: Connection
let base: string
let alice: Browser
let bob: Browser
let names: Record<string, string>

beforeAll(async () => {
  connection = (await freshDatabase(await startServer(database), migrated)).connection
  service = await startWorldService(connection, { settings: { signUp: true, isModerated: false } })
  base = service.origin + service.basePath
  names = await service.load(WORLD)
  ;[alice, bob] = [await signedIn('alice'), await signedIn('bob')]
})
afterAll(() => service[Symbol.asyncDispose]())

async function signedIn(name: string): Promise<Browser> {
  const browser = new Browser(base)
  expect((await browser.signIn(name)).status).toBe(302)
  return browser
}

/** What would do something on each of these pages. */
const FIELDS = {
  response_type: 'code',
  client_id: 'conf-app',
  has_signed_terms: 'on',
  email: 'mallory@example.org',
  first_name: 'Mallory',
  last_name: 'M',
  password: 'mallory knows it',
  code: 'x',
}

async function changesOf(act: () => Promise<unknown>): Promise<boolean> {
  const before = await dumpOf(connection)
  await act()
  return (await dumpOf(connection)) !== before
}

describe('a form of another site', () => {
  it('is tried on every page that takes one', () => {
    expect(WITH_TOKEN.length).toBeGreaterThanOrEqual(6)
    expect(pagesWith('POST')).toEqual(expect.arrayContaining(WITHOUT_TOKEN))
  })

  it.each(WITH_TOKEN)('changes nothing at %s', async (path) => {
    const own = alice.cookie('csrftoken') ?? ''
    const foreign = bob.cookie('csrftoken') ?? ''
    const anonymous = newCsrfToken(service.secretKey, '')
    const otherKey = newCsrfToken(SecretKeys.random(), alice.cookie('sessionid') ?? '')
    /** The cookie that a neighbour has set, the field, and what the browser says of where it comes from. */
    const attempts: [string, string | null, Record<string, string>][] = [
      [own, null, {}],
      [own, '', {}],
      [own, foreign, {}],
      [own, `${own}x`, {}],
      [own, own.split('.')[0] ?? '', {}],
      [foreign, foreign, {}],
      [anonymous, anonymous, {}],
      [otherKey, otherKey, {}],
      ['', '', {}],
      ['.', '.', {}],
      [own, own, { origin: 'https://evil.example.org' }],
      [own, own, { origin: 'null' }],
      [own, own, { referer: 'https://evil.example.org/' }],
      [own, own, { referer: `https://evil.example.org/${base}` }],
      [own, own, { referer: `${base.replace('http:', 'https:').replace('/astakos', '.evil.example.org/')}` }],
      [own, own, { referer: 'no address' }],
    ]
    const hasChanged = await changesOf(async () => {
      for (const [cookie, field, headers] of attempts) {
        alice.cookies.set('csrftoken', cookie)
        const proof: Record<string, string> = field === null ? {} : { csrfmiddlewaretoken: field }
        const { status, text } = await alice.post(path, { ...FIELDS, ...proof }, headers)
        expect([status, text.includes('Forbidden')], JSON.stringify([cookie, field, headers])).toEqual([403, true])
        alice.cookies.set('csrftoken', cookie)
        const inHeader = await alice.post(path, FIELDS, { ...headers, 'x-csrftoken': field ?? '' })
        expect(inHeader.status, `in a header: ${JSON.stringify([cookie, field, headers])}`).toBe(403)
      }
      // Its own token is not enough in what is no form, or beside the form.
      alice.cookies.set('csrftoken', own)
      expect((await alice.post(`${path}?csrfmiddlewaretoken=${own}`, FIELDS)).status).toBe(403)
      const text = { 'content-type': 'text/plain' }
      expect((await alice.post(path, { ...FIELDS, csrfmiddlewaretoken: own }, text)).status).toBe(403)
    })
    expect(hasChanged).toBe(false)
  })

  it.each(WITH_TOKEN.filter((path) => path !== '/ui/profile/update_token'))(
    'would do something at %s',
    async (path) => {
      const { status } = await bob.form(path, FIELDS)
      expect(status).not.toBe(403)
      expect(status).toBeLessThan(500)
    },
  )

  it('of a browser that is not signed in is refused, too', async () => {
    for (const path of WITH_TOKEN) {
      const stranger = new Browser(base)
      expect((await stranger.post(path, FIELDS)).status, path).toBe(403)
      stranger.cookies.set('csrftoken', alice.cookie('csrftoken') ?? '')
      expect((await stranger.form(path, FIELDS)).status, path).toBe(403)
    }
  })

  it('by another method than POST changes nothing on any page', async () => {
    const own = { 'x-csrftoken': alice.cookie('csrftoken') ?? '' }
    const hasChanged = await changesOf(async () => {
      for (const route of PAGES)
        for (const method of ['PUT', 'DELETE', 'PATCH']) {
          const { status } = await alice.send(method, pathOf(route), { ...own, referer: base })
          expect(status, `${method} ${route.path}`).toBe(pathOf(route) === '/oauth2/token' ? 405 : 403)
        }
    })
    expect(hasChanged).toBe(false)
  })

  it('gets nothing at the token endpoint: cookies count for nothing there', async () => {
    const fields = { grant_type: 'authorization_code', client_id: 'conf-app', code: 'x' }
    const { json, status } = await alice.post('/oauth2/token', fields)
    expect([status, json]).toEqual([400, expect.objectContaining({ exception: 'Client authentication is required' })])
  })

  it.each(['/ui/local', '/ui/login/local'])('signs nobody in at %s, as somebody else neither', async (path) => {
    const fields = { username: 'bob@example.org', password: 'bob-pass-1' }
    const before = alice.cookie('sessionid')
    const hasChanged = await changesOf(async () => {
      const foreign: Record<string, string>[] = [
        { origin: 'https://evil.example.org' },
        { origin: 'null' },
        { origin: 'https://127.0.0.1:1' },
        { origin: `${base.replace('http:', 'https:').replace('/astakos', '.evil.example.org')}` },
        { 'sec-fetch-site': 'cross-site' },
        { referer: 'https://evil.example.org/' },
      ]
      for (const headers of foreign) {
        const { status, headers: answer } = await alice.post(path, fields, headers)
        expect([status, answer.location], JSON.stringify(headers)).toEqual([403, undefined])
      }
    })
    expect([hasChanged, alice.cookie('sessionid')]).toEqual([false, before])
  })

  it('comes without the cookies, which tell the browser to keep them from it', async () => {
    const { headers } = await new Browser(base).signIn('alice')
    const lines = headers['set-cookie'] ?? []
    expect(new Set(lines.map((line) => line.split('=')[0]))).toEqual(new Set(['_pithos2_a', 'csrftoken', 'sessionid']))
    for (const line of lines) expect(line).toMatch(/; Secure; (?:HttpOnly; )?SameSite=Lax$/)
    expect(lines.find((line) => line.startsWith('sessionid='))).toMatch(/; HttpOnly/)
    expect(lines.find((line) => line.startsWith('sessionid='))).not.toMatch(/domain/i)
  })
})

/** GET that does something for another site, too: each is what it was recorded to be, or needs a secret. */
const DOES_SOMETHING = [
  // Signs out: recorded.
  '/ui/logout',
]
const FROM_ELSEWHERE: Record<string, string>[] = [
  { 'sec-fetch-site': 'cross-site' },
  { referer: 'https://evil.example.org/' },
  { origin: 'null' },
]

describe('a link of another site', () => {
  it('has exceptions that are pages', () => {
    expect(pagesWith('GET')).toEqual(expect.arrayContaining(DOES_SOMETHING))
  })

  it.each(pagesWith('GET').filter((path) => !DOES_SOMETHING.includes(path)))('changes nothing at %s', async (path) => {
    const browser = await signedIn('alice')
    const session = browser.cookie('sessionid')
    const query = new URLSearchParams({ ...FIELDS, next: 'pithos://x', renew: '', force: '', auth: 'x' }).toString()
    const hasChanged = await changesOf(async () => {
      for (const headers of FROM_ELSEWHERE)
        expect((await browser.get(`${path}?${query}`, { accept: 'text/html', ...headers })).status).toBeLessThan(500)
    })
    expect([hasChanged, browser.cookie('sessionid')]).toEqual([false, session])
  })

  it('to weblogin renews nothing after signing in either, where one that a native client opens does', async () => {
    const path = '/weblogin/login?next=pithos://x&renew='
    for (const headers of FROM_ELSEWHERE)
      expect(decodeURIComponent((await new Browser(base).get(path, headers)).headers.location ?? '')).not.toMatch(
        /renew/,
      )
    const browser = await signedIn('carol')
    const old = browser.cookie('sessionid')
    expect((await browser.get(path, { 'sec-fetch-site': 'none' })).headers.location).toMatch(/^pithos:\/\/x\?token=/)
    expect(browser.cookie('sessionid')).not.toBe(old)
    await browser.get('/weblogin/login?next=pithos://x&force=', { 'sec-fetch-site': 'none' })
    expect(browser.cookie('sessionid')).toBeUndefined()
  })
})

const ASKED: Readonly<Record<string, string>> = {
  '/oauth2/auth': '?response_type=code&client_id=trusted-app',
  '/ui/logout': '?next=/astakos/ui/login',
}

describe('HEAD', () => {
  it.each(pagesWith('HEAD'))('of %s changes nothing', async (path) => {
    const hasChanged = await changesOf(async () => {
      for (const browser of [alice, new Browser(base)]) {
        const { status, text, headers } = await browser.send('HEAD', path + (ASKED[path] ?? ''), {
          accept: 'text/html',
        })
        expect([text, status < 500]).toEqual(['', true])
        expect(headers.location ?? '').not.toContain('code=')
      }
    })
    expect(hasChanged).toBe(false)
    expect((await alice.get('/ui/landing')).text).toContain('alice@example.org')
  })

  it('signs nobody out, where GET does', async () => {
    const browser = await signedIn('alice')
    expect((await browser.send('HEAD', '/ui/logout')).headers['set-cookie']).toBeUndefined()
    expect((await browser.get('/ui/landing')).status).toBe(200)
    await browser.get('/ui/logout')
    expect((await browser.get('/ui/landing')).status).toBe(302)
  })

  it('renews no token', async () => {
    expect((await alice.send('HEAD', '/weblogin/login?next=pithos://x&renew=')).status).toBe(405)
    const access = await alice.get('/ui/api_access')
    expect(access.text).toContain(names['token:alice'])
  })
})

describe('a frame', () => {
  const isHtml = ({ headers, text }: Reply): boolean =>
    (headers['content-type'] ?? '').startsWith('text/html') && text !== ''

  it('shows no page on which something could be clicked', async () => {
    await service.service.database.query(sql("insert into terms (body) values ('Be kind.')"))
    const heidi = await signedIn('heidi')
    const seen = new Set<string>()
    const check = (path: string, reply: Reply): void => {
      if (!isHtml(reply)) return
      if (!/<(?:a|form|button|input)\b/.test(reply.text)) return
      seen.add(path)
      const policy = reply.headers['content-security-policy'] as string | undefined
      expect(policy, path).toMatch(/^default-src 'none';.*\bframe-ancestors 'none'/)
      expect(policy, path).not.toMatch(/unsafe|script-src|\*/)
      expect(reply.headers['x-frame-options'], path).toBe('DENY')
      expect(reply.headers['x-content-type-options'], path).toBe('nosniff')
      expect(reply.headers['cache-control'], path).toBe('no-store')
    }
    for (const browser of [alice, heidi, new Browser(base)]) {
      for (const path of pagesWith('GET').filter((page) => page !== '/ui/logout'))
        check(
          path,
          await browser.get(path + (path === '/oauth2/auth' ? '?response_type=code&client_id=conf-app' : ''), {
            accept: 'text/html',
          }),
        )
      check('/ui/nothing', await browser.get('/ui/nothing'))
    }
    for (const path of pagesWith('POST')) check(path, await bob.form(path, { ...FIELDS, email: 'no address' }))
    const expected = ['/oauth2/auth', '/ui/api_access', '/ui/approval_terms', '/ui/landing', '/ui/local', '/ui/login']
    expect([...seen].sort()).toEqual(expect.arrayContaining(expected))
  })
})

describe('a cache', () => {
  const KEPT = ['/ui/style.css', '/openapi.json']

  const isKept = ({ headers }: Reply): boolean => headers['cache-control'] !== 'no-store'
  const checkReply = (path: string, reply: Reply): void => {
    expect([path, isKept(reply)]).toEqual([path, KEPT.includes(path)])
    if (isKept(reply)) return
    expect([path, reply.headers['referrer-policy']]).toEqual([path, 'same-origin'])
    expect([path, reply.headers.vary]).toEqual([path, expect.stringMatching(/\bCookie\b/)])
  }

  it('keeps no answer of a page: neither a redirect nor what a browser asks by itself', async () => {
    const member = await signedIn('carol')
    for (const browser of [member, new Browser(base)]) {
      for (const path of pagesWith('GET').filter((page) => page !== '/ui/logout'))
        if (!path.startsWith('/oauth2/token')) checkReply(path, await browser.get(path, { accept: 'text/html' }))
      checkReply('/ui/nothing', await browser.get('/ui/nothing'))
    }
    for (const path of ['/ui/local', '/ui/signup', '/ui/approval_terms', '/ui/profile/update_token'])
      checkReply(path, await member.form(path, FIELDS))
  })

  it('keeps neither a token on its way to a native client nor the cookies of an entrance', async () => {
    await service.service.database.query(sql('update users set has_signed_terms = true'))
    const browser = new Browser(base)
    const entered = await browser.signIn('carol')
    checkReply('the entrance', entered)
    const native = await browser.get('/weblogin/login?next=pithos://x')
    expect(native.headers.location).toMatch(/^pithos:\/\/x\?token=/)
    checkReply('a native client', native)
    browser.cookies.set('_pithos2_a', 'another')
    const mended = await browser.get('/ui/get_menu')
    expect(mended.headers['set-cookie']?.join()).toContain('_pithos2_a=')
    checkReply('a mended cookie', mended)
    const menu = await browser.get('/ui/get_menu')
    expect(menu.text).toContain('carol@example.org')
    checkReply('the menu', menu)
  })
})
