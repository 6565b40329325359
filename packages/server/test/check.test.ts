import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../src/db/database.ts'
import { secretKeysOf } from '../src/identity/secret-key-check.ts'
import { checkService, type Finding } from '../src/check.ts'
import { readConfig } from '../src/config.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type TestDatabase } from './support/postgres.ts'

const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

/** `serve --check`: what is wrong is said in a sentence, and nothing is touched. */
describe('a check', () => {
  let folder: string
  let database: TestDatabase
  let url: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-check-'))
    chmodSync(folder, 0o755)
    const [one] = databases
    if (!one) throw new Error('There is no PostgreSQL')
    database = await freshDatabase(await startServer(one), migrated)
    const { host, port, user, database: name } = database.connection
    url = `postgresql://${user}@/${name}?host=${encodeURIComponent(host)}&port=${port}`
  })
  afterAll(async () => {
    await database.drop()
    rmSync(folder, { recursive: true })
  })

  const check = (...args: string[]): Promise<Finding[]> =>
    checkService(readConfig(['--listen', '127.0.0.1:0', ...args], {}))
  const wrongOf = (findings: readonly Finding[]): string[] =>
    findings.filter(({ isGood }) => !isGood).map(({ what, says }) => `${what}: ${says}`)

  it('finds nothing wrong with a start that would work, and makes nothing', async () => {
    const data = join(folder, 'data')
    expect(wrongOf(await check('--data-dir', data))).toEqual([])
    expect(wrongOf(await check('--database-url', url, '--secret-key-file', join(folder, 'key')))).toEqual([])
    expect(wrongOf(await check('--throw-away'))).toEqual([])
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells everything that is wrong at once', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    const key = join(folder, 'open-key')
    writeFileSync(key, 'a'.repeat(64), { mode: 0o644 })
    const findings = await check(
      '--database-url',
      'postgresql://astakos:hidden@127.0.0.1:1/x',
      '--secret-key-file',
      key,
      '--listen',
      `127.0.0.1:${port}`,
      '--smtp-url',
      'smtp://astakos:hidden@127.0.0.1:1',
    )
    taken.close()
    expect(wrongOf(findings)).toEqual([
      '--database-url: connect ECONNREFUSED 127.0.0.1:1',
      `--secret-key-file: ${key} may be read by others: its mode must be 0600`,
      `--listen: something else listens at 127.0.0.1:${port}`,
      expect.stringContaining('--smtp-url: The mail server can not be reached'),
    ])
    expect(JSON.stringify(findings)).not.toContain('hidden')
    rmSync(key)
  })

  it('refuses a user who may not make tables', async () => {
    const { default: pg } = await import('pg')
    const admin = new pg.Client(database.connection)
    await admin.connect()
    await admin.query('create role guest login')
    await admin.end()
    expect(
      wrongOf(
        await check('--database-url', url.replace(/\/\/\w+@/, '//guest@'), '--secret-key-file', join(folder, 'key')),
      ),
    ).toEqual([
      '--database-url: this user may not make tables: make it the owner of the database, or grant create on its schema',
    ])
  })

  it('knows the key of a database, and its schema', async () => {
    const key = join(folder, 'right-key')
    expect(wrongOf(await check('--database-url', url, '--secret-key-file', key))).toEqual([])
    const { default: pg } = await import('pg')
    const client = new pg.Client(database.connection)
    await client.connect()
    const about = new Database(database.connection)
    await secretKeysOf(about, { secretKeyFile: key, dataDir: null })
    await about.close()
    expect(wrongOf(await check('--database-url', url, '--secret-key-file', key))).toEqual([])
    const other = join(folder, 'other-key')
    writeFileSync(other, 'a'.repeat(64), { mode: 0o600 })
    const none = join(folder, 'no-key')
    writeFileSync(join(folder, 'garbage'), 'garbage', { mode: 0o600 })
    await client.query("insert into migrations (number, name) values (9999, 'of a later release')")
    const wrongs = await Promise.all(
      [other, none, join(folder, 'garbage')].map(async (file) =>
        wrongOf(await check('--database-url', url, '--secret-key-file', file)),
      ),
    )
    const later = expect.stringContaining('--database-url: The database is of a later release') as string
    expect(wrongs).toEqual([
      [later, `--secret-key-file: ${other} holds another key than the one that sealed the tokens in the database`],
      [later, `--secret-key-file: the key file ${none} is missing, and the database wants it`],
      [later, expect.stringContaining('does not hold 64 hexadecimal digits')],
    ])
    await client.query('delete from migrations where number = 9999')
    await client.end()
    for (const file of [key, other, join(folder, 'garbage')]) rmSync(file)
  })

  it('refuses a folder that holds something else', async () => {
    const other = join(folder, 'other')
    mkdirSync(other)
    writeFileSync(join(other, 'thesis.tex'), '')
    const findings = await check('--data-dir', other)
    expect(wrongOf(findings)).toEqual([expect.stringContaining('holds other things (thesis.tex)')])
  })

  it('ends with 1 when something is wrong, with 0 when not, and starts nothing', async () => {
    const run = async (...args: string[]): Promise<[number, string]> => {
      const child = spawn(process.execPath, [BIN, 'serve', '--check', ...args], { cwd: folder })
      const [out, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>])
      return [code, out]
    }
    const data = join(folder, 'never')
    expect(await run('--data-dir', data, '--listen', '127.0.0.1:0')).toEqual([
      0,
      expect.stringMatching(/^(?:ok {2}.*\n){4}$/),
    ])
    expect(await run('--database-url', 'postgresql://127.0.0.1:1/x')).toEqual([
      1,
      expect.stringContaining('wrong  --database-url: '),
    ])
    expect(existsSync(data)).toBe(false)
  })
})
