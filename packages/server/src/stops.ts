/** What was opened is closed in reverse: what came before may be needed until then. */
export class Stops {
  readonly #steps: (() => unknown)[] = []

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  /** May be repeated. */
  async run(): Promise<void> {
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (const step of this.#steps.splice(0).toReversed()) await step()
  }
}
