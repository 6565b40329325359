import pg from 'pg'
import { admit, createClient, streamOf, type ConnectionSettings, type Whereabouts } from './connect.ts'
import { DatabaseUnavailable, isReadOnly, isSqlError, isUnavailable, OutcomeUnknown } from './errors.ts'
import { Line } from './line.ts'
import { sql, type Queryable, type Statement } from './statement.ts'

/** Idempotency contract, 5. */
const LOCK_TIMEOUT_MS = 5000

/** Reads go over few shared connections: PostgreSQL does more with two busy ones than with twenty that take turns. */
const READ_LINES = 2

/** Transactions that wait for each other's rows need connections of their own. */
const TRANSACTIONS_MAX = 10

/** The most that a process opens: those, the engine's and that which listens. */
export const CONNECTIONS_MAX = READ_LINES + TRANSACTIONS_MAX + 2

/** Who waits longer for one of them may come again. */
const TRANSACTION_WAIT_MS = 5000

/** A database that hangs must not hold up its callers for ever. The limits of members of a large project take their time. */
const TRANSACTION_ANSWER_MS = 60_000
const READ_ANSWER_MS = 10_000

export class Database implements Queryable {
  readonly #where: Whereabouts
  readonly #lines: readonly Line[]
  readonly #pool: pg.Pool
  readonly #lockTimeoutMs: number

  /** @param lockTimeoutMs how long a statement waits for a locked row; then the caller may come again. */
  constructor(where: ConnectionSettings | Whereabouts, lockTimeoutMs: number = LOCK_TIMEOUT_MS) {
    this.#lockTimeoutMs = lockTimeoutMs
    this.#where = isWhereabouts(where) ? where : { where: () => where }
    const whereabouts = this.#where
    this.#lines = Array.from(
      { length: READ_LINES },
      () => new Line(this.#where, { lockTimeoutMs, silenceMaxMs: READ_ANSWER_MS }),
    )
    const places = new WeakMap<pg.Client, ConnectionSettings>()
    const Client = class {
      constructor() {
        const settings = whereabouts.where()
        const client = createClient(settings, { pipeline: true, lockTimeoutMs, answerTimeoutMs: TRANSACTION_ANSWER_MS })
        places.set(client, settings)
        // While it is lent out nobody else listens; whoever waits for a statement learns of it there.
        client.on('error', () => whereabouts.suspect?.())
        return client
      }
    }
    this.#pool = new pg.Pool({
      max: TRANSACTIONS_MAX,
      connectionTimeoutMillis: TRANSACTION_WAIT_MS,
      Client: Client as unknown as typeof pg.Client,
      async onConnect(client) {
        const settings = places.get(client as pg.Client)
        const timeline = await admit(client as pg.Client)
        if (settings) whereabouts.opened?.(client as pg.Client, settings, timeline)
      },
    })
    // Of an idle connection: the next transaction opens another one.
    this.#pool.on('error', () => undefined)
  }

  /** A connection of one's own. */
  line(): Line {
    return new Line(this.#where, { lockTimeoutMs: this.#lockTimeoutMs })
  }

  /** Reads, one statement each. */
  query<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#lines.reduce(lessBusy).query<Row>(statement, values)
  }

  /** Commits what the body did, or nothing of it. */
  async transaction<T>(body: (tx: Queryable) => Promise<T>): Promise<T> {
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      this.#where.suspect?.()
      throw isSqlError(error) ? error : new DatabaseUnavailable(error)
    }
    let broken: Error | undefined
    try {
      const tx = transactionOn(client)
      await tx.query(BEGIN)
      const result = await body(tx)
      await commit(client)
      return result
    } catch (error) {
      await client.query('rollback').catch((failure: Error) => (broken = failure))
      throw error
    } finally {
      client.release(broken)
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#lines.map((line) => line.close()), this.#pool.end()])
  }
}

function isWhereabouts(where: ConnectionSettings | Whereabouts): where is Whereabouts {
  return 'where' in where && typeof where.where === 'function'
}

const BEGIN = sql('begin')

/** @throws {OutcomeUnknown} the connection broke, so it may have been done or not. */
async function commit(client: pg.PoolClient): Promise<void> {
  let command: string
  try {
    ;({ command } = await client.query('commit'))
  } catch (error) {
    const isSaid = isSqlError(error) && !isUnavailable(error)
    throw isSaid ? error : new OutcomeUnknown('It is not known whether the change was made', error)
  }
  // The COMMIT of a transaction that failed succeeds, as a ROLLBACK.
  if (command !== 'COMMIT') throw new Error('The transaction was rolled back')
}

/** A long statement must not hold up the short ones behind it. */
function lessBusy(one: Line, other: Line): Line {
  return other.underWay < one.underWay ? other : one
}

function transactionOn(client: pg.PoolClient): Queryable {
  return {
    async query<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
      try {
        return (await client.query({ ...statement, values: values as unknown[] })).rows as Row[]
      } catch (error) {
        if (isReadOnly(error)) streamOf(client).destroy()
        throw isSqlError(error) ? error : new DatabaseUnavailable(error)
      }
    },
  }
}
