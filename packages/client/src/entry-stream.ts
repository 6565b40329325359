import type { Call } from './call.ts'
import type { Engine } from './engine.ts'
import { onAbort } from './on-abort.ts'
import type { RequestOptions } from './options.ts'
import type { Run } from './run.ts'
import type { StreamBody } from './stream.ts'
import { EntrySplitter, type Entry } from './wire/entries.ts'

/**
 * The entries of a JSON object as they arrive. Nothing is sent before the first is asked for; leaving early frees the
 * connection.
 *
 * An iterator of our own, since an async generator takes longer to hand an entry on than it takes to parse it.
 */
export class EntryStream<T> implements AsyncIterableIterator<[string, T]> {
  readonly #open: () => Promise<void>
  readonly #splitter: EntrySplitter
  readonly #signal: AbortSignal | undefined
  #source: { body: StreamBody; run: Run; call: Call<unknown>; leave: () => void } | null = null
  #ready: [string, T][] = []
  #at = 0
  #state: 'new' | 'open' | 'done' = 'new'
  /** What comes after the entries that are ready. */
  #failure: { readonly error: unknown } | null = null
  #ignoreAbort: () => void = () => undefined
  /** Those who ask before an answer is there get theirs in turn. */
  #pulling: Promise<unknown> = Promise.resolve()

  /** @param depth how many objects deep an entry's value is. */
  constructor(engine: Engine, makeCall: () => Call<unknown>, options: RequestOptions | undefined, depth: number) {
    this.#splitter = new EntrySplitter(depth, engine.core.settings.maxResponseBytes)
    this.#signal = options?.signal
    this.#open = async () => {
      const call = makeCall()
      const { run, leave } = engine.begin(call.operation.name, options)
      try {
        this.#source = { body: await run.open(call), run, call, leave }
      } catch (error) {
        leave()
        throw error
      }
      // Also while nobody asks for an entry: a reader that aborted may never come back.
      this.#ignoreAbort = onAbort(this.#signal, () => {
        this.#finish()
        this.#failure = { error: this.#signal?.reason as unknown }
      })
      if (this.#state === 'done') this.#close() // left before the answer began
    }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<[string, T], undefined>> {
    const entry = this.#ready[this.#at]
    if (entry && this.#signal?.aborted !== true) {
      this.#at += 1
      return Promise.resolve({ value: entry, done: false })
    }
    const pulled = this.#pulling.then(() => this.#pull())
    this.#pulling = pulled.catch(() => undefined)
    return pulled
  }

  return(): Promise<IteratorResult<[string, T], undefined>> {
    this.#finish()
    return Promise.resolve({ value: undefined, done: true })
  }

  async #pull(): Promise<IteratorResult<[string, T], undefined>> {
    try {
      if (this.#state === 'new') {
        this.#state = 'open'
        await this.#open()
      }
      while (this.#at >= this.#ready.length && !this.#failure && this.#state === 'open') {
        // oxlint-disable-next-line no-await-in-loop
        await this.#refill()
      }
      if (this.#at < this.#ready.length) this.#signal?.throwIfAborted()
      else if (this.#failure) throw this.#failure.error
    } catch (error) {
      this.#finish()
      throw error
    }
    const entry = this.#ready[this.#at]
    if (!entry) return { value: undefined, done: true }
    this.#at += 1
    return { value: entry, done: false }
  }

  async #refill(): Promise<void> {
    const source = this.#source
    if (!source) return this.#finish()
    let piece: Uint8Array | null
    try {
      piece = await source.body.next()
    } catch (error) {
      if (this.#source !== source) return
      if (this.#signal?.aborted !== true) this.#give(this.#splitter.flush())
      this.#failure = { error }
      return this.#close()
    }
    if (this.#source !== source) return // left meanwhile
    this.#give(piece ? this.#splitter.push(piece) : this.#splitter.end())
    const fault = this.#splitter.error
    if (fault) this.#failure = { error: source.run.invalid(source.call, fault.message) }
    if (fault || !piece) this.#close()
  }

  #give(entries: readonly Entry[]): void {
    this.#ready = entries as [string, T][]
    this.#at = 0
  }

  /** The answer is over; what is ready may still be taken. */
  #close(): void {
    this.#state = 'done'
    this.#ignoreAbort()
    this.#source?.body.cancel()
    this.#source?.leave()
    this.#source = null
  }

  #finish(): void {
    this.#give([])
    this.#failure = null
    this.#close()
  }
}
