import { LONGEST_MS } from './delay.ts'
import { ConnectionError, InvalidResponse, Timeout, type Phase } from './errors.ts'
import { onAbort } from './on-abort.ts'
import { joined } from './wire/bytes.ts'
import type { Exchange, FailureFacts, Head, Observer, Transport, WireRequest } from './transport/transport.ts'

export interface Limits {
  /** When the call must be over, on the clock of `performance.now()`. */
  readonly deadline: number
  /** What the deadline was made from, for the message. */
  readonly timeoutMs: number
  readonly connectTimeoutMs: number
  readonly attemptTimeoutMs: number
  readonly maxResponseBytes: number
  readonly signal: AbortSignal | undefined
}

export interface Answer extends Head {
  readonly body: Uint8Array
}

/** An attempt without an answer. */
export class Failure {
  readonly error: ConnectionError | InvalidResponse
  /** The request may have been executed. */
  readonly sent: boolean
  readonly stale: boolean

  constructor(error: ConnectionError | InvalidResponse, sent: boolean, stale: boolean) {
    this.error = error
    this.sent = sent
    this.stale = stale
  }
}

/** What becomes of an answer as it arrives. */
export interface Receiver<T> {
  /** Returns a result to settle with at once; what follows is then the receiver's. */
  onHead?(head: Head, exchange: Exchange): T | undefined
  onData(chunk: Uint8Array): void
  onEnd(): T
  /** After `onHead` has settled. */
  onBroken?(failure: Failure): void
}

/**
 * One request on the wire. Resolves to what the receiver makes of the answer, or to a Failure; rejects with the
 * signal's reason. One timer at a time: the phase decides which limit it stands for.
 */
export function attempt<T>(
  transport: Transport,
  request: WireRequest,
  limits: Limits,
  receiver: Receiver<T>,
): Promise<T | Failure> {
  const { signal } = limits
  return new Promise<T | Failure>((resolve, reject) => {
    let phase: Phase = 'pool'
    let sent = false
    let settled = false
    let handedOver = false
    let received = 0
    let timer: ReturnType<typeof setTimeout> | undefined
    let exchange: Exchange | null = null

    const end = (): boolean => {
      if (settled) return false
      settled = true
      clearTimeout(timer)
      ignoreAbort()
      return true
    }
    const fail = (error: ConnectionError | InvalidResponse, facts: FailureFacts = {}): void => {
      const failure = new Failure(error, sent && facts.unsent !== true, facts.stale === true)
      if (handedOver) receiver.onBroken?.(failure)
      else if (end()) resolve(failure)
    }
    const arm = (): void => {
      clearTimeout(timer)
      const { limit, ms } = nextLimit(phase, limits)
      if (ms === Number.POSITIVE_INFINITY) return
      timer = setTimeout(
        () => {
          exchange?.abort()
          const allowed = {
            pool: limits.timeoutMs,
            call: limits.timeoutMs,
            connect: limits.connectTimeoutMs,
            attempt: limits.attemptTimeoutMs,
          }
          fail(new Timeout(limit, allowed[limit]))
        },
        Math.min(ms, LONGEST_MS),
      )
    }

    if (signal?.aborted) return reject(signal.reason as Error)
    const ignoreAbort = onAbort(signal, () => {
      if (!end()) return
      exchange?.abort()
      reject(signal?.reason as Error)
    })
    const observer: Observer = {
      onTurn() {
        phase = 'connect'
        if (exchange) arm()
      },
      onSent() {
        phase = 'attempt'
        sent = true
        if (exchange) arm()
      },
      onHead(head) {
        if (settled || exchange === null) return
        const result = receiver.onHead?.(head, exchange)
        if (result === undefined) return
        handedOver = true
        if (end()) resolve(result)
      },
      onData(chunk) {
        if (settled && !handedOver) return
        received += chunk.byteLength
        if (!handedOver && received > limits.maxResponseBytes) {
          exchange?.abort()
          fail(new InvalidResponse(`The answer is larger than ${limits.maxResponseBytes} bytes`))
        } else receiver.onData(chunk)
      },
      onEnd() {
        if (handedOver) receiver.onEnd()
        else if (end()) resolve(receiver.onEnd())
      },
      onError: (error, facts) => fail(new ConnectionError(messageOf(error), { cause: error }), facts),
    }
    try {
      exchange = transport.exchange(request, observer)
    } catch (error) {
      // A certificate that can't be read, for instance.
      return fail(new ConnectionError(messageOf(error), { cause: error }), { unsent: true })
    }
    if (!settled) arm()
  })
}

/** The limit that ends this phase, and in how many milliseconds. */
function nextLimit(phase: Phase, limits: Limits): { limit: Phase; ms: number } {
  const left =
    limits.deadline === Number.POSITIVE_INFINITY ? limits.deadline : Math.max(0, limits.deadline - performance.now())
  const own = phase === 'connect' ? limits.connectTimeoutMs : phase === 'attempt' ? limits.attemptTimeoutMs : 0
  if (own !== 0 && own < left) return { limit: phase, ms: own }
  return { limit: phase === 'pool' ? 'pool' : 'call', ms: left }
}

/** Reads the whole answer. */
export function receiveAll(): Receiver<Answer> {
  let head: Head | null = null
  const chunks: Uint8Array[] = []
  let bytes = 0
  return {
    onHead(received) {
      head = received
      return undefined
    },
    onData(chunk) {
      chunks.push(chunk)
      bytes += chunk.byteLength
    },
    onEnd() {
      const { status, reason, header } = head as Head
      return { status, reason, header, body: joined(chunks, bytes) }
    },
  }
}

/** Some errors of the network have their text in the errors that they stand for, or only a code. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'The transport failed'
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : []
  const { cause } = error
  const texts = [
    error.message === 'fetch failed' ? '' : error.message,
    first instanceof Error ? first.message : '',
    cause instanceof Error ? cause.message : '',
  ]
  return texts.find((text) => text !== '') ?? (error as { code?: string }).code ?? error.name
}
