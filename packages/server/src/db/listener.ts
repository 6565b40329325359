import type pg from 'pg'
import { admit, createClient, streamOf, type Whereabouts } from './connect.ts'

/** Between two attempts to listen again. */
const PAUSE_MS = 500

/** A connection that says nothing has nothing to tell, or is gone: it is asked now and then. */
const ASK_EVERY_MS = 5000
const ANSWER_MS = 5000

/** Hears what other processes tell of, on a connection of its own, which is opened again when it broke. */
export class Listener {
  readonly #where: Whereabouts
  readonly #channel: string
  readonly #onNotice: (about: string | null) => void
  #client: pg.Client | null = null
  #timer: NodeJS.Timeout | null = null
  #opening: Promise<void> = Promise.resolve()
  #closed = false

  /** @param onNotice told what changed; null: anything may have, since nobody listened. */
  constructor(where: Whereabouts, channel: string, onNotice: (about: string | null) => void) {
    this.#where = where
    this.#channel = channel
    this.#onNotice = onNotice
  }

  /** @returns once it listens, or failed to for the first time; it goes on by itself. */
  start(): Promise<void> {
    this.#opening = this.#open()
    return this.#opening
  }

  async #open(): Promise<void> {
    if (this.#closed) return
    const settings = this.#where.where()
    const client = createClient(settings, { pipeline: false, lockTimeoutMs: 0, answerTimeoutMs: ANSWER_MS })
    const again = (): void => this.#again(client)
    client.on('error', again)
    client.on('end', again)
    client.on('notification', ({ payload }) => this.#onNotice(payload ?? null))
    this.#client = client
    try {
      await client.connect()
      this.#where.opened?.(client, settings, await admit(client))
      await client.query(`listen ${this.#channel}`)
      // What was told before is not repeated.
      this.#onNotice(null)
      this.#ask(client)
    } catch {
      streamOf(client).destroy()
      again()
    }
  }

  #ask(client: pg.Client): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => {
      client.query('select 1').then(
        () => this.#ask(client),
        () => streamOf(client).destroy(),
      )
    }, ASK_EVERY_MS)
    this.#timer.unref()
  }

  #again(client: pg.Client): void {
    if (this.#client !== client || this.#closed) return
    this.#client = null
    if (this.#timer) clearTimeout(this.#timer)
    this.#where.suspect?.()
    this.#timer = setTimeout(() => void this.start(), PAUSE_MS)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer) clearTimeout(this.#timer)
    const client = this.#client
    // It owes nobody an answer.
    if (client) streamOf(client).destroy()
    await this.#opening
  }
}
