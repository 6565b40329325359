/** What is costly is done by few at once; the others wait, and where too many wait already, nobody else may. */
export class Turns {
  readonly #atOnceMax: number
  readonly #waitingMax: number
  readonly #tooMany: () => Error
  readonly #waiting: (() => void)[] = []
  #atOnce = 0

  constructor(atOnceMax: number, waitingMax: number, tooMany: () => Error) {
    this.#atOnceMax = atOnceMax
    this.#waitingMax = waitingMax
    this.#tooMany = tooMany
  }

  /** First come, first served. */
  async take<T>(work: () => Promise<T>): Promise<T> {
    await this.#begin()
    try {
      return await work()
    } finally {
      this.#end()
    }
  }

  async #begin(): Promise<void> {
    if (this.#atOnce < this.#atOnceMax) {
      this.#atOnce += 1
      return
    }
    if (this.#waiting.length >= this.#waitingMax) throw this.#tooMany()
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** The place goes to who waits longest without being free between, so that nobody slips in. */
  #end(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#atOnce -= 1
  }
}
