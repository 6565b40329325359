import { LONGEST_MS } from './delay.ts'
import { onAbort } from './on-abort.ts'

/** How long one of those who wait for a task does so. */
export interface Patience {
  readonly signal: AbortSignal | undefined
  /** On the clock of `performance.now()`. */
  readonly deadline: number
  /** Made when the deadline has passed. */
  readonly timeout: () => Error
}

/** Work that several callers wait for. Each may leave on its own terms; the work stops when the last has left. */
export class SharedTask<T> {
  readonly #controller = new AbortController()
  readonly #result: Promise<T>
  #waiting = 0

  constructor(start: (signal: AbortSignal) => Promise<T>) {
    this.#result = start(this.#controller.signal)
    this.#result.catch(() => undefined) // everyone may have left
  }

  onSettled(then: () => void): void {
    this.#result.then(then, then)
    this.#controller.signal.addEventListener('abort', then)
  }

  join({ signal, deadline, timeout }: Patience): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      this.#waiting += 1
      let left = false
      const leave = (): boolean => {
        if (left) return false
        left = true
        clearTimeout(timer)
        ignoreAbort()
        this.#waiting -= 1
        return true
      }
      const giveUp = (reason: Error): void => {
        if (!leave()) return
        reject(reason)
        if (this.#waiting === 0) this.#controller.abort(reason)
      }
      const timer =
        deadline === Number.POSITIVE_INFINITY
          ? undefined
          : setTimeout(() => giveUp(timeout()), Math.min(LONGEST_MS, Math.max(0, deadline - performance.now())))
      const ignoreAbort = onAbort(signal, () => giveUp(signal?.reason as Error))
      this.#result.then(
        (value) => leave() && resolve(value),
        (error: unknown) => leave() && reject(error as Error),
      )
    })
  }
}
