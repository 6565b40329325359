import { createHmac } from 'node:crypto'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadWorld } from '../scripts/world.ts'
import { Database } from '../src/db/database.ts'
import { sql } from '../src/db/statement.ts'
import { takeOverPepper } from '../src/identity/pepper.ts'
import { rotateKey } from '../src/rotation/command.ts'
import { loadSecretKeys, readSecretKeys } from '../src/identity/secret-key.ts'
import { idOf, SecretKeys } from '../src/identity/secret-keys.ts'
import { opensWith } from '../src/identity/tokens.ts'
import { findClient, isSecretOf } from '../src/oauth2/clients.ts'
import { Browser, TLS } from './support/browser.ts'
import { dumpOf } from './support/dump.ts'
import { send } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import {
  databases,
  freshDatabase,
  startServer,
  type Connection,
  type Database as Postgres,
} from './support/postgres.ts'
import { freePort, Programs, urlOf } from './support/program.ts'
import { startSmtpServer, type SmtpServer } from './support/smtp-server.ts'
import { WORLD } from './support/world.ts'

const [postgres] = databases as [Postgres]
interface Told {
  readonly code: number
  readonly said: string
}

/** As the program does it, without the second that starting one takes. */
async function rotate(steps: readonly string[], url: string, file: string): Promise<Told> {
  const lines: string[] = []
  const args = [...steps, `--database-url=${url}`, `--secret-key-file=${file}`]
  const code = await rotateKey(args, (line) => lines.push(line)).catch((error: Error) => {
    lines.push(error.message)
    return 1
  })
  return { code, said: lines.join('\n') }
}

const PEOPLE = ['alice', 'bob', 'carol', 'dave', 'heidi'] as const

