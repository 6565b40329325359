import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { cleanUp } from '../src/cleanup.ts'
import { sql } from '../src/db/statement.ts'
import { hashToken } from '../src/identity/tokens.ts'
import type { Mail } from '../src/mail/mail.ts'
import { addTerms } from '../src/operations/terms.ts'
import { Browser } from './support/browser.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What people do with a browser, as far as it needs none. Identity specification, 8 and 9. */

const [database] = databases as [Database]
let service: WorldService
let names: Record<string, string>
const mails: Mail[] = []

beforeAll(async () => {
  const { connection } = await freshDatabase(await startServer(database), migrated)
  service = await startWorldService(connection, {
    settings: { signUp: true, isModerated: false, cookieDomain: null },
    mailer: {
      send: (mail) => {
        mails.push(mail)
        return Promise.resolve()
      },
    },
  })
})
beforeEach(async () => {
  names = await service.load(WORLD)
  mails.length = 0
})
afterAll(() => service[Symbol.asyncDispose]())

const newBrowser = (): Browser => new Browser(`${service.origin}${service.basePath}`, {})

const secretIn = (text: string): string => /[\w-]{43}/.exec(text.replaceAll(/https?:\S+\?\w+=/g, ''))?.[0] ?? ''

describe('signing in', () => {
  it('opens the pages, and the cookie holds the token that the user has', async () => {
    const browser = newBrowser()
    expect((await browser.get('/ui/login')).status).toBe(200)
    const entered = await browser.signIn('alice')
    expect([entered.status, entered.headers.location]).toEqual([302, `${service.origin}/astakos/ui/landing`])
    const cookie = decodeURIComponent(browser.cookies.get('_pithos2_a') ?? '')
    expect(cookie).toBe(`${names['uuid:alice']}|${names['token:alice']}`)
    expect((await browser.get('/ui/landing')).text).toContain('alice@example.org')
    const access = await browser.get('/ui/api_access')
    expect(access.text).toContain(names['token:alice'])
    expect(access.headers['cache-control']).toBe('no-store')
    const file = await browser.get('/ui/.kamakirc')
    expect(file.text).toBe(
      `[global]\ndefault_cloud = synnefo\n\n[cloud "synnefo"]\nurl = ${service.authUrl}\ntoken = ${names['token:alice']}\n`,
    )
  })

  it('renews the token from the page; other browsers are signed out', async () => {
    const [one, other] = [newBrowser(), newBrowser()]
    await one.signIn('alice')
    await other.signIn('alice')
    expect((await one.post('/ui/profile/update_token', {})).status).toBe(403)
    expect((await one.form('/ui/profile/update_token', {})).status).toBe(302)
    const token = decodeURIComponent(one.cookies.get('_pithos2_a') ?? '').split('|')[1]
    expect(token).not.toBe(names['token:alice'])
    expect((await one.get('/ui/api_access')).text).toContain(token)
    await other.get('/ui/landing')
    expect((await other.get('/ui/landing')).headers.location).toContain('/ui/login?next=')
  })

  it('takes the cookie of siblings away from who is not signed in, once', async () => {
    const browser = newBrowser()
    browser.cookies.set('_pithos2_a', 'x%7Cy')
    const mended = await browser.get('/ui/login')
    expect([mended.status, mended.headers.location]).toEqual([302, `${service.origin}/astakos/ui/login`])
    expect((await browser.get('/ui/login')).status).toBe(200)
  })

  it('shows pages also to a browser that refuses the cookie of siblings, or keeps one that is not ours', async () => {
    const browser = newBrowser()
    await browser.signIn('alice')
    for (const kept of ['x%7Cy', null]) {
      const refuse = (): unknown =>
        kept === null ? browser.cookies.delete('_pithos2_a') : browser.cookies.set('_pithos2_a', kept)
      refuse()
      expect((await browser.get('/ui/landing')).status).toBe(302)
      refuse()
      expect((await browser.get('/ui/landing')).text).toContain('alice@example.org')
      // What changes is mended again.
      browser.cookies.set('_pithos2_a', 'another')
      expect((await browser.get('/ui/landing')).status).toBe(302)
      expect((await browser.get('/ui/landing')).status).toBe(200)
    }
    const stranger = newBrowser()
    for (const status of [302, 200]) {
      stranger.cookies.set('_pithos2_a', 'x%7Cy')
      expect((await stranger.get('/ui/login')).status).toBe(status)
    }
  })

  it('gives every session another secret, whatever the browser brings', async () => {
    const browser = newBrowser()
    browser.cookies.set('sessionid', 'chosen-by-somebody-else')
    await browser.signIn('alice')
    const first = browser.cookies.get('sessionid')
    expect(first).toMatch(/^[\w-]{43}$/)
    await browser.signIn('alice')
    const second = browser.cookies.get('sessionid')
    expect(second).not.toBe(first)
    const rows = await service.service.database.query(sql('select id from sessions'))
    expect(rows).toHaveLength(1)
  })
})

