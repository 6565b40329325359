import type { Scenario, Step } from '../replay/transcripts.ts'
import type { Difference } from './difference.ts'
import type { Verdict } from './replay.ts'

interface Count {
  scenarios: number
  steps: number
  passed: number
  failed: number
  skipped: number
}

/** Counts and prints what became of the steps. */
export class Report {
  readonly #print: (line: string) => void
  readonly #areas = new Map<string, Count>()
  readonly #applied = new Map<Difference, number>()
  readonly #skipped = new Map<string, number>()
  readonly #kinds = { requests: 0, orders: 0, pauses: 0 }
  #brokenFiles = 0

  constructor(print: (line: string) => void, differences: readonly Difference[]) {
    this.#print = print
    for (const difference of differences) this.#applied.set(difference, 0)
  }

  /** A file that holds no scenario is a failure. */
  broken(file: string, error: unknown): void {
    this.#brokenFiles += 1
    this.#print(`FAILED ${file}: ${error instanceof Error ? error.message : String(error)}`)
  }

  scenario({ area }: Scenario): void {
    this.#area(area).scenarios += 1
  }

  step({ area, name }: Scenario, step: Step, verdict: Verdict): void {
    const count = this.#area(area)
    count.steps += 1
    this.#kinds[step.request ? 'requests' : step.operator ? 'orders' : 'pauses'] += 1
    count[verdict.kind] += 1
    if (verdict.kind === 'skipped') {
      add(this.#skipped, verdict.because)
      this.#print(`skipped ${name} ${step.n}: ${lineOf(step)}  (does not exist here: ${verdict.because})`)
      return
    }
    if (verdict.by !== null) add(this.#applied, verdict.by)
    if (verdict.kind === 'failed') {
      const difference = verdict.by ? `  [${verdict.by.id}: ${verdict.by.why}]` : ''
      this.#print(`FAILED ${name} ${step.n}: ${lineOf(step)}${step.comment ? `  (${step.comment})` : ''}${difference}`)
      for (const problem of verdict.problems) this.#print(`    ${problem}`)
    }
  }

  get total(): Count {
    const total = { scenarios: 0, steps: 0, passed: 0, failed: this.#brokenFiles, skipped: 0 }
    for (const count of this.#areas.values()) {
      for (const key of Object.keys(total) as (keyof Count)[]) total[key] += count[key]
    }
    return total
  }

  /** The tables, and last the line that says it all. */
  summary(): void {
    this.#print('')
    this.#print('deliberate differences:')
    for (const [{ id, why }, count] of this.#applied) {
      const skipped = this.#skipped.get(id) ?? 0
      const note = count === 0 ? '  NEVER USED' : skipped > 0 ? `  (${skipped} more steps skipped)` : ''
      this.#print(`${String(count).padStart(4)}  ${id.padEnd(15)}  ${why}${note}`)
    }
    this.#print('')
    this.#print('area          scenarios   steps  passed  failed  skipped')
    for (const [area, count] of [...this.#areas, ['all', this.total] as const]) {
      const { scenarios, steps, passed, failed, skipped } = count
      const numbers = [scenarios, steps, passed, failed, skipped]
      const widths = [9, 6, 6, 6, 7]
      const cells = numbers.map((number, index) => String(number).padStart(widths[index] ?? 0))
      this.#print(`${area.padEnd(12)}  ${cells.join('  ')}`)
    }
    this.#print('')
    const { scenarios, steps, passed, failed, skipped } = this.total
    const { requests, orders, pauses } = this.#kinds
    this.#print(
      `${steps} steps of ${scenarios} scenarios: ${requests} with a request, ${orders} with an operator's action, ` +
        `${pauses} with a pause; ${skipped} of them are about what does not exist here, none is left out`,
    )
    this.#print(`${passed} passed, ${failed} failed`)
  }

  #area(area: string): Count {
    const count = this.#areas.get(area) ?? { scenarios: 0, steps: 0, passed: 0, failed: 0, skipped: 0 }
    this.#areas.set(area, count)
    return count
  }
}

function lineOf({ request, operator, wait_seconds: seconds }: Step): string {
  if (request) return `${request.method} ${request.url}`
  return operator ? `operator ${operator['action'] as string}` : `a pause of ${seconds} s`
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
