import { RULES, type Rule } from '../replay/recognise/rules.ts'
import type { Scenario } from '../replay/transcripts.ts'
import type { Played } from './replay.ts'

interface Count {
  scenarios: number
  /** Of those passed: made by methods of the client, sent as recorded, no exchange at all. */
  client: number
  raw: number
  operator: number
  passed: number
  failed: number
  skipped: number
}

const COLUMNS = ['scenarios', 'passed', 'failed', 'skipped', 'client', 'raw', 'operator'] as const

/** Counts and prints what became of the steps. */
export class Report {
  readonly #print: (line: string) => void
  readonly #areas = new Map<string, Count>()
  readonly #rules = new Map<Rule, number>()
  readonly #methods = new Map<string, number>()
  #broken = 0

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  /** What can't be read or played is a failure. */
  broken(what: string, error: unknown): void {
    this.#broken += 1
    this.#print(`FAILED ${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  }

  scenario({ area, name }: Scenario, played: readonly Played[]): void {
    const count = this.#areas.get(area) ?? emptyCount()
    this.#areas.set(area, count)
    count.scenarios += 1
    for (const { step, verdict, origin } of played) {
      count[verdict.kind] += 1
      const { method = '', url = '' } = step.request ?? {}
      const line = `${name} ${step.n}: ${method} ${url}${step.comment ? `  (${step.comment})` : ''}`
      if (verdict.kind === 'skipped') this.#print(`skipped ${line}  (does not exist here: ${verdict.because})`)
      if (verdict.kind === 'failed') {
        this.#print(`FAILED ${line}${verdict.by ? `  [${verdict.by.id}: ${verdict.by.why}]` : ''}`)
        for (const problem of verdict.problems) this.#print(`    ${problem}`)
      }
      if (verdict.kind !== 'passed') continue
      if (origin === null) count.operator += 1
      else if ('rule' in origin) {
        count.raw += 1
        add(this.#rules, origin.rule)
      } else {
        count.client += 1
        for (const drive of origin.methods) add(this.#methods, drive.replace(/ .*/, ''))
      }
    }
  }

  get total(): Count {
    const total = { ...emptyCount(), failed: this.#broken }
    for (const count of this.#areas.values()) for (const column of COLUMNS) total[column] += count[column]
    return total
  }

  /** The tables, and last the line that says it all. */
  summary(): void {
    this.#print('')
    this.#print(`area          ${COLUMNS.join('  ')}`)
    for (const [area, count] of [...this.#areas, ['all', this.total] as const]) {
      const cells = COLUMNS.map((column) => String(count[column]).padStart(column.length))
      this.#print(`${area.padEnd(12)}  ${cells.join('  ')}`)
    }
    this.#print('')
    this.#print('calls of each method:')
    const methods = [...this.#methods].sort(([one], [other]) => one.localeCompare(other))
    this.#print(`  ${methods.map(([method, count]) => `${method} ${count}`).join(', ')}`)
    this.#print('')
    this.#print('sent as recorded, since no method sends it:')
    for (const [rule, count] of [...this.#rules].sort(([, one], [, other]) => other - one)) {
      this.#print(`${String(count).padStart(6)}  ${RULES[rule]}`)
    }
    this.#print('')
    this.#print(`${this.total.passed} passed, ${this.total.failed} failed`)
  }
}

function emptyCount(): Count {
  return { scenarios: 0, client: 0, raw: 0, operator: 0, passed: 0, failed: 0, skipped: 0 }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
