import { Turnstile } from './turnstile.ts'
import type { Exchange, FailureFacts, Observer, Transport, WireRequest } from './transport.ts'

export interface FetchOptions {
  readonly fetch: typeof globalThis.fetch
  /** At most so many exchanges at once per origin; null is no limit. */
  readonly poolSize: number | null
  /** Members that only this runtime's `fetch` knows. */
  readonly init?: (request: WireRequest) => object
}

/** Over `fetch`: browsers, Deno, Bun and whatever a caller injects. The runtime decides about connections. */
export function createFetchTransport(options: FetchOptions): Transport {
  const turnstiles = new Map<string, Turnstile>()
  return {
    exchange(request, observer) {
      if (options.poolSize === null) return run(request, observer, options, () => undefined)
      let turnstile = turnstiles.get(request.origin)
      if (!turnstile) turnstiles.set(request.origin, (turnstile = new Turnstile(options.poolSize)))
      const queue = turnstile
      let running: Exchange | null = null
      const leaveQueue = queue.enter(() => {
        running = run(request, observer, options, () => queue.leave())
      })
      return {
        abort: () => (running ? running.abort() : leaveQueue()),
        pause: () => running?.pause(),
        resume: () => running?.resume(),
      }
    },
    close: async () => undefined,
  }
}

function run(request: WireRequest, observer: Observer, options: FetchOptions, onDone: () => void): Exchange {
  const controller = new AbortController()
  const gate = new Gate()
  let done = false
  const finish = (): boolean => {
    if (done) return false
    done = true
    onDone()
    return true
  }
  const receive = async (): Promise<void> => {
    const { 'content-length': _, ...headers } = request.headers // fetch counts by itself and refuses to be told
    const { fetch } = options
    const response = await fetch(request.origin + request.path, {
      method: request.method,
      headers,
      body: request.body,
      redirect: 'manual',
      cache: 'no-store',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal: controller.signal,
      ...options.init?.(request),
    })
    // One that was injected may not have heeded the signal.
    if (done) return response.body?.cancel()
    // A browser hides what a redirect said; that it was one is all there is.
    const opaque = response.type === 'opaqueredirect'
    observer.onHead({
      status: opaque ? 302 : response.status,
      reason: response.statusText,
      header: (name) => response.headers.get(name),
    })
    const reader = response.body?.getReader()
    while (reader && !done) {
      const { value, done: last } = await reader.read()
      if (last) break
      if (!done) observer.onData(value)
      if (gate.closed) await gate.opened()
    }
    if (done) return reader?.cancel()
    if (finish()) observer.onEnd()
  }
  observer.onTurn()
  observer.onSent() // fetch doesn't tell; from here on it may be
  receive().catch((error: unknown) => {
    if (finish()) observer.onError(errorOf(error), factsOf(error))
  })
  return {
    abort: () => {
      if (!finish()) return
      controller.abort()
      gate.open()
    },
    pause: () => gate.close(),
    resume: () => gate.open(),
  }
}

/** Stops the reading loop while the consumer is busy. */
class Gate {
  closed = false
  #open: (() => void) | null = null

  close(): void {
    this.closed = true
  }

  open(): void {
    this.closed = false
    this.#open?.()
    this.#open = null
  }

  opened(): Promise<void> {
    return new Promise((resolve) => (this.#open = resolve))
  }
}

/** What an injected `fetch` rejects with may be anything. */
function errorOf(error: unknown): Error {
  return error instanceof Error ? error : new Error(typeof error === 'string' ? error : 'fetch failed')
}

/** Codes and words with which runtimes say that there was no connection at all. */
const NO_CONNECTION =
  /\b(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ConnectionRefused|FailedToOpenSocket|Connection refused|dns error)\b/

function factsOf(error: unknown): FailureFacts {
  for (
    let current: unknown = error, depth = 0;
    current instanceof Error && depth < 4;
    current = current.cause, depth += 1
  ) {
    const code = (current as { code?: unknown }).code
    if (NO_CONNECTION.test(`${typeof code === 'string' ? code : ''} ${current.message}`)) return { unsent: true }
  }
  return {}
}
