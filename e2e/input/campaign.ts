import type { Effect, Expectation } from './expectation.ts'
import { generate } from './generate.ts'
import { judge, type Problem } from './judge.ts'
import { expectationOf } from './oracle.ts'
import { bytesOf, type Probe } from './probe.ts'
import type { Tables, Target } from './target.ts'
import { exchange, type Outcome } from './wire.ts'

export interface CampaignOptions {
  readonly seed: number
  readonly numbers: readonly number[]
  /** An answer or a close comes within this time. @default 15_000 */
  readonly timeoutMs?: number
  readonly onProgress?: (done: number) => void
}

export interface Finding {
  readonly seed: number
  readonly number: number
  readonly probe: Probe
  readonly problem: Problem
}

export interface Summary {
  readonly requests: number
  readonly findings: readonly Finding[]
  /** How often each status came; 0 for a close without an answer. */
  readonly statuses: ReadonlyMap<number, number>
}

/** So many requests, then a look at the tables. */
const WINDOW = 250
const AT_ONCE = 8
const TIMEOUT_MS = 15_000

interface Case {
  readonly number: number
  readonly probe: Probe
  readonly expectation: Expectation
}

/** Tries all cases. Every one meets the same world, so each is the same alone. */
export async function campaign(target: Target, options: CampaignOptions): Promise<Summary> {
  const run = new Run(target, options)
  for (let at = 0; at < options.numbers.length && !run.isGone; at += WINDOW) {
    await run.window(options.numbers.slice(at, at + WINDOW))
    options.onProgress?.(run.requests)
  }
  return { requests: run.requests, findings: run.findings, statuses: run.statuses }
}

class Run {
  requests = 0
  isGone = false
  readonly findings: Finding[] = []
  readonly statuses = new Map<number, number>()
  readonly #target: Target
  readonly #options: CampaignOptions
  /** Of the world as it is before any request. */
  #before: Tables | null = null

  constructor(target: Target, options: CampaignOptions) {
    this.#target = target
    this.#options = options
  }

  async window(numbers: readonly number[]): Promise<void> {
    const cases = numbers.map((number) => {
      const probe = generate(this.#options.seed, number)
      return { number, probe, expectation: expectationOf(probe) }
    })
    const harmless = cases.filter(({ expectation }) => expectation.effect === null)
    const before = await this.#start()
    const queue = harmless.values()
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (const each of queue) if (!this.isGone) await this.#try(each)
      }),
    )
    if (this.isGone) return
    if (differences(before, await this.#target.tables()).length > 0) await this.#findChange(harmless)
    for (const each of cases) if (each.expectation.effect !== null && !this.isGone) await this.#tryAlone(each)
  }

  async #start(): Promise<Tables> {
    return (this.#before ??= await this.#target.tables())
  }

  async #renew(): Promise<void> {
    await this.#target.reset()
    this.#before = await this.#target.tables()
  }

  /** One of many has changed something: in a fresh world they are tried again, one by one. */
  async #findChange(cases: readonly Case[]): Promise<void> {
    await this.#renew()
    for (const each of cases) {
      await this.#send(each)
      const changes = differences(await this.#start(), await this.#target.tables())
      if (changes.length === 0) continue
      this.#report(each, { kind: 'change', text: `changed ${changes.join(', ')}` })
      await this.#renew()
      return
    }
    const [first] = cases
    if (first)
      this.#report(first, {
        kind: 'change',
        text: `one of the ${cases.length} cases from here changed something, together with others`,
      })
  }

  /** It is meant to change something: exactly that has to have changed, and if it was refused, nothing. */
  async #tryAlone(each: Case): Promise<void> {
    const before = await this.#start()
    const isServed = statusesOf(await this.#try(each)).some((status) => status >= 200 && status < 300)
    if (this.isGone) return
    const after = await this.#target.tables()
    const changes = differences(before, after)
    const { effect, isCertain, statuses } = each.expectation
    const isRefusalExpected = statuses?.every((status) => status >= 400) === true
    // One that should have been served, or may be, was not: it has nothing to account for.
    if (changes.length === 0 && !isServed && !(isCertain && isRefusalExpected)) return
    const wrong = unaccounted(before, after, effect as Effect)
    if (wrong.length > 0) this.#report(each, { kind: 'change', text: wrong.join(', ') })
    if (changes.length > 0) await this.#renew()
  }

  async #try(each: Case): Promise<Outcome> {
    const outcome = await this.#send(each)
    this.requests += 1
    for (const status of statusesOf(outcome)) this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
    for (const problem of judge(outcome, each.expectation, each.probe.method)) this.#report(each, problem)
    if (outcome.kind === 'gone') this.isGone = true
    return outcome
  }

  #send({ probe }: Case): Promise<Outcome> {
    const { host, port } = this.#target
    const bytes = bytesOf(probe, `${host}:${port}`, (text) => this.#target.bind(text))
    const { method, framing } = probe
    const isEnding = probe.raw !== undefined || framing.kind === 'odd' || method === 'CONNECT'
    return exchange(bytes, { host, port, method, isEnding, timeoutMs: this.#options.timeoutMs ?? TIMEOUT_MS })
  }

  #report({ number, probe }: Case, problem: Problem): void {
    this.findings.push({ seed: this.#options.seed, number, probe, problem })
  }
}

function statusesOf(outcome: Outcome): readonly number[] {
  return outcome.kind === 'answered' ? outcome.answers.map(({ status }) => status) : [0]
}

function differences(before: Tables, after: Tables): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (table) => before.get(table)?.md5 !== after.get(table)?.md5,
  )
}

/** What follows from a change in ways that are told elsewhere: limits, and mails that come and leave. */
const FOLLOWING = new Set(['holdings', 'outbox'])

/** Where the tables differ from before otherwise than by the effect. */
function unaccounted(before: Tables, after: Tables, effect: Effect): string[] {
  const wrong = differences(before, after).filter((table) => !(table in effect) && !FOLLOWING.has(table))
  for (const [table, change] of Object.entries(effect)) {
    const actual = (after.get(table)?.rows ?? 0) - (before.get(table)?.rows ?? 0)
    if (actual !== change) wrong.push(`${table} by ${actual} rows instead of ${change}`)
  }
  return wrong
}