describe('replacing the secret key under load', () => {
  const programs = new Programs()
  let [folder, file, url] = ['', '', '']
  let connection: Connection
  let database: Database
  let smtp: SmtpServer
  let names: Record<string, string>
  let first: SecretKeys
  /** Where each process listens, and whether it takes requests, as a proxy would know. */
  const processes: { port: number; child: Awaited<ReturnType<Programs['serve']>>; isLive: boolean; busy: number }[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-rotation-'))
    chmodSync(folder, 0o755)
    file = join(folder, 'key')
    ;({ connection } = await freshDatabase(await startServer(postgres), migrated))
    url = urlOf(connection)
    database = new Database(connection)
    smtp = await startSmtpServer()
    first = loadSecretKeys(file)
    names = await database.transaction((tx) =>
      loadWorld(tx, WORLD, { secretKey: first, base: 'http://127.0.0.1:1/astakos' }),
    )
    // Some are as they were sealed before keys had names.
    await execute("update users set token_sealed = substring(token_sealed from 9) where username like 'alice%'")
    for (const port of [await freePort(), await freePort()])
      processes.push({ port, child: await start(port), isLive: true, busy: 0 })
  })
  afterAll(async () => {
    await programs.stopAll()
    await database.close()
    await smtp.close()
    rmSync(folder, { recursive: true })
  })

  const start = (port: number): ReturnType<Programs['serve']> =>
    programs.serve([
      `--database-url=${url}`,
      `--secret-key-file=${file}`,
      `--listen=127.0.0.1:${port}`,
      '--base-url=http://127.0.0.1:1/astakos',
      `--smtp-url=${smtp.url}`,
      '--mail-from=a@example.org',
      '--trust-proxy=127.0.0.1',
      '--log-level=error',
    ])
  const execute = (text: string): Promise<unknown[]> => database.transaction((tx) => tx.query(sql(text)))
  const step = async (...steps: string[]): Promise<string> => {
    const { code, said } = await rotate(steps, url, file)
    expect([code, said]).toEqual([0, expect.any(String)])
    return said
  }

  /** One after the other, as behind a proxy: it gets nothing new, answers what it has, and comes back. */
  async function restartAll(): Promise<void> {
    for (const one of processes) {
      one.isLive = false
      while (one.busy > 0) await new Promise((resolve) => setTimeout(resolve, 5))
      await programs.stop(one.child)
      one.child = await start(one.port)
      one.isLive = true
    }
  }

  let turn = 0
  async function through<T>(ask: (base: string) => Promise<T>): Promise<T> {
    const live = processes.filter(({ isLive }) => isLive)
    const one = live[turn++ % live.length]
    if (!one) throw new Error('None is live')
    one.busy += 1
    try {
      return await ask(`http://127.0.0.1:${one.port}/astakos`)
    } finally {
      one.busy -= 1
    }
  }

  const signIns: Record<string, number> = {}
  async function signInAll(isOver: () => boolean, people: readonly string[]): Promise<void> {
    for (let n = 0; !isOver(); n++) {
      const person = people[n % people.length] as string
      await through(async (base) => {
        const browser = new Browser(base)
        expect((await browser.signIn(person)).status).toBe(302)
        const [, token] = decodeURIComponent(browser.cookie('_pithos2_a') ?? '').split('|')
        expect(token).toBe(names[`token:${person}`])
      })
      signIns[person] = (signIns[person] ?? 0) + 1
      // Passwords cost a processor as long as they take; the steps need some of it.
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Mails that have to wait until the end; a client that shows its secret; a form that was opened long ago. */
  async function visit(): Promise<void> {
    for (const { port } of processes) {
      const base = `http://127.0.0.1:${port}/astakos`
      const { json } = await send('POST', `${base}/oauth2/token`, {
        headers: {
          ...TLS,
          authorization: `Basic ${Buffer.from('conf-app:conf-app-secret').toString('base64')}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=authorization_code&code=x',
      })
      expect((json as { exception: string }).exception).toBe('No such authorization code')
      const browser = new Browser(base)
      browser.cookies.set('csrftoken', form)
      expect(
        (await browser.form('/ui/password_reset', { email: `${PEOPLE[mails % PEOPLE.length]}@example.org` })).status,
      ).toBe(200)
      mails += 1
    }
  }
  let [form, mails] = ['', 0]

  it('fails no sign-in, loses no mail and leaves nothing under the old key', { timeout: 180_000 }, async () => {
    smtp.behaviour = { MAIL: '451 later' }
    const anonymous = new Browser(`http://127.0.0.1:${processes[0]?.port}/astakos`)
    await anonymous.get('/ui/password_reset')
    form = anonymous.cookie('csrftoken') ?? ''
    const touched = await execute(
      "select username, updated from users where username <> 'grace@example.org' order by id",
    )
    let isOver = false
    const load = Promise.all([signInAll(() => isOver, PEOPLE.slice(0, 2)), signInAll(() => isOver, PEOPLE.slice(2))])
    load.catch(() => undefined)
    await visit()
    expect(await step('--add')).toContain('Next: restart every process')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readSecretKeys(file).first).toEqual(first.first)
    await restartAll()
    await visit()
    expect(await step('--promote')).toContain('Next: restart every process')
    const [second] = readSecretKeys(file).all as [Buffer]
    expect(readSecretKeys(file).all).toEqual([second, first.first])
    // The one has the new key first already, the other the old one still.
    await visit()
    await restartAll()
    await visit()
    expect((await rotate(['--drop'], url, file)).said).toMatch(
      /^\d+ are still sealed under a former key: run astakos-server rotate-key first$/,
    )
    const said = await step()
    expect(said).toMatch(/Sealed anew: \d+ tokens of users/)
    expect(said).toMatch(/Sealed anew: 1 proof of the key/)
    expect(said).toContain('Next: astakos-server rotate-key --drop')
    expect(await step('--drop')).toContain('holds no former key any more')
    expect(readSecretKeys(file).all).toEqual([second])
    await restartAll()
    form = ''
    const again = new Browser(`http://127.0.0.1:${processes[1]?.port}/astakos`)
    await again.get('/ui/password_reset')
    form = again.cookie('csrftoken') ?? ''
    isOver = true
    await load
    expect(Object.keys(signIns).toSorted()).toEqual(PEOPLE.toSorted())

    // Nobody changed a user. (Passwords were hashed anew by the first sign-in of each.)
    expect(
      await execute(
        "select username, updated from users where username in ('judy.mixed@example.org', 'erin@example.org')",
      ),
    ).toEqual((touched as { username: string }[]).filter(({ username }) => /^(?:judy|erin)/.test(username)))
    const dump = await dumpOf(connection)
    expect(dump).not.toContain(idOf(first.first).toString('hex'))
    const bytes = [...dump.matchAll(/\\\\x([0-9a-f]+)/g)].map(([, hex = '']) => Buffer.from(hex, 'hex'))
    const owners = [
      'the key of this database',
      'the pepper of client secrets',
      ...PEOPLE.map((name) => names[`uuid:${name}`] ?? ''),
    ]
    const opened = (keys: SecretKeys): number =>
      bytes.filter((sealed) => owners.some((owner) => opensWith(keys, owner, sealed))).length
    expect(opened(new SecretKeys(first.first))).toBe(0)
    expect(opened(new SecretKeys(second))).toBe(owners.length)
    smtp.behaviour = {}
    await execute('update outbox set next_attempt = now()')
    await expect.poll(() => smtp.taken.length, { timeout: 30_000 }).toBe(mails)
    for (const { raw } of smtp.taken) expect(raw.replaceAll('=\r\n', '')).toContain('confirm?code=')
  })
})

describe('the steps of a rotation', () => {
  let folder: string
  let file: string
  const programs = new Programs()
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-steps-'))
    chmodSync(folder, 0o755)
    file = join(folder, 'key')
  })
  afterAll(async () => {
    await programs.stopAll()
    rmSync(folder, { recursive: true })
  })

  it('come in their order alone, and never make a key file', async () => {
    const { connection } = await freshDatabase(await startServer(postgres), migrated)
    const url = urlOf(connection)
    const told = async (...steps: string[]): Promise<string> => (await rotate(steps, url, file)).said
    expect(await told('--add')).toContain(`the key file ${file} is missing`)
    loadSecretKeys(file)
    const [old] = readSecretKeys(file).all as [Buffer]
    expect(await told('--promote')).toContain('holds no next key')
    expect(await told('--drop')).toContain('holds no former key')
    expect(await told()).toContain('To replace it: astakos-server rotate-key --add')
    expect(await told('--add', '--drop')).toContain('are steps of their own')
    await told('--add')
    expect(await told('--add')).toContain('holds a next key already')
    expect(await told()).toContain('holds a next key')
    await told('--promote')
    const promoted = readFileSync(file, 'utf8')
    expect(await told('--promote')).toContain('holds no next key')
    expect(await told('--add')).toContain('holds former keys')
    writeFileSync(`${file}.new`, '')
    await told()
    expect(await told('--drop')).toContain('another rotate-key is at work')
    expect(readFileSync(file, 'utf8')).toBe(promoted)
    rmSync(`${file}.new`)
    await told('--drop')
    expect(readSecretKeys(file).all).toHaveLength(1)
    writeFileSync(file, old.toString('hex'))
    expect(await told()).toContain('holds another key than the one that sealed the tokens')
    rmSync(file)
    expect(await told()).toContain(`the key file ${file} is missing`)
    const admin = await programs.run([
      'admin',
      'admin-token-list',
      `--database-url=${url}`,
      `--secret-key-file=${file}`,
    ])
    expect([admin.code, admin.err]).toEqual([1, `astakos-server: --secret-key-file: the key file ${file} is missing\n`])
  })

  it('tell what no key opens and leave it, and are good to be run again', async () => {
    const { connection } = await freshDatabase(await startServer(postgres), migrated)
    const database = new Database(connection)
    const other = join(folder, 'other')
    const keys = loadSecretKeys(other)
    const names = await database.transaction((tx) => loadWorld(tx, WORLD, { secretKey: keys, base: 'http://x' }))
    const lost = sql("update users set token_sealed = '\\x00' || token_sealed where uuid = $1")
    await database.transaction((tx) => tx.query(lost, [names['uuid:bob']]))
    const told = (...steps: string[]): Promise<Told> => rotate(steps, urlOf(connection), other)
    await told('--add')
    await told('--promote')
    const { code, said } = await told()
    expect([code, said]).toEqual([
      1,
      expect.stringContaining(`No key of ${other} opens: tokens of users: ${names['uuid:bob']}`),
    ])
    expect(said).toContain(`Sealed anew: ${WORLD.users.length - 1} tokens of users`)
    expect((await told()).said).toContain('Sealed anew: 0 tokens of users')
    expect((await told('--drop')).said).toContain('1 are still sealed under a former key')
    await database.close()
  })
})

it('a pepper is taken over from the time when the secret key was it', async () => {
  const { connection } = await freshDatabase(await startServer(postgres), migrated)
  const database = new Database(connection)
  const keys = SecretKeys.random()
  await database.transaction((tx) => loadWorld(tx, WORLD, { secretKey: keys, base: 'http://x' }))
  const hash = createHmac('sha256', keys.first).update('oauth2 client\0conf-app\0conf-app-secret').digest()
  await database.transaction(async (tx) => {
    await tx.query(sql('delete from client_pepper'))
    await tx.query(sql("update oauth2_clients set secret_hash = $1 where identifier = 'conf-app'"), [hash])
  })
  await takeOverPepper(database, keys)
  const next = new SecretKeys(Buffer.alloc(32, 1), keys.first)
  await takeOverPepper(database, next)
  const client = await findClient(database, 'conf-app')
  expect(client && isSecretOf(next, client, 'conf-app-secret')).toBe(true)
  expect(client && isSecretOf(next, client, 'another')).toBe(false)
  await database.close()
})
