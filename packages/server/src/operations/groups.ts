import { sql, type Queryable } from '../db/statement.ts'

/** Named groups of users, which the API calls roles. Source: administration specification, 1.2. */

const ADD = sql(`
  insert into groups (name) select name from unnest($1::text[]) as n (name) order by name on conflict (name) do nothing returning name`)

/** Those that were missing. @returns their names */
export async function addGroups(tx: Queryable, names: readonly string[]): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(ADD, [names])
  return rows.map(({ name }) => name)
}

/** Nobody removes them before the transaction ends. */
const LOCK = sql('select id, name from groups where name = any($1::text[]) order by id for key share')
const JOIN = sql(`
  insert into user_groups (user_id, group_id) select $1, id from unnest($2::bigint[]) as g (id) on conflict do nothing returning group_id`)

/** @returns the name of a group that there is not, with nothing done; null when it is done. */
export async function joinGroups(tx: Queryable, userId: bigint, names: readonly string[]): Promise<string | null> {
  const groups = await tx.query<{ id: bigint; name: string }>(LOCK, [names])
  const missing = names.find((name) => !groups.some((group) => group.name === name))
  if (missing !== undefined) return missing
  await tx.query(JOIN, [userId, groups.map(({ id }) => id)])
  return null
}

const LEAVE = sql('delete from user_groups where user_id = $1 and group_id = (select id from groups where name = $2)')

export async function leaveGroup(tx: Queryable, userId: bigint, name: string): Promise<void> {
  await tx.query(LEAVE, [userId, name])
}

const KNOWN = sql('select name from groups where name = any($1::text[])')

/** The first of them that there is not; null: all are there. */
export async function unknownGroup(on: Queryable, names: readonly string[]): Promise<string | null> {
  const rows = await on.query<{ name: string }>(KNOWN, [names])
  return names.find((name) => !rows.some((row) => row.name === name)) ?? null
}

const LIST = sql(`
  select id, name, (select count(*) from user_groups as ug where ug.group_id = g.id) as users_count
    from groups as g
   where id > $1
   order by id
   limit $2`)

/** One more than the limit, if there is one. */
export function listGroups(on: Queryable, after: bigint, limit: number): Promise<{ readonly id: bigint }[]> {
  return on.query(LIST, [after, limit + 1])
}

/** Nobody joins it from now on. */
const LOCK_ONE = sql('select id from groups where name = $1 for update')
const MEMBERS = sql(`
  select u.uuid from user_groups as ug join users as u on u.id = ug.user_id where ug.group_id = $1 order by u.id`)
const REMOVE = sql('delete from groups where id = $1')

export interface LockedGroup {
  readonly id: bigint
  /** Uuids. */
  readonly users: readonly string[]
}

/** Null: there is no such group. */
export async function lockGroup(tx: Queryable, name: string): Promise<LockedGroup | null> {
  const [group] = await tx.query<{ id: bigint }>(LOCK_ONE, [name])
  if (!group) return null
  const users = await tx.query<{ uuid: string }>(MEMBERS, [group.id])
  return { id: group.id, users: users.map(({ uuid }) => uuid) }
}

/** Its users lose the role. */
export async function removeGroup(tx: Queryable, id: bigint): Promise<void> {
  await tx.query(REMOVE, [id])
}
