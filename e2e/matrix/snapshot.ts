import { sql, type Queryable } from '../../packages/server/src/db/statement.ts'

/**
 * All that belongs to a project, and what an action on it may change of its people, by what it is. A holding without
 * usage has no row for it, so that one that appears changes limits alone.
 */
export interface Snapshot {
  /** A uuid. */
  readonly project: string
  readonly rows: ReadonlyMap<string, string>
  readonly digest: string
}

const ROWS = `
  with p as (select * from projects where uuid = $1)
  select 'project' as key, (to_jsonb(p) - 'last_application_id')::text as value from p
   union all
  select 'last application', coalesce(last_application_id::text, 'none') from p
   union all
  select 'application ' || a.id, to_jsonb(a)::text from applications as a join p on p.id = a.project_id
   union all
  select 'asked ' || q.application_id || ' ' || q.resource_id, q.project_capacity || ' ' || q.member_capacity
    from application_resources as q
    join applications as a on a.id = q.application_id
    join p on p.id = a.project_id
   union all
  select 'capacity ' || q.resource_id, q.project_capacity || ' ' || q.member_capacity
    from project_resources as q
    join p on p.id = q.project_id
   union all
  select 'project log', count(*)::text from project_log as l join p on p.id = l.project_id
   union all
  select 'membership ' || m.id, to_jsonb(m)::text from memberships as m join p on p.id = m.project_id
   union all
  select 'membership log ' || l.membership_id, count(*)::text
    from membership_log as l
    join memberships as m on m.id = l.membership_id
    join p on p.id = m.project_id
   group by l.membership_id
   union all
  select 'limit ' || holder || ' ' || resource, "limit"::text
    from holdings where source = 'project:' || $1 or (holder = 'project:' || $1 and source is null)
   union all
  select 'usage ' || holder || ' ' || resource, usage_min || ' … ' || usage_max
    from holdings
   where (source = 'project:' || $1 or (holder = 'project:' || $1 and source is null)) and usage_max <> 0
   union all
  select 'pending applications ' || u.uuid, h.usage_min || ' … ' || h.usage_max
    from users as u
    join holdings as h
      on h.holder = 'user:' || u.uuid and h.source = 'project:' || u.uuid and h.resource = 'astakos.pending_app'
   union all
  select 'account ' || uuid, to_jsonb(u)::text from users as u`

const READ = sql(ROWS)
const DIGEST = sql(`select md5(string_agg(key || ' ' || value, chr(10) order by key)) as digest from (${ROWS}) as rows`)

export async function snapshot(on: Queryable, project: string): Promise<Snapshot> {
  const [rows, digest] = await Promise.all([
    on.query<{ key: string; value: string }>(READ, [project]),
    digestOf(on, project),
  ])
  return { project, digest, rows: new Map(rows.map(({ key, value }) => [key, value])) }
}

/** The same one where nothing has changed, which the database finds out without a row on the way. */
export async function snapshotAfter(on: Queryable, before: Snapshot): Promise<Snapshot> {
  const digest = await digestOf(on, before.project)
  return digest === before.digest ? before : snapshot(on, before.project)
}

async function digestOf(on: Queryable, project: string): Promise<string> {
  const [row] = await on.query<{ digest: string }>(DIGEST, [project])
  return row?.digest ?? ''
}

/** The keys of what came, went or changed. */
export function changedBetween(before: Snapshot, after: Snapshot): string[] {
  if (before === after) return []
  const keys = new Set([...before.rows.keys(), ...after.rows.keys()])
  return [...keys].filter((key) => before.rows.get(key) !== after.rows.get(key))
}
