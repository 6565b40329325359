import { sql, type Queryable } from '../db/statement.ts'
import { EXPECTED, sameKey } from '../quotas/verify.ts'

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

const COMPARISON = `
  with compared as (
    select coalesce(h.holder, e.holder) as holder, coalesce(h.source, e.source) as source,
           coalesce(h.resource, e.resource) as resource, e.computed, h."limit" as carried
      from (${EXPECTED}) as e
      full join holdings as h on ${sameKey('e', 'h')}
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
