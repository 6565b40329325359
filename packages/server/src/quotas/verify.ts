import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'

/** Whether limits are what the rules say. Source: quota specification, 8, I7, and 9.1. */

/** Every holding that there should be. Members' after their projects'. */
export const EXPECTED = `
  select 'project:' || p.uuid as holder, null as source, r.name as resource, p.id as project_id,
         case when p.state = 'active' then q.project_capacity else 0 end as computed
    from projects as p
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where p.state in ('active', 'suspended', 'terminated')
   union all
  select 'user:' || u.uuid, 'project:' || p.uuid, r.name, p.id,
         case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity else 0 end
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id
    join project_resources as q on q.project_id = p.id
    join resources as r on r.id = q.resource_id
   where m.initialized and p.state in ('active', 'suspended', 'terminated')`

/** For an outer join, which needs equality: an empty source is another one than none. */
export const sameKey = (one: string, other: string): string =>
  `${one}.holder = ${other}.holder and ${one}.resource = ${other}.resource
   and coalesce('=' || ${one}.source, '') = coalesce('=' || ${other}.source, '')`

/** Those that are not as they should be. Parameter 1: also those that correspond to nothing. */
const WRONG = `
  with wrong as materialized (
    select coalesce(h.holder, e.holder) as holder, coalesce(h.source, e.source) as source,
           coalesce(h.resource, e.resource) as resource, e.computed, h."limit" as stored, h.id, e.project_id
      from (${EXPECTED}) as e
      full join holdings as h on ${sameKey('e', 'h')}
     where e.computed is distinct from h."limit" and (e.computed is not null or $1::boolean))`

const VERIFY = sql(`${WRONG},
  counted as (select count(*) as inconsistencies, (select count(*) from holdings) as compared from wrong),
  listed as (select * from wrong order by holder, source nulls first, resource limit $2)
  select c.compared, c.inconsistencies, l.holder, l.source, l.resource, l.computed, l.stored
    from counted as c
    left join listed as l on true
   order by l.holder, l.source nulls first, l.resource`)

export interface Inconsistency {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  /** Null: it corresponds to nothing. */
  readonly computed: bigint | null
  /** Null: it is missing. */
  readonly stored: bigint | null
}

export interface Verified {
  /** Holdings that there are. */
  readonly compared: bigint
  readonly inconsistencies: bigint
  /** The first of them. */
  readonly items: readonly Inconsistency[]
}

/** One statement, which sees everything as of one moment. */
export async function verifyLimits(
  on: Queryable,
  { unexpected, limit }: { readonly unexpected: boolean; readonly limit: number },
): Promise<Verified> {
  type Row = Omit<Inconsistency, 'holder'> & Omit<Verified, 'items'> & { readonly holder: string | null }
  const rows = await on.query<Row>(VERIFY, [unexpected, limit])
  const [{ compared, inconsistencies }] = rows as [Row]
  const items = rows.flatMap(({ holder, source, resource, computed, stored }) =>
    holder === null ? [] : [{ holder, source, resource, computed, stored }],
  )
  return { compared, inconsistencies, items }
}

const SUSPECTS = sql(`${WRONG}
  select count(*) as total, coalesce(array_agg(distinct project_id) filter (where project_id is not null), '{}') as projects,
         coalesce(array_agg(id) filter (where project_id is null), '{}') as unexpected
    from wrong`)

export interface Suspects {
  /** Holdings that are not as they should be. */
  readonly total: bigint
  /** Ids of projects with a limit that is not right, their own or a member's. */
  readonly projects: readonly bigint[]
  /** Ids of holdings that correspond to nothing. */
  readonly unexpected: readonly bigint[]
}

export async function findSuspects(on: Queryable, unexpected: boolean): Promise<Suspects> {
  const [row] = await on.query<Suspects>(SUSPECTS, [unexpected])
  return row as Suspects
}

/** Of few projects, so each is looked up by its key. */
const WRONG_OF = sql(`
  select e.holder, e.source, e.resource, e.computed, h."limit" as stored, count(*) over () as total,
         count(*) filter (where h."limit" is null) over () as missing
    from (select * from (${EXPECTED}) as e where e.project_id = any($1::bigint[])) as e
    left join lateral (
      select h."limit"
        from holdings as h
       where h.holder = e.holder and h.source = e.source and h.resource = e.resource
       union all
      select h."limit"
        from holdings as h
       where e.source is null and h.holder = e.holder and h.source is null and h.resource = e.resource) as h on true
   where e.computed is distinct from h."limit"
   order by e.holder, e.source nulls first, e.resource
   limit $2`)

export interface Wrong {
  readonly total: bigint
  /** Among them, holdings that are not there. */
  readonly missing: bigint
  /** The first of them. */
  readonly items: readonly Inconsistency[]
}

/** Of locked projects, where nothing changes meanwhile. */
export async function wrongLimitsOf(tx: Queryable, projects: readonly bigint[], limit: number): Promise<Wrong> {
  const rows = await tx.query<Inconsistency & Omit<Wrong, 'items'>>(WRONG_OF, [intArray(projects), limit])
  const items = rows.map(({ holder, source, resource, computed, stored }) => ({
    holder,
    source,
    resource,
    computed,
    stored,
  }))
  const [first] = rows
  return { total: first?.total ?? 0n, missing: first?.missing ?? 0n, items }
}
