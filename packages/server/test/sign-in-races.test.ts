import { pbkdf2Sync } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { passwordTurns } from '../src/identity/passwords.ts'
import type { Mail } from '../src/mail/mail.ts'
import { deactivateUser } from '../src/operations/activation.ts'
import { newResetCode } from '../src/operations/passwords.ts'
import { Browser } from './support/browser.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Connection, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/**
 * What two do at once with one account. The test holds the row of the user, the two queue up behind it, and go on in the order in
 * which they came.
 */

const [database] = databases as [Database]
let service: WorldService
let connection: Connection
let base: string
let names: Record<string, string>
const mails: Mail[] = []

beforeAll(async () => {
  connection = (await freshDatabase(await startServer(database), migrated)).connection
  service = await startWorldService(connection, {
    lockTimeoutMs: 60_000,
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
  mails.length = 0
})
afterAll(() => service[Symbol.asyncDispose]())

/** Each begins once those before it wait. */
async function queued<T extends readonly unknown[]>(...acts: { [K in keyof T]: () => Promise<T[K]> }): Promise<T> {
  const holder = new pg.Client(connection)
  await holder.connect()
  try {
    await holder.query('begin')
    await holder.query('select id from users where uuid = $1 for update', [names['uuid:alice']])
    const results: Promise<unknown>[] = []
    for (const act of acts) {
      results.push(act())
      await waiting(holder, results.length)
    }
    await holder.query('commit')
    return (await Promise.all(results)) as unknown as T
  } finally {
    await holder.end()
  }
}

async function waiting(client: pg.Client, count: number): Promise<void> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    // Within a transaction the activity is looked at once, unless that is forgotten.
    await client.query('select pg_stat_clear_snapshot()')
    const { rows } = await client.query<{ waiting: number }>(
      "select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
    if ((rows[0]?.waiting ?? 0) >= count) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`There are not ${count} that wait`)
}

async function signedIn(): Promise<Browser> {
  const browser = new Browser(base)
  expect((await browser.signIn('alice')).status).toBe(302)
  return browser
}

function copyOf({ cookies }: Browser): Browser {
  const copy = new Browser(base)
  for (const [name, value] of cookies) copy.cookies.set(name, value)
  return copy
}

async function isIn(browser: Browser): Promise<boolean> {
  const copy = copyOf(browser)
  // Once more, to get the cookie that belongs to the session.
  await copy.get('/ui/landing')
  return (await copy.get('/ui/landing')).status === 200
}

async function works(token: string): Promise<boolean> {
  const headers = { 'x-auth-token': token }
  return (await send('GET', `${base}/account/v1.0/quotas`, { headers })).status === 200
}

const tokenOf = (browser: Browser): string => decodeURIComponent(browser.cookie('_pithos2_a') ?? '').split('|')[1] ?? ''

async function mailed(): Promise<string> {
  while (mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  return /code=([\w-]{43})/.exec(mails[0]?.text ?? '')?.[1] ?? ''
}

/** @returns what sets the new password. */
async function newReset(): Promise<(password?: string) => Promise<Reply>> {
  const browser = new Browser(base)
  await browser.get('/ui/password_reset')
  await browser.form('/ui/password_reset', { email: 'alice@example.org' })
  const code = await mailed()
  return (password = 'another good one') => browser.form('/ui/password_reset/confirm', { code, password })
}

const renew = (browser: Browser) => () => browser.form('/ui/profile/update_token', {})

describe('an old password', () => {
  it('opens nothing once another one is set, also where it was checked before', async () => {
    const reset = await newReset()
    const late = new Browser(base)
    const [set, entered] = await queued<[Reply, Reply]>(
      () => reset(),
      () => late.signIn('alice'),
    )
    expect([set.status, entered.status, late.cookie('sessionid')]).toEqual([302, 200, undefined])
    expect(entered.text).toContain('Please enter a correct')
  })

  it('has opened nothing that lasts, where it came first', async () => {
    const reset = await newReset()
    const early = new Browser(base)
    // Whether it still was a session when it was answered is no matter.
    const [, set] = await queued<[Reply, Reply]>(
      () => early.signIn('alice'),
      () => reset(),
    )
    expect([set.status, await isIn(early)]).toEqual([302, false])
    expect(await service.service.database.query(sql('select id from sessions'))).toEqual([])
  })

  it('of an old format lets everybody in who comes with it at once', async () => {
    const hash = pbkdf2Sync('alice-pass-1', 'salt', 1000, 32, 'sha256').toString('base64')
    const on = service.service.database
    await on.query(sql('update users set password = $2 where uuid = $1'), [
      names['uuid:alice'],
      `pbkdf2_sha256$1000$salt$${hash}`,
    ])
    const browsers = [new Browser(base), new Browser(base)] as const
    const [one, other] = browsers
    const replies = await queued<[Reply, Reply]>(
      () => one.signIn('alice'),
      () => other.signIn('alice'),
    )
    expect(replies.map(({ status }) => status)).toEqual([302, 302])
    expect(await Promise.all(browsers.map(isIn))).toEqual([true, true])
  })
})

describe('an account that is deactivated', () => {
  it('is not signed in to by who came just before', async () => {
    const { database: on } = service.service
    const late = new Browser(base)
    const [, entered] = await queued<[unknown, Reply]>(
      () => on.transaction((tx) => deactivateUser(tx, names['uuid:alice'] ?? '', 'gone')),
      () => late.signIn('alice'),
    )
    expect([entered.status, late.cookie('sessionid')]).toEqual([200, undefined])
    expect(entered.text).toContain('The account is not active.')
    expect(await on.query(sql('select id from sessions'))).toEqual([])
  })
})

describe('a session', () => {
  const RENEWALS: [string, (browser: Browser) => () => Promise<Reply>][] = [
    ['the page', renew],
    ['weblogin', (browser) => () => browser.get('/weblogin/login?next=pithos://x&renew=')],
  ]

  it.each(RENEWALS)('that a new password ended is not renewed by %s', async (_, renewal) => {
    const thief = await signedIn()
    const reset = await newReset()
    const [set, renewed] = await queued<[Reply, Reply]>(() => reset(), renewal(thief))
    expect([set.status, renewed.status]).toEqual([302, 302])
    expect(renewed.headers.location).not.toContain('token=')
    expect([await isIn(thief), await works(tokenOf(thief))]).toEqual([false, false])
    expect(await service.service.database.query(sql('select id from sessions'))).toEqual([])
  })

  it.each(RENEWALS)('that its owner has renewed is not renewed by %s for who copied it', async (_, renewal) => {
    const owner = await signedIn()
    const thief = copyOf(owner)
    await queued<[Reply, Reply]>(renew(owner), renewal(thief))
    expect([await isIn(owner), await isIn(thief)]).toEqual([true, false])
    expect([await works(tokenOf(owner)), await works(tokenOf(thief))]).toEqual([true, false])
  })

  const ENDS: [string, (browser: Browser) => () => Promise<unknown>][] = [
    ['a new token', renew],
    ['signing out', (browser) => () => browser.get('/ui/logout')],
  ]
  const asked = { response_type: 'code', client_id: 'conf-app' }

  it.each(ENDS)('that %s has ended gives no client a code', async (_, end) => {
    for (const ask of [
      (thief: Browser) => thief.get('/oauth2/auth?response_type=code&client_id=trusted-app'),
      (thief: Browser) => thief.form('/oauth2/auth', asked),
    ]) {
      const owner = await signedIn()
      const thief = copyOf(owner)
      const [, reply] = await queued<[unknown, Reply]>(end(owner), () => ask(thief))
      expect([reply.status, reply.headers.location]).toEqual([302, expect.stringContaining('/ui/login?next=')])
      expect(await service.service.database.query(sql('select code_hash from oauth2_codes'))).toEqual([])
    }
  })

  it.each(ENDS)('takes its codes along when %s ends it', async (_, end) => {
    const owner = await signedIn()
    const [given] = await queued<[Reply, unknown]>(() => copyOf(owner).form('/oauth2/auth', asked), end(owner))
    expect(given.headers.location).toContain('code=')
    expect(await service.service.database.query(sql('select code_hash from oauth2_codes'))).toEqual([])
  })
})

describe('the code of a mail', () => {
  it('sets one password, of two that come at once the first', async () => {
    const reset = await newReset()
    const [first, second] = await queued<[Reply, Reply]>(
      () => reset('the first good one'),
      () => reset('the second good one'),
    )
    expect([first.status, second.status]).toEqual([302, 400])
    expect((await new Browser(base).signIn('alice', 'the first good one')).status).toBe(302)
    expect((await new Browser(base).signIn('alice', 'the second good one')).status).toBe(200)
  })

  it('comes in three mails at most, however many are asked for at once', async () => {
    const { database: on } = service.service
    const ask = (): Promise<unknown> => on.transaction((tx) => newResetCode(tx, 'alice@example.org'))
    const codes = await queued(ask, ask, ask, ask, ask)
    expect(codes.filter((code) => code !== null)).toHaveLength(3)
  })
})

describe('a password that nobody looked at', () => {
  it('is no attempt that failed', async () => {
    const { database: on } = service.service
    const failures = (): Promise<unknown> => on.query(sql('select failures from sign_in_failures'))
    await new Browser(base).signIn('alice', 'wrong')
    expect(await failures()).toEqual([{ failures: 1 }, { failures: 1 }])
    let finish = (): void => undefined
    const busy = new Promise<void>((resolve) => (finish = resolve))
    const turns = Array.from({ length: 102 }, () => passwordTurns.take(() => busy))
    const { status, headers } = await new Browser(base).signIn('alice')
    finish()
    await Promise.all(turns)
    expect([status, headers['retry-after'], await failures()]).toEqual([503, '5', [{ failures: 1 }, { failures: 1 }]])
  })
})
