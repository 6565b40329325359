import type pg from 'pg'
import { admit, createClient, streamOf, type ClientOptions, type Whereabouts } from './connect.ts'
import { DatabaseUnavailable, isReadOnly, isSqlError } from './errors.ts'
import type { Queryable, Statement } from './statement.ts'

export interface LineOptions extends Omit<ClientOptions, 'pipeline' | 'answerTimeoutMs'> {
  /** Statements are under way and none is answered for so long: it hangs up. @default never */
  readonly silenceMaxMs?: number
}

/** How long the last answers may take when it is closed. */
const CLOSE_MS = 2000

/**
 * One connection that many share: statements go out as they come, answers return in that order. It is opened with the
 * first statement, and again with the next one after it broke.
 */
export class Line implements Queryable {
  readonly #where: Whereabouts
  readonly #options: LineOptions
  #silent: NodeJS.Timeout | null = null
  #client: Promise<pg.Client> | null = null
  #closed = false
  #underWay = 0

  constructor(where: Whereabouts, options: LineOptions) {
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
    this.#listen()
    try {
      const client = await this.open()
      return await Line.on(client, statement, values)
    } finally {
      this.#underWay -= 1
      this.#silent?.refresh()
    }
  }

  /** A server that hangs, or a link that is gone, says nothing: then the callers are told. */
  #listen(): void {
    const { silenceMaxMs } = this.#options
    if (silenceMaxMs === undefined) return
    if (this.#silent) {
      // While nothing was under way, nothing was to be said.
      if (this.#underWay === 1) this.#silent.refresh()
      return
    }
    this.#silent = setTimeout(() => {
      this.#silent = null
      if (this.#underWay > 0) void this.drop()
    }, silenceMaxMs)
    this.#silent.unref()
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
    hold(client)
    try {
      const { rows, command } = await client.query({ ...statement, values: values as unknown[] })
      return { rows: rows as Row[], command }
    } catch (error) {
      if (isReadOnly(error)) streamOf(client).destroy()
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
    const settings = this.#where.where()
    const client = createClient(settings, { ...this.#options, pipeline: true })
    client.on('error', () => {
      onGone()
      if (!this.#closed) this.#where.suspect?.()
    })
    client.on('end', onGone)
    try {
      await client.connect()
      this.#where.opened?.(client, settings, await admit(client))
      return client
    } catch (error) {
      onGone()
      streamOf(client).destroy()
      this.#where.suspect?.()
      throw new DatabaseUnavailable(error)
    }
  }

  /** Hangs up at once, so that whoever waits for an answer learns that there will be none. */
  async drop(): Promise<void> {
    const client = await this.#client?.catch(() => null)
    this.#client = null
    // The socket: `end` would wait for the answers.
    if (client) streamOf(client).destroy()
  }

  /** After the answers to what was sent. */
  async close(): Promise<void> {
    this.#closed = true
    const client = await this.#client?.catch(() => null)
    this.#client = null
    if (!client) return
    // Of a server that hangs there will be none.
    const timer = setTimeout(() => streamOf(client).destroy(), CLOSE_MS)
    await client.end()
    clearTimeout(timer)
  }
}

const held = new WeakSet<pg.Client>()

/** Statements of one turn of the event loop leave together: each write is a system call, and an answer of its own. */
function hold(client: pg.Client): void {
  if (held.has(client)) return
  held.add(client)
  const stream = streamOf(client)
  stream.cork()
  process.nextTick(() => {
    held.delete(client)
    stream.uncork()
  })
}
