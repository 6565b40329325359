import { readdirSync, readFileSync } from 'node:fs'
import type pg from 'pg'
import { createClient, type ConnectionSettings } from './connect.ts'

/** Any number; other programs on the same server use other ones. */
const MIGRATION_LOCK = 7301_2026

const FOLDER = new URL('../../sql/', import.meta.url)

export interface Migration {
  readonly number: number
  readonly name: string
  readonly text: string
  /** The release before works on the schema after it, so that both may run at once. Said by the first line of the file. */
  readonly isCompatible?: boolean
}

export function migrations(): Migration[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, FOLDER), 'utf8')
      return {
        number: Number(file.slice(0, 4)),
        name: file.slice(5, -4),
        text,
        isCompatible: text.startsWith('-- Compatible: '),
      }
    })
}

/**
 * Brings the schema up to date, forward only, each step in a transaction of its own. Several processes may start at once:
 * one does it, the others wait for the lock and find it done.
 *
 * @param onStep told before each step.
 * @returns the names of the steps that were taken.
 * @throws when the database is of a later release that this code can not work with.
 */
export async function migrate(
  settings: ConnectionSettings,
  steps: readonly Migration[] = migrations(),
  onStep: (step: Migration) => void = () => undefined,
): Promise<string[]> {
  return lockedForMigration(settings, async (client) => {
    const pending = await pendingOf(client, steps)
    if (pending.length > 0) await startHistory(client)
    for (const step of pending) {
      onStep(step)
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await client.query(`begin; ${textOf(step)}; commit`)
    }
    return pending.map(({ name }) => name)
  })
}

/** What `migrate` would do; nothing is changed. @throws as it does */
export async function pendingSteps(
  settings: ConnectionSettings,
  steps: readonly Migration[] = migrations(),
): Promise<Migration[]> {
  return connected(settings, (client) => pendingOf(client, steps))
}

/**
 * One process at a time: others that start meanwhile wait.
 *
 * @param body is given what ends that early.
 */
export function lockedForMigration<T>(
  settings: ConnectionSettings,
  body: (client: pg.Client, release: () => Promise<void>) => Promise<T>,
): Promise<T> {
  return connected(settings, async (client) => {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
    return body(client, async () => void (await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK])))
  })
}

/** Where the steps that were taken are noted. */
export async function startHistory(client: pg.Client): Promise<void> {
  await client.query(TABLE)
}

/** In the transaction that is open. */
export async function takeStep(client: pg.Client, step: Migration): Promise<void> {
  await client.query(textOf(step))
}

async function connected<T>(settings: ConnectionSettings, body: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = createClient(settings, { pipeline: false, lockTimeoutMs: 0 })
  // Reported by the statement that meets it.
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}

const TABLE = `
  create table if not exists migrations (
    number integer primary key, name text not null, applied timestamptz not null default now());
  alter table migrations add column if not exists compatible boolean not null default false`

function textOf({ number, name, text, isCompatible = false }: Migration): string {
  return `${text};
    insert into migrations (number, name, compatible) values (${number}, '${name}', ${isCompatible})`
}

interface Taken {
  readonly number: number
  readonly compatible: boolean
}

/** Without a lock that a long look at the database would be in the way of. */
async function takenOf(client: pg.Client): Promise<Taken[]> {
  const { rows: columns } = await client.query<{ name: string }>(
    "select attname as name from pg_attribute where attrelid = to_regclass('migrations') and not attisdropped",
  )
  if (columns.length === 0) return []
  const compatible = columns.some(({ name }) => name === 'compatible') ? 'compatible' : 'false as compatible'
  return (await client.query<Taken>(`select number, ${compatible} from migrations order by number`)).rows
}

async function pendingOf(client: pg.Client, steps: readonly Migration[]): Promise<Migration[]> {
  const taken = await takenOf(client)
  const newest = steps.at(-1)?.number ?? 0
  const later = taken.find(({ number, compatible }) => number > newest && !compatible)
  if (later)
    throw new Error(`The database is of a later release: its schema is ${later.number}, this code knows ${newest}`)
  const done = new Set(taken.map(({ number }) => number))
  return steps.filter(({ number }) => !done.has(number))
}
