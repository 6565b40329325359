import { intArray } from '../db/connect.ts'
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

/** One by one (`offset 0`): else a plan may read all users for each page. */
const JOINS = `
   cross join lateral (select uuid, is_active from users where id = m.user_id offset 0) as u
   cross join lateral (select * from projects where id = m.project_id offset 0) as p
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
  const room = new Room(on)
  await room.count([row])
  return membershipJson(row, reader.isAdmin, room.in(row))
}

/** In the order of projects, which every index that is used here has. */
const IN_ORDER = `order by m.project_id, m.id limit ${PAGE_SIZE}`
const BEHIND = '(m.project_id, m.id) > ($2, $3)'

/** The candidates have all columns that are needed: to look them up again costs as much as the rest. */
const page = (candidates: string): ReturnType<typeof sql> =>
  sql(`
  with m as materialized (${candidates})
${COLUMNS}
    from m ${JOINS}
   order by m.project_id, m.id`)

const CANDIDATE = 'm.id, m.user_id, m.project_id, m.state'
const PROJECT = '(select id from projects where uuid = $4)'

const all = (project = ''): string => `
    select ${CANDIDATE}
      from memberships as m
     where ${BEHIND}${project && ` and m.project_id = ${project}`}
     ${IN_ORDER}`
// Each branch stops when it has a page. The ties are the rest of the last project, of which no more than a page is read.
const visible = (project = ''): string => `
    select ${CANDIDATE}
      from (
        (select ${CANDIDATE}
           from memberships as m
          where m.user_id = $1 and ${BEHIND}${project && ` and m.project_id = ${project}`}
          order by m.project_id limit ${PAGE_SIZE})
        union
        (select ${CANDIDATE}
           from projects as p
          cross join lateral (
            select ${CANDIDATE}
              from memberships as m
             where m.project_id = p.id and ${BEHIND}
             ${IN_ORDER}) as m
          where p.owner_id = $1 and p.id >= $2${project && ` and p.id = ${project}`}
          order by p.id fetch first ${PAGE_SIZE} rows with ties)) as m
     ${IN_ORDER}`

const PAGES = {
  all: page(all()),
  allInProject: page(all(PROJECT)),
  visible: page(visible()),
  visibleInProject: page(visible(PROJECT)),
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
    // oxlint-disable-next-line no-await-in-loop
    await room.count(rows)
    yield rows.map((row) => membershipJson(row, reader.isAdmin, room.in(row))).join(',')
    if (rows.length < PAGE_SIZE) return
    ;[afterProject, after] = [last.project_id, last.id]
  }
}

const COUNT = sql(`
  select p.id as project_id,
         (select count(*)
            from memberships
           where project_id = p.id and state in ('accepted', 'leave_requested', 'suspended')) as members
    from unnest($1::bigint[]) as p (id)`)

const UNLIMITED = 2n ** 63n - 1n

/**
 * Whether projects take one more: only requests ask for it. One statement for all of a page; a project that goes on over
 * many pages is counted once.
 */
class Room {
  readonly #on: Queryable
  #members: ReadonlyMap<bigint, bigint> = new Map()

  constructor(on: Queryable) {
    this.#on = on
  }

  async count(page: readonly MembershipRow[]): Promise<void> {
    const projects = new Set(page.filter(asksForRoom).map(({ project_id }) => project_id))
    const known = [...this.#members].filter(([id]) => projects.has(id))
    for (const [id] of known) projects.delete(id)
    const counted =
      projects.size === 0
        ? []
        : await this.#on.query<{ project_id: bigint; members: bigint }>(COUNT, [intArray([...projects])])
    this.#members = new Map([...known, ...counted.map(({ project_id, members }) => [project_id, members] as const)])
  }

  in(row: MembershipRow): boolean {
    return !asksForRoom(row) || (this.#members.get(row.project_id) ?? 0n) < row.max_members
  }
}

function asksForRoom({ state, max_members }: MembershipRow): boolean {
  return state === 'requested' && max_members !== UNLIMITED
}
