import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { findBinaries, findOnMachine } from '../src/db/embedded/binaries.ts'
import { EmbeddedError, startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from '../src/db/embedded/index.ts'
import { completePackage } from '../src/db/embedded/package.ts'
import { databases, freshDatabase, startServer, type Connection } from './support/postgres.ts'

const launcher = fileURLToPath(new URL('../src/db/embedded/index.ts', import.meta.url))

let folder: string
const started: EmbeddedPostgres[] = []

/** A directory that was used and stopped: tests take copies, because initdb takes its time. */
let used: string

beforeAll(async () => {
  used = mkdtempSync(join(tmpdir(), 'embedded-test-'))
  chmodSync(used, 0o755)
  const postgres = await startEmbedded({ dataDir: join(used, 'data'), durable: false })
  await postgres.stop()
})

afterAll(() => rmSync(used, { recursive: true, force: true }))

/** As its owner, whoever that is. */
function usedDirectory(): string {
  execFileSync('cp', ['-a', join(used, 'data'), folder])
  return join(folder, 'data')
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'embedded-test-'))
  // PostgreSQL's account must be able to enter it.
  chmodSync(folder, 0o755)
})

afterEach(async () => {
  vi.unstubAllEnvs()
  for (const postgres of started.splice(0)) await postgres.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function start(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const postgres = await startEmbedded(options)
  started.push(postgres)
  return postgres
}

async function query(connection: Connection, ...statements: string[]): Promise<unknown[]> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const statement of statements) ({ rows } = await client.query(statement))
    return rows
  } finally {
    await client.end()
  }
}

const refusal = (options: EmbeddedOptions): Promise<string> =>
  start(options).then(
    () => expect.unreachable('it started'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(EmbeddedError)
      return (error as EmbeddedError).message
    },
  )

/** Waits for what must come, however slow the machine is; the test's own limit ends it. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20)
}

interface Started {
  readonly pid: number
  readonly connection: Connection
}

/** Another service: a Node of its own that starts a PostgreSQL, writes a row and goes on. */
async function service(dataDir: string | null): Promise<Started & { kill(): Promise<void> }> {
  const code = `
    import pg from 'pg'
    import { startEmbedded } from ${JSON.stringify(launcher)}
    const { pid, connection } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} })
    const client = new pg.Client(connection)
    await client.connect()
    await client.query('create table if not exists kept (row int)')
    await client.query('insert into kept values (1)')
    console.log(JSON.stringify({ pid, connection }))`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const [line] = (await Promise.race([once(child.stdout, 'data'), gone])) as [unknown]
  const { pid, connection } = JSON.parse(String(line)) as Started
  return {
    pid,
    connection,
    kill: async () => {
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** By Linux's list of processes; one that nobody has looked after yet has ended all the same. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** The watchdogs and servers that have a folder among their arguments. */
function processesThatMention(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      } catch {
        return ''
      }
    })
    .filter((line) => line.includes(text))
}

