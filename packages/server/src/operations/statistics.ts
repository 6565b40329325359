import type { Database } from '../db/database.ts'
import { sql, type Queryable } from '../db/statement.ts'

/** How much there is of what. Source: administration specification, 2.1 and 2.2. */

const COUNT = sql(`
  select count(*) as total, count(*) filter (where is_active) as active from users`)

/** All accounts, unverified and rejected ones included. */
export interface UserCounts {
  readonly total: bigint
  readonly active: bigint
}

export async function countUsers(on: Queryable): Promise<UserCounts> {
  const [row] = await on.query<{ total: bigint; active: bigint }>(COUNT)
  return row ?? { total: 0n, active: 0n }
}

/** Ways to sign in that work, a row each; what people have besides the password came along from elsewhere. */
const METHODS = `
  select id as user_id, 'local' as module from users where password is not null
   union
  select user_id, module from sign_in_methods where active`

const COUNT_BY_PROVIDER = sql(`
  with methods as (${METHODS}),
       counted as (select user_id, count(*) as modules from methods group by user_id)
  select null as provider, count(*) as total, count(*) filter (where email_verified) as verified,
         count(*) filter (where is_active) as active, 0::bigint as exclusive
    from users
   union all
  select m.module, count(*), count(*) filter (where u.email_verified), count(*) filter (where u.is_active),
         count(*) filter (where u.email_verified and u.is_active and c.modules = 1)
    from methods as m
    join counted as c using (user_id)
    join users as u on u.id = m.user_id
   group by m.module
   order by provider nulls first`)

/**
 * One look at all holdings: those of projects count for all, those of members for the only way in which they sign in, if it
 * is one. Without limits that are none. As text: a sum may be beyond 64 bits.
 */
const SUMS = sql(`
  with methods as (${METHODS}),
       exclusive as (
         select 'user:' || u.uuid as holder, min(m.module) as module
           from methods as m
           join users as u on u.id = m.user_id
          where u.email_verified and u.is_active
          group by u.uuid
         having count(*) = 1),
       counted as (
         select h.resource, e.module as provider, h.usage_max, h."limit"
           from holdings as h
           left join exclusive as e on e.holder = h.holder
          where case when h.source is null then h.holder like 'project:%' else e.module is not null end),
       sums as (
         select resource, provider, sum(usage_max) as used,
                coalesce(sum("limit") filter (where "limit" < 9223372036854775807), 0) as allocated
           from counted
          group by resource, provider)
  select r.name, r.unit, r.description, s.provider, s.used::text as used, s.allocated::text as allocated
    from resources as r
    left join sums as s on s.resource = r.name
   order by r.id`)

interface SumRow {
  name: string
  unit: string | null
  description: string | null
  provider: string | null
  used: string | null
  allocated: string | null
}

export interface DetailedStatistics {
  readonly providers: readonly string[]
  /** By provider, and `all`. */
  readonly users: Readonly<Record<string, object>>
  /** By provider and resource: sums of any size. */
  readonly resources: Readonly<Record<string, Readonly<Record<string, object>>>>
}

const SNAPSHOT = sql('set transaction isolation level repeatable read, read only')

/** As of one instant. */
export function detailedStatistics(database: Database): Promise<DetailedStatistics> {
  return database.transaction(async (tx) => {
    await tx.query(SNAPSHOT)
    const counts = await tx.query<{ provider: string | null } & UserCounts & { verified: bigint; exclusive: bigint }>(
      COUNT_BY_PROVIDER,
    )
    const sums = await tx.query<SumRow>(SUMS)
    // The password is a way in, whether anybody has one or not.
    const providers = [...new Set(['local', ...counts.flatMap(({ provider }) => provider ?? [])])]
    const users = new Map<string, object>([['local', { total: 0n, verified: 0n, active: 0n, exclusive: 0n }]])
    for (const { provider, exclusive, ...numbers } of counts)
      users.set(provider ?? 'all', provider === null ? numbers : { ...numbers, exclusive })
    const places = [null, ...providers].map((provider) => [provider ?? 'all', sumsOf(sums, provider)] as const)
    return { providers, users: Object.fromEntries(users), resources: Object.fromEntries(places) }
  })
}

/** Every resource, also those that nobody holds. */
function sumsOf(rows: readonly SumRow[], wanted: string | null): Record<string, object> {
  const sums = new Map<string, object>()
  for (const { name, unit, description, provider, used, allocated } of rows) {
    const isIt = used !== null && provider === wanted
    if (sums.has(name) && !isIt) continue
    sums.set(name, {
      used: BigInt((isIt && used) || 0),
      allocated: BigInt((isIt && allocated) || 0),
      unit,
      description,
    })
  }
  return Object.fromEntries(sums)
}
