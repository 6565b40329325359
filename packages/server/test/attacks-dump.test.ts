import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { SecretKeys } from '../src/identity/secret-keys.ts'
import { opensWith } from '../src/identity/tokens.ts'
import type { Mail } from '../src/mail/mail.ts'
import { newCsrfToken } from '../src/signin/csrf.ts'
import { Browser, TLS } from './support/browser.ts'
import { dumpOf } from './support/dump.ts'
import { send } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Connection } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** Somebody has a copy of the database, not of the key, and tries all that stands in it. */

const run = promisify(execFile)

for (const database of databases.slice(0, 1)) {
  describe(`a stolen dump of ${database.name}`, () => {
    let service: WorldService
    let base: string
    let dump: string
    let candidates: string[]
    let anonymous: Browser
    let users: { uuid: string; sealed: Buffer }[]
    /** What opens a door, by its name. */
    const secrets: Record<string, string> = {}
    const mails: Mail[] = []

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection, {
        settings: { signUp: true, isModerated: false, accessTokenLifeMs: 3_600_000 },
        mailer: {
          // So that they lie in the outbox.
          send: (mail) => {
            mails.push(mail)
            return Promise.reject(new Error('The mail server is asleep'))
          },
        },
      })
      base = service.origin + service.basePath
      Object.assign(secrets, await service.load(WORLD))
      await live()
      const texts = [await dumpOf(connection), await pgDump(connection, database.postgresBin)]
      dump = texts.join('\n')
      candidates = candidatesIn(dump)
      users = await service.service.database.query(sql('select uuid, token_sealed as sealed from users'))
    })
    afterAll(() => service[Symbol.asyncDispose]())

    /** All that makes a secret, and leaves something of it. */
    async function live(): Promise<void> {
      const alice = new Browser(base)
      expect((await alice.signIn('alice')).status).toBe(302)
      secrets['session'] = alice.cookie('sessionid') ?? ''
      secrets['csrf'] = alice.cookie('csrftoken') ?? ''
      for (const name of ['code', 'used code']) {
        const { headers } = await alice.get('/oauth2/auth?response_type=code&client_id=trusted-app')
        secrets[name] = new URL(headers.location ?? '').searchParams.get('code') ?? ''
      }
      const { json } = await redeem(secrets['used code'] ?? '', 'trusted-app-secret')
      secrets['access token'] = (json as { access_token: string }).access_token
      secrets['secret of trusted-app'] = 'trusted-app-secret'
      secrets['secret of conf-app'] = 'conf-app-secret'
      secrets['password'] = 'alice-pass-1'
      await new Browser(base).signIn('nobody', 'wrong but secret')
      secrets['wrong password'] = 'wrong but secret'
      anonymous = new Browser(base)
      await anonymous.get('/ui/password_reset')
      await anonymous.form('/ui/password_reset', { email: 'bob@example.org' })
      secrets['password of who signs up'] = 'something good'
      const fields = { email: 'new@example.net', first_name: 'N', last_name: 'N', password: 'something good' }
      expect((await anonymous.form('/ui/signup', fields)).status).toBe(200)
      while (mails.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
      const texts = mails.map(({ text }) => text).join('\n')
      secrets['reset code'] = /confirm\?code=([\w-]{43})/.exec(texts)?.[1] ?? ''
      secrets['verification code'] = /activate\?auth=([\w-]{43})/.exec(texts)?.[1] ?? ''
    }

    function redeem(code: string, secret: string, client = 'trusted-app'): ReturnType<typeof send> {
      return send('POST', `${base}/oauth2/token`, {
        headers: {
          ...TLS,
          authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams({ grant_type: 'authorization_code', code }).toString(),
      })
    }
    const status = (path: string, headers = {}): Promise<number> =>
      send('GET', `${base}${path}`, { headers: { ...TLS, ...headers } }).then((reply) => reply.status)
    const encoded = encodeURIComponent

    /** Whether it is opened by a text. The last two are used up by it. */
    const DOORS: [name: string, opens: (text: string) => Promise<boolean>, secret: string][] = [
      [
        'token of a user',
        async (text) => (await status('/account/v1.0/quotas', { 'x-auth-token': text })) === 200,
        'token:alice',
      ],
      [
        'token of a component',
        async (text) => (await status('/account/v1.0/service_quotas', { 'x-auth-token': text })) === 200,
        'token:component:cyclades',
      ],
      [
        'session',
        // Whoever is signed in is sent there again, with the cookie of siblings.
        async (text) => (await status('/ui/get_menu', { cookie: `sessionid=${text}` })) === 302,
        'session',
      ],
      [
        'access token',
        async (text) => (await status(`/identity/v2.0/tokens/${encoded(text)}`)) === 200,
        'access token',
      ],
      [
        'reset code',
        async (text) => (await status(`/ui/password_reset/confirm?code=${encoded(text)}`)) === 200,
        'reset code',
      ],
      ['secret of a trusted client', (text) => isSecret('trusted-app', text), 'secret of trusted-app'],
      ['secret of another client', (text) => isSecret('conf-app', text), 'secret of conf-app'],
      ['code', async (text) => (await redeem(text, 'trusted-app-secret')).status === 200, 'code'],
      [
        'verification code',
        async (text) => (await status(`/ui/activate?auth=${encoded(text)}`)) === 302,
        'verification code',
      ],
    ]
    async function isSecret(client: string, secret: string): Promise<boolean> {
      const { json } = await redeem('x', secret, client)
      const { exception } = json as { exception: string }
      expect(['Invalid credentials', 'No such authorization code']).toContain(exception)
      return exception === 'No such authorization code'
    }

    it('holds what it should, and every secret was made', () => {
      for (const table of [
        'sessions',
        'oauth2_codes',
        'oauth2_tokens',
        'password_resets',
        'outbox',
        'sign_in_failures',
      ])
        expect(dump, table).toMatch(new RegExp(`^${table} \\{`, 'm'))
      expect(dump).toContain('new@example.net')
      for (const [name, secret] of Object.entries(secrets)) expect(secret, name).not.toBe('')
      expect(candidates.length).toBeGreaterThan(100)
    })

    it('holds no secret, however it is written', () => {
      const without = ([name]: [string, string]): boolean => !/^(?:uuid|group):/.test(name)
      const key: [string, string] = ['the key', service.secretKey.first.toString('base64url')]
      for (const [name, secret] of [...Object.entries(secrets).filter(without), key])
        for (const form of spellingsOf(secret))
          expect(dump.toLowerCase().includes(form.toLowerCase()), name).toBe(false)
      expect(dump).not.toMatch(/confirm\?code=|activate\?auth=/)
    })

    it.each(DOORS)('opens no door of a %s', async (_, opens) => {
      for (let n = 0; n < candidates.length; n += 20) {
        const some = candidates.slice(n, n + 20)
        const opened = await Promise.all(some.map(opens))
        expect(some.filter((text, i) => opened[i] && text !== '')).toEqual([])
      }
    })

    it('is no password, and no hash in it is one', async () => {
      const rows = await service.service.database.query<{ username: string; password: string }>(
        sql("select username, password from users where username in ('alice@example.org', 'bob@example.org')"),
      )
      expect(rows.map(({ password }) => password.slice(0, 8)).sort()).toEqual(['$scrypt$', 'md5$worl'])
      for (const { username, password } of rows)
        for (const text of [password, ...password.split('$').filter((part) => part.length > 8)]) {
          await service.service.database.query(sql('delete from sign_in_failures'))
          expect((await new Browser(base).signIn(username, text)).status, text).toBe(200)
        }
    })

    it('holds no key: nothing in it opens a seal, or makes a form that counts', async () => {
      const keys = candidates.flatMap((text) => [
        Buffer.from(text, 'base64').subarray(0, 32),
        Buffer.from(text, 'hex').subarray(0, 32),
        Buffer.from(text).subarray(0, 32),
      ])
      const whole = keys.filter(({ length }) => length === 32).map((key) => new SecretKeys(key))
      expect(whole.length).toBeGreaterThan(100)
      const [user] = users as [{ uuid: string; sealed: Buffer }]
      expect(opensWith(service.secretKey, user.uuid, user.sealed)).toBe(true)
      for (const key of whole) for (const { uuid, sealed } of users) expect(opensWith(key, uuid, sealed)).toBe(false)
      for (const key of whole.slice(0, 100)) {
        const forged = newCsrfToken(key, '')
        anonymous.cookies.set('csrftoken', forged)
        expect((await anonymous.form('/ui/password_reset', { email: 'x' })).status).toBe(403)
      }
    })

    it('is worth less than what was handed out: that opens every door', async () => {
      for (const [name, opens, secret] of DOORS) expect(await opens(secrets[secret] ?? ''), name).toBe(true)
      expect((await new Browser(base).signIn('alice', secrets['password'])).status).toBe(302)
    })
  })
}

