import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeSchema, SCHEMA_FILE } from '../scripts/schema.ts'
import { Damaged, readBackup } from '../src/backup/read.ts'
import { restoreBackup } from '../src/backup/restore.ts'
import { writeBackup, type BackupOptions } from '../src/backup/write.ts'
import { migrate, migrations } from '../src/db/migrate.ts'
import { migrateCommand } from '../src/migration/command.ts'
import type { Component } from './support/component.ts'
import { dumpOf } from './support/dump.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Connection, type Prepare } from './support/postgres.ts'
import { Programs, urlOf } from './support/program.ts'
import { QuotaWorld } from './support/quota-world.ts'

const nothing = async (): Promise<void> => undefined

async function backupOf(connection: Connection, options?: BackupOptions): Promise<Buffer> {
  const pieces: Buffer[] = []
  const output = new Writable({
    write(piece: Buffer, _, done) {
      pieces.push(piece)
      done()
    },
  })
  await writeBackup(connection, output, options)
  return Buffer.concat(pieces)
}

/** In pieces that end anywhere. */
async function* sourceOf(bytes: Buffer, size = 1021): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function readAll(bytes: Buffer): Promise<number> {
  let parts = 0
  for await (const part of readBackup(sourceOf(bytes))) parts += part.kind === 'rows' ? 1 : 0
  return parts
}

async function onClient<T>(connection: Connection, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

/** Without the history of migrations, whose times are those of each database. */
async function contentOf(connection: Connection): Promise<string[]> {
  return (await dumpOf(connection)).split('\n').filter((line) => !line.startsWith('migrations '))
}

async function databaseOf(index: number, prepare: Prepare): Promise<Connection> {
  const database = databases[index % databases.length]
  if (!database) throw new Error('There is no PostgreSQL')
  return (await freshDatabase(await startServer(database), prepare)).connection
}

for (const [index, database] of databases.entries()) {
  describe(`a backup of ${database.name}`, () => {
    it('under load is one instant, restored elsewhere to the last row', async () => {
      const world = await QuotaWorld.open(database)
      const components = [world.component('cyclades'), world.component('cyclades', await world.another())]
      let isOver = false
      let issued = 0
      const load = async (component: Component, user: string): Promise<void> => {
        for (let n = 0; !isOver; n++) {
          const { status, json } = await component.issue({ provisions: world.charge(user, n % 3 === 2 ? -1 : 1) })
          if (status !== 201) continue
          issued += 1
          const { serial } = json as { serial: number }
          if (n % 4 !== 3) await (n % 2 === 0 ? component.accept(serial) : component.reject(serial))
          if (n % 16 === 15) await component.resolve({ reject: (await component.pending()) as number[] })
        }
      }
      const loads = components.flatMap((component) => ['alice', 'bob'].map((user) => load(component, user)))
      while (issued < 20) await new Promise((resolve) => setTimeout(resolve, 5))
      let instant: string[] = []
      const bytes = await backupOf(world.connection, {
        // While it waits, commissions go on: what is seen later differs, unless it is the same instant.
        async onSnapshot(snapshot) {
          const before = issued
          while (issued < before + 20) await new Promise((resolve) => setTimeout(resolve, 5))
          instant = (await dumpOf(world.connection, snapshot)).split('\n')
        },
      })
      isOver = true
      await Promise.all(loads)
      instant = instant.filter((line) => !line.startsWith('migrations '))
      expect(await contentOf(world.connection)).not.toEqual(instant)

      const elsewhere = await databaseOf(index + 1, nothing)
      const { checks, counts, migrated: steps } = await restoreBackup(elsewhere, sourceOf(bytes))
      expect(await contentOf(elsewhere)).toEqual(instant)
      expect(await describeSchema(elsewhere)).toBe(readFileSync(SCHEMA_FILE, 'utf8'))
      expect(counts['resolutions']).toBeGreaterThan(0)
      expect(steps).toEqual([])
      const [holdings, , serials] = checks
      expect([holdings?.good, serials?.good]).toEqual([holdings?.all, serials?.all])
      expect(holdings?.all).toBeGreaterThan(10n)
      // It goes on where it was: sequences, too.
      await onClient(elsewhere, async (client) => {
        const { rows } = await client.query(
          "select nextval('serials') > (select max(serial) from resolutions) as serials",
        )
        expect(rows).toEqual([{ serials: true }])
        await client.query("insert into groups (name) values ('new one')")
      })
      await world[Symbol.asyncDispose]()
    })

    it('of an earlier release is brought up to date', async () => {
      const old = await databaseOf(index, nothing)
      await migrate(old, migrations().slice(0, 5))
      await onClient(old, (client) =>
        client.query("insert into users (uuid, email, username) values ('u', 'é\"\\ \n@x', 'x')"),
      )
      const fresh = await databaseOf(index, nothing)
      const report = await restoreBackup(fresh, sourceOf(await backupOf(old)))
      const later = migrations().slice(5)
      expect(report.migrated).toEqual(later.map(({ name }) => name))
      expect(await describeSchema(fresh)).toBe(readFileSync(SCHEMA_FILE, 'utf8'))
      const { rows } = await onClient(fresh, (client) => client.query('select uuid, email from users'))
      expect(rows).toEqual([{ uuid: 'u', email: 'é"\\ \n@x' }])
    })
  })
}

describe('a restore', () => {
  let bytes: Buffer
  let target: Connection
  beforeAll(async () => {
    const source = await databaseOf(0, migrated)
    await onClient(source, (client) =>
      client.query("insert into groups (name) select 'g' || n from generate_series(1, 20) as n"),
    )
    bytes = await backupOf(source)
    target = await databaseOf(0, nothing)
  })

  const isEmpty = async (): Promise<boolean> => {
    const { rows } = await onClient(target, (client) =>
      client.query("select from pg_class where relnamespace = 'public'::regnamespace"),
    )
    return rows.length === 0
  }

  it('notices every byte that is another one, and every cut', async () => {
    expect(await readAll(bytes)).toBe(1)
    expect(bytes.length).toBeLessThan(10_000)
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
      await expect(readAll(changed), `byte ${at}`).rejects.toThrow(Damaged)
    }
    for (let length = 0; length < bytes.length; length += 7)
      await expect(readAll(bytes.subarray(0, length)), `${length} bytes`).rejects.toThrow(Damaged)
    await expect(readAll(Buffer.concat([bytes, Buffer.from('x')]))).rejects.toThrow(Damaged)
    await expect(readAll(Buffer.from('no backup at all'))).rejects.toThrow(Damaged)
  })

  it('of a damaged or cut file leaves nothing behind', async () => {
    for (const at of [12, 300, Math.floor(bytes.length / 2), bytes.length - 200, bytes.length - 3]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 4
      await expect(restoreBackup(target, sourceOf(changed))).rejects.toThrow('Nothing was restored')
      await expect(restoreBackup(target, sourceOf(bytes.subarray(0, at)))).rejects.toThrow('Nothing was restored')
      expect(await isEmpty()).toBe(true)
    }
  })

  it('of a later release, or onto a database that is not empty, is refused', async () => {
    const known = migrations().slice(0, -1)
    await expect(restoreBackup(target, sourceOf(bytes), known)).rejects.toThrow(
      `The backup is of a later release: its schema is ${migrations().at(-1)?.number}, and this code does not know`,
    )
    expect(await isEmpty()).toBe(true)
    const used = await databaseOf(0, migrated)
    const before = await contentOf(used)
    await expect(restoreBackup(used, sourceOf(bytes))).rejects.toThrow('The database is not empty')
    expect(await contentOf(used)).toEqual(before)
    await expect(backupOf(await databaseOf(0, nothing))).rejects.toThrow('There are no data of this service')
  })
})

