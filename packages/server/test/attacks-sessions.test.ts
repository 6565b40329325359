import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { hashPassword } from '../src/identity/passwords.ts'
import type { Mail } from '../src/mail/mail.ts'
import { activateUser, deactivateUser } from '../src/operations/activation.ts'
import { Browser } from './support/browser.ts'
import { send } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** Sessions of others, and what is left of one's own. Identity specification, 8 and 9. */

const [database] = databases as [Database]
let service: WorldService
let base: string
let names: Record<string, string>
const mails: Mail[] = []

beforeAll(async () => {
  const { connection } = await freshDatabase(await startServer(database), migrated)
  service = await startWorldService(connection, {
    mailer: {
      send: (mail) => {
        mails.push(mail)
        return Promise.resolve()
      },
    },
  })
  base = service.origin + service.basePath
})
beforeEach(async () => {
  names = await service.load(WORLD)
})
afterAll(() => service[Symbol.asyncDispose]())

async function signedIn(name: string): Promise<Browser> {
  const browser = new Browser(base)
  expect((await browser.signIn(name)).status).toBe(302)
  return browser
}

const uuidOf = (name: string): string => names[`uuid:${name}`] ?? ''
const cookieOf = (name: string): string => encodeURIComponent(`${uuidOf(name)}|${names[`token:${name}`]}`)

/** The same cookies, as somebody has them who copied them. */
function copyOf({ cookies }: Browser): Browser {
  const copy = new Browser(base)
  for (const [name, value] of cookies) copy.cookies.set(name, value)
  return copy
}

async function whoIs(browser: Browser): Promise<string | null> {
  let page = await browser.get('/ui/landing')
  // Once, to get the cookie that belongs to the session.
  if (page.headers.location?.endsWith('/ui/landing')) page = await browser.get('/ui/landing')
  if (page.status === 302) expect(page.headers.location).toContain('/ui/login?next=')
  return /<dd>(\S+@\S+)<\/dd>/.exec(page.text)?.[1] ?? null
}

