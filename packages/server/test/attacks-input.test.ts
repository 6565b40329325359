import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import type { Mail } from '../src/mail/mail.ts'
import { addClient } from '../src/oauth2/clients.ts'
import { addTerms } from '../src/operations/terms.ts'
import { Browser } from './support/browser.ts'
import type { Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { pagesWith } from './support/page-routes.ts'
import { databases, freshDatabase, startServer, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What somebody may write into an address, a form or an account, and where it comes out again. */

const [database] = databases as [Database]
let service: WorldService
let base: string
let alice: Browser
let heidi: Browser
let names: Record<string, string>
const mails: Mail[] = []

beforeAll(async () => {
  const { connection } = await freshDatabase(await startServer(database), migrated)
  service = await startWorldService(connection, {
    settings: { signUp: true, isModerated: false, cookieDomain: 'example.org' },
    mailer: {
      send: (mail) => {
        mails.push(mail)
        return Promise.resolve()
      },
    },
  })
  base = service.origin + service.basePath
  names = await service.load(WORLD)
  await service.service.database.query(sql("insert into terms (body) values ('Be kind.')"))
  ;[alice, heidi] = [new Browser(base), new Browser(base)]
  expect((await alice.signIn('alice')).status).toBe(302)
  expect((await heidi.signIn('heidi')).status).toBe(302)
})
afterAll(() => service[Symbol.asyncDispose]())

const query = (text: string, values: unknown[] = []): Promise<unknown> =>
  service.service.database.query(sql(text), values)
const encoded = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString()

/** Of I-12 and more: what takes a browser, or a careless comparison, for another host. */
const ELSEWHERE = [
  'https://evil.example.com/',
  'HTTPS://EVIL.EXAMPLE.COM',
  '//evil.example.com/',
  '///evil.example.com/',
  '/\\evil.example.com/',
  '\\\\evil.example.com/',
  '/\t/evil.example.com/',
  '/\n/evil.example.com/',
  '\t//evil.example.com/',
  ' //evil.example.com/',
  '\u0000//evil.example.com/',
  '\u00a0//evil.example.com/',
  'https:evil.example.com',
  'https:/evil.example.com',
  'https:///evil.example.com',
  'https:\\\\evil.example.com',
  'http://evil-example.org/',
  'http://evilexample.org/',
  'http://example.org.evil.example.com/',
  'http://example.org@evil.example.com/',
  'http://example.org:80@evil.example.com/',
  'http://evil.example.com#example.org',
  'http://evil.example.com?.example.org',
  'http://evil.example.com\\.example.org',
  'http://evil.example.com%23.example.org',
  'http://evil.example.com%00.example.org',
  'http://example.org%2eevil.example.com/',
  'http://example.org%252eevil.example.com/',
  'http://ex\u00e0mple.org/',
  'http://127.0.0.1:1/',
  'http://[::1]/',
  'ftp://example.org/',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'javascript://example.org/%0aalert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'pithos://example.org/',
  'evil.example.com',
  '',
]

/** What a header would have to hold to become two. */
const LINES = [
  '/\r\nset-cookie: a=b',
  '/\nlocation: https://evil.example.com',
  '/\rx: y',
  '/\u2028x',
  '/%0d%0aset-cookie:a=b',
  '/\u560d\u560aset-cookie:a=b',
]

describe('an address to go on to', () => {
  const KNOWN = new Set(['_pithos2_a', 'csrftoken', 'sessionid'])
  const leads = (reply: Reply): string => {
    const { location = '', ...headers } = reply.headers
    expect(reply.status).toBeLessThan(500)
    expect(location).toMatch(/^[\x21-\x7e]*$/)
    for (const line of headers['set-cookie'] ?? []) expect(KNOWN.has(line.split('=')[0] ?? ''), line).toBe(true)
    return location
  }

  it.each([...ELSEWHERE, ...LINES])('%j leads out to no other site', async (next) => {
    const stays = (location: string): void => expect(new URL(location).host).toBe(new URL(base).host)
    stays(leads(await new Browser(base).get(`/ui/logout?${encoded({ next })}`)))
    const login = await new Browser(base).get(`/ui/login?${encoded({ next })}`)
    const [, kept = base] = /name="next" value="([^"]*)"/.exec(login.text) ?? []
    stays(kept)
    stays(leads(await heidi.get(`/ui/landing?${encoded({ next })}`)))
    const terms = await heidi.get(`/ui/approval_terms?${encoded({ next })}`)
    expect(terms.text).toContain('I agree')
    const [, asked = base] = /name="next" value="([^"]*)"/.exec(terms.text) ?? []
    stays(asked)
    // Whoever agreed is sent on by the field, so it is looked at again.
    await query('update users set has_signed_terms = false where uuid = $1', [names['uuid:heidi']])
    stays(leads(await heidi.submit(terms, { has_signed_terms: 'on', next })))
    await query('update users set has_signed_terms = false where uuid = $1', [names['uuid:heidi']])
    const web = await alice.get(`/weblogin/login?${encoded({ next })}`)
    if (next.startsWith('pithos:')) expect(leads(web)).toMatch(/^pithos:/)
    else expect([web.status, web.headers.location]).toEqual([next === '' ? 400 : 403, undefined])
  })

  it.each(['http://example.org/x', 'https://files.example.org/', '/astakos/ui/landing'])(
    '%s leads where it says: it belongs to the service',
    async (next) => {
      const { headers } = await new Browser(base).get(`/ui/logout?${encoded({ next })}`)
      expect(new URL(headers.location ?? '').href).toBe(new URL(next, service.origin.replace('http:', 'https:')).href)
    },
  )

  it('after signing in leads to no other site, by the query neither', async () => {
    // Few, since each costs a password: the rules are those of above.
    for (const next of ['//evil.example.com/', 'http://example.org@evil.example.com/', '/\r\nset-cookie: a=b']) {
      const reply = await new Browser(base).post(`/ui/local?${encoded({ next })}`, {
        username: 'bob@example.org',
        password: 'bob-pass-1',
      })
      expect(new URL(leads(reply)).pathname).toBe('/astakos/ui/landing')
    }
  })

  it('with a token in it is for schemes of native clients alone, whatever a proxy says of the host', async () => {
    for (const next of [
      'https://example.org/',
      'http://127.0.0.1/',
      '//x',
      'pithos:x',
      'pithosx://y',
      ' pithos://x',
      'pithos://x\r\ny',
    ])
      for (const host of ['', 'example.org', 'x', '127.0.0.1', 'pithos']) {
        const headers: Record<string, string> = host === '' ? {} : { 'x-forwarded-host': host }
        const { status, headers: answer } = await alice.get(`/weblogin/login?${encoded({ next })}`, headers)
        expect([status, answer.location], `${next} at ${host}`).toEqual([403, undefined])
      }
  })

  it.each([
    'https://evil.example.com/',
    'https://conf.example.org.evil.example.com/callback',
    'https://conf.example.org@evil.example.com/callback',
    'https://conf.example.org/callback/../../evil',
    'https://conf.example.org/callback/%2e%2e/evil',
    'https://conf.example.org/callback/%252e%252e/evil',
    'https://conf.example.org/callback/..\\evil',
    'https://conf.example.org/callback/..;/evil',
    'https://conf.example.org/callback\r\nset-cookie: a=b',
    'https://conf.example.org/callbackevil',
    '//conf.example.org/callback',
    'javascript:alert(1)',
  ])('of a client that did not register %j is told to nobody', async (redirectUri) => {
    for (const client of ['conf-app', 'trusted-app']) {
      const uri = client === 'conf-app' ? redirectUri : redirectUri.replaceAll('conf.', 'trusted.')
      const ask = { response_type: 'code', client_id: client, redirect_uri: uri }
      const asked = await alice.get(`/oauth2/auth?${encoded(ask)}`)
      expect([asked.status, asked.headers.location]).toEqual([400, undefined])
      const allowed = await alice.form('/oauth2/auth', ask)
      expect([allowed.status, allowed.headers.location]).toEqual([400, undefined])
    }
  })
})

