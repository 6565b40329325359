import type pg from 'pg'
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
    const run = async (statement: Statement, values: readonly unknown[]): Promise<unknown[]> => {
      const { name, text } = statement
      const execution = (executions.get(name) ?? 0) + 1
      executions.set(name, execution)
      if (Number.isInteger(Math.log2(execution)))
        plans.push({ statement: text, execution, steps: stepsOf(await this.#explain(statement, values as Values)) })
      return (await this.#client.query({ text, values: values as unknown[] })).rows as unknown[]
    }
    // One after the other, also where they are sent together.
    let last: Promise<unknown> = this.#client.query('begin')
    try {
      await body({
        query: <Row>(statement: Statement, values: readonly unknown[] = []) => {
          const rows = last.then(() => run(statement, values))
          last = rows.catch(() => undefined)
          return rows as Promise<Row[]>
        },
      })
    } finally {
      await last
      await this.#client.query('rollback')
    }
    return plans
  }

  end(): Promise<void> {
    return this.#client.end()
  }

  /** It runs, and is taken back: what writes can not do so twice. */
  async #explain({ name, text }: Statement, values: Values): Promise<Step> {
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

  #literal(value: Value | readonly Value[]): string {
    if (value === null) return 'null'
    return this.#client.escapeLiteral(isList(value) ? `{${value.map(element).join(',')}}` : String(value))
  }
}

type Value = string | number | bigint | boolean | null
type Values = readonly (Value | readonly Value[])[]

function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value)
}

function element(value: Value): string {
  return value === null ? 'null' : JSON.stringify(String(value))
}

function stepsOf(step: Step): Step[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)]
}

/** All others are small, and stay so. */
const LARGE_TABLES: ReadonlySet<string | undefined> = new Set([
  'application_resources',
  'applications',
  'holdings',
  'membership_log',
  'memberships',
  'project_log',
  'project_resources',
  'projects',
  'users',
])

/** Which of the large tables are read from one end to the other, and by which statement. */
export function sequentialScans(plans: readonly Plan[]): string[] {
  return plans.flatMap(({ statement, steps }) =>
    steps
      .filter((step) => step['Node Type'] === 'Seq Scan' && LARGE_TABLES.has(step['Relation Name']))
      .map((step) => `${step['Relation Name']}: ${statement}`),
  )
}

/** Rows of large tables that the most expensive of the statements has looked at, whether they were of use or not. */
export function rowsRead(plans: readonly Plan[]): number {
  return Math.max(0, ...plans.map(({ steps }) => steps.reduce((rows, step) => rows + rowsOf(step), 0)))
}

function rowsOf(step: Step): number {
  if (!step['Node Type'].endsWith('Scan')) return 0
  if (!LARGE_TABLES.has(step['Relation Name']) && step['Node Type'] !== 'Bitmap Index Scan') return 0
  const removed = (step['Rows Removed by Filter'] ?? 0) + (step['Rows Removed by Index Recheck'] ?? 0)
  return Math.round((step['Actual Rows'] + removed) * step['Actual Loops'])
}