describe('where it leads', () => {
  const own = (): string => service.origin
  it.each([
    ['/astakos/ui/api_access', true],
    ['//evil.example.org/', false],
    ['/\\evil.example.org', false],
    ['https://evil.example.org/', false],
    ['https:evil.example.org', false],
    ['javascript:alert(1)', false],
    ['http://127.0.0.1@evil.example.org/', false],
    ['http://127.0.0.1.evil.example.org/', false],
    ['/\t/evil.example.org', false],
    ['\r\nset-cookie: a=b', false],
    ['/a\r\nset-cookie: a=b', false],
    ['%2F%2Fevil.example.org', false],
  ])('%j', async (next, isFollowed) => {
    const { headers } = await newBrowser().signIn('alice', undefined, { next })
    expect(headers.location).toBe(isFollowed ? own() + next : `${own()}/astakos/ui/landing`)
    expect(headers['set-cookie']?.some((line) => line.startsWith('a=b'))).toBe(false)
  })

  it('follows its own address as a whole', async () => {
    const next = `${service.origin}/astakos/ui/api_access`
    expect((await newBrowser().signIn('alice', undefined, { next })).headers.location).toBe(next)
  })
})

describe('who may not', () => {
  it('is told the same for a wrong password and for an account that is none', async () => {
    const strip = (text: string): string => text.replaceAll(/value="[^"]*"/g, '')
    const wrong = await newBrowser().signIn('alice', 'wrong')
    const unknown = await newBrowser().signIn('nobody', 'wrong')
    expect([wrong.status, unknown.status]).toEqual([200, 200])
    expect(strip(wrong.text)).toBe(strip(unknown.text))
  })

  it('learns why only with the right password', async () => {
    expect((await newBrowser().signIn('frank')).text).toContain('The account is not active.')
    expect((await newBrowser().signIn('erin')).text).toMatch(/waits for the approval|not verified/)
    expect((await newBrowser().signIn('frank', 'wrong')).text).toContain('Please enter a correct')
  })

  it('gets ten attempts, and nobody gets around it by many at once or by another spelling', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, n) =>
        newBrowser().post('/ui/local', {
          username: n % 2 ? 'ALICE@example.org ' : 'alice@example.org',
          password: 'x',
        }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10)
    const refused = answers.find(({ status }) => status === 429)
    expect(refused?.headers['retry-after']).toBe('900')
    expect((await newBrowser().signIn('alice')).status).toBe(429)
    expect((await newBrowser().signIn('bob')).status).toBe(302)
  })

  it('is not signed in by a page of another site', async () => {
    const browser = newBrowser()
    const fields = { username: 'alice@example.org', password: 'alice-pass-1' }
    for (const headers of [
      { origin: 'https://evil.example.org' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      expect((await browser.post('/ui/local', fields, headers as Record<string, string>)).status).toBe(403)
    expect(browser.cookies.has('sessionid')).toBe(false)
  })
})

describe('forms', () => {
  it('of somebody else are worth nothing: a token holds for its session alone', async () => {
    const [alice, mallory] = [newBrowser(), newBrowser()]
    await alice.signIn('alice')
    await mallory.signIn('bob')
    const foreign = mallory.cookies.get('csrftoken') ?? ''
    alice.cookies.set('csrftoken', foreign)
    expect((await alice.post('/ui/profile/update_token', { csrfmiddlewaretoken: foreign })).status).toBe(403)
    alice.cookies.set('csrftoken', 'a.b')
    expect((await alice.post('/ui/profile/update_token', { csrfmiddlewaretoken: 'a.b' })).status).toBe(403)
  })

  it('are in no frame, run no script, and say nothing to other sites', async () => {
    const { headers } = await newBrowser().get('/ui/login')
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers['x-frame-options']).toBe('DENY')
    expect(headers['referrer-policy']).toBe('same-origin')
  })
})