describe('a host that was made up', () => {
  const HOSTS = ['evil.example.com', 'a b', '"><script>', 'x/y', 'x@y', '%0d%0a', '[', 'x:99999', '']

  it('by whoever is no proxy, changes no address', async () => {
    const { connection } = await freshDatabase(await startServer(database), migrated)
    const plain = await startWorldService(connection, { settings: { trustProxy: [] } })
    try {
      const browser = new Browser(plain.origin + plain.basePath, {})
      for (const host of HOSTS)
        for (const path of [
          '/ui/landing',
          '/ui/logout?next=/x',
          '/weblogin/login?next=pithos://x',
          '/ui/get_menu',
          '/ui/logout?next=http://evil.example.com/',
        ]) {
          const { status, headers, text } = await browser.get(path, {
            host: host || 'evil.example.com',
            'x-forwarded-host': host,
          })
          expect(status, host).toBeLessThan(400)
          expect(`${headers.location}${text}`, `${host} ${path}`).toContain(plain.origin)
          expect(`${headers.location}${text}`).not.toContain('evil.example.com')
        }
    } finally {
      await plain[Symbol.asyncDispose]()
    }
  })

  it('and passed on by a proxy, is no error and no markup', async () => {
    for (const host of HOSTS)
      for (const path of pagesWith('GET').filter((page) => page !== '/ui/logout')) {
        const reply = await new Browser(base).get(`${path}?next=/x`, { 'x-forwarded-host': host })
        expect(reply.status, `${host} ${path}`).toBeLessThan(500)
        expectEscaped(reply, path)
      }
  })

  it("stands in no mail: a link in it is the service's own", async () => {
    const browser = new Browser(base)
    const forged = {
      'x-forwarded-host': 'evil.example.com',
      referer: 'https://evil.example.com/',
      origin: 'https://evil.example.com',
    }
    await browser.get('/ui/password_reset', forged)
    const csrf = browser.cookie('csrftoken') ?? ''
    mails.length = 0
    await browser.post('/ui/password_reset', { email: 'bob@example.org', csrfmiddlewaretoken: csrf }, forged)
    const mail = await nextMail('bob@example.org')
    expect(mail.text).toContain(`${base}/ui/password_reset/confirm?code=`)
    expect(mail.text).not.toContain('evil')
  })
})

