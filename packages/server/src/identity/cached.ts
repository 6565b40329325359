/** A value that may be a little old. Readers at once share one read; a failed one is not kept. */
export class Cached<T> {
  readonly #read: () => Promise<T>
  readonly #lifeMs: number
  #value: Promise<T> | null = null
  #until = 0

  constructor(read: () => Promise<T>, lifeMs: number) {
    this.#read = read
    this.#lifeMs = lifeMs
  }

  get(): Promise<T> {
    if (this.#value && performance.now() < this.#until) return this.#value
    const value = this.#read()
    this.#value = value
    this.#until = performance.now() + this.#lifeMs
    value.catch(() => {
      if (this.#value === value) this.#value = null
    })
    return value
  }

  /** The next reader gets what is there then. */
  forget(): void {
    this.#value = null
  }
}
