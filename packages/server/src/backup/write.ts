import { createHash, type Hash } from 'node:crypto'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type pg from 'pg'
import type { ConnectionSettings } from '../db/connect.ts'
import { lockedForMigration } from '../db/migrate.ts'
import { quoted, sequencesOf, tablesOf, type Table } from './catalog.ts'
import { FORMAT, trailerOf, VERSION, type End, type Header, type Sequences, type TableSums } from './format.ts'

/** Rows that are held at once. */
const BATCH = 1000

export interface BackupOptions {
  /** Told the name by which others may look at the same instant, for as long as they keep it waiting. */
  readonly onSnapshot?: (snapshot: string) => Promise<void>
}

export interface BackupReport extends Header {
  readonly tables: number
  readonly rows: number
}

/**
 * Writes everything in a database as of one instant, while services work on it: nobody waits for it but a migration.
 *
 * @throws when there are no data of this service, or when the output fails; what was written is no backup then.
 */
export async function writeBackup(
  settings: ConnectionSettings,
  output: NodeJS.WritableStream,
  options: BackupOptions = {},
): Promise<BackupReport> {
  return lockedForMigration(settings, async (client, release) => {
    const tables = await openSnapshot(client)
    await release()
    const header = await headerOf(client)
    if (options.onSnapshot) await options.onSnapshot(await snapshotOf(client))
    const end = { tables: tables.length, rows: 0 }
    const lines = Readable.from(linesOf(client, header, tables, end), { objectMode: false })
    await pipeline(lines, createGzip(), withTrailer(), output)
    return { ...header, ...end }
  })
}

/** One look for all that follows, and no migration until it ends. Text as every PostgreSQL reads it, wherever it is. */
async function openSnapshot(client: pg.Client): Promise<Table[]> {
  await client.query(`
    begin isolation level repeatable read read only;
    set local timezone = 'UTC'; set local datestyle = 'ISO, YMD'; set local intervalstyle = 'postgres';
    set local bytea_output = 'hex'; set local extra_float_digits = 1`)
  const tables = await tablesOf(client)
  const { rows } = await client.query("select from pg_class where oid = to_regclass('migrations')")
  if (rows.length === 0) throw new Error('There are no data of this service in the database')
  await client.query(`lock table migrations, ${tables.map(({ name }) => quoted(name)).join(', ')} in access share mode`)
  return tables
}

async function headerOf(client: pg.Client): Promise<Header> {
  const { rows: migrations } = await client.query<Header['migrations'][number]>(
    'select number, name from migrations order by number',
  )
  const { rows } = await client.query<{ time: string; postgresql: string }>(`
    select to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as time, current_setting('server_version') as postgresql`)
  const [about] = rows as [{ time: string; postgresql: string }]
  return { format: FORMAT, version: VERSION, ...about, schema: migrations.at(-1)?.number ?? 0, migrations }
}

async function snapshotOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ id: string }>('select pg_export_snapshot() as id')
  return (rows as [{ id: string }])[0].id
}

async function* linesOf(
  client: pg.Client,
  header: Header,
  tables: readonly Table[],
  end: { tables: number; rows: number },
): AsyncGenerator<string> {
  yield lineOf(header)
  for (const table of tables) {
    yield lineOf({ table: table.name, columns: table.columns.map(({ name }) => name) })
    const [hash, sums] = [createHash('sha256'), { rows: 0 }]
    yield* rowsOf(client, table, hash, sums)
    end.rows += sums.rows
    yield lineOf({ rows: sums.rows, sha256: hash.digest('hex') } satisfies TableSums)
  }
  // After the rows: sequences have no snapshot, and must not fall behind what was read.
  yield lineOf({ sequences: Object.fromEntries(await valuesOf(client)) } satisfies Sequences)
  yield lineOf({ end } satisfies End)
  await client.query('commit')
}

/** The database makes the lines: nothing is lost between its values and what is written. */
async function* rowsOf(
  client: pg.Client,
  { name, columns }: Table,
  hash: Hash,
  sums: { rows: number },
): AsyncGenerator<string> {
  const values = columns.map((column) => `${quoted(column.name)}::text`).join(', ')
  await client.query(
    `declare rows no scroll cursor for select array_to_json(array[${values}]::text[])::text as line from ${quoted(name)}`,
  )
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one batch at a time is the point
    const { rows } = await client.query<{ line: string }>(`fetch ${BATCH} from rows`)
    if (rows.length === 0) break
    sums.rows += rows.length
    const text = rows.map(({ line }) => `${line}\n`).join('')
    hash.update(text)
    yield text
  }
  await client.query('close rows')
}

async function valuesOf(client: pg.Client): Promise<[string, readonly [string, boolean]][]> {
  const values: [string, readonly [string, boolean]][] = []
  for (const name of await sequencesOf(client)) {
    // oxlint-disable-next-line no-await-in-loop
    const { rows } = await client.query<{ last: string; called: boolean }>(
      `select last_value::text as last, is_called as called from ${quoted(name)}`,
    )
    for (const { last, called } of rows) values.push([name, [last, called]])
  }
  return values
}

function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`
}

function withTrailer(): Transform {
  const hash = createHash('sha256')
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
    flush(done) {
      done(null, trailerOf(hash.digest()))
    },
  })
}
