import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { chargeAtOnce, PENDING_APPLICATIONS } from './pending-applications.ts'
import { Refused } from './refused.ts'

/**
 * Whether the usage of `astakos.pending_app` is the number of pending applications: each is counted in the system project of
 * its applicant, and nowhere else. Source: administration specification, 1.4; quota specification, 8, I13, and 10.
 */

const HOLDINGS = `
    from holdings as h
   where h.resource = '${PENDING_APPLICATIONS}'
     and ($1::text is null or h.holder = 'user:' || $1 or h.holder = 'project:' || $1)
     and ($2::text is null or coalesce(h.source, h.holder) = 'project:' || $2)`

const COUNT = sql(`select count(*) as holdings ${HOLDINGS}`)

const FIND = sql(`
  with counted as materialized (
    select u.uuid, count(*) as applications
      from applications as a
      join users as u on u.id = a.applicant_id
     where a.state = 'pending'
     group by u.uuid),
  expected as (
    select 'user:' || uuid as holder, 'project:' || uuid as source, applications from counted
     union all
    select 'project:' || uuid, null, applications from counted)
  select h.id, h.holder, h.source, h.usage_max as usage, h.usage_max - h.usage_min as pending,
         coalesce(e.applications, 0) as applications
    from (select h.* ${HOLDINGS}) as h
    left join expected as e on e.holder = h.holder and e.source is not distinct from h.source
   where (h.usage_max <> coalesce(e.applications, 0) or h.usage_min <> h.usage_max)
     and ($3::bigint[] is null or h.id = any($3))
   order by h.id`)

export interface Unsynced {
  readonly id: bigint
  readonly holder: string
  readonly source: string | null
  readonly usage: bigint
  /** Of commissions that somebody has to resolve first: as long as there are any, it is left alone. */
  readonly pending: bigint
  readonly applications: bigint
}

export interface PendingFilter {
  /** Uuid: what the user holds, and what the user's system project does. */
  readonly user: string | null
  /** Uuid: what it holds, and what its members do. */
  readonly project: string | null
}

/** @returns how many holdings are compared, and those that differ. */
export async function comparePending(
  on: Queryable,
  { user, project }: PendingFilter,
): Promise<{ readonly compared: bigint; readonly unsynced: readonly Unsynced[] }> {
  const [row] = await on.query<{ holdings: bigint }>(COUNT, [user, project])
  return {
    compared: row?.holdings ?? 0n,
    unsynced: await on.query<Unsynced>(FIND, [user, project, null]),
  }
}

export interface Correction {
  readonly serial: bigint
  readonly corrected: readonly Unsynced[]
}

/**
 * Corrects the usage by a commission of the differences, which is issued and accepted at once.
 *
 * @returns null: there was nothing to correct any more.
 * @throws {Refused} a limit is in the way, and it is not forced.
 */
export async function correctPending(
  tx: Queryable,
  unsynced: readonly Unsynced[],
  { force }: { readonly force: boolean },
): Promise<Correction | null> {
  const ids = unsynced.filter(({ pending }) => pending === 0n).map(({ id }) => id)
  if (ids.length === 0) return null
  const locked = await lockInOrder(tx, { holdings: ids })
  // Whoever files or decides an application changes these holdings in the same transaction, so now both belong together.
  const found = await tx.query<Unsynced>(FIND, [null, null, intArray(ids)])
  const corrected = found.filter(({ pending }) => pending === 0n)
  if (corrected.length === 0) return null
  const charge = {
    provisions: corrected.map(({ holder, source, usage, applications }) => ({
      holder,
      source,
      resource: PENDING_APPLICATIONS,
      quantity: applications - usage,
    })),
    ids: corrected.map(({ id }) => id),
  }
  const { serial } = await chargeAtOnce(tx, charge, locked, 'reconciliation of pending applications', { force })
  if (serial === null)
    throw new Refused(
      'conflict',
      'Reconciling failed because a limit has been reached. Use --force to ignore the check.',
    )
  return { serial, corrected }
}
