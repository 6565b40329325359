import { sql, type Queryable } from '../db/statement.ts'

/** A limit that is not what projects and memberships make of it. */
export interface LimitDifference {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  /** Null: the rules know no such holding. */
  readonly computed: bigint | null
  /** Null: there is no such holding. */
  readonly carried: bigint | null
}

export interface LimitComparison {
  readonly compared: number
  /** There is a holding, with another limit. */
  readonly differ: number
  /** The rules ask for a holding that is not there. */
  readonly missing: number
  /** Of holders, projects or resources that are gone. */
  readonly unexpected: number
  readonly first: readonly LimitDifference[]
}

/** Those of 02 §9.1, as `syncLimits` writes them. */
const COMPARISON = `
  with computed as (
    select 'project:' || p.uuid as holder, null as source, r.name as resource,
           case when p.state = 'active' then q.project_capacity else 0 end as "limit"
      from projects as p
      join project_resources as q on q.project_id = p.id
      join resources as r on r.id = q.resource_id
     where p.state in ('active', 'suspended', 'terminated')
     union all
    select 'user:' || u.uuid, 'project:' || p.uuid, r.name,
           case when p.state = 'active' and m.state in ('accepted', 'leave_requested') then q.member_capacity else 0 end
      from memberships as m
      join users as u on u.id = m.user_id
      join projects as p on p.id = m.project_id
      join project_resources as q on q.project_id = p.id
      join resources as r on r.id = q.resource_id
     where m.initialized and p.state in ('active', 'suspended', 'terminated')
  ), compared as (
    select coalesce(h.holder, c.holder) as holder, coalesce(h.source, c.source) as source,
           coalesce(h.resource, c.resource) as resource, c."limit" as computed, h."limit" as carried
      from computed as c
      full join holdings as h
        on h.holder = c.holder and coalesce(h.source, '') = coalesce(c.source, '') and h.resource = c.resource
  )`

const COUNT = sql(`${COMPARISON}
  select count(*) as compared, count(*) filter (where computed <> carried) as differ,
         count(*) filter (where carried is null) as missing, count(*) filter (where computed is null) as unexpected
    from compared`)

const FIRST = sql(`${COMPARISON}
  select holder, source, resource, computed, carried
    from compared
   where computed is distinct from carried
   order by carried is null, computed is null, holder, source nulls first, resource
   limit 20`)

/** Nothing is mended: somebody may have meant it. Source: quota specification, 9.1. */
export async function compareLimits(tx: Queryable): Promise<LimitComparison> {
  const [counts] = await tx.query<Record<'compared' | 'differ' | 'missing' | 'unexpected', bigint>>(COUNT)
  const first = await tx.query<LimitDifference>(FIRST)
  return {
    compared: Number(counts?.compared),
    differ: Number(counts?.differ),
    missing: Number(counts?.missing),
    unexpected: Number(counts?.unexpected),
    first,
  }
}
