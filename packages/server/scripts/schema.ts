/**
 * The schema as it is after all migrations, as text that a review can read: `npm run schema` writes it to
 * `packages/server/schema.txt`, and a test compares it with what each PostgreSQL makes of the migrations.
 */
import { writeFileSync } from 'node:fs'
import pg from 'pg'
import type { ConnectionSettings } from '../src/db/connect.ts'

export const SCHEMA_FILE = new URL('../schema.txt', import.meta.url)

const RELATIONS = `
  select c.oid, c.relname as name, c.relkind as kind, c.reloptions::text as options,
         case when c.relkind = 'v' then pg_get_viewdef(c.oid, true) end as definition
    from pg_class as c
   where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'S')
   order by c.relkind, c.relname`

const COLUMNS = `
  select a.attname as name, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
         a.attidentity as identity, pg_get_expr(d.adbin, d.adrelid) as fallback
    from pg_attribute as a
    left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
   where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
   order by a.attnum`

// Newer releases list NOT NULL here too; it stands with the columns.
const CONSTRAINTS = `
  select conname as name, pg_get_constraintdef(oid) as definition
    from pg_constraint
   where conrelid = $1 and contype <> 'n'
   order by conname`

const INDEXES = `
  select pg_get_indexdef(indexrelid) as definition
    from pg_index
   where indrelid = $1 and indexrelid not in (select conindid from pg_constraint where conrelid = $1)
   order by indexrelid::regclass::text`

interface Relation {
  oid: number
  name: string
  kind: 'r' | 'v' | 'S'
  options: string | null
  definition: string | null
}
interface Column {
  name: string
  type: string
  required: boolean
  identity: string
  fallback: string | null
}

export async function describeSchema(connection: ConnectionSettings): Promise<string> {
  const client = new pg.Client(connection)
  await client.connect()
  try {
    const { rows } = await client.query<Relation>(RELATIONS)
    const parts: string[] = []
    for (const relation of rows) parts.push(await describeRelation(client, relation))
    return parts.join('\n')
  } finally {
    await client.end()
  }
}

async function describeRelation(
  client: pg.Client,
  { oid, name, kind, options, definition }: Relation,
): Promise<string> {
  if (kind === 'S') return `sequence ${name}\n`
  if (kind === 'v') return `view ${name}\n${definition?.trimEnd() ?? ''}\n`
  const columns = (await client.query<Column>(COLUMNS, [oid])).rows.map(
    ({ name: column, type, required, identity, fallback }) =>
      `  ${column} ${type}${required ? ' not null' : ''}${identity === '' ? '' : ' identity'}${fallback === null ? '' : ` default ${fallback}`}`,
  )
  const constraints = (await client.query<{ name: string; definition: string }>(CONSTRAINTS, [oid])).rows.map(
    (constraint) => `  ${constraint.name}: ${constraint.definition}`,
  )
  const indexes = (await client.query<{ definition: string }>(INDEXES, [oid])).rows.map(
    (index) => `  ${index.definition}`,
  )
  return [`table ${name}${options === null ? '' : ` ${options}`}`, ...columns, ...constraints, ...indexes, ''].join(
    '\n',
  )
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const { startEmbedded } = await import('../src/db/embedded/index.ts')
  const { migrate } = await import('../src/db/migrate.ts')
  const postgres = await startEmbedded({ dataDir: null })
  try {
    await migrate(postgres.connection)
    writeFileSync(SCHEMA_FILE, await describeSchema(postgres.connection))
  } finally {
    await postgres.stop()
  }
}
