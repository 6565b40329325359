/**
 * Lets a number of holders in at once; the others wait in the order in which they came.
 *
 * The queues of HTTP clients don't let go of a request that is no longer wanted, so ours stands in front of them.
 */
export class Turnstile {
  #free: number
  readonly #waiting = new Set<() => void>()

  constructor(size: number) {
    this.#free = size
  }

  /** Calls `onTurn` at once or later. The returned function gives up a place in the queue; after the turn it does nothing. */
  enter(onTurn: () => void): () => void {
    if (this.#free > 0) {
      this.#free -= 1
      onTurn()
      return nothing
    }
    const turn = (): void => onTurn() // of its own, so that one function may wait twice
    this.#waiting.add(turn)
    return () => this.#waiting.delete(turn)
  }

  leave(): void {
    for (const turn of this.#waiting) {
      this.#waiting.delete(turn)
      turn()
      return
    }
    this.#free += 1
  }
}

function nothing(): void {}
