import type pg from 'pg'
import { createClient } from '../db/connect.ts'
import { isSqlError } from '../db/errors.ts'

/** Rows on their way: few enough to hold, enough that the way back and forth does not count. */
const PAGE_SIZE = 2000

/** A database of the original, as it was at one moment; nothing is written to it. Its PostgreSQL may be as old as 9.1. */
export class Source implements AsyncDisposable {
  readonly #client: pg.Client
  #cursors = 0

  private constructor(client: pg.Client) {
    this.#client = client
  }

  /** @throws {SourceError} it cannot be reached. */
  static async open(url: string): Promise<Source> {
    const client = createClient({ connectionString: url }, { pipeline: false, lockTimeoutMs: 0 })
    // Reported by the statement that meets it.
    client.on('error', () => undefined)
    const source = new Source(client)
    await source.#asked(() => client.connect())
    try {
      await source.all('begin transaction isolation level repeatable read read only')
      // Times are read as text, since a `Date` would lose their microseconds.
      await source.all("set local timezone to 'UTC'")
      await source.all("set local datestyle to 'ISO'")
      // Pages are read to the end, so a plan for the first rows alone would be a bad one.
      await source.all('set local cursor_tuple_fraction to 1')
      // A database that was just restored has no figures, and the plan for a few rows is a bad one for millions.
      await source.all('set local enable_nestloop to off')
      return source
    } catch (error) {
      await client.end()
      throw error
    }
  }

  /** Pages of rows, in the order that the statement asks for, with a cursor: any number of them in the same memory. */
  async *pages<Row>(select: string): AsyncGenerator<Row[], void, undefined> {
    const cursor = `import_${(this.#cursors += 1)}`
    await this.all(`declare ${cursor} no scroll cursor for ${select}`)
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- one page after the other
      const rows = await this.all<Row>(`fetch ${PAGE_SIZE} from ${cursor}`)
      if (rows.length > 0) yield rows
      if (rows.length < PAGE_SIZE) break
    }
    await this.all(`close ${cursor}`)
  }

  all<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#asked(async () => (await this.#client.query(text, [...values])).rows as Row[])
  }

  async count(table: string, where = 'true'): Promise<number> {
    const [row] = await this.all<{ rows: string }>(`select count(*)::text as rows from ${table} where ${where}`)
    return Number(row?.rows)
  }

  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      throw new SourceError(error as Error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.end().catch(() => undefined)
  }
}

/** The database that is read from can't be reached, or has other tables. */
export class SourceError extends Error {
  constructor(cause: Error) {
    const isOther = isSqlError(cause) && /^(?:42P01|42703)$/.test(cause.code)
    const { message } = cause instanceof AggregateError && cause.errors[0] instanceof Error ? cause.errors[0] : cause
    super(isOther ? `--from: this is no database of Astakos 0.21: ${message}` : `--from: ${message}`, { cause })
    this.name = 'SourceError'
  }
}
