import type { Database } from '../db/database.ts'
import type { Queryable } from '../db/statement.ts'
import { inTime } from '../in-time.ts'
import { noMail, SomeRefused, type Mail, type Mailer } from './mail.ts'
import { claimMail, deleteMail, insertMails, openMail, postponeMail, type Claimed } from './outbox-rows.ts'
import { PAUSE_MS_MIN, pauseAfter } from './retry.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

export interface OutboxOptions {
  readonly mailer: Mailer
  readonly secretKey: SecretKeys
  /** A mail that could not be sent, or that was given up; a database that can't be reached. */
  readonly onFailure: (error: unknown) => void
  /** How long mails of other processes, and those that failed, may lie there unseen. @default 5000 */
  readonly pollMs?: number
  /** How long an attempt may take. @default 60_000 */
  readonly sendMs?: number
  /** How long the mail that is under way may take when it stops. @default 5000 */
  readonly stopMs?: number
}

/**
 * Mails are rows that are written with the change that they tell of, and sent after it: there is a mail exactly if there is the
 * change. Any number of processes may send. Each claims a mail and says so in the database before it sends: a mail that the
 * server took is not sent again within a minute, also when the process dies before it could note it. After that minute it is:
 * twice is better than never.
 */
export class Outbox {
  readonly #database: Database
  readonly #options: Required<OutboxOptions>
  #running: Promise<void> | null = null
  #isStopped = false
  #isWoken = false
  #ring: () => void = () => undefined
  #underWay: AbortController | null = null

  constructor(database: Database, options: OutboxOptions) {
    this.#database = database
    this.#options = { pollMs: 5000, sendMs: 60_000, stopMs: 5000, ...options }
  }

  /** A change, and the mails about it: both or neither. */
  async transaction<T extends { readonly mails: readonly Mail[] }>(body: (tx: Queryable) => Promise<T>): Promise<T> {
    const result = await this.#database.transaction(async (tx) => {
      const done = await body(tx)
      await this.enqueue(tx, done.mails)
      return done
    })
    this.wake()
    return result
  }

  /** In the transaction of the change; `wake` once that is committed. */
  async enqueue(tx: Queryable, mails: readonly Mail[]): Promise<void> {
    if (mails.length > 0 && !this.isOff) await insertMails(tx, this.#options.secretKey, mails)
  }

  /** There is something to be sent. */
  wake(): void {
    this.#isWoken = true
    this.#ring()
  }

  /** From now on mails are sent. */
  start(): void {
    if (!this.isOff) this.#running ??= this.#run()
  }

  /** The mail that is under way may end; if it does not in time, another process tries it again. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#ring()
    const { stopMs } = this.#options
    const patience = setTimeout(() => this.#underWay?.abort(), stopMs)
    // A database that hangs must not hold it up either.
    await inTime(this.#running ?? Promise.resolve(), 2 * stopMs).catch(() => undefined)
    clearTimeout(patience)
  }

  /** Without a place for mails none is kept: nobody would ever see it. */
  get isOff(): boolean {
    return this.#options.mailer === noMail
  }

  async #run(): Promise<void> {
    let isBroken = false
    while (!this.#isStopped) {
      this.#isWoken = false
      try {
        while (!this.#isStopped && (await this.#sendNext()));
        isBroken = false
      } catch (error) {
        // Once is enough for as long as it lasts.
        if (!isBroken) this.#options.onFailure(new Error('The outbox can not be read', { cause: error }))
        isBroken = true
      }
      await this.#pause()
    }
  }

  /** @returns whether there was one. */
  async #sendNext(): Promise<boolean> {
    const { sendMs, onFailure } = this.#options
    const begun = performance.now()
    const claimed = await this.#database.transaction((tx) => claimMail(tx, sendMs + PAUSE_MS_MIN))
    if (!claimed) return false
    // Of what was claimed too slowly the minute is not sure any more: it comes again.
    const leftMs = Math.floor(sendMs - (performance.now() - begun))
    if (leftMs <= 0) return true
    try {
      await this.#send(claimed, leftMs)
    } catch (error) {
      await this.#failed(claimed, error)
      return true
    }
    await this.#note((tx) => deleteMail(tx, claimed), onFailure)
    return true
  }

  async #send(claimed: Claimed, leftMs: number): Promise<void> {
    const { mailer, secretKey } = this.#options
    const underWay = new AbortController()
    this.#underWay = underWay
    try {
      const sending = { id: claimed.message, signal: underWay.signal }
      await inTime(mailer.send(openMail(secretKey, claimed), sending), leftMs)
    } finally {
      this.#underWay = null
      // What is too late must not be sent after all.
      underWay.abort()
    }
  }

  async #failed(claimed: Claimed, error: unknown): Promise<void> {
    const { onFailure } = this.#options
    const { message, attempts, ageMs } = claimed
    const pauseMs = pauseAfter(attempts, ageMs)
    const what = pauseMs === null ? `was given up after ${attempts} attempts` : 'could not be sent'
    onFailure(new Error(`Mail ${message} ${what}`, { cause: error }))
    const recipients = error instanceof SomeRefused ? error.recipients : claimed.recipients
    const failure = {
      error: error instanceof Error ? error.message : 'Something that is no error was thrown',
      recipients,
    }
    await this.#note(
      (tx) => (pauseMs === null ? deleteMail(tx, claimed) : postponeMail(tx, claimed, { pauseMs, ...failure })),
      onFailure,
    )
  }

  /** While this can't be noted nothing else is sent, since that could not be noted either. */
  async #note(change: (tx: Queryable) => Promise<void>, onFailure: (error: unknown) => void): Promise<void> {
    for (let isSaid = false; ; isSaid = true) {
      try {
        await this.#database.transaction(change)
        return
      } catch (error) {
        if (!isSaid) onFailure(new Error('What became of a mail could not be noted', { cause: error }))
        if (this.#isStopped) return
        // A new mail is no reason to be quick: it is looked for after this anyway.
        this.#isWoken = false
        await this.#pause()
      }
    }
  }

  /** Until there is something to be sent, or may be. */
  async #pause(): Promise<void> {
    if (this.#isWoken || this.#isStopped) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#ring = resolve
      timer = setTimeout(resolve, this.#options.pollMs)
    })
    clearTimeout(timer)
  }
}
