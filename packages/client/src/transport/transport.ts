/**
 * One exchange over HTTP, and nothing more: no retries, no time-outs, no JSON.
 *
 * A transport pushes events at an observer instead of returning promises, because the caller has to know *when* a
 * connection was there and when the request began to leave: that decides whether a failed call may be sent again.
 */
export interface Transport {
  exchange(request: WireRequest, observer: Observer): Exchange
  /** Ends idle connections. The caller has seen to it that none is busy. */
  close(): Promise<void>
}

export interface WireRequest {
  readonly origin: string
  readonly method: string
  /** With its query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  /** Not on a connection that was used before: the server may just be closing it, and this request can't be sent twice. */
  readonly fresh: boolean
}

/** `onEnd` or `onError` comes last, once, unless the exchange was aborted: then nothing comes any more. */
export interface Observer {
  /** The request's turn has come; a connection is being made unless there is one. */
  onTurn(): void
  /** The connection stands and the request is written: from here on it may have been executed. */
  onSent(): void
  onHead(head: Head): void
  onData(chunk: Uint8Array): void
  onEnd(): void
  onError(error: Error, facts: FailureFacts): void
}

export interface Head {
  readonly status: number
  readonly reason: string
  readonly header: (name: string) => string | null
}

export interface FailureFacts {
  /** The request surely never reached a server, whatever was told before. */
  readonly unsent?: boolean
  /** A kept connection broke before the first byte of an answer: most likely the server had closed it while idle. */
  readonly stale?: boolean
}

export interface Exchange {
  abort(): void
  pause(): void
  resume(): void
}

export interface TransportOptions {
  /** Connections per origin; null is the runtime's own handling. */
  readonly poolSize: number | null
  readonly tls: TlsOptions | null
  /** undefined is the environment's. */
  readonly proxy: string | false | undefined
}

export interface TlsOptions {
  readonly ca?: string | readonly string[] | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** What each runtime's module offers under `#transport`. */
export interface TransportModule {
  /** Options that this runtime can't honour. */
  readonly unsupported: readonly ('tls' | 'proxy')[]
  /** Made on the first call: nothing is loaded for a client that is only constructed. */
  createTransport(options: TransportOptions): Promise<Transport>
}
