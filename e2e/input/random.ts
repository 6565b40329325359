/** Chance that comes again: the same seed and case draw the same. */
export class Random {
  #state: number

  constructor(seed: number, number: number) {
    this.#state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(number + 1, 0xc2b2ae35)) >>> 0
    for (let round = 0; round < 4; round += 1) this.#next()
  }

  /** From 0 up to below `end`. */
  below(end: number): number {
    return Math.floor(this.#next() * end)
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }

  /** By weight. */
  weighted<T>(values: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.#next() * values.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, value] of values) {
      left -= weight
      if (left < 0) return value
    }
    return (values.at(-1) as readonly [number, T])[1]
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** mulberry32 */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
