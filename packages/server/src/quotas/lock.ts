import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Holding, Pending } from './decide.ts'

/**
 * Every transaction that writes holdings takes its locks here, whatever it is about, so that all take them in one order
 * and none waits for another in a circle: the registry, projects, memberships, users, idempotency keys, commissions by
 * serial, holdings; each sorted. A transaction may come several times, as it learns what it needs, if it goes on in that
 * order. Source: idempotency contract, 5; overview, 12.
 */
export interface Wanted {
  /** Which names are reserved and which resources there are: for whoever makes a project active. */
  readonly registry?: boolean
  readonly projects?: readonly bigint[]
  readonly memberships?: readonly bigint[]
  /** They stay as they are; whoever changes one locks it at this place, too. */
  readonly users?: readonly bigint[]
  readonly keys?: readonly KeyClaim[]
  readonly serials?: readonly bigint[]
  /** By id. Those of the commissions are added. */
  readonly holdings?: readonly bigint[]
  /** All holdings whose limits follow from these; they are locked, not read. */
  readonly limitsOf?: Changed
}

/** What changed, so that limits have to follow. */
export interface Changed {
  /** By state or capacities: their own limits and those of all of their members. */
  readonly projects?: readonly bigint[]
  /** By state: the limits of those members. */
  readonly memberships?: readonly bigint[]
  /** Only these. @default all */
  readonly resources?: readonly string[] | undefined
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

/** Any number; other programs on the same server use other ones. */
const REGISTRY = 7302_2026
const LOCK_REGISTRY = sql(`select pg_advisory_xact_lock(${REGISTRY})`)
const LOCK_PROJECTS = sql('select id from projects where id = any($1::bigint[]) order by id for update')
const LOCK_MEMBERSHIPS = sql('select id from memberships where id = any($1::bigint[]) order by id for update')
const LOCK_USERS = sql('select id from users where id = any($1::bigint[]) order by id for share')

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

/** An array, since a join would make the planner read all holdings where it expects many. */
const LOCK_LIMITS_OF = sql(`
  with locked as materialized (
    select ${HOLDING}
      from holdings
     where id = any($1::bigint[] || array(
       select h.id
         from projects as p
         join holdings as h on h.holder = 'project:' || p.uuid and h.source is null
        where p.id = any($2::bigint[]) and ($4::text[] is null or h.resource = any($4))
       union all
       select h.id
         from projects as p
         join holdings as h on h.source = 'project:' || p.uuid
        where p.id = any($2::bigint[]) and ($4::text[] is null or h.resource = any($4))
       union all
       select h.id
         from memberships as m
         join users as u on u.id = m.user_id
         join projects as p on p.id = m.project_id
        cross join lateral (
          select id
            from holdings as h
           where h.holder = 'user:' || u.uuid and h.source = 'project:' || p.uuid and ($4::text[] is null or h.resource = any($4))
          offset 0) as h
        where m.id = any($3::bigint[])))
     order by id
       for update
  )
  select ${HOLDING}
    from locked
   where id = any($1::bigint[])`)

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
  const { projects = [], memberships = [], users = [], keys = [], serials = [] } = wanted
  const [, , , , claimed, commissions, rows] = await settled([
    wanted.registry ? tx.query(LOCK_REGISTRY) : [],
    projects.length > 0 ? tx.query(LOCK_PROJECTS, [intArray(projects)]) : [],
    memberships.length > 0 ? tx.query(LOCK_MEMBERSHIPS, [intArray(memberships)]) : [],
    users.length > 0 ? tx.query(LOCK_USERS, [intArray(users)]) : [],
    keys.length > 0 ? claimKeys(tx, keys) : [],
    serials.length > 0 ? tx.query<CommissionRow>(LOCK_COMMISSIONS, [intArray(serials)]) : [],
    lockHoldings(tx, wanted),
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

function lockHoldings(
  tx: Queryable,
  { serials = [], holdings = [], limitsOf }: Wanted,
): Promise<HoldingRow[]> | HoldingRow[] {
  const ids = intArray(holdings)
  if (limitsOf) {
    const { projects = [], memberships = [], resources = null } = limitsOf
    return tx.query(LOCK_LIMITS_OF, [ids, intArray(projects), intArray(memberships), resources])
  }
  if (serials.length > 0) return tx.query(LOCK_HOLDINGS_OF, [ids, intArray(serials)])
  return holdings.length > 0 ? tx.query(LOCK_HOLDINGS, [ids]) : []
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