describe('a session', () => {
  const ENDS: [string, (browser: Browser) => Promise<unknown>][] = [
    ['signing out', (browser) => browser.get('/ui/logout')],
    ['weblogin that forces another sign-in', (browser) => browser.get('/weblogin/login?next=pithos://x&force=')],
    ['a new token', (browser) => browser.form('/ui/profile/update_token', {})],
    ['a new token by weblogin', (browser) => browser.get('/weblogin/login?next=pithos://x&renew=')],
    ['signing in again', (browser) => browser.signIn('alice')],
    ['signing in as somebody else', (browser) => browser.signIn('bob')],
    [
      'the account, also once it works again',
      async () => {
        const { database: on } = service.service
        await on.transaction((tx) => deactivateUser(tx, uuidOf('alice'), 'gone'))
        await on.transaction((tx) => activateUser(tx, uuidOf('alice')))
      },
    ],
    [
      'its time',
      () => service.service.database.query(sql("update sessions set expires = now() - interval '1 second'")),
    ],
    [
      'a new password',
      async () => {
        const browser = new Browser(base)
        await browser.get('/ui/password_reset')
        mails.length = 0
        await browser.form('/ui/password_reset', { email: 'alice@example.org' })
        while (mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
        const code = /code=([\w-]{43})/.exec(mails[0]?.text ?? '')?.[1] ?? ''
        const { status } = await browser.form('/ui/password_reset/confirm', { code, password: 'another good one' })
        expect(status).toBe(302)
      },
    ],
  ]

  it.each(ENDS)('ends with %s, also for who copied it', async (_, end) => {
    const alice = await signedIn('alice')
    const thief = copyOf(alice)
    expect(await whoIs(thief)).toBe('alice@example.org')
    await end(alice)
    expect(await whoIs(copyOf(thief))).toBeNull()
    const csrf = { csrfmiddlewaretoken: thief.cookie('csrftoken') ?? '' }
    expect((await thief.post('/ui/profile/update_token', csrf)).status).toBe(403)
    const auth = await copyOf(thief).get('/oauth2/auth?response_type=code&client_id=trusted-app')
    expect(auth.headers.location).toContain('/ui/login?next=')
    const web = await copyOf(thief).get('/weblogin/login?next=pithos://x')
    expect(web.headers.location).not.toContain('pithos://x?token')
    expect((await copyOf(thief).get('/ui/.kamakirc')).text).not.toContain('token =')
  })

  it('lives no longer than the token', async () => {
    await signedIn('alice')
    const rows = await service.service.database.query<{ same: boolean }>(
      sql('select s.expires = u.token_expires as same from sessions as s join users as u on u.id = s.user_id'),
    )
    expect(rows).toEqual([{ same: true }])
  })

  it('that somebody had a browser bring along is not the one that it gets', async () => {
    const mallory = await signedIn('bob')
    const victim = copyOf(mallory)
    await victim.signIn('alice')
    expect(await whoIs(victim)).toBe('alice@example.org')
    expect(victim.cookie('sessionid')).not.toBe(mallory.cookie('sessionid'))
    expect(victim.cookie('csrftoken')).not.toBe(mallory.cookie('csrftoken'))
    expect(await whoIs(mallory)).toBeNull()
    // What was made for the browser before it signed in proves nothing afterwards.
    const before = new Browser(base)
    await before.get('/ui/login')
    const anonymous = before.cookie('csrftoken') ?? ''
    victim.cookies.set('csrftoken', anonymous)
    expect((await victim.form('/ui/profile/update_token', {})).status).toBe(403)
  })

  it('is none of a text that is no secret', async () => {
    const alice = await signedIn('alice')
    const own = alice.cookie('sessionid') ?? ''
    for (const text of [
      '',
      'x',
      `${own} `.trimEnd().slice(1),
      own.toUpperCase(),
      `${own}=`,
      '%00',
      `${own}%00`,
      "' or 1=1--",
      '\u00ff',
      'a'.repeat(7000),
    ]) {
      const browser = new Browser(base)
      browser.cookies.set('sessionid', text)
      expect(await whoIs(browser), text).toBeNull()
    }
  })
})

describe('the cookie of siblings', () => {
  it('of somebody else changes nothing of who is signed in, and is put right', async () => {
    const alice = await signedIn('alice')
    alice.cookies.set('_pithos2_a', cookieOf('bob'))
    const web = await alice.get('/weblogin/login?next=pithos://x')
    expect(web.headers.location).toBe(`${base.replace('http:', 'https:')}/weblogin/login?next=pithos://x`)
    expect(alice.cookie('_pithos2_a')).toBe(cookieOf('alice'))
    alice.cookies.set('_pithos2_a', cookieOf('bob'))
    expect(await whoIs(alice)).toBe('alice@example.org')
    alice.cookies.set('_pithos2_a', cookieOf('bob'))
    expect((await alice.form('/ui/profile/update_token', {})).status).toBe(302)
    const quotas = async (name: string): Promise<number> =>
      (await send('GET', `${base}/account/v1.0/quotas`, { headers: { 'x-auth-token': names[`token:${name}`] ?? '' } }))
        .status
    expect([await quotas('alice'), await quotas('bob')]).toEqual([401, 200])
  })

  it('alone signs nobody in, also with a token that is good', async () => {
    for (const path of ['/ui/landing', '/ui/api_access', '/ui/.kamakirc', '/weblogin/login?next=pithos://x']) {
      const browser = new Browser(base)
      browser.cookies.set('_pithos2_a', cookieOf('alice'))
      await browser.get(path)
      const { status, headers } = await browser.get(path)
      expect([status, headers.location?.includes('/ui/login?next=')], path).toEqual([302, true])
      expect(browser.cookies.has('_pithos2_a')).toBe(false)
    }
  })
})

describe('guesses', () => {
  const guess = (username: string, headers: Record<string, string> = {}, password = 'x'): Promise<number> =>
    new Browser(base).post('/ui/local', { username, password }, headers).then(({ status }) => status)
  const count = (statuses: number[]): Record<number, number> => {
    const counts: Record<number, number> = {}
    for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
    return counts
  }
  const from = (n: number): Record<string, string> => ({ 'x-forwarded-for': `198.51.${n >> 8}.${n & 255}` })
  /** Some at a time, as somebody in a hurry would. */
  async function all(total: number, one: (n: number) => Promise<number>): Promise<number[]> {
    const statuses: number[] = []
    for (let n = 0; n < total; n += 50)
      statuses.push(...(await Promise.all(Array.from({ length: Math.min(50, total - n) }, (_, i) => one(n + i)))))
    return statuses
  }

  it('a thousand, from a thousand places, are ten; then the right one is refused too, and nobody else', async () => {
    const statuses = await all(1000, (n) => guess(n % 2 ? 'alice@example.org' : ' ALICE@Example.org', from(n)))
    expect(count(statuses)).toEqual({ 200: 10, 429: 990 })
    expect(await guess('alice@example.org', from(5000), 'alice-pass-1')).toBe(429)
    expect(await guess('bob@example.org', from(0), 'bob-pass-1')).toBe(302)
    // A quarter of an hour later.
    await service.service.database.query(sql("update sign_in_failures set since = now() - interval '16 minutes'"))
    expect(await guess('alice@example.org', from(0), 'alice-pass-1')).toBe(302)
  })

  it('of an account that is none are counted alike', async () => {
    expect(count(await all(15, (n) => guess('nobody@example.org', from(n))))).toEqual({ 200: 10, 429: 5 })
  })

  it('at as many accounts are a hundred from one place, and others still come in', async () => {
    const here = from(7)
    expect(count(await all(130, (n) => guess(`user${n}@example.org`, here)))).toEqual({ 200: 100, 429: 30 })
    expect(await guess('bob@example.org', here, 'bob-pass-1')).toBe(429)
    expect(await guess('bob@example.org', from(8), 'bob-pass-1')).toBe(302)
  })

  it('are not forgotten because somebody signs in with an account of their own between', async () => {
    const statuses: number[] = []
    for (let n = 0; n < 12; n += 1) {
      statuses.push(await guess('alice@example.org', from(1)))
      if (n % 4 === 0) expect(await guess('bob@example.org', from(1), 'bob-pass-1')).toBe(302)
    }
    expect(count(statuses)).toEqual({ 200: 10, 429: 2 })
  })

  it('come from where the nearest proxy says, whatever was written before', async () => {
    const spoofed = (n: number): Record<string, string> => ({ 'x-forwarded-for': `203.0.113.${n}, 198.51.100.1` })
    // As often as needed, without the passwords of it.
    await guess('first@example.org', spoofed(0))
    await service.service.database.query(sql('update sign_in_failures set failures = 100 where failures = 1'))
    expect(await guess('second@example.org', spoofed(1))).toBe(429)
    expect(await guess('second@example.org', { 'x-forwarded-for': '198.51.100.2' })).toBe(200)
  })

  it('come from another place by no word of whoever is no proxy', async () => {
    const { connection } = await freshDatabase(await startServer(database), migrated)
    const plain = await startWorldService(connection, { settings: { trustProxy: ['10.0.0.0/8'] } })
    try {
      await plain.load(WORLD)
      const tried = async (n: number): Promise<number> =>
        (
          await new Browser(plain.origin + plain.basePath, {}).post(
            '/ui/local',
            { username: `user${n}@example.org`, password: 'x' },
            { ...from(n), 'x-real-ip': `198.51.100.${n}`, forwarded: `for=198.51.100.${n}` },
          )
        ).status
      expect(await tried(0)).toBe(200)
      await plain.service.database.query(sql('update sign_in_failures set failures = 100'))
      expect([await tried(1), await tried(2), await tried(3)]).toEqual([429, 429, 429])
    } finally {
      await plain[Symbol.asyncDispose]()
    }
  })

  it('from one network of IPv6 come from one place: everybody there has more addresses than could be counted', async () => {
    const net = (n: number): Record<string, string> => ({ 'x-forwarded-for': `2001:db8:1:2:${n.toString(16)}::${n}` })
    await guess('first@example.org', net(1))
    await service.service.database.query(sql('update sign_in_failures set failures = 100'))
    expect(await guess('second@example.org', net(2))).toBe(429)
    expect(await guess('third@example.org', { 'x-forwarded-for': '2001:db8:1:3::1' })).toBe(200)
  })
})

describe('the work of an answer', () => {
  /** Of the whole process, in all its threads: what others do on this machine does not count. */
  async function workOf(act: () => Promise<unknown>): Promise<number> {
    const before = process.cpuUsage()
    await act()
    const { user, system } = process.cpuUsage(before)
    return user + system
  }

  it('to a wrong password is the same, whatever the account', async () => {
    const { database: on } = service.service
    const stored = await hashPassword('alice-pass-1')
    await on.query(sql('update users set password = $2 where uuid = $1'), [uuidOf('alice'), stored])
    await on.query(sql('update users set password = null where uuid = $1'), [uuidOf('carol')])
    const login = (name: string) => () => new Browser(base).signIn(name, 'wrong')
    // The first one is slower for all.
    await login('dave')()
    const usual = await workOf(login('alice'))
    for (const name of ['bob', 'carol', 'nobody', 'frank', 'erin', 'ivan', '']) {
      const ratio = (await workOf(login(name))) / usual
      expect(ratio, name).toBeGreaterThan(1 / 3)
      expect(ratio, name).toBeLessThan(3)
    }
  })
})
