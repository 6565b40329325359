import pg from 'pg'
import type { Connection } from './postgres.ts'

/** Every row of every table, as text. */
export async function dumpOf(connection: Connection): Promise<string> {
  const client = new pg.Client(connection)
  await client.connect()
  const tables = await client.query<{ name: string }>(
    "select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by relname",
  )
  const parts: string[] = []
  for (const { name } of tables.rows) {
    const { rows } = await client.query<{ row: string }>(`select to_jsonb(t)::text as row from "${name}" as t`)
    parts.push(...rows.map(({ row }) => `${name} ${row}`).sort())
  }
  await client.end()
  return parts.join('\n')
}
