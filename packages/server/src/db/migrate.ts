import { readdirSync, readFileSync } from 'node:fs'
import { createClient, type ConnectionSettings } from './connect.ts'

/** Any number; other programs on the same server use other ones. */
const MIGRATION_LOCK = 7301_2026

const FOLDER = new URL('../../sql/', import.meta.url)

interface Migration {
  readonly number: number
  readonly name: string
  readonly text: string
}

export function migrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .toSorted()
    .map((file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      text: readFileSync(new URL(file, FOLDER), 'utf8'),
    }))
}

/**
 * Brings the schema up to date, forward only, each step in a transaction of its own. Several processes may start at once:
 * one does it, the others wait for the lock and find it done.
 *
 * @returns the names of the steps that were taken.
 * @throws when the database is of a later release than this code.
 */
export async function migrate(
  settings: ConnectionSettings,
  steps: readonly Migration[] = migrations(),
): Promise<string[]> {
  const client = createClient(settings, { pipeline: false, lockTimeoutMs: 0 })
  // Reported by the statement that meets it.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query(
      'create table if not exists migrations (number integer primary key, name text not null, applied timestamptz not null default now())',
    )
    const { rows } = await client.query<{ number: number }>('select number from migrations order by number')
    const newest = steps.at(-1)?.number ?? 0
    const later = rows.find(({ number }) => number > newest)
    if (later)
      throw new Error(`The database is of a later release: its schema is ${later.number}, this code knows ${newest}`)
    const done = new Set(rows.map(({ number }) => number))
    const taken: string[] = []
    for (const { number, name, text } of steps) {
      if (done.has(number)) continue
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await client.query(`begin; ${text}; insert into migrations (number, name) values (${number}, '${name}'); commit`)
      taken.push(name)
    }
    return taken
  } finally {
    await client.end()
  }
}
