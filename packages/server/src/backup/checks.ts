import type pg from 'pg'
import { EXPECTED, sameKey } from '../quotas/verify.ts'

/** What holds in a database in order: how many there are, and how many are in order. */
export interface Check {
  readonly what: string
  readonly all: bigint
  readonly good: bigint
}

/** Between best and worst usage of a holding lies what is pending on it. Source: quota specification, 2. */
const PENDING = `
  select count(*) as all,
         count(*) filter (where 0 <= h.usage_min and h.usage_max - h.usage_min = coalesce(p.pending, 0)) as good
    from holdings as h
    left join (select v.holding, sum(abs(v.quantity)) as pending
                 from commissions as c
                cross join lateral unnest(c.holdings, c.quantities) as v (holding, quantity)
                group by v.holding) as p on p.holding = h.id`

/** Source: quota specification, 9.1. */
const LIMITS = `
  select count(*) as all, count(*) filter (where h."limit" = e.computed) as good
    from (${EXPECTED}) as e
    left join holdings as h on ${sameKey('e', 'h')}`

/** Every number that was given out is behind its sequence. */
const SERIALS = `
  select count(*) as all, count(*) filter (where serial <= (select last_value from serials)) as good
    from (select serial from commissions union all select serial from resolutions) as s`

export async function checksOf(client: pg.Client): Promise<Check[]> {
  const checks: Check[] = []
  for (const [what, text] of [
    ['holdings in order', PENDING],
    ['limits as the rules say', LIMITS],
    ['serials behind their sequence', SERIALS],
  ] as const) {
    // oxlint-disable-next-line no-await-in-loop -- one connection
    const { rows } = await client.query<{ all: bigint; good: bigint }>(text)
    for (const { all, good } of rows) checks.push({ what, all, good })
  }
  return checks
}
