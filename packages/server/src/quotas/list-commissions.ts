import { sql, type Queryable, type Statement } from '../db/statement.ts'

/** Pending commissions as an operator lists them. Source: administration specification, 1.4. */
export interface CommissionFilter {
  readonly component: string | null
  /** Pending for longer than so many seconds. */
  readonly overdue: number | null
}

export interface ListedCommission {
  /** The serial. */
  readonly id: bigint
  readonly name: string
  readonly component: string
  readonly issue_time: Date
  /** In whole seconds, by the clock of the database. */
  readonly age: bigint
}

const PAGE_SIZE = 1001

/** In the order of issuing, so that the oldest come first. */
export function listCommissions(on: Queryable, filter: CommissionFilter, after: bigint): Promise<ListedCommission[]> {
  const [statement, values] = pageOf(filter)
  return on.query<ListedCommission>(statement, [after, ...values])
}

/** Only what is asked for stands in the statement, so that its plan can use the index that fits. */
function pageOf({ component, overdue }: CommissionFilter): [Statement, unknown[]] {
  const values: unknown[] = []
  let conditions = ''
  if (component !== null) conditions += ` and component = $${1 + values.push(component)}`
  if (overdue !== null)
    conditions += ` and issue_time < now() - $${1 + values.push(overdue)}::float8 * interval '1 second'`
  const text = `
  select serial as id, name, component, issue_time, floor(extract(epoch from now() - issue_time))::bigint as age
    from commissions
   where serial > $1${conditions}
   order by serial
   limit ${PAGE_SIZE}`
  return [sql(text), values]
}
