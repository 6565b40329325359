import pg from 'pg'
import { createClient } from '../../src/db/connect.ts'
import type { Queryable, Statement } from '../../src/db/statement.ts'
import type { Connection } from './postgres.ts'

/** How PostgreSQL runs a statement; of what it writes about each step, what tells here. */
export interface Step {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Step[]
}

export interface Plan {
  readonly statement: string
  /** Which of its executions this was, from 1. */
  readonly execution: number
  readonly steps: readonly Step[]
}

/**
 * Runs statements as the service does, on one connection, and tells how PostgreSQL does: of each statement the first
 * execution, the second, the fourth and so on, since pages are many.
 */
export class Explained {
  readonly #client: pg.Client
  readonly #prepared = new Set<string>()

  private constructor(client: pg.Client) {
    this.#client = client
  }

  /** @param planning as `plan_cache_mode` takes it: what is prepared is planned once, or for each execution. */
  static async on(connection: Connection, planning: 'force_generic_plan' | 'force_custom_plan'): Promise<Explained> {
    const client = createClient(connection, { pipeline: false, lockTimeoutMs: 5000 })
    await client.connect()
    await client.query(`set plan_cache_mode = ${planning}`)
    return new Explained(client)
  }

  /** Whatever the body does is taken back. */
  async plansOf(body: (on: Queryable) => Promise<unknown>): Promise<Plan[]> {
    const plans: Plan[] = []
    const executions = new Map<string, number>()
    await this.#client.query('begin')
    try {
      await body({
        query: async <Row>({ name, text }: Statement, values: readonly unknown[] = []) => {
          const execution = (executions.get(name) ?? 0) + 1
          executions.set(name, execution)
          if (Number.isInteger(Math.log2(execution)))
            plans.push({ statement: text, execution, steps: stepsOf(await this.#explain({ name, text }, values)) })
          return (await this.#client.query({ text, values: values as unknown[] })).rows as Row[]
        },
      })
    } finally {
      await this.#client.query('rollback')
    }
    return plans
  }

  end(): Promise<void> {
    return this.#client.end()
  }

  /** It runs, and is taken back: what writes can not do so twice. */
  async #explain({ name, text }: Statement, values: readonly unknown[]): Promise<Step> {
    if (!this.#prepared.has(name)) await this.#client.query(`prepare "${name}" as ${text}`)
    this.#prepared.add(name)
    const given = values.length === 0 ? '' : `(${values.map((value) => this.#literal(value)).join(', ')})`
    await this.#client.query('savepoint explained')
    const { rows } = await this.#client.query<{ 'QUERY PLAN': [{ Plan: Step }] }>(
      `explain (analyze, timing off, format json) execute "${name}"${given}`,
    )
    await this.#client.query('rollback to savepoint explained')
    return (rows[0] as { 'QUERY PLAN': [{ Plan: Step }] })['QUERY PLAN'][0].Plan
  }

  #literal(value: unknown): string {
    if (value === null || value === undefined) return 'null'
    return this.#client.escapeLiteral(Array.isArray(value) ? `{${value.map(element).join(',')}}` : String(value))
  }
}

function element(value: unknown): string {
  return value === null || value === undefined ? 'null' : JSON.stringify(String(value))
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)]
}
