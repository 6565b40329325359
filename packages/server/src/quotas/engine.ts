import type { Database } from '../db/database.ts'
import { isLockConflict, isUnavailable, OutcomeUnknown } from '../db/errors.ts'
import { Line } from '../db/line.ts'
import { Vanished, runBatch, type Outcome } from './batch.ts'
import { HoldingIds } from './holding-ids.ts'
import { findBlocked } from './probe.ts'
import { KeyReused, type AnswerTo, type EngineRequest } from './requests.ts'

export interface EngineOptions {
  /** Requests in one transaction. @default 1000 */
  readonly batchMax?: number | undefined
  /** Provisions and serials in one transaction, unless a single request has more. @default 5000 */
  readonly batchWeightMax?: number | undefined
  /** Requests that may wait. @default 10_000 */
  readonly queueMax?: number | undefined
  /** A transaction that takes longer is given up. @default 30_000 ms */
  readonly batchTimeoutMs?: number | undefined
  readonly observer?: EngineObserver | undefined
}

/** Told how the engine does, for the metrics. */
export interface EngineObserver {
  onBatch?(size: number): void
  onQueueWait?(milliseconds: number): void
  onLockWait?(milliseconds: number): void
  /** A batch failed before its COMMIT. */
  onFailure?(error: unknown): void
}

/** Nothing was decided; come again in a moment. */
export class Busy extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'Busy'
  }
}

/** For those whose turn it was already, and who had to wait for somebody else's row. */
const SHORT_WAIT_MS = 50

/** A key or a holding that vanishes while it is read is a rare thing. */
const ATTEMPTS = 3

interface Waiting {
  readonly request: EngineRequest
  readonly weight: number
  readonly since: number
  readonly resolve: (outcome: never) => void
  readonly reject: (error: unknown) => void
}

/**
 * Decides commissions. Requests that come while a transaction runs are decided together in the next one, which begins
 * when that one has committed: no timer, so a lonely request does not wait, and the busier it is the larger the batches
 * get. Source: quota engine, "What follows"; quota specification, 7.
 */
export class QuotaEngine {
  readonly #line: Line
  readonly #ids = new HoldingIds()
  readonly #batchMax: number
  readonly #batchWeightMax: number
  readonly #queueMax: number
  readonly #batchTimeoutMs: number
  readonly #observer: EngineObserver
  readonly #queue: Waiting[] = []
  #running: Promise<void> | null = null
  #closed = false

  constructor(database: Database, options: EngineOptions = {}) {
    this.#line = database.line()
    this.#batchMax = options.batchMax ?? 1000
    this.#batchWeightMax = options.batchWeightMax ?? 5000
    this.#queueMax = options.queueMax ?? 10_000
    this.#batchTimeoutMs = options.batchTimeoutMs ?? 30_000
    this.#observer = options.observer ?? {}
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#queue.length
  }