describe('terms', () => {
  it('stop everybody until they agree', async () => {
    const browser = newBrowser()
    await browser.signIn('alice')
    await service.service.database.transaction((tx) => addTerms(tx, 'Be kind.\n\nTwice.'))
    const sent = await browser.get('/ui/landing')
    expect(sent.headers.location).toContain('/ui/approval_terms?next=')
    const page = await browser.get(sent.headers.location ?? '')
    expect(page.text).toContain('<p>Be kind.</p><p>Twice.</p>')
    expect((await browser.form('/ui/approval_terms', {})).text).toContain('You have to agree')
    const next = `${service.origin}/astakos/ui/landing`
    const agreed = await browser.submit(page, { has_signed_terms: 'on' })
    expect(agreed.headers.location).toBe(next)
    expect((await browser.get('/ui/landing')).status).toBe(200)
    expect((await browser.get('/ui/approval_terms/999')).status).toBe(404)
  })

  const publish = async (text: string): Promise<bigint> =>
    (await service.service.database.transaction((tx) => addTerms(tx, text))).id
  const signed = (): Promise<unknown[]> =>
    service.service.database.query(
      sql('select has_signed_terms as signed, date_signed_terms is not null as dated from users where email = $1'),
      ['alice@example.org'],
    )

  it('that were shown are those that one agrees to, and only the newest', async () => {
    const browser = newBrowser()
    await browser.signIn('alice')
    const old = await publish('Old.')
    const page = await browser.get('/ui/approval_terms?next=/astakos/ui/api_access')
    const middle = await publish('New.')
    const refused = await browser.submit(page, { has_signed_terms: 'on' })
    expect([refused.status, refused.text.includes('have changed'), refused.text.includes('<p>New.</p>')]).toEqual([
      409,
      true,
      true,
    ])
    const without = await browser.form('/ui/approval_terms', { has_signed_terms: 'on' })
    expect([without.status, await signed()]).toEqual([409, [{ signed: false, dated: false }]])
    // Those that are over can be read, and no more.
    const older = await browser.get(`/ui/approval_terms/${old}`)
    expect([older.text.includes('<p>Old.</p>'), older.text.includes('<form')]).toEqual([true, false])
    expect((await browser.get(`/ui/approval_terms/${middle}`)).text).toContain('<form')
    const agreed = await browser.submit(refused, { has_signed_terms: 'on' })
    expect(agreed.headers.location).toBe(`${service.origin}/astakos/ui/api_access`)
    expect(await signed()).toEqual([{ signed: true, dated: true }])
  })

  it('are agreed to at sign-up with a date, and only those that were shown', async () => {
    await publish('Old.')
    const browser = newBrowser()
    const page = await browser.get('/ui/signup')
    const late = await publish('New.')
    const fields = {
      email: 'new@example.org',
      first_name: 'New',
      last_name: 'Comer',
      password: 'a good password',
      has_signed_terms: 'on',
    }
    const refused = await browser.submit(page, fields)
    expect([refused.status, refused.text.includes('have changed')]).toEqual([400, true])
    expect(refused.text).toContain(`/ui/approval_terms/${late}"`)
    expect((await browser.submit(refused, fields)).status).toBe(200)
    const rows = await service.service.database.query(
      sql('select has_signed_terms as signed, date_signed_terms is not null as dated from users where email = $1'),
      [fields.email],
    )
    expect(rows).toEqual([{ signed: true, dated: true }])
  })
})

