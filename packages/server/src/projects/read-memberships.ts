import { sql, type Queryable } from '../db/statement.ts'
import { membershipJson, type MembershipRow } from './membership-json.ts'
import type { Reader } from './read-projects.ts'
import { notPermitted, noSuchMembership } from './refused.ts'

/** Memberships of a page; a literal, as for projects. */
const PAGE_SIZE = 250

/** Parameter 1 is the reader. */
const COLUMNS = `
  select m.id, u.uuid as "user", p.uuid as project, m.state, p.id as project_id, p.state as project_state, p.max_members,
         p.join_policy, p.leave_policy, u.is_active, p.owner_id is not distinct from $1::bigint as is_owner,
         m.user_id = $1 as is_member, l.states, l.dates`

const JOINS = `
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id
   cross join lateral (
     select array_agg(s.to_state) as states, array_agg(extract(epoch from s.date)::text) as dates
       from (select distinct on (to_state) to_state, date
               from membership_log
              where membership_id = m.id
              order by to_state, id desc) as s) as l`

const ONE = sql(`${COLUMNS} from memberships as m ${JOINS} where m.id = $2`)

/**
 * Source: membership specification, 4.2.
 *
 * @param id null: no membership can have it.
 * @throws {Refused} in this order: there is no such membership; not permitted.
 */
export async function readMembership(on: Queryable, reader: Reader, id: bigint | null): Promise<string> {
  const [row] = id === null ? [] : await on.query<MembershipRow>(ONE, [reader.userId, id])
  if (!row) throw noSuchMembership()
  if (!reader.isAdmin && !row.is_owner && !row.is_member) throw notPermitted()
  return membershipJson(row, reader.isAdmin, await new Room(on).in(row))
}

/** In the order of projects, which every index that is used here has. */
const IN_ORDER = `order by m.project_id, m.id limit ${PAGE_SIZE}`
const BEHIND = '(m.project_id, m.id) > ($2, $3)'
const IN_PROJECT = ' and m.project_id = (select id from projects where uuid = $4)'

const page = (candidates: string): ReturnType<typeof sql> =>
  sql(`
  with page as materialized (${candidates})
${COLUMNS}
    from page
    join memberships as m on m.id = page.id ${JOINS}
   order by m.project_id, m.id`)

const all = (project: string): string => `
    select m.id from memberships as m where ${BEHIND}${project} ${IN_ORDER}`
const visible = (project: string): string => `
    select id from (
      (select m.id, m.project_id from memberships as m where m.user_id = $1 and ${BEHIND}${project} ${IN_ORDER})
      union
      (select m.id, m.project_id
         from projects as p
         join memberships as m on m.project_id = p.id
        where p.owner_id = $1 and p.id >= $2 and ${BEHIND}${project}
        ${IN_ORDER})) as m
     ${IN_ORDER}`

const PAGES = {
  all: page(all('')),
  allInProject: page(all(IN_PROJECT)),
  visible: page(visible('')),
  visibleInProject: page(visible(IN_PROJECT)),
} as const

/**
 * Pieces of a list: for an administrator of all, for others of their own and of those in their projects. Source:
 * membership specification, 4.1.
 */
export async function* readMemberships(
  on: Queryable,
  reader: Reader,
  project: string | null,
): AsyncGenerator<string, void, undefined> {
  const kind = reader.isAdmin ? 'all' : 'visible'
  const statement = project === null ? PAGES[kind] : PAGES[`${kind}InProject`]
  const room = new Room(on)
  for (let [afterProject, after] = [0n, 0n]; ;) {
    // oxlint-disable-next-line no-await-in-loop -- it begins where the one before ended
    const rows = await on.query<MembershipRow>(statement, [
      reader.userId,
      afterProject,
      after,
      ...(project === null ? [] : [project]),
    ])
    const last = rows.at(-1)
    if (!last) return
    const pieces: string[] = []
    // oxlint-disable-next-line no-await-in-loop -- rows of one project stand together
    for (const row of rows) pieces.push(membershipJson(row, reader.isAdmin, await room.in(row)))
    yield pieces.join(',')
    if (rows.length < PAGE_SIZE) return
    ;[afterProject, after] = [last.project_id, last.id]
  }
}

const COUNT = sql(`
  select count(*) as members
    from memberships
   where project_id = $1 and state in ('accepted', 'leave_requested', 'suspended')`)

const UNLIMITED = 2n ** 63n - 1n

/** Whether a project takes one more; counted once where its memberships stand together, and only for requests. */
class Room {
  readonly #on: Queryable
  #project = 0n
  #members = 0n

  constructor(on: Queryable) {
    this.#on = on
  }

  async in({ state, project_id, max_members }: MembershipRow): Promise<boolean> {
    if (state !== 'requested' || max_members === UNLIMITED) return true
    if (this.#project !== project_id) {
      const [row] = await this.#on.query<{ members: bigint }>(COUNT, [project_id])
      this.#project = project_id
      this.#members = row?.members ?? 0n
    }
    return this.#members < max_members
  }
}
