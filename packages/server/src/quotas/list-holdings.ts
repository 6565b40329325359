import { sql, type Queryable, type Statement } from '../db/statement.ts'

/** Holdings as an operator lists them. Source: administration specification, 1.4. */
export interface HoldingFilter {
  /** What members hold, or what projects do. */
  readonly of: 'users' | 'projects'
  /** Uuid of the member. */
  readonly user: string | null
  /** Uuid of the project that pays, which is the holder of a project's own. */
  readonly source: string | null
  readonly resource: string | null
  readonly isOverLimit: boolean
  readonly usageMin: bigint | null
  readonly usageMax: bigint | null
  readonly limitMin: bigint | null
  readonly limitMax: bigint | null
}

export interface ListedHolding {
  readonly id: bigint
  /** A uuid, of a user or of a project. */
  readonly holder: string
  readonly email?: string
  readonly source: string | null
  readonly resource: string
  readonly limit: bigint
  readonly usage: bigint
  readonly pending: bigint
}

/** A page has at most a thousand, and one row more tells that there is another. A literal, as for projects. */
const PAGE_SIZE = 1001

/** Accepted users alone, one by one (`offset 0`): else a plan may read all of them for each page. X-6: uuids as users know them. */
const OF_USERS = `
  select h.id, u.uuid as holder, u.email, substr(h.source, 9) as source, h.resource, h."limit", h.usage_max as usage,
         h.usage_max - h.usage_min as pending
    from holdings as h
   cross join lateral (
     select uuid, email
       from users
      where uuid = substr(h.holder, 6) and moderated and not is_rejected
     offset 0) as u
   where h.source is not null and h.holder = 'user:' || u.uuid and h.id > $1`

const OF_PROJECTS = `
  select h.id, substr(h.holder, 9) as holder, null as source, h.resource, h."limit", h.usage_max as usage,
         h.usage_max - h.usage_min as pending
    from holdings as h
   where h.source is null and h.holder like 'project:%' and h.id > $1`

/** In the order in which they were made. Only what is asked for stands in the statement, so that its plan can use the index that fits. */
export async function listHoldings(on: Queryable, filter: HoldingFilter, after: bigint): Promise<ListedHolding[]> {
  const [statement, values] = pageOf(filter)
  return on.query<ListedHolding>(statement, [after, ...values])
}

function pageOf({ of, ...filter }: HoldingFilter): [Statement, unknown[]] {
  const values: unknown[] = []
  const conditions: string[] = filter.isOverLimit ? ['h.usage_max > h."limit"'] : []
  const given = (condition: (parameter: string) => string, value: unknown): void => {
    if (value === null) return
    values.push(value)
    conditions.push(condition(`$${1 + values.length}`))
  }
  const project = of === 'users' ? 'h.source' : 'h.holder'
  given((parameter) => `h.holder = 'user:' || ${parameter}`, filter.user)
  given((parameter) => `${project} = 'project:' || ${parameter}`, filter.source)
  given((parameter) => `h.resource = ${parameter}`, filter.resource)
  given((parameter) => `h.usage_max >= ${parameter}`, filter.usageMin)
  given((parameter) => `h.usage_max <= ${parameter}`, filter.usageMax)
  given((parameter) => `h."limit" >= ${parameter}`, filter.limitMin)
  given((parameter) => `h."limit" <= ${parameter}`, filter.limitMax)
  const filters = conditions.map((condition) => ` and ${condition}`).join('')
  return [sql(`${of === 'users' ? OF_USERS : OF_PROJECTS}${filters} order by h.id limit ${PAGE_SIZE}`), values]
}
