import pg from 'pg'
import type { Connection } from './postgres.ts'

/** Every row of every table, as text; with a snapshot that another transaction exported, as that sees it. */
export async function dumpOf(connection: Connection, snapshot?: string): Promise<string> {
  const client = new pg.Client(connection)
  await client.connect()
  await client.query('begin isolation level repeatable read')
  if (snapshot !== undefined) await client.query(`set transaction snapshot '${snapshot}'`)
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
