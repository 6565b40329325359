import type pg from 'pg'
import type { ConnectionSettings } from '../db/connect.ts'
import { lockedForMigration, migrations, startHistory, takeStep, type Migration } from '../db/migrate.ts'
import { foreignKeysOf, quoted, sequencesOf, tablesOf, type Table } from './catalog.ts'
import { checksOf, type Check } from './checks.ts'
import type { Header, Sequences, TableStart } from './format.ts'
import { Damaged, readBackup, type Part } from './read.ts'

export interface RestoreReport {
  readonly header: Header
  /** Rows by table. */
  readonly counts: Readonly<Record<string, number>>
  /** Steps that were taken after it was loaded. */
  readonly migrated: readonly string[]
  readonly checks: readonly Check[]
}

/**
 * Loads a backup into an empty database: everything, or nothing at all. One of an earlier schema is brought up to date.
 *
 * @throws with a sentence: the database is not empty, the backup is of a later release.
 * @throws {Damaged}
 */
export async function restoreBackup(
  settings: ConnectionSettings,
  source: AsyncIterable<Buffer>,
  steps: readonly Migration[] = migrations(),
): Promise<RestoreReport> {
  return lockedForMigration(settings, async (client) => {
    await checkEmpty(client)
    await client.query('begin')
    try {
      const report = await load(client, readBackup(source), steps)
      await client.query('commit')
      await client.query('analyze')
      return report
    } catch (error) {
      await client.query('rollback').catch(() => undefined)
      throw error
    }
  })
}

const ANY_TABLE = `
  select relname as name
    from pg_class as c
   where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
     and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = c.oid and deptype = 'e')
   order by relname
   limit 1`

async function checkEmpty(client: pg.Client): Promise<void> {
  const [table] = (await client.query<{ name: string }>(ANY_TABLE)).rows
  if (table) throw new Error(`The database is not empty, it has a table ${table.name}: nothing was restored`)
}

async function load(
  client: pg.Client,
  parts: AsyncGenerator<Part>,
  steps: readonly Migration[],
): Promise<RestoreReport> {
  const first = await parts.next()
  if (first.done || first.value.kind !== 'header') throw new Damaged('it has no header')
  const { header } = first.value
  const [before, after] = split(header, steps)
  await startHistory(client)
  for (const step of before) await takeStep(client, step)
  const tables = await tablesOf(client)
  const keys = await foreignKeysOf(client)
  // Tables refer to each other in circles. Made again, they are checked for every row.
  for (const { table, name } of keys) await client.query(`alter table ${table} drop constraint ${quoted(name)}`)
  await client.query(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`)
  const counts = await loadParts(client, parts, tables)
  for (const { table, name, definition } of keys)
    await client.query(`alter table ${table} add constraint ${quoted(name)} ${definition}`)
  for (const step of after) await takeStep(client, step)
  return { header, counts, migrated: after.map(({ name }) => name), checks: await checksOf(client) }
}

/** The steps that were taken before the backup, and those that are to be taken after it. */
function split({ schema, migrations: taken }: Header, steps: readonly Migration[]): [Migration[], Migration[]] {
  const nameOf = ({ number, name }: Pick<Migration, 'number' | 'name'>): string => `${number} ${name}`
  const [known, had] = [new Set(steps.map(nameOf)), new Set(taken.map(nameOf))]
  const unknown = taken.find((step) => !known.has(nameOf(step)))
  if (unknown)
    throw new Error(
      `The backup is of a later release: its schema is ${schema}, and this code does not know ${nameOf(unknown)}. Nothing was restored.`,
    )
  return [steps.filter((step) => had.has(nameOf(step))), steps.filter((step) => !had.has(nameOf(step)))]
}

async function loadParts(
  client: pg.Client,
  parts: AsyncGenerator<Part>,
  tables: readonly Table[],
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  let insert = ''
  let current = ''
  for await (const part of parts) {
    if (part.kind === 'table') {
      current = part.table.table
      insert = insertOf(part.table, tables)
    } else if (part.kind === 'rows') await insertRows(client, insert, part.lines)
    else if (part.kind === 'table end') counts[current] = await countOf(client, current, part.rows)
    else if (part.kind === 'sequences') await setSequences(client, part.sequences)
  }
  const missing = tables.find(({ name }) => !(name in counts))
  if (missing) throw new Damaged(`it has no table ${missing.name}`)
  return counts
}

function insertOf({ table, columns }: TableStart, tables: readonly Table[]): string {
  const own = tables.find(({ name }) => name === table)
  if (!own) throw new Damaged(`its schema has no table ${table}`)
  const types = new Map(own.columns.map(({ name, type }) => [name, type]))
  if (columns.length !== types.size || !columns.every((column) => types.has(column)))
    throw new Damaged(`the columns of its table ${table} are others`)
  const values = columns.map((column, n) => `(r ->> ${n})::${types.get(column)}`)
  return `insert into ${quoted(table)} (${columns.map(quoted).join(', ')}) overriding system value
    select ${values.join(', ')} from json_array_elements($1::json) as rows (r)`
}

async function insertRows(client: pg.Client, insert: string, lines: readonly string[]): Promise<void> {
  const { rowCount } = await client.query(insert, [`[${lines.join(',')}]`])
  if (rowCount !== lines.length) throw new Damaged('its rows can not be read')
}

async function countOf(client: pg.Client, table: string, expected: number): Promise<number> {
  const { rows } = await client.query<{ count: bigint }>(`select count(*) from ${quoted(table)}`)
  const count = Number(rows[0]?.count)
  if (count !== expected) throw new Error(`Of ${expected} rows of ${table} there are ${count}: nothing was restored`)
  return count
}

async function setSequences(client: pg.Client, values: Sequences['sequences']): Promise<void> {
  const names = await sequencesOf(client)
  for (const name of names) {
    const value = values[name]
    if (!value) throw new Damaged(`it has no sequence ${name}`)
    await client.query('select setval($1::text::regclass, $2::bigint, $3)', [quoted(name), ...value])
  }
}
