import { sql, type Queryable } from '../../packages/server/src/db/statement.ts'

/**
 * Quota specification, 8, in one statement: it sees one committed state, so it may be asked while others write. Nothing
 * of the service's own reading is used.
 */
const BROKEN = sql(`
  with pending as (
    select c.serial, p.holding, p.quantity::numeric as quantity
      from commissions as c
     cross join unnest(c.holdings, c.quantities) as p (holding, quantity)
  ), accepted as (
    select p.holding, sum(p.quantity::numeric) as quantity
      from resolutions as r
     cross join unnest(r.holdings, r.quantities) as p (holding, quantity)
     where r.accepted
     group by p.holding
  ), logged as (
    select r.serial, p.*
      from resolutions as r
     cross join unnest(r.holdings, r.quantities, r.limits, r.usage_mins, r.usage_maxs)
             as p (holding, quantity, "limit", usage_min, usage_max)
  ), sums as (
    select h.*,
           coalesce(a.quantity, 0) as accepted,
           (select coalesce(sum(quantity), 0) from pending where holding = h.id and quantity >= 0) as imports,
           (select coalesce(-sum(quantity), 0) from pending where holding = h.id and quantity < 0) as releases
      from holdings as h
      left join accepted as a on a.holding = h.id
  ), effects as (
    select component, name, serial from commissions
     union all
    select component, name, serial from resolutions
  )
  select 'I1' as rule, id::text || ': ' || usage_min || ' … ' || usage_max as what
    from holdings
   where not (0 <= usage_min and usage_min <= usage_max)
   union all
  select 'I2', id || ': ' || usage_min || ' … ' || usage_max || ', pending ' || (imports + releases)
    from sums
   where usage_max::numeric - usage_min::numeric <> imports + releases
   union all
  select 'I3', id || ': ' || usage_min || ' … ' || usage_max || ', accepted ' || accepted || ', imports ' || imports || ', releases ' || releases
    from sums
   where accepted <> usage_min + releases or accepted <> usage_max - imports
   union all
  select 'I10', serial || ': ' || quantity || ' of ' || holding || ' is more than is pending'
    from pending
    join holdings as h on h.id = holding
   where abs(quantity) > usage_max::numeric - usage_min::numeric
   union all
  select 'I10', serial || ' charges ' || holding || ', which is gone'
    from pending
   where not exists (select from holdings where id = holding)
   union all
  select 'I12', serial || ' charges ' || holding || ' twice'
    from (select serial, holding from pending union all select serial, holding from logged) as p
   group by serial, holding
  having count(*) > 1
   union all
  select 'I14', id || ': ' || accepted || ' was accepted'
    from sums
   where accepted not between 0 and 9223372036854775807
   union all
  select 'log', serial || ' left ' || holding || ' at ' || usage_min || ' … ' || usage_max
    from logged
   where not (0 <= usage_min and usage_min <= usage_max)
   union all
  select 'serial', c.serial || ' is pending and has ended' from commissions as c join resolutions as r using (serial)
   union all
  select 'serial', serial || ' was not drawn' from effects where serial > (select last_value from serials)
   union all
  select 'key', k.component || ' ' || k.key || ' has no decision' from idempotency_keys as k where k.status is null
   union all
  select 'key', k.component || ' ' || k.key || ' has no effect: ' || coalesce(k.serial::text, 'no serial')
    from idempotency_keys as k
   where k.status = 201
     and not exists (select from effects as e
                      where e.serial = k.serial and e.component = k.component and e.name = 'keyed ' || k.key)
   union all
  select 'key', k.component || ' ' || k.key || ' does not say its serial: ' || k.body
    from idempotency_keys as k
   where k.status = 201 and k.body::json ->> 'serial' is distinct from k.serial::text
   union all
  select 'key', k.component || ' ' || k.key || ' was decided by ' || k.status
    from idempotency_keys as k
   where k.status not in (201, 400, 404, 413) or (k.status <> 201 and k.serial is not null)
   union all
  select 'key', e.component || ' ' || e.name || ' of ' || e.serial || ' has no key'
    from effects as e
   where e.name like 'keyed %'
     and not exists (select from idempotency_keys as k
                      where k.component = e.component and 'keyed ' || k.key = e.name and k.serial = e.serial)`)

/** @returns a line for each thing that is wrong. */
export async function brokenInvariants(on: Queryable): Promise<string[]> {
  const rows = await on.query<{ rule: string; what: string }>(BROKEN)
  return rows.map(({ rule, what }) => `${rule}: ${what}`)
}
