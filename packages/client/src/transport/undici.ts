import { errors, type Dispatcher } from 'undici'
import { opener, Sockets, type Open } from './dispatcher.ts'
import { Turnstile } from './turnstile.ts'
import type { Exchange, Head, Observer, Transport, TransportOptions, WireRequest } from './transport.ts'

/** Own keep-alive connections, `poolSize` per origin, or as many as needed where only a proxy asked for this transport. */
export function createUndiciTransport(options: TransportOptions): Transport {
  const pools = new Map<string, Pool>()
  return {
    exchange(request, observer) {
      let pool = pools.get(request.origin)
      if (!pool) pools.set(request.origin, (pool = new Pool(request.origin, options)))
      return pool.exchange(request, observer)
    },
    async close() {
      const all = [...pools.values()]
      pools.clear()
      await Promise.all(all.map((pool) => pool.close()))
    },
  }
}

class Pool {
  readonly #open: Open
  readonly #size: number | null
  readonly #turnstile: Turnstile
  /** Used ones at the end: the most recent first, since it is the least likely to be stale. */
  readonly #idle: Connection[] = []
  #count = 0

  constructor(origin: string, options: TransportOptions) {
    this.#open = opener(origin, options)
    this.#size = options.poolSize
    this.#turnstile = new Turnstile(options.poolSize ?? Number.POSITIVE_INFINITY)
  }

  exchange(request: WireRequest, observer: Observer): Exchange {
    let running: Exchange | null = null
    const leaveQueue = this.#turnstile.enter(() => {
      let connection: Connection
      try {
        connection = this.#take(request.fresh)
      } catch (error) {
        // The password of a proxy may be none that can be decoded.
        this.#turnstile.leave()
        return observer.onError(error as Error, {})
      }
      running = connection.exchange(request, observer, () => {
        this.#idle.push(connection)
        this.#turnstile.leave()
      })
    })
    return {
      abort: () => (running ? running.abort() : leaveQueue()),
      pause: () => running?.pause(),
      resume: () => running?.resume(),
    }
  }

  /** A fresh request takes a place without a connection before it costs others a used one; the oldest goes first. */
  #take(fresh: boolean): Connection {
    if (!fresh) return this.#idle.pop() ?? this.#add()
    const unused = this.#idle.findIndex((connection) => !connection.used)
    if (unused >= 0) return this.#idle.splice(unused, 1)[0] ?? this.#add()
    const room = this.#size === null ? this.#idle.length === 0 : this.#count < this.#size
    return room ? this.#add() : (this.#idle.shift() ?? this.#add())
  }

  #add(): Connection {
    this.#count += 1
    return new Connection(this.#open)
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()))
  }
}

/** At most one connection: a dispatcher that is never given a second request before the first is done. */
class Connection {
  readonly #make: Open
  #sockets = new Sockets()
  #dispatcher: Dispatcher
  /** It has carried a request since it was opened. */
  used = false

  constructor(make: Open) {
    this.#make = make
    this.#dispatcher = this.#open()
  }

  #open(): Dispatcher {
    const dispatcher = this.#make(this.#sockets)
    const opened = (): void => {
      if (this.#dispatcher === dispatcher) this.used = false
    }
    dispatcher.on('connect', opened)
    dispatcher.on('disconnect', opened)
    return dispatcher
  }

  /** Drops what is there; the next request opens a connection. */
  renew(): void {
    void this.close()
    this.#sockets = new Sockets()
    this.#dispatcher = this.#open()
    this.used = false
  }

  exchange(request: WireRequest, observer: Observer, onDone: () => void): Exchange {
    if (request.fresh && this.used) this.renew()
    let controller: Dispatcher.DispatchController | null = null
    let answered = false
    let done = false
    let wasUsed = this.used
    observer.onTurn()
    const fail = (error: Error): void => {
      if (done) return
      done = true
      // Not now: undici is in the middle of clearing its queue, and counts on it to stay empty.
      queueMicrotask(() => {
        this.renew()
        onDone()
      })
      // Stale even when it was not started: undici fails what waits for a connection that is just being reset; not when
      // something came that is no HTTP. What it calls an invalid argument was refused by itself, or by a proxy that wants
      // a password.
      const { code } = error as { code?: unknown }
      const silent = !answered && !(error instanceof errors.HTTPParserError)
      observer.onError(error, { stale: wasUsed && silent, unsent: code === 'UND_ERR_INVALID_ARG' })
    }
    const { origin, path, method, body } = request
    const headers = { ...request.headers } // those for a proxy are written into it
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        // Undici asks again for a request that it had to put back; it has not been written then.
        controller = started
        wasUsed = this.used // it may have connected anew meanwhile
        if (done) started.abort(new Error('aborted'))
        else observer.onSent()
      },
      onResponseStart: (_, status, received, reason) => {
        answered = true
        if (!done && status >= 200) observer.onHead(headOf(status, reason ?? '', received))
      },
      onResponseData: (_, chunk) => {
        if (!done) observer.onData(chunk)
      },
      onResponseEnd: () => {
        this.used = true
        if (done) return
        done = true
        onDone()
        observer.onEnd()
      },
      onResponseError: (_, error) => fail(error),
    }
    try {
      this.#dispatcher.dispatch({ origin, path, method, headers, body }, handler)
    } catch (error) {
      fail(error as Error) // as where a header is given that undici means to set for the proxy
    }
    return {
      abort: () => {
        if (done) return
        done = true
        // As a whole: while it connects, undici can't be stopped otherwise, and after that it would connect anew only to
        // find that its request is no longer wanted.
        this.renew()
        onDone()
      },
      pause: () => controller?.pause(),
      resume: () => controller?.resume(),
    }
  }

  async close(): Promise<void> {
    const destroyed = this.#dispatcher.destroy().catch(() => undefined)
    this.#sockets.hangUp()
    await destroyed
  }
}

function headOf(status: number, reason: string, headers: Record<string, string | string[] | undefined>): Head {
  return {
    status,
    reason,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value.join(', ') : (value ?? null)
    },
  }
}