  /**
   * The answer comes when it is durable.
   *
   * @throws {Busy} nothing was decided: too many wait, a row is locked for too long, the database is away.
   * @throws {OutcomeUnknown} the connection broke at the COMMIT.
   * @throws {KeyReused} the key of an issue was used for another request.
   */
  submit<R extends EngineRequest>(request: R): Promise<AnswerTo<R>> {
    if (this.#closed) return Promise.reject(new Busy('The service is stopping'))
    if (this.#queue.length >= this.#queueMax) return Promise.reject(new Busy('Too many commissions wait'))
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, weight: weightOf(request), since: performance.now(), resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    // What arrives in the same turn of the event loop belongs into the first batch.
    await new Promise((resolve) => setImmediate(resolve))
    while (this.#queue.length > 0) {
      // oxlint-disable-next-line no-await-in-loop -- one batch after the other is the point
      await this.#serve(this.#next())
    }
    this.#running = null
  }

  #next(): Waiting[] {
    let weight = 0
    let count = 0
    for (const waiting of this.#queue) {
      weight += waiting.weight
      if (count > 0 && (count >= this.#batchMax || weight > this.#batchWeightMax)) break
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  async #serve(batch: readonly Waiting[]): Promise<void> {
    const now = performance.now()
    this.#observer.onBatch?.(batch.length)
    for (const { since } of batch) this.#observer.onQueueWait?.(now - since)
    try {
      settle(batch, await this.#attempt(batch))
    } catch (error) {
      this.#observer.onFailure?.(error)
      if (error instanceof OutcomeUnknown) refuse(batch, error)
      else if (isUnavailable(error)) refuse(batch, new Busy('The database can not be reached', error))
      else if (batch.length === 1) refuse(batch, final(error))
      else if (isLockConflict(error)) await this.#serveAroundLocks(batch)
      else await this.#serveOneByOne(batch)
    }
  }

  /** All have waited for long enough. Those that a locked row is in the way of come again, the others go on. */
  async #serveAroundLocks(batch: readonly Waiting[]): Promise<void> {
    let free: readonly Waiting[]
    try {
      const tx = Line.queryable(await this.#line.open())
      const blocked = await findBlocked(
        tx,
        this.#ids,
        batch.map(({ request }) => request),
      )
      free = batch.filter(({ request }) => !blocked.has(request))
      refuse(
        batch.filter(({ request }) => blocked.has(request)),
        new Busy('A row is locked by another transaction'),
      )
      if (free.length === 0) return
    } catch (error) {
      return refuse(batch, final(error))
    }
    try {
      settle(free, await this.#attempt(free, SHORT_WAIT_MS))
    } catch (error) {
      if (error instanceof OutcomeUnknown || isUnavailable(error)) refuse(free, final(error))
      else await this.#serveOneByOne(free, SHORT_WAIT_MS)
    }
  }

  /** Something was refused that should not have been asked for. Each is decided by itself, so that a bad one fails alone. */
  async #serveOneByOne(batch: readonly Waiting[], lockTimeoutMs?: number): Promise<void> {
    for (const waiting of batch) {
      try {
        // oxlint-disable-next-line no-await-in-loop
        settle([waiting], await this.#attempt([waiting], lockTimeoutMs))
      } catch (error) {
        refuse([waiting], final(error))
      }
    }
  }

  async #attempt(batch: readonly Waiting[], lockTimeoutMs?: number): Promise<Outcome[]> {
    const timer = setTimeout(() => void this.#line.drop(), this.#batchTimeoutMs)
    const requests = batch.map(({ request }) => request)
    const options = {
      onLocked: (milliseconds: number) => this.#observer.onLockWait?.(milliseconds),
      ...(lockTimeoutMs === undefined ? {} : { lockTimeoutMs }),
    }
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          // oxlint-disable-next-line no-await-in-loop
          return await runBatch(this.#line, this.#ids, requests, options)
        } catch (error) {
          if (!(error instanceof Vanished) || attempt === ATTEMPTS) throw error
        }
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Takes no more, and decides what it has. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
    await this.#line.close()
  }

  /** For a database that was set back to an earlier state. */
  forget(): void {
    this.#ids.clear()
  }
}

function settle(batch: readonly Waiting[], outcomes: readonly Outcome[]): void {
  for (const [index, { resolve, reject }] of batch.entries()) {
    const outcome = outcomes[index]
    if (outcome instanceof KeyReused) reject(outcome)
    else resolve(outcome as never)
  }
}

function refuse(batch: readonly Waiting[], error: unknown): void {
  for (const { reject } of batch) reject(error)
}

function final(error: unknown): unknown {
  if (error instanceof OutcomeUnknown) return error
  if (isLockConflict(error)) return new Busy('A row is locked by another transaction', error)
  return isUnavailable(error) ? new Busy('The database can not be reached', error) : error
}

function weightOf(request: EngineRequest): number {
  return 1 + (request.kind === 'issue' ? request.provisions.length : request.accept.length + request.reject.length)
}
