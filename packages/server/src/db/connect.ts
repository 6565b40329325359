import { parseExact } from 'astakosclient/wire'
import pg from 'pg'

/** Where a database is: a URL, or what `pg` takes. */
export type ConnectionSettings = pg.ClientConfig

/** Who knows where the database is. */
export interface Whereabouts {
  /** Asked before each connection: an embedded server that was started again is somewhere else. */
  where(): ConnectionSettings
  /** Told of each connection that was opened there. @throws {Error} it is not to be used. */
  opened?(client: pg.Client, settings: ConnectionSettings, timeline: number): void
  /** One could not be opened, or broke. */
  suspect?(): void
}

/** int8 comes as `bigint`, also within JSON: a number would round. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number) {
    if (oid === INT8) return BigInt
    if (oid === INT8_ARRAY) return parseBigints
    if (oid === JSON_TEXT || oid === JSONB) return parseExact
    return pg.types.getTypeParser(oid) as (text: string) => unknown
  },
}

const INT8 = 20
const INT8_ARRAY = 1016
const JSON_TEXT = 114
const JSONB = 3802

function parseBigints(text: string): bigint[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt)
}

/** An array of integers as a literal: a quarter less of work than an array of bigints for `pg`. */
export function intArray(values: readonly (bigint | number)[]): string {
  return `{${values.join(',')}}`
}

export interface ClientOptions {
  /** Statements go out without waiting for the answers to those before. */
  readonly pipeline: boolean
  /** How long a statement waits for a row that another transaction has locked. */
  readonly lockTimeoutMs: number
  /** How long the answer to a statement may take; then the connection is of no use any more. @default for ever */
  readonly answerTimeoutMs?: number
}

/** After that the database gives up a statement that nobody waits for any more. */
const HANG_UP_MS = 1000

export function createClient(
  settings: ConnectionSettings,
  { pipeline, lockTimeoutMs, answerTimeoutMs }: ClientOptions,
): pg.Client {
  return new pg.Client({
    ...settings,
    pipeline,
    types,
    application_name: 'astakos-server',
    lock_timeout: lockTimeoutMs,
    // This side hangs up; the database is not told, and would go on and keep its locks.
    ...(answerTimeoutMs === undefined
      ? {}
      : { query_timeout: answerTimeoutMs, statement_timeout: answerTimeoutMs + HANG_UP_MS }),
    connectionTimeoutMillis: 5000,
    keepAlive: true,
  })
}

interface Facts {
  readonly read_only: boolean
  readonly timeline: string
}

/**
 * What is asked for differs from call to call in its length alone; planning anew each time costs more than it brings. The
 * timeline grows with each promotion of a standby; a standby has none to tell.
 */
const ADMIT = `
  select set_config('plan_cache_mode', 'force_generic_plan', false),
         pg_is_in_recovery() or current_setting('transaction_read_only')::boolean as read_only,
         case when pg_is_in_recovery() then '0' else substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) end as timeline`

/**
 * The timeline of a server that accepts writes: of one that does not, not even reads are taken, since they may be old.
 *
 * @throws {Error} it does not.
 */
export async function admit(client: pg.Client): Promise<number> {
  const { rows } = await client.query<Facts>(ADMIT)
  const [facts] = rows
  if (!facts || facts.read_only) throw new Error('This server does not accept writes')
  return Number.parseInt(facts.timeline, 16)
}

interface Stream {
  cork(): void
  uncork(): void
  destroy(): void
}

/** Not part of the driver's types. */
export function streamOf(client: pg.Client): Stream {
  return (client as unknown as { connection: { stream: Stream } }).connection.stream
}
