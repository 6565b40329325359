import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { syncLimits } from '../projects/sync.ts'
import { lockInOrder } from './lock.ts'
import { EXPECTED, sameKey, wrongLimitsOf, type Inconsistency } from './verify.ts'

/**
 * What nobody has used and nobody tells of: pending commissions and the provision log name holdings by their ids. The
 * holdings are locked, so no commission that names one is on its way, and what has come meanwhile is seen here.
 */
const DELETE_UNEXPECTED = sql(`
  delete from holdings as h
   where h.id = any($1::bigint[])
     and h.usage_min = 0
     and h.usage_max = 0
     and not exists (select from commissions as c cross join lateral unnest(c.holdings) as n (id) where n.id = h.id)
     and not exists (select from resolutions as r cross join lateral unnest(r.holdings) as n (id) where n.id = h.id)
     and not exists (select from (${EXPECTED}) as e where ${sameKey('e', 'h')})
  returning h.holder, h.source, h.resource, null::bigint as computed, h."limit" as stored`)

export interface Fixed {
  /** Limits that were wrong. */
  readonly changed: bigint
  /** Holdings that were missing. */
  readonly created: bigint
  /** Holdings that corresponded to nothing. */
  readonly deleted: bigint
  /** Those that correspond to nothing, but have usage or are told of. */
  readonly kept: bigint
  /** As they were, no more than was asked for. */
  readonly items: readonly Inconsistency[]
}

/**
 * Limits of these projects and of their members become what the rules say, where they are not. Usage is never touched.
 * Source: administration specification, 1.4.
 */
export async function fixLimitsOf(tx: Queryable, projects: readonly bigint[], itemsMax: number): Promise<Fixed> {
  await lockInOrder(tx, { projects })
  // Under the locks: what somebody has put right meanwhile is not counted.
  const { total, missing, items } = await wrongLimitsOf(tx, projects, itemsMax)
  if (total > 0n) await syncLimits(tx, { projects })
  return { changed: total - missing, created: missing, deleted: 0n, kept: 0n, items }
}

/** Of holdings that correspond to nothing, those that nothing tells of go. */
export async function deleteUnexpected(tx: Queryable, ids: readonly bigint[], itemsMax: number): Promise<Fixed> {
  await lockInOrder(tx, { holdings: ids })
  const deleted = await tx.query<Inconsistency>(DELETE_UNEXPECTED, [intArray(ids)])
  return {
    changed: 0n,
    created: 0n,
    deleted: BigInt(deleted.length),
    kept: BigInt(ids.length - deleted.length),
    items: deleted.slice(0, itemsMax),
  }
}
