import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Holding, Pending } from './decide.ts'

/**
 * Every transaction that writes holdings takes its locks here, whatever it is about, so that all take them in one order
 * and none waits for another in a circle: project, membership, idempotency keys, commissions by serial, holdings; each
 * sorted. Source: idempotency contract, 5.
 */
export interface Wanted {
  readonly projects?: readonly bigint[]
  readonly memberships?: readonly bigint[]
  readonly keys?: readonly KeyClaim[]
  readonly serials?: readonly bigint[]
  /** By id. Those of the commissions are added. */
  readonly holdings: readonly bigint[]
}

export interface KeyClaim {
  readonly component: string
  readonly key: string
  readonly fingerprint: Buffer
}

export interface Locked {
  /** The keys that are new, and so ours to decide. */
  readonly claimed: readonly { readonly component: string; readonly key: string }[]
  readonly pending: Map<bigint, Pending>
  readonly holdings: Map<bigint, Holding>
}

const LOCK_PROJECTS = sql('select id from projects where id = any($1::bigint[]) order by id for update')
const LOCK_MEMBERSHIPS = sql('select id from memberships where id = any($1::bigint[]) order by id for update')

// Waits for whoever is deciding the same key: committed, and it is in the way; rolled back, and it is ours.
const CLAIM_KEYS = sql(`
  insert into idempotency_keys (component, key, fingerprint)
  select component, key, fingerprint
    from unnest($1::text[], $2::text[], $3::bytea[]) as k (component, key, fingerprint)
   order by component, key
      on conflict do nothing
  returning component, key`)

const LOCK_COMMISSIONS = sql(`
  select serial, component, name, issue_time::text as issue_time, holdings, quantities
    from commissions
   where serial = any($1::bigint[])
   order by serial
     for update`)

const HOLDING = 'id, "limit", usage_min, usage_max'
const LOCK_HOLDINGS = sql(`select ${HOLDING} from holdings where id = any($1::bigint[]) order by id for update`)

const LOCK_HOLDINGS_OF = sql(`
  select ${HOLDING}
    from holdings
   where id = any($1::bigint[] || array(select unnest(holdings) from commissions where serial = any($2::bigint[])))
   order by id
     for update`)

interface HoldingRow {
  id: bigint
  limit: bigint
  usage_min: bigint
  usage_max: bigint
}
interface CommissionRow {
  serial: bigint
  component: string
  name: string
  issue_time: string
  holdings: bigint[]
  quantities: bigint[]
}

/** On a connection with pipelining, all of it is one round trip. */
export async function lockInOrder(tx: Queryable, wanted: Wanted): Promise<Locked> {
  const { projects = [], memberships = [], keys = [], serials = [], holdings } = wanted
  const [, , claimed, commissions, rows] = await settled([
    projects.length > 0 ? tx.query(LOCK_PROJECTS, [intArray(projects)]) : [],
    memberships.length > 0 ? tx.query(LOCK_MEMBERSHIPS, [intArray(memberships)]) : [],
    keys.length > 0 ? claimKeys(tx, keys) : [],
    serials.length > 0 ? tx.query<CommissionRow>(LOCK_COMMISSIONS, [intArray(serials)]) : [],
    serials.length > 0
      ? tx.query<HoldingRow>(LOCK_HOLDINGS_OF, [intArray(holdings), intArray(serials)])
      : tx.query<HoldingRow>(LOCK_HOLDINGS, [intArray(holdings)]),
  ])
  return {
    claimed,
    pending: new Map(
      commissions.map(({ serial, component, name, issue_time, ...arrays }) => [
        serial,
        { serial, component, name, issueTime: issue_time, ...arrays },
      ]),
    ),
    holdings: new Map(
      rows.map(({ id, limit, usage_min, usage_max }) => [id, { id, limit, usageMin: usage_min, usageMax: usage_max }]),
    ),
  }
}

function claimKeys(tx: Queryable, keys: readonly KeyClaim[]): Promise<{ component: string; key: string }[]> {
  return tx.query(CLAIM_KEYS, [
    keys.map(({ component }) => component),
    keys.map(({ key }) => key),
    keys.map(({ fingerprint }) => fingerprint),
  ])
}

/**
 * Waits for all of them, and throws what the first one failed with: those behind it fail only because of it, and nobody
 * would listen to them.
 */
export async function settled<T extends readonly unknown[]>(
  statements: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(statements)
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  }) as { -readonly [K in keyof T]: Awaited<T[K]> }
}