for (const database of databases) {
  describe(`${database.name}`, () => {
    const { postgresBin } = database

    it('keeps what was committed from one start to the next', async () => {
      const options = { dataDir: join(folder, 'new', 'data'), postgresBin }
      const first = await start(options)
      await query(first.connection, 'create table kept (row int)', 'insert into kept values (7)')
      await first.stop()
      expect(isRunning(first.pid)).toBe(false)
      expect(existsSync(first.connection.host)).toBe(false)

      const second = await start(options)
      expect(await query(second.connection, 'select row from kept')).toEqual([{ row: 7 }])
    })

    it('flushes commits to disk in a directory that is kept, and not in a throw-away one', async () => {
      const settings = `select current_setting('fsync') as fsync, current_setting('listen_addresses') as listens`
      const kept = await start({ dataDir: join(folder, 'data'), postgresBin })
      expect(await query(kept.connection, settings)).toEqual([{ fsync: 'on', listens: '' }])
      const thrownAway = await start({ dataDir: null, postgresBin })
      expect(await query(thrownAway.connection, settings)).toEqual([{ fsync: 'off', listens: '' }])
      const durable = await start({ dataDir: null, postgresBin, durable: true })
      expect(await query(durable.connection, settings)).toEqual([{ fsync: 'on', listens: '' }])
    })

    it('removes a throw-away directory when it is stopped', async () => {
      const postgres = await start({ dataDir: null, postgresBin })
      const [row] = await query(postgres.connection, `select current_setting('data_directory') as folder`)
      const { folder: data } = row as { folder: string }
      expect(existsSync(data)).toBe(true)
      await postgres.stop()
      expect(existsSync(data)).toBe(false)
      expect(existsSync(postgres.connection.host)).toBe(false)
      expect(await postgres.exited).toEqual({ code: 0, signal: null })
      await postgres.stop()
    })

    it('stops with clients connected', async () => {
      const postgres = await start({ dataDir: null, postgresBin })
      const client = new pg.Client(postgres.connection)
      await client.connect()
      const errors: string[] = []
      client.on('error', (error) => errors.push(error.message))
      await postgres.stop()
      await until(() => errors.length > 0)
      expect(errors[0]).toMatch(/terminat/)
    })

    it('recovers the committed rows after it was killed', async () => {
      const options = { dataDir: join(folder, 'data'), postgresBin }
      const first = await start(options)
      await query(first.connection, 'create table kept (row int)', 'insert into kept values (7)')
      process.kill(first.pid, 'SIGKILL')
      expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' })

      const second = await start(options)
      expect(await query(second.connection, 'select row from kept')).toEqual([{ row: 7 }])
      await first.stop()
      expect(await query(second.connection, 'select row from kept')).toEqual([{ row: 7 }])
    })

    it('hands out databases that were prepared once', async () => {
      const server = await startServer(database)
      expect(await startServer(database)).toBe(server)
      let calls = 0
      const prepare = async (connection: Connection): Promise<void> => {
        calls++
        await query(connection, 'create table prepared (row int)', 'insert into prepared values (1)')
      }
      const [one, other] = await Promise.all([freshDatabase(server, prepare), freshDatabase(server, prepare)])
      await query(one.connection, 'insert into prepared values (2)')
      const rows = 'select count(*)::int as rows from prepared'
      expect(await query(one.connection, rows)).toEqual([{ rows: 2 }])
      expect(await query(other.connection, rows)).toEqual([{ rows: 1 }])
      expect(calls).toBe(1)
      await one.drop()
      await expect(query(one.connection, rows)).rejects.toThrow(/does not exist/)
      await other.drop()
    })
  })
}

