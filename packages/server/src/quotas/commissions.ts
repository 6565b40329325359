import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'
import { timeOf } from '../db/time.ts'

/** A commission as it is answered. Source: quota specification, 5.3; idempotency contract, 9. */
export interface CommissionDocument {
  readonly serial: bigint
  readonly issue_time: string
  readonly name: string
  readonly provisions: readonly {
    readonly holder: string
    readonly source: string | null
    readonly resource: string
    readonly quantity: bigint
  }[]
}

export interface ResolvedDocument extends CommissionDocument {
  readonly state: 'pending' | 'accepted' | 'rejected'
  readonly resolve_time: string | null
  readonly reason: string | null
}

const PENDING = sql('select serial from commissions where component = $1 order by serial')

const COLUMNS = `
  c.serial, c.name, extract(epoch from c.issue_time)::text as issued,
  array(select json_build_array(h.holder, h.source, h.resource, p.quantity::text)
          from unnest(c.holdings, c.quantities) with ordinality as p (holding, quantity, n)
          join holdings as h on h.id = p.holding
         order by p.n) as provisions`

const ONE_PENDING = sql(`select ${COLUMNS} from commissions as c where c.serial = $1 and c.component = $2`)

const ONE_RESOLVED = sql(`
  select ${COLUMNS}, c.accepted, c.reason, extract(epoch from c.resolve_time)::text as resolved
    from resolutions as c
   where c.serial = $1 and c.component = $2`)

interface Row {
  serial: bigint
  name: string
  issued: string
  provisions: [string, string | null, string, string][]
}

export async function pendingSerials(on: Queryable, component: string): Promise<bigint[]> {
  return (await on.query<{ serial: bigint }>(PENDING, [component])).map(({ serial }) => serial)
}

const ANYBODYS = sql(`select ${COLUMNS}, c.component from commissions as c where c.serial = $1`)

/** Whoever issued it; null unless it is pending. */
export async function anybodysCommission(
  on: Queryable,
  serial: bigint,
): Promise<(CommissionDocument & { readonly component: string }) | null> {
  const [row] = await on.query<Row & { component: string }>(ANYBODYS, [serial])
  return row ? { ...documentOf(row), component: row.component } : null
}

/** Null unless it is pending, and the component's own. */
export async function pendingCommission(
  on: Queryable,
  component: string,
  serial: bigint,
): Promise<CommissionDocument | null> {
  const [row] = await on.query<Row>(ONE_PENDING, [serial, component])
  return row ? documentOf(row) : null
}

/** Also after it ended, with how. */
export async function anyCommission(
  on: Queryable,
  component: string,
  serial: bigint,
): Promise<ResolvedDocument | null> {
  const pending = await pendingCommission(on, component, serial)
  if (pending) return { ...pending, state: 'pending', resolve_time: null, reason: null }
  // It may have ended since, but a serial does not come back.
  const [row] = await on.query<Row & { accepted: boolean; reason: string; resolved: string }>(ONE_RESOLVED, [
    serial,
    component,
  ])
  if (!row) return null
  return {
    ...documentOf(row),
    state: row.accepted ? 'accepted' : 'rejected',
    resolve_time: timeOf(row.resolved),
    reason: row.reason,
  }
}

function documentOf({ serial, name, issued, provisions }: Row): CommissionDocument {
  return {
    serial,
    issue_time: timeOf(issued),
    name,
    provisions: provisions.map(([holder, source, resource, quantity]) => ({
      holder,
      source,
      resource,
      quantity: BigInt(quantity),
    })),
  }
}
