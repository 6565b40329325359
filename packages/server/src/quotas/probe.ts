import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { HoldingIds } from './holding-ids.ts'
import { settled } from './lock.ts'
import { holdingsOf, serialsOf } from './named.ts'
import type { EngineRequest } from './requests.ts'

const BEGIN = sql('begin')
const ROLLBACK = sql('rollback')

const HOLDINGS_OF = sql('select serial, holdings from commissions where serial = any($1::bigint[])')

const FREE_COMMISSIONS = sql(
  'select serial from commissions where serial = any($1::bigint[]) order by serial for update skip locked',
)

const FREE_HOLDINGS = sql(`
  select id
    from holdings
   where id = any($1::bigint[] || array(select unnest(holdings) from commissions where serial = any($2::bigint[])))
   order by id
     for update skip locked`)

/**
 * Which requests would have to wait for a row that another transaction holds now. It looks without waiting, and lets go
 * of everything at once. Keys of issues can't be looked at like that: a row that is only just being made shows nothing.
 */
export async function findBlocked(
  tx: Queryable,
  ids: HoldingIds,
  requests: readonly EngineRequest[],
): Promise<Set<EngineRequest>> {
  const serials = [...new Set(requests.flatMap(serialsOf))]
  const named = await ids.find(tx, requests)
  const holdings = [...new Set(requests.flatMap((request) => holdingsOf(request, named)))]
  const [, commissions, freeCommissions, freeHoldings] = await settled([
    tx.query(BEGIN),
    tx.query<{ serial: bigint; holdings: bigint[] }>(HOLDINGS_OF, [intArray(serials)]),
    tx.query<{ serial: bigint }>(FREE_COMMISSIONS, [intArray(serials)]),
    tx.query<{ id: bigint }>(FREE_HOLDINGS, [intArray(holdings), intArray(serials)]),
    tx.query(ROLLBACK),
  ])
  const ofCommission = new Map(commissions.map(({ serial, holdings }) => [serial, holdings]))
  const freeSerials = new Set(freeCommissions.map(({ serial }) => serial))
  const free = new Set(freeHoldings.map(({ id }) => id))
  return new Set(
    requests.filter(
      (request) =>
        holdingsOf(request, named).some((id) => !free.has(id)) ||
        serialsOf(request).some((serial) => {
          const its = ofCommission.get(serial)
          return its !== undefined && (!freeSerials.has(serial) || its.some((id) => !free.has(id)))
        }),
    ),
  )
}