describe('the commands', () => {
  const programs = new Programs()
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-backup-'))
    chmodSync(folder, 0o755)
  })
  afterAll(async () => {
    await programs.stopAll()
    rmSync(folder, { recursive: true })
  })

  it('back up the embedded database of a running service, and restore it with its key alone', async () => {
    const [data, file, key] = [join(folder, 'data'), join(folder, 'backup.gz'), join(folder, 'data.secret-key')]
    await programs.serve([`--data-dir=${data}`, '--listen=127.0.0.1:0'])
    const written = await programs.run(['backup', file, `--data-dir=${data}`])
    expect([written.code, written.err]).toEqual([0, ''])
    expect(written.out.toString()).toContain(`keep ${key} apart`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).toSorted()).toEqual(['backup.gz', 'data', 'data.secret-key'])
    expect(readFileSync(file).includes(readFileSync(key, 'utf8').trim())).toBe(false)
    const piped = await programs.run(['backup', '-', `--data-dir=${data}`])
    const url = urlOf(await databaseOf(0, nothing))
    const options = [`--database-url=${url}`, `--secret-key-file=${join(folder, 'other')}`]
    const restored = await programs.run(['restore', '-', ...options], piped.out)
    expect([restored.code, restored.err]).toEqual([0, ''])
    expect(restored.out.toString()).toMatch(/Checked: (\d+) of \1 holdings in order/)
    expect(restored.out.toString()).toContain('put it there before the service starts')
    const started = await programs.run(['serve', ...options, '--listen=127.0.0.1:0'])
    expect(started.err).toContain(`the key file ${join(folder, 'other')} is missing`)
    await programs.serve([`--database-url=${url}`, `--secret-key-file=${key}`, '--listen=127.0.0.1:0'])
    const none = await programs.run(['backup', join(folder, 'none'), `--data-dir=${join(folder, 'nowhere')}`])
    expect(none.err).toContain('holds no data of this service')
    expect(readdirSync(folder)).not.toContain('nowhere')
  })

  it('bring the schema up to date, or tell what they would do', async () => {
    const connection = await databaseOf(0, nothing)
    const lines: string[] = []
    const say = (...args: string[]): Promise<number> =>
      migrateCommand(
        [...args, `--database-url=${urlOf(connection)}`, `--secret-key-file=${join(folder, 'made')}`],
        (line) => lines.push(line),
      )
    await say('--dry-run')
    expect(lines.splice(0)).toEqual([
      ...migrations().map(({ name }) => expect.stringContaining(name) as string),
      'Nothing was changed.',
    ])
    expect(await contentOf(connection)).toEqual([''])
    expect(readdirSync(folder)).not.toContain('made')
    await say()
    // A service that starts later finds its key.
    expect(readdirSync(folder)).toContain('made')
    expect(lines.splice(0).at(-1)).toBe('The schema is up to date.')
    await say()
    await say('--dry-run')
    expect(lines).toEqual(['The schema was up to date.', 'The schema is up to date.'])
  })
})
