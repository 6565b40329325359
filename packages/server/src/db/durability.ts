import { sql, type Queryable } from './statement.ts'

const SETTINGS = sql("select name, setting from pg_settings where name in ('fsync', 'synchronous_commit')")

/** The settings that make a commit worth less than it says. Source: quota engine, 6. */
export async function weakSettings(on: Queryable): Promise<string[]> {
  const rows = await on.query<{ name: string; setting: string }>(SETTINGS)
  return rows.filter(({ setting }) => setting === 'off').map(({ name }) => name)
}
