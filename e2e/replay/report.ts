import { RULES, type Rule } from './recognise/rules.ts'
import type { Verdict } from './replay.ts'
import type { Scenario, Step } from './transcripts.ts'

interface Count {
  scenarios: number
  passed: number
  failed: number
  leftOut: number
}

/** Counts and prints what became of the steps. */
export class Report {
  readonly #print: (line: string) => void
  readonly #areas = new Map<string, Count>()
  readonly #rules = new Map<Rule, number>()
  readonly #methods = new Map<string, number>()
  #brokenScenarios = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  scenario({ area }: Scenario): void {
    this.#area(area).scenarios += 1
  }

  /** A scenario that can't be read or played is a failure. */
  broken(file: string, error: unknown): void {
    this.#brokenScenarios += 1
    this.#print(`FAILED ${file}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  step({ area, name }: Scenario, step: Step, verdict: Verdict): void {
    const count = this.#area(area)
    count[verdict.kind] += 1
    if (verdict.kind === 'passed') for (const method of verdict.methods) add(this.#methods, methodOf(method))
    if (verdict.kind === 'leftOut') add(this.#rules, verdict.rule)
    if (verdict.kind === 'failed') {
      const { method = '', url = '' } = step.request ?? {}
      this.#print(`FAILED ${name} ${step.n}: ${method} ${url}${step.comment ? `  (${step.comment})` : ''}`)
      for (const problem of verdict.problems) this.#print(`    ${problem}`)
    }
  }

  get total(): Count {
    const total = { scenarios: 0, passed: 0, failed: this.#brokenScenarios, leftOut: 0 }
    for (const count of this.#areas.values()) {
      for (const key of Object.keys(total) as (keyof Count)[]) total[key] += count[key]
    }
    return total
  }

  /** The tables, and last the line that says it all. */
  summary(): void {
    const rows = [...this.#areas.entries(), ['all', this.total] as const]
    this.#print('')
    this.#print('area          scenarios  passed  failed  left out')
    for (const [area, { scenarios, passed, failed, leftOut }] of rows) {
      const numbers = [String(scenarios).padStart(9), String(passed).padStart(6), String(failed).padStart(6)]
      this.#print(`${area.padEnd(12)}  ${numbers.join('  ')}  ${String(leftOut).padStart(8)}`)
    }
    this.#print('')
    this.#print('calls of each method:')
    const methods = [...this.#methods].sort(([one], [other]) => one.localeCompare(other))
    this.#print(`  ${methods.map(([method, count]) => `${method} ${count}`).join(', ')}`)
    this.#print('')
    this.#print('left out:')
    for (const [rule, count] of [...this.#rules].sort(([, one], [, other]) => other - one)) {
      this.#print(`${String(count).padStart(6)}  ${RULES[rule]}`)
    }
    this.#print('')
    this.#print(`${this.total.passed} passed, ${this.total.failed} failed`)
  }

  #area(area: string): Count {
    const count = this.#areas.get(area) ?? { scenarios: 0, passed: 0, failed: 0, leftOut: 0 }
    this.#areas.set(area, count)
    return count
  }
}

function methodOf(drive: string): string {
  return drive.replace(/ .*/, '')
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
