import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Actor } from './actor.ts'

/** Every change of state, in the transaction that makes it. Source: project specification, 1.1; membership specification, 1. */
export interface Change {
  readonly id: bigint
  readonly from: string | null
  readonly to: string
}

const logInto = (table: 'project' | 'membership'): ReturnType<typeof sql> =>
  sql(`
  insert into ${table}_log (${table}_id, from_state, to_state, date, actor_id, reason)
  select id, from_state, to_state, clock_timestamp(), $4::bigint, $5
    from unnest($1::bigint[], $2::text[], $3::text[]) with ordinality as v (id, from_state, to_state, n)
   order by n`)

const LOG_PROJECTS = logInto('project')
const LOG_MEMBERSHIPS = logInto('membership')

export async function logProjects(
  tx: Queryable,
  changes: readonly Change[],
  actor: Actor | null,
  reason: string | null,
): Promise<void> {
  if (changes.length > 0) await tx.query(LOG_PROJECTS, values(changes, actor, reason))
}

export async function logMemberships(
  tx: Queryable,
  changes: readonly Change[],
  actor: Actor | null,
  reason: string | null,
): Promise<void> {
  if (changes.length > 0) await tx.query(LOG_MEMBERSHIPS, values(changes, actor, reason))
}

function values(changes: readonly Change[], actor: Actor | null, reason: string | null): unknown[] {
  return [
    intArray(changes.map(({ id }) => id)),
    changes.map(({ from }) => from),
    changes.map(({ to }) => to),
    actor?.userId ?? null,
    reason,
  ]
}
