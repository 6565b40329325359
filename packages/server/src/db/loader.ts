interface Waiting<K, V> {
  readonly key: K
  readonly resolve: (value: V) => void
  readonly reject: (error: unknown) => void
}

/** Reads under way at once; what comes meanwhile waits and is read together. */
const UNDER_WAY_MAX = 2

/** Keys in one statement. */
const BATCH_MAX = 500

/**
 * Reads many at once where many are asked for: requests that arrive together share a statement, a lonely one has its own
 * at once.
 */
export class Loader<K, V> {
  readonly #read: (keys: readonly K[]) => Promise<readonly V[]>
  readonly #waiting: Waiting<K, V>[] = []
  #underWay = 0
  #scheduled = false

  /** @param read returns a value for each key, in their order. */
  constructor(read: (keys: readonly K[]) => Promise<readonly V[]>) {
    this.#read = read
  }

  load(key: K): Promise<V> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject })
      this.#schedule()
    })
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= UNDER_WAY_MAX) return
    this.#scheduled = true
    // What arrives in the same turn of the event loop goes along.
    setImmediate(() => {
      this.#scheduled = false
      void this.#serve(this.#waiting.splice(0, BATCH_MAX))
    })
  }

  async #serve(batch: readonly Waiting<K, V>[]): Promise<void> {
    this.#underWay += 1
    try {
      const values = await this.#read(batch.map(({ key }) => key))
      for (const [index, { resolve }] of batch.entries()) resolve(values[index] as V)
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
    this.#underWay -= 1
    if (this.#waiting.length > 0) this.#schedule()
  }
}
