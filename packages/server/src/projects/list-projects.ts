import { sql, type Queryable, type Statement } from '../db/statement.ts'
import { DEACTIVATED, STATUS } from './display.ts'

/** Projects as an operator lists them. Source: administration specification, 1.5. */
export interface ListFilter {
  /** With a pending application: that asks for a new project, or for a change of one. */
  readonly pending: 'new' | 'modified' | 'any' | null
  /** Deleted and terminated ones, too. */
  readonly withDeleted: boolean
  readonly withSystem: boolean
  readonly name: string | null
  /** A uuid, or an address. */
  readonly owner: string | null
}

export interface ListedProject {
  /** Its place in the list; nobody else knows it. */
  readonly id: bigint
  readonly uuid: string
  readonly name: string
  /** An address. */
  readonly owner: string | null
  readonly status: string
  readonly pending_app: bigint | null
  readonly description: string
  readonly end_date: Date
  readonly creation_date: Date
  readonly deactivation_date: Date | null
}

/** A page has at most a thousand, and one more tells that there is another page. */
const PAGE_SIZE = 1001

/** In the order in which they were made. */
export function listProjects(on: Queryable, filter: ListFilter, after: bigint): Promise<ListedProject[]> {
  const [statement, values] = pageOf(filter)
  return on.query<ListedProject>(statement, [after, ...values])
}

/**
 * Only what is asked for stands in the statement, so that its plan can use the index that fits; what belongs to a page is
 * looked up one by one (`offset 0`): else a plan may read whole tables for each.
 */
function pageOf({ pending, withDeleted, withSystem, name, owner }: ListFilter): [Statement, unknown[]] {
  const values: unknown[] = []
  const [from, id] =
    pending === null
      ? ['projects as p', 'p.id']
      : [
          'applications as a cross join lateral (select * from projects where id = a.project_id offset 0) as p',
          'a.project_id',
        ]
  const conditions = [`${id} > $1`]
  if (pending !== null) conditions.push("a.state = 'pending'")
  if (pending === 'new') conditions.push("p.state = 'uninitialized'")
  if (pending === 'modified') conditions.push("p.state <> 'uninitialized'")
  if (!withDeleted) conditions.push("p.state in ('uninitialized', 'active', 'suspended')")
  if (!withSystem) conditions.push('not p.is_system')
  if (name !== null) conditions.push(`p.realname = $${1 + values.push(name)}`)
  if (owner !== null) {
    const user = owner.includes('@') ? 'username = lower' : 'uuid = '
    conditions.push(`p.owner_id = (select id from users where ${user}($${1 + values.push(owner)}))`)
  }
  const text = `
  with page as materialized (
    select ${id} as id
      from ${from}
     where ${conditions.join(' and ')}
     order by ${id}
     limit ${PAGE_SIZE})
  select p.id, p.uuid, p.realname as name, o.email as owner, ${STATUS} as status,
         case when a.state = 'pending' then a.id end as pending_app, p.description, p.end_date, p.creation_date,
         ${DEACTIVATED} as deactivation_date
    from page
   cross join lateral (select * from projects where id = page.id offset 0) as p
    left join lateral (select email from users where id = p.owner_id offset 0) as o on true
    left join lateral (select id, state from applications where id = p.last_application_id offset 0) as a on true
   order by page.id`
  return [sql(text), values]
}