async function nextMail(address: string): Promise<Mail> {
  for (;;) {
    const mail = mails.find(({ to }) => to?.includes(address))
    if (mail) return mail
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Between two of them something special; as it is, it would be markup. */
const MARK = 'zqz'
const wellFormed = (text: string): string => Buffer.from(text).toString()
const RAW = new RegExp(`${MARK}[<>"']+${MARK}`)
const ADDRESSES = /\s(?:href|src|action|formaction|srcdoc|style|on\w+)\s*=\s*"([^"]*)"/gi

function expectEscaped({ headers, text }: Reply, where: string): void {
  if (!(headers['content-type'] ?? '').startsWith('text/html')) return
  expect(RAW.exec(text)?.[0], where).toBeUndefined()
  expect(text, where).not.toMatch(/<script|<img|<svg|<iframe|\son\w+\s*=/i)
  for (const [whole, address = ''] of text.matchAll(ADDRESSES)) {
    expect(whole, where).toMatch(/^\s(?:href|action)/i)
    expect(address.startsWith(base) || address.startsWith('#') || address.startsWith('/'), `${where} ${whole}`).toBe(
      true,
    )
  }
}

const hostile = fc
  .array(
    fc.constantFrom(
      '<',
      '>',
      '"',
      "'",
      '`',
      '&',
      '&lt;',
      '</',
      '<!--',
      '-->',
      '<script>',
      '</title>',
      '${x}',
      '!${x}',
      ' onfocus=',
      'javascript:',
      '\u2028',
      '\\',
      '%3c',
      '%22',
      '\r\n',
      '\0',
      '\ud800',
      '\u00fc',
      '=',
      ';',
      ',',
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((pieces) => MARK + pieces.map((piece) => piece + MARK).join(''))
const PARAMETERS = [
  'next',
  'done',
  'auth',
  'code',
  'callback',
  'renew',
  'force',
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'show_form',
  'username',
  'email',
  'error',
  'format',
]

const prefix = fc.constantFrom(
  '',
  '',
  '/',
  'javascript:',
  `https://example.org/`,
  'https://conf.example.org/callback/',
  'pithos://',
  'data:text/html,',
)
/** With what is wanted, so that more than the first check sees the rest. */
const usual = fc.constantFrom<Record<string, string>>(
  {},
  { response_type: 'code', client_id: 'conf-app' },
  { response_type: 'code', client_id: 'trusted-app' },
  { next: '/astakos/ui/landing' },
)
const asked = fc
  .tuple(
    usual,
    fc.dictionary(
      fc.constantFrom(...PARAMETERS),
      fc.tuple(prefix, hostile).map((parts) => parts.join('')),
      { minKeys: 1, maxKeys: 4 },
    ),
  )
  .map(([some, parameters]) => encoded({ ...parameters, ...some }))

describe('what is not meant as markup', () => {
  const REACHABLE =
    /^(?:$|http:\/\/127\.0\.0\.1:\d+\/|https:\/\/127\.0\.0\.1:\d+\/|https?:\/\/example\.org\/|https:\/\/(?:conf|trusted)\.example\.org\/callback|pithos:\/\/)/

  it('is escaped wherever a parameter of an address is shown, and gets into no header', async () => {
    const pages = pagesWith('GET').filter((path) => path !== '/ui/logout')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...pages), asked, fc.boolean(), async (path, parameters, isSignedIn) => {
        if (path === '/weblogin/login' && /(?:^|&)(?:force|renew)=(?:&|$)/.test(parameters)) return
        const browser = isSignedIn ? alice : new Browser(base)
        const reply = await browser.get(`${path}?${parameters}`, { accept: 'text/html' })
        expect(reply.status).toBeLessThan(500)
        expectEscaped(reply, `${path}?${parameters}`)
        expect(reply.headers.location ?? '').toMatch(REACHABLE)
        expect(JSON.stringify(reply.headers['set-cookie'] ?? '')).not.toContain(MARK)
        const { location: _, ...others } = reply.headers
        expect(JSON.stringify(others)).not.toContain(MARK)
      }),
      { numRuns: 600 },
    )
  })

  it('is escaped in the path, too', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const piece = encodeURIComponent(wellFormed(text))
        for (const path of [`/ui/${piece}`, `/ui/approval_terms/${piece}`, `/${piece}`, `/oauth2/${piece}`])
          expectEscaped(await alice.get(path), path)
      }),
      { numRuns: 50 },
    )
  })

  it('is escaped where a form is shown again', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('/ui/signup', '/ui/password_reset/confirm', '/ui/approval_terms', '/ui/password_reset'),
        hostile,
        async (path, text) => {
          const browser = path === '/ui/approval_terms' ? heidi : new Browser(base)
          await browser.get('/ui/password_reset')
          await query('delete from sign_in_failures')
          const fields = {
            email: text,
            first_name: text,
            last_name: text,
            code: text,
            next: text,
            password: 'short',
            has_signed_terms: text,
          }
          const reply = await browser.form(path, fields)
          expect([200, 400]).toContain(reply.status)
          expectEscaped(reply, path)
        },
      ),
      { numRuns: 80 },
    )
    for (const text of [`${MARK}"${MARK}<${MARK}'${MARK}`, `${MARK}"><script>alert(1)</script>`]) {
      const reply = await new Browser(base).signIn('x', 'y', { username: text, next: text })
      expect(reply.text).toContain(MARK)
      expectEscaped(reply, 'login')
    }
  })

  it('is escaped where it was stored: names, addresses, terms, clients and where they lead', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (some) => {
        const text = wellFormed(some.replaceAll('\0', ''))
        const identifier = text.replaceAll(/[^!-~]|:/g, '')
        const redirectUri = `https://x.example.org/${text.replaceAll(/[^!-~]|[\\#]|%/g, '')}`
        await query('update users set first_name = $2, last_name = $2, email = $2 where uuid = $1', [
          names['uuid:alice'],
          text,
        ])
        await service.service.database.transaction(async (tx) => {
          await addTerms(tx, `${text}\n\n${text}`)
          await tx.query(sql('delete from oauth2_clients where identifier = $1'), [identifier])
          await addClient(tx, service.secretKey, {
            identifier,
            secret: null,
            isConfidential: false,
            isTrusted: false,
            redirectUris: [redirectUri],
          })
        })
        const shown: string[] = []
        const look = async (path: string): Promise<void> => {
          const reply = await alice.get(path, { accept: 'text/html' })
          expectEscaped(reply, path)
          if (reply.text.includes(MARK)) shown.push(path.replace(/\?.*/, ''))
        }
        await look('/ui/approval_terms')
        await query('update users set has_signed_terms = true where uuid = $1', [names['uuid:alice']])
        for (const path of [
          '/ui/landing',
          '/ui/api_access',
          '/ui/get_menu',
          `/oauth2/auth?${encoded({ response_type: 'code', client_id: identifier, scope: text, state: text })}`,
        ])
          await look(path)
        expect(shown).toEqual(['/ui/approval_terms', '/ui/landing', '/ui/api_access', '/ui/get_menu', '/oauth2/auth'])
      }),
      { numRuns: 30 },
    )
  })

  it('runs as no script that another page asks for', async () => {
    for (const callback of ['alert(1)//', '<script>', 'a;b', 'a b', "a'", '(function(){})', 'a\u2028b', '[]', '1a']) {
      const { status, headers } = await alice.get(`/ui/get_menu?${encoded({ callback })}`)
      expect([status, headers['content-type']], callback).toEqual([400, expect.stringMatching(/^application\/json/)])
    }
  })
})

