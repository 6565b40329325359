import { sql } from '../db/statement.ts'
import { BrokenRow } from './broken.ts'
import { copy, refuseAny, type Import } from './copy.ts'
import { insertInto } from './target.ts'

/** Holdings, pending commissions and how former ones ended. Source: database specification, `quotaholder_app_…`. */

const HOLDINGS = insertInto('holdings', {
  id: 'bigint',
  holder: 'text',
  source: 'text',
  resource: 'text',
  '"limit"': 'bigint',
  usage_min: 'bigint',
  usage_max: 'bigint',
})

interface Holding {
  readonly id: number
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  readonly limit: bigint
  readonly usage_min: bigint
  readonly usage_max: bigint
}

/** As they are, also of holders that are gone: what the rules say is compared later. */
export async function copyHoldings(to: Import): Promise<void> {
  await copy<Holding, typeof HOLDINGS.columns>(to, {
    what: 'holdings',
    from: 'quotaholder_app_holding',
    select: `
      select id, holder, source, resource, "limit", usage_min, usage_max from quotaholder_app_holding order by id`,
    into: HOLDINGS,
    row: ({ limit, ...row }) => ({ ...row, '"limit"': limit }),
  })
}

const COMMISSIONS = insertInto('commissions', {
  serial: 'bigint',
  component: 'text',
  name: 'text',
  issue_time: 'timestamptz',
  holdings: 'bigint[]',
  quantities: 'bigint[]',
})

interface Commission {
  readonly id: number
  readonly name: string
  readonly clientkey: string
  readonly issued: string
  readonly provisions: readonly (string | null)[]
  readonly holdings: readonly (string | null)[]
  readonly quantities: readonly (string | null)[]
}

const SAME_HOLDING = `
  h.holder = p.holder and h.resource = p.resource and (h.source = p.source or (h.source is null and p.source is null))`

export async function copyCommissions(to: Import): Promise<void> {
  await refuseAny(
    to,
    'quotaholder_app_provision',
    `select p.id
       from quotaholder_app_provision as p
       left join quotaholder_app_commission as c on c.serial = p.serial_id
      where c.serial is null`,
    'serial_id: names a row that is not there',
  )
  await refuseAny(
    to,
    'quotaholder_app_provision',
    `select p.id
       from quotaholder_app_provision as p
       left join quotaholder_app_holding as h on ${SAME_HOLDING}
      where h.id is null`,
    'holder, source, resource: name no holding',
  )
  await copy<Commission, typeof COMMISSIONS.columns>(to, {
    what: 'pending commissions',
    from: 'quotaholder_app_commission',
    select: `
      select c.serial as id, c.name, c.clientkey, c.issue_datetime::text as issued,
             array_agg(h.id::text order by p.id) as holdings, array_agg(p.quantity::text order by p.id) as quantities
        from quotaholder_app_commission as c
        left join quotaholder_app_provision as p on p.serial_id = c.serial
        left join quotaholder_app_holding as h on ${SAME_HOLDING}
       group by c.serial, c.name, c.clientkey, c.issue_datetime
       order by c.serial`,
    into: COMMISSIONS,
    row({ id, name, clientkey, issued, ...row }) {
      // Of one without provisions there is a null.
      const [holdings, quantities] = [row.holdings, row.quantities].map((list) => list.filter((item) => item !== null))
      if (new Set(holdings).size !== holdings?.length)
        throw new RangeError('serial: two of its provisions are of the same holding')
      return {
        serial: id,
        component: clientkey,
        name,
        issue_time: issued,
        holdings: `{${holdings.join(',')}}`,
        quantities: `{${quantities?.join(',')}}`,
      }
    },
  })
  await checkPending(to)
}

const PENDING = `
  select h.id, h.usage_max - h.usage_min as held, coalesce(p.pending, 0) as pending
    from holdings as h
    left join (
      select q.holding, sum(abs(q.quantity::numeric)) as pending
        from commissions as c cross join lateral unnest(c.holdings, c.quantities) as q (holding, quantity)
       group by q.holding) as p on p.holding = h.id`
const NOT_HELD = sql(`select id from (${PENDING}) as p where pending > held order by id limit 1`)
const NOT_EXPLAINED = sql(`select count(*) as rows from (${PENDING}) as p where pending < held`)

/** Whatever is pending can be accepted and rejected (I2, I10). */
async function checkPending({ target, source, notes }: Import): Promise<void> {
  const [broken] = await target.tx.query<{ id: bigint }>(NOT_HELD)
  if (broken)
    throw new BrokenRow(
      'quotaholder_app_holding',
      broken.id,
      'usage_min, usage_max: its pending provisions are more than their difference',
    )
  const [stray] = await target.tx.query<{ rows: bigint }>(NOT_EXPLAINED)
  if (stray && stray.rows > 0n)
    notes.steps.push(`${stray.rows} holdings have pending usage that no commission explains; it was carried as it is`)
  const lost = await source.count(
    'quotaholder_app_commission',
    'not exists (select 1 from im_component as c where c.name = clientkey)',
  )
  if (lost > 0)
    notes.steps.push(
      `${lost} pending commissions are of components that are not there any more: nobody can end them but an operator`,
    )
}