describe('a directory that is in use', () => {
  it('is refused to a second service, and the first goes on', async () => {
    const dataDir = usedDirectory()
    const first = await start({ dataDir })
    expect(await refusal({ dataDir })).toContain(`Another service uses this directory: ${dataDir}`)
    expect(await query(first.connection, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('goes to one of two services that start at once', async () => {
    const dataDir = join(folder, 'data')
    const results = await Promise.allSettled([start({ dataDir }), start({ dataDir })])
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    const [loser] = results.filter((result) => result.status === 'rejected')
    expect(String(loser?.reason)).toContain(`Another service uses this directory: ${dataDir}`)
    expect(readdirSync(folder)).toEqual(['data'])
  })
})

describe('a service that is killed', () => {
  it('leaves no process, and its directory starts again at once', async () => {
    const dataDir = usedDirectory()
    const killed = await service(dataDir)
    expect(isRunning(killed.pid)).toBe(true)
    await killed.kill()
    const next = await start({ dataDir })
    expect(await query(next.connection, 'select row from kept')).toEqual([{ row: 1 }])
    await next.stop()
    await until(() => processesThatMention(dataDir).length === 0)
    expect(isRunning(killed.pid)).toBe(false)
  })

  it('together with its server leaves a directory that starts again at once', async () => {
    const dataDir = usedDirectory()
    const killed = await service(dataDir)
    process.kill(killed.pid, 'SIGKILL')
    await killed.kill()
    const next = await start({ dataDir })
    expect(await query(next.connection, 'select row from kept')).toEqual([{ row: 1 }])
  })

  it('leaves no throw-away directory', async () => {
    const killed = await service(null)
    const { host } = killed.connection
    expect(readdirSync(host)).toContain('data')
    await killed.kill()
    await until(() => !existsSync(host) && processesThatMention(host).length === 0)
    expect(isRunning(killed.pid)).toBe(false)
  })

  it('leaves no server when it is killed while initdb works', async () => {
    const dataDir = join(folder, 'data')
    const code = `
      import { startEmbedded } from ${JSON.stringify(launcher)}
      await startEmbedded({ dataDir: ${JSON.stringify(dataDir)} })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { stdio: 'ignore' })
    const gone = once(child, 'exit')
    await until(() => readdirSync(folder).some((name) => existsSync(join(folder, name, 'global'))))
    child.kill('SIGKILL')
    await gone
    expect(existsSync(dataDir)).toBe(false)
    const postgres = await start({ dataDir })
    expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
    await until(() => processesThatMention('.data.initdb-').length === 0)
    expect(readdirSync(folder)).toEqual(['data'])
  })
})

describe('a directory that cannot be used', () => {
  it('of something else is refused and not touched', async () => {
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'letter.txt'), 'dear')
    const before = statSync(dataDir)
    expect(await refusal({ dataDir })).toBe(`${dataDir} holds something else than a PostgreSQL: it was not touched.`)
    expect(readdirSync(folder)).toEqual(['data'])
    expect(readdirSync(dataDir)).toEqual(['letter.txt'])
    const { uid, mode, mtimeMs } = statSync(dataDir)
    expect({ uid, mode, mtimeMs }).toEqual({ uid: before.uid, mode: before.mode, mtimeMs: before.mtimeMs })
  })

  it('is a file', async () => {
    const dataDir = join(folder, 'data')
    writeFileSync(dataDir, '')
    expect(await refusal({ dataDir })).toBe(`${dataDir} is not a directory.`)
  })

  it('holds half a PostgreSQL', async () => {
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'PG_VERSION'), '18\n')
    expect(await refusal({ dataDir })).toContain('holds only a part of a PostgreSQL')
  })

  it('was made by another version', async () => {
    const dataDir = usedDirectory()
    writeFileSync(join(dataDir, 'PG_VERSION'), '14\n')
    expect(await refusal({ dataDir })).toContain(`${dataDir} was made by PostgreSQL 14, and this is PostgreSQL `)
  })

  it('is damaged: the last lines of the log are told', async () => {
    const dataDir = usedDirectory()
    unlinkSync(join(dataDir, 'postgresql.conf'))
    expect(await refusal({ dataDir })).toMatch(/did not start in .* with code 2:\n.*postgresql\.conf/s)
  })
})

describe('a directory that can be used', () => {
  it('is empty', async () => {
    const dataDir = join(folder, 'data')
    mkdirSync(dataDir)
    const postgres = await start({ dataDir })
    expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
  })

  it('lies beside what an interrupted initdb left', async () => {
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    const left = join(folder, `.data.initdb-${dead.pid}-abcdef`)
    mkdirSync(left)
    writeFileSync(join(left, 'PG_VERSION'), '18\n')
    const postgres = await start({ dataDir: join(folder, 'data') })
    expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
    expect(readdirSync(folder)).toEqual(['data'])
  })

  it('has a stale postmaster.pid whose number another process has now', async () => {
    const dataDir = usedDirectory()
    writeFileSync(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n0\n5432\n/tmp\n\n  1 1\nready   \n`)
    // PostgreSQL knows that the process it was started by is no server.
    const postgres = await start({ dataDir })
    expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('the programs', () => {
  it('are not looked for anywhere else when their folder was given', async () => {
    expect(await refusal({ dataDir: null, postgresBin: folder })).toContain(`No PostgreSQL was found in ${folder}`)
  })

  it('of the machine come newest first, and are of version 15 at least', async () => {
    const versions = (await findOnMachine()).map(({ version }) => Number.parseFloat(version))
    expect(versions).toEqual(versions.toSorted((a, b) => b - a))
    expect(versions.every((version) => version >= 15)).toBe(true)
  })

  it('too old are refused with a sentence', async () => {
    for (const name of ['initdb', 'postgres']) {
      writeFileSync(join(folder, name), '#!/bin/sh\necho "postgres (PostgreSQL) 14.9"\n', { mode: 0o755 })
    }
    expect(await refusal({ dataDir: null, postgresBin: folder })).toContain('PostgreSQL 14.9 in')
  })

  it('get the links that npm did not keep', async () => {
    const { dir, origin } = await findBinaries()
    expect(origin).toBe('package')
    const copy = join(folder, 'package')
    cpSync(dirname(dirname(dir)), copy, { recursive: true, verbatimSymlinks: true })
    const links = JSON.parse(readFileSync(join(copy, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[]
    expect(links.length).toBeGreaterThan(0)
    for (const { target } of links) unlinkSync(join(copy, target))
    await Promise.all([completePackage(copy), completePackage(copy)])
    const postgres = await start({ dataDir: null, postgresBin: join(copy, 'native', 'bin') })
    expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

// Who is not root has nothing to give away.
if (process.getuid?.() === 0) {
  describe('as root', () => {
    it('PostgreSQL runs as somebody else, who owns the directory', async () => {
      const dataDir = join(folder, 'data')
      const postgres = await start({ dataDir, durable: false })
      const owner = statSync(dataDir).uid
      expect(owner).not.toBe(0)
      expect(statSync(`/proc/${postgres.pid}`).uid).toBe(owner)
      expect(statSync(postgres.connection.host)).toMatchObject({ uid: owner })
      expect(statSync(postgres.connection.host).mode & 0o777).toBe(0o700)
    })

    it('the owner of a directory stays its owner', async () => {
      const dataDir = usedDirectory()
      const account = { uid: 54_321, gid: 54_321 }
      execFileSync('chown', ['-R', `${account.uid}:${account.gid}`, dataDir])
      const postgres = await start({ dataDir })
      expect(statSync(`/proc/${postgres.pid}`)).toMatchObject(account)
    })

    it('a directory that belongs to root, from a backup, is given away', async () => {
      const dataDir = usedDirectory()
      execFileSync('chown', ['-R', '0:0', dataDir])
      const postgres = await start({ dataDir })
      expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
      expect(statSync(dataDir).uid).not.toBe(0)
    })

    it('a directory that the account cannot enter is refused', async () => {
      const closed = join(folder, 'closed')
      mkdirSync(closed, { mode: 0o700 })
      expect(await refusal({ dataDir: join(closed, 'data') })).toContain(`cannot enter ${closed}`)
      expect(readdirSync(closed)).toEqual([])
    })

    it('programs in a closed folder are copied, once', async () => {
      const { dir } = await findBinaries()
      const closed = join(folder, 'closed')
      mkdirSync(closed, { mode: 0o700 })
      cpSync(dirname(dir), join(closed, 'native'), { recursive: true, verbatimSymlinks: true })
      const postgresBin = join(closed, 'native', 'bin')
      vi.stubEnv('XDG_CACHE_HOME', folder)
      const postgres = await start({ dataDir: null, postgresBin })
      expect(await query(postgres.connection, 'select 1 as one')).toEqual([{ one: 1 }])
      const program = readFileSync(`/proc/${postgres.pid}/cmdline`, 'utf8').split('\0')[0] ?? ''
      expect(program.startsWith(join(folder, 'astakos-server', 'postgres-'))).toBe(true)
      const copied = statSync(program)
      const again = await start({ dataDir: null, postgresBin })
      expect(readFileSync(`/proc/${again.pid}/cmdline`, 'utf8').split('\0')[0]).toBe(program)
      expect(statSync(program).ino).toBe(copied.ino)
    })
  })
}
