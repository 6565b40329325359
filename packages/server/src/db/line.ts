import type pg from 'pg'
import { createClient, type ClientOptions, type Whereabouts } from './connect.ts'
import { DatabaseUnavailable, isSqlError } from './errors.ts'
import type { Queryable, Statement } from './statement.ts'

/**
 * One connection that many share: statements go out as they come, answers return in that order. It is opened with the
 * first statement, and again with the next one after it broke.
 */
export class Line implements Queryable {
  readonly #where: Whereabouts
  readonly #options: Omit<ClientOptions, 'pipeline'>
  #client: Promise<pg.Client> | null = null
  #closed = false
  #underWay = 0

  constructor(where: Whereabouts, options: Omit<ClientOptions, 'pipeline'>) {
    this.#where = where
    this.#options = options
  }

  async query<Row>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.result<Row>(statement, values)).rows
  }

  /** Statements that were not answered yet. */
  get underWay(): number {
    return this.#underWay
  }

  /** @throws {DatabaseUnavailable} @throws {SqlError} */
  async result<Row>(statement: Statement, values: readonly unknown[] = []): Promise<{ rows: Row[]; command: string }> {
    this.#underWay += 1
    try {
      const client = await this.open()
      return await Line.on(client, statement, values)
    } finally {
      this.#underWay -= 1
    }
  }

  /** For statements that belong together, on a connection from `open`. */
  static queryable(client: pg.Client): Queryable {
    return {
      query: async <Row>(statement: Statement, values?: readonly unknown[]) =>
        (await Line.on<Row>(client, statement, values)).rows,
    }
  }

  static async on<Row>(
    client: pg.Client,
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<{ rows: Row[]; command: string }> {
    try {
      const { rows, command } = await client.query({ ...statement, values: values as unknown[] })
      return { rows: rows as Row[], command }
    } catch (error) {
      throw isSqlError(error) ? error : new DatabaseUnavailable(error)
    }
  }

  /** The connection itself, for statements that belong together. */
  open(): Promise<pg.Client> {
    if (this.#closed) return Promise.reject(new DatabaseUnavailable(new Error('closed')))
    if (this.#client) return this.#client
    const opening = this.#connect(() => {
      if (this.#client === opening) this.#client = null
    })
    this.#client = opening
    return opening
  }

  async #connect(onGone: () => void): Promise<pg.Client> {
    const client = createClient(this.#where(), { ...this.#options, pipeline: true })
    client.on('error', onGone)
    client.on('end', onGone)
    try {
      await client.connect()
      return client
    } catch (error) {
      onGone()
      throw new DatabaseUnavailable(error)
    }
  }

  /** Hangs up at once, so that whoever waits for an answer learns that there will be none. */
  async drop(): Promise<void> {
    const client = await this.#client?.catch(() => null)
    this.#client = null
    // The socket: `end` would wait for the answers.
    ;(client as unknown as { connection?: { stream?: { destroy(): void } } } | null)?.connection?.stream?.destroy()
  }

  /** After the answers to what was sent. */
  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#client?.catch(() => null)
    this.#client = null
    await client?.end()
  }
}
