import { sql, type Queryable } from './statement.ts'

const SETTINGS = sql(
  "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'synchronous_standby_names')",
)

/** The settings that make a commit worth less than it says. Source: quota engine, 6. */
export async function weakSettings(on: Queryable, isReplicated: boolean): Promise<string[]> {
  const rows = await on.query<{ name: string; setting: string }>(SETTINGS)
  return rows
    .filter(({ name, setting }) => setting === 'off' || (isReplicated && isOfOneHost(name, setting)))
    .map(({ name }) => name)
}

/** The commit is answered before the standby has it. */
function isOfOneHost(name: string, setting: string): boolean {
  return name === 'synchronous_standby_names' ? setting === '' : setting === 'local'
}
