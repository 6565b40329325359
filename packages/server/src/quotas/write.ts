import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Holding, Ledger } from './decide.ts'

/** What a batch decided, as arrays: one statement a table, however many commissions there are. */

const UPDATE_HOLDINGS = sql(`
  update holdings as h
     set usage_min = v.usage_min, usage_max = v.usage_max
    from unnest($1::bigint[], $2::bigint[], $3::bigint[]) as v (id, usage_min, usage_max)
   where h.id = v.id`)

const INSERT_COMMISSIONS = sql(`
  insert into commissions (serial, component, name, issue_time, holdings, quantities)
  select serial, component, name, now(), holdings::bigint[], quantities::bigint[]
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[])
         as v (serial, component, name, holdings, quantities)`)

const DELETE_COMMISSIONS = sql('delete from commissions where serial = any($1::bigint[])')

const INSERT_RESOLUTIONS = sql(`
  insert into resolutions (serial, component, name, issue_time, resolve_time, accepted, reason, holdings, quantities,
                           limits, usage_mins, usage_maxs)
  select serial, component, name, coalesce(issue_time::timestamptz, now()), now(), accepted, reason, holdings::bigint[],
         quantities::bigint[], limits::bigint[], usage_mins::bigint[], usage_maxs::bigint[]
    from unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::text[], $8::text[],
                $9::text[], $10::text[], $11::text[])
         as v (serial, component, name, issue_time, accepted, reason, holdings, quantities, limits, usage_mins, usage_maxs)`)

const STORE_DECISIONS = sql(`
  update idempotency_keys as k
     set status = v.status, body = v.body, serial = v.serial, decided_at = now()
    from unnest($1::text[], $2::text[], $3::integer[], $4::text[], $5::bigint[]) as v (component, key, status, body, serial)
   where k.component = v.component
     and k.key = v.key`)

export interface StoredDecision {
  readonly component: string
  readonly key: string
  readonly status: number
  readonly body: string
  readonly serial: bigint | null
}

/** The statements are sent; the caller sends the COMMIT behind them and waits for all. */
export function write(tx: Queryable, ledger: Ledger, decisions: readonly StoredDecision[]): Promise<unknown>[] {
  const { issued, resolved, ended } = ledger
  const changed = [...ledger.changed]
  const sent: Promise<unknown>[] = []
  if (changed.length > 0) sent.push(tx.query(UPDATE_HOLDINGS, holdingColumns(changed)))
  if (issued.length > 0) {
    sent.push(
      tx.query(INSERT_COMMISSIONS, [
        intArray(issued.map(({ serial }) => serial)),
        issued.map(({ component }) => component),
        issued.map(({ name }) => name),
        issued.map(({ holdings }) => intArray(holdings)),
        issued.map(({ quantities }) => intArray(quantities)),
      ]),
    )
  }
  if (ended.length > 0) sent.push(tx.query(DELETE_COMMISSIONS, [intArray(ended)]))
  if (resolved.length > 0) {
    sent.push(
      tx.query(INSERT_RESOLUTIONS, [
        intArray(resolved.map(({ serial }) => serial)),
        resolved.map(({ component }) => component),
        resolved.map(({ name }) => name),
        resolved.map(({ issueTime }) => issueTime),
        resolved.map(({ accepted }) => accepted),
        resolved.map(({ reason }) => reason),
        resolved.map(({ holdings }) => intArray(holdings)),
        resolved.map(({ quantities }) => intArray(quantities)),
        resolved.map(({ limits }) => intArray(limits)),
        resolved.map(({ usageMins }) => intArray(usageMins)),
        resolved.map(({ usageMaxs }) => intArray(usageMaxs)),
      ]),
    )
  }
  if (decisions.length > 0) {
    sent.push(
      tx.query(STORE_DECISIONS, [
        decisions.map(({ component }) => component),
        decisions.map(({ key }) => key),
        decisions.map(({ status }) => status),
        decisions.map(({ body }) => body),
        decisions.map(({ serial }) => serial),
      ]),
    )
  }
  return sent
}

function holdingColumns(holdings: readonly Holding[]): string[] {
  return [
    intArray(holdings.map(({ id }) => id)),
    intArray(holdings.map(({ usageMin }) => usageMin)),
    intArray(holdings.map(({ usageMax }) => usageMax)),
  ]
}