describe('mail', () => {
  it('goes to the one address that was named, and its headers hold nothing that was typed', async () => {
    mails.length = 0
    const tricks = [
      'a@example.net\r\nBcc: b@example.net',
      'a@example.net, b@example.net',
      'a@example.net;b@example.net',
      '<a@example.net>',
      'a@example.net b@example.net',
      'a@example.net\u2028b@example.net',
      '"a b"@example.net',
      'a(b)@example.net',
      'a\u0001@example.net',
      'a@b@example.net',
    ]
    for (const email of tricks) {
      const browser = new Browser(base)
      await browser.get('/ui/signup')
      const fields = { email, first_name: 'A', last_name: 'B', password: 'a good password', has_signed_terms: 'on' }
      const reply = await browser.form('/ui/signup', fields)
      expect([reply.status, reply.text.includes('That is no e-mail address.')], email).toEqual([400, true])
      await query('delete from sign_in_failures')
      expect((await browser.form('/ui/password_reset', { email })).status).toBe(200)
    }
    const browser = new Browser(base)
    const page = await browser.get('/ui/signup')
    const name = 'Bcc: b@e.net'
    const fields = {
      email: 'new@example.net',
      first_name: name,
      last_name: name,
      password: 'a good password',
      has_signed_terms: 'on',
    }
    expect((await browser.submit(page, fields)).status).toBe(200)
    await nextMail('new@example.net')
    expect(mails.map(({ to, subject }) => [to, subject])).toEqual([[['new@example.net'], 'Your account']])
    expect(mails[0]?.text).not.toContain('Bcc')
  })
})