describe('a forgotten password', () => {
  const until = async (count: number): Promise<void> => {
    for (let attempt = 0; attempt < 500 && mails.length < count; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    expect(mails).toHaveLength(count)
  }

  it('is set anew with the code of a mail, once; sessions and the old token end', async () => {
    const [signedIn, browser] = [newBrowser(), newBrowser()]
    await signedIn.signIn('alice')
    await browser.get('/ui/password_reset')
    const asked = await browser.form('/ui/password_reset', { email: 'Alice@Example.org' })
    const nobody = await browser.form('/ui/password_reset', { email: 'nobody@example.org' })
    expect(asked.text).toBe(nobody.text)
    await until(1)
    const code = /code=([\w-]{43})/.exec(mails[0]?.text ?? '')?.[1] ?? ''
    expect((await browser.get(`/ui/password_reset/confirm?code=${code}`)).status).toBe(200)
    const weak = await browser.form('/ui/password_reset/confirm', { code, password: 'short' })
    expect(weak.status).toBe(400)
    const password = 'another good one'
    expect((await browser.form('/ui/password_reset/confirm', { code, password })).status).toBe(302)
    expect((await browser.form('/ui/password_reset/confirm', { code, password: 'a third good one' })).status).toBe(400)
    await signedIn.get('/ui/landing')
    expect((await signedIn.get('/ui/landing')).headers.location).toContain('/ui/login')
    expect((await newBrowser().signIn('alice')).status).toBe(200)
    expect((await newBrowser().signIn('alice', password)).status).toBe(302)
  })

  it('and the code is nowhere in the database as it is', async () => {
    const browser = newBrowser()
    await browser.get('/ui/password_reset')
    await browser.form('/ui/password_reset', { email: 'alice@example.org' })
    await until(1)
    const code = secretIn(mails[0]?.text ?? '') || (/code=([\w-]{43})/.exec(mails[0]?.text ?? '')?.[1] ?? '')
    const [row] = await service.service.database.query<{ dump: string }>(
      sql(
        "select (select json_agg(r) from password_resets as r)::text || coalesce((select json_agg(o) from outbox as o)::text, '') as dump",
      ),
    )
    expect(row?.dump).not.toContain(code)
  })
})

describe('signing up', () => {
  const fields = { email: 'New@Example.org', first_name: 'New', last_name: 'Comer', password: 'a good password' }
  const mailed = async (count: number): Promise<string> => {
    for (let attempt = 0; attempt < 500 && mails.length < count; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 10))
    return mails.at(-1)?.text ?? ''
  }

  it('leads through a mail to an account that works', async () => {
    const browser = newBrowser()
    await browser.get('/ui/signup')
    expect((await browser.form('/ui/signup', fields)).status).toBe(200)
    expect((await newBrowser().signIn('new', 'a good password')).text).toContain('not verified')
    const code = /auth=([\w-]{43})/.exec(await mailed(1))?.[1] ?? ''
    expect((await browser.get('/ui/activate?auth=nonsense')).status).toBe(400)
    expect((await browser.get(`/ui/activate?auth=${code}`)).status).toBe(302)
    expect((await browser.get(`/ui/activate?auth=${code}`)).status).toBe(400)
    expect((await newBrowser().signIn('new', 'a good password')).status).toBe(302)
  })

  it('takes a code for seven days, as the mail says, and forgets it then', async () => {
    const { database: on } = service.service
    const browser = newBrowser()
    await browser.get('/ui/signup')
    await browser.form('/ui/signup', fields)
    const mail = await mailed(1)
    expect(mail).toContain('within 7 days')
    const code = /auth=([\w-]{43})/.exec(mail)?.[1] ?? ''
    const codes = async (age: string): Promise<number> => {
      await on.query(
        sql("update users set verification_sent = now() - $1::interval where username = 'new@example.org'"),
        [age],
      )
      return (await on.query(sql('select id from users where verification_hash is not null'))).length
    }
    const open = async (): Promise<number> => (await browser.get(`/ui/activate?auth=${code}`)).status
    expect(await codes('7 days')).toBe(1)
    expect(await open()).toBe(400)
    await cleanUp(on, service.service.settings)
    expect(await codes('7 days')).toBe(0)
    await on.query(sql("update users set verification_hash = $1 where username = 'new@example.org'"), [hashToken(code)])
    expect(await codes('6 days 23 hours')).toBe(1)
    await cleanUp(on, service.service.settings)
    expect(await codes('6 days 23 hours')).toBe(1)
    expect(await open()).toBe(302)
  })

  it('answers the same where there is an account already, and tells its owner', async () => {
    const [one, other] = [newBrowser(), newBrowser()]
    await one.get('/ui/signup')
    await other.get('/ui/signup')
    const fresh = await one.form('/ui/signup', { ...fields, email: 'fresh@example.org' })
    const taken = await other.form('/ui/signup', { ...fields, email: 'alice@example.org' })
    expect(taken.text.replace('alice@', 'fresh@')).toBe(fresh.text)
    expect(await mailed(2)).toBeTruthy()
    expect(mails.find(({ to }) => to?.includes('alice@example.org'))?.text).toContain('has an account already')
    expect((await newBrowser().signIn('alice')).status).toBe(302)
  })

  it.each([
    [{ email: 'nonsense' }, 'That is no e-mail address.'],
    [{ first_name: ' ' }, 'The first name needs 1 to 30 characters.'],
    [{ first_name: 'A\r\nB' }, 'The first name holds characters that nobody sees.'],
    [{ last_name: 'gro\u202eelpmaxe' }, 'The last name holds characters that nobody sees.'],
    [{ last_name: 'A\u2028B' }, 'The last name holds characters that nobody sees.'],
    [{ email: '\u212aelvin@example.org' }, 'That is no e-mail address.'],
    [{ email: 'a\u202eb@example.org' }, 'That is no e-mail address.'],
    [{ password: 'short' }, '8'],
  ])('refuses %j with a sentence', async (wrong, sentence) => {
    const browser = newBrowser()
    await browser.get('/ui/signup')
    const answer = await browser.form('/ui/signup', { ...fields, ...wrong })
    expect(answer.status).toBe(400)
    expect(answer.text).toContain(sentence)
    expect(mails).toHaveLength(0)
  })
})