/** As an operator would make it, where the program came with the server. */
async function pgDump(connection: Connection, bin: string): Promise<string> {
  const program = join(bin, 'pg_dump')
  if (!existsSync(program)) return ''
  const { host, port, user, database, password } = connection
  const { stdout } = await run(program, ['--no-password', '-h', host, '-p', String(port), '-U', user, database], {
    env: { ...process.env, PGPASSWORD: password },
    maxBuffer: 2 ** 28,
  })
  expect(stdout).toContain('COPY public.users')
  return stdout
}

/** Bytes in the ways in which they are written, and each longer word. */
function candidatesIn(dump: string): string[] {
  const found = new Set<string>()
  for (const [, hex = ''] of dump.matchAll(/\\x([0-9a-f]{16,})/g)) {
    const bytes = Buffer.from(hex, 'hex')
    for (const form of [hex, hex.toUpperCase(), `\\x${hex}`, bytes.toString('base64'), bytes.toString('base64url')])
      found.add(form)
    // A part of what is sealed could be what is looked for.
    if (bytes.length > 32) found.add(bytes.subarray(20, -16).toString('base64url'))
  }
  for (const [word] of dump.matchAll(/[\w+/=$.@-]{16,}/g)) {
    if (/^[0-9a-f]{64,}$/.test(word)) continue
    found.add(word)
    for (const part of word.split('$')) if (part.length >= 16) found.add(part)
  }
  return [...found]
}

/** A text, and the bytes that it may stand for. */
function spellingsOf(secret: string): string[] {
  const forms = [secret]
  for (const bytes of [Buffer.from(secret), ...(/^[\w-]{43}$/.test(secret) ? [Buffer.from(secret, 'base64url')] : [])])
    forms.push(bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'))
  return forms
}
