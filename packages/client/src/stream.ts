import { attempt, receiveAll, type Answer, type Failure, type Limits } from './attempt.ts'
import { LONGEST_MS } from './delay.ts'
import { Timeout } from './errors.ts'
import { onAbort } from './on-abort.ts'
import { Failure as NoAnswer } from './attempt.ts'
import type { Exchange, Transport, WireRequest } from './transport/transport.ts'

/** Chunks that may lie around before the server is asked to wait. */
const ENOUGH_BYTES = 1 << 17

/**
 * What is handed out at once. V8 copies what is alive when it collects, and the more it copies, the more memory it takes
 * for new objects: parsed in small pieces, a stream needs half of the memory and is faster for it.
 */
const PIECE_BYTES = 1 << 14

/** Opens an answer for reading piece by piece. A refusal (not 2xx) is read whole. */
export function openStream(
  transport: Transport,
  request: WireRequest,
  limits: Limits,
  describe: (failure: Failure) => Error,
): Promise<StreamBody | Answer | Failure> {
  const refusal = receiveAll()
  let stream: StreamBody | null = null
  return attempt<StreamBody | Answer>(transport, request, limits, {
    onHead(head, exchange) {
      if (head.status < 200 || head.status > 299) return refusal.onHead?.(head, exchange)
      stream = new StreamBody(exchange, limits, describe)
      return stream
    },
    onData: (chunk) => (stream ?? refusal).onData(chunk),
    onEnd: () => (stream ?? refusal).onEnd() as Answer,
    onBroken: (failure) => stream?.onBroken(failure),
  })
}

/** The body of one answer, pulled by one reader. */
export class StreamBody {
  readonly #exchange: Exchange
  readonly #limits: Limits
  readonly #describe: (failure: Failure) => Error
  readonly #chunks: Uint8Array[] = []
  #bytes = 0
  #ended = false
  #error: Error | null = null
  #wake: (() => void) | null = null

  constructor(exchange: Exchange, limits: Limits, describe: (failure: Failure) => Error) {
    this.#exchange = exchange
    this.#limits = limits
    this.#describe = describe
  }

  onData(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.byteLength
    if (this.#bytes >= ENOUGH_BYTES) this.#exchange.pause()
    this.#wake?.()
  }

  onEnd(): void {
    this.#ended = true
    this.#wake?.()
  }

  onBroken(failure: Failure): void {
    this.#error ??= this.#describe(failure)
    this.#wake?.()
  }

  /** What has come, or comes next; null at the end. Waits no longer than the call's time-out for each. */
  async next(): Promise<Uint8Array | null> {
    this.#limits.signal?.throwIfAborted()
    if (this.#chunks.length === 0 && !this.#ended && !this.#error) await this.#wait()
    const chunk = this.#chunks[0]
    if (chunk) {
      const piece = chunk.subarray(0, PIECE_BYTES)
      if (piece.byteLength < chunk.byteLength) this.#chunks[0] = chunk.subarray(PIECE_BYTES)
      else this.#chunks.shift()
      this.#bytes -= piece.byteLength
      if (this.#bytes < ENOUGH_BYTES) this.#exchange.resume()
      return piece
    }
    if (this.#error) throw this.#error
    return null
  }

  /** Frees the connection. */
  cancel(): void {
    if (!this.#ended) this.#exchange.abort()
    this.#ended = true
    this.#wake?.()
  }

  #wait(): Promise<void> {
    const { signal, timeoutMs } = this.#limits
    return new Promise((resolve, reject) => {
      const done = (): void => {
        clearTimeout(timer)
        ignoreAbort()
        this.#wake = null
      }
      this.#wake = () => {
        done()
        resolve()
      }
      const timer =
        timeoutMs === 0
          ? undefined
          : setTimeout(
              () => this.onBroken(new NoAnswer(new Timeout('call', timeoutMs), true, false)),
              Math.min(timeoutMs, LONGEST_MS),
            )
      const ignoreAbort = onAbort(signal, () => {
        done()
        reject(signal?.reason as Error)
      })
    })
  }
}
