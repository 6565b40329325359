import { sql, type Queryable, type Statement } from '../db/statement.ts'
import type { Actor } from './actor.ts'
import { projectJson, type ProjectRow } from './project-json.ts'
import type { ProjectState } from './project-machine.ts'
import { notPermitted, noSuchProject } from './refused.ts'

/** A reader is a user: nobody else asks. */
export type Reader = Actor & { readonly userId: bigint }

export const LIST_MODES = ['default', 'related', 'member', 'active'] as const
export type ListMode = (typeof LIST_MODES)[number]

export interface ProjectFilter {
  readonly mode: ListMode
  readonly name: string | null
  /** A uuid. */
  readonly owner: string | null
  readonly state: ProjectState | null
}

/** Projects of a page. A literal: with a parameter the planner would expect a tenth of the table. */
const PAGE_SIZE = 250

const CAPACITIES = "json_build_object('project_capacity', q.project_capacity, 'member_capacity', q.member_capacity)"

/** Parameters 1 and 2 are the reader: the user's id, and whether it is an administrator. */
const COLUMNS = `
  select p.id, p.uuid, p.state, p.realname as name, o.uuid as owner, p.homepage, p.description,
         extract(epoch from p.creation_date)::text as created, extract(epoch from p.end_date)::text as ends,
         p.join_policy, p.leave_policy, p.max_members, p.private, p.is_system,
         (select json_object_agg(r.name, ${CAPACITIES} order by r.id)::text
            from project_resources as q
            join resources as r on r.id = q.resource_id
           where q.project_id = p.id and r.api_visible) as resources,
         $2::boolean or p.owner_id is not distinct from $1::bigint as is_privileged,
         (select extract(epoch from max(l.date))::text
            from project_log as l
           where l.project_id = p.id and l.to_state in ('suspended', 'terminated')) as deactivated,
         a.id as application_id, a.state as application_state, a.name as application_name, ao.uuid as application_owner,
         au.uuid as applicant, a.homepage as application_homepage, a.description as application_description,
         extract(epoch from a.start_date)::text as application_starts,
         extract(epoch from a.end_date)::text as application_ends, a.comments,
         a.join_policy as application_join_policy, a.leave_policy as application_leave_policy,
         a.max_members as application_max_members, a.private as application_private,
         (select json_object_agg(r.name, ${CAPACITIES} order by r.id)::text
            from application_resources as q
            join resources as r on r.id = q.resource_id
           where q.application_id = a.id and r.api_visible) as application_resources`

const JOINS = `
    left join users as o on o.id = p.owner_id
    left join applications as a on a.id = p.last_application_id
    left join users as ao on ao.id = a.owner_id
    left join users as au on au.id = a.applicant_id`

const IS_MEMBER = `exists (
    select from memberships as m
     where m.user_id = $1 and m.project_id = p.id and m.state in ('accepted', 'leave_requested', 'suspended'))`

const ONE = sql(`
${COLUMNS},
         $2::boolean or p.owner_id is not distinct from $1::bigint or (p.state = 'active' and not p.private)
           or ${IS_MEMBER} as is_visible
    from projects as p ${JOINS}
   where p.uuid = $3`)

/**
 * Source: project specification, 5.1.
 *
 * @throws {Refused} in this order: there is no such project; not permitted.
 */
export async function readProject(on: Queryable, reader: Reader, uuid: string): Promise<string> {
  const [row] = await on.query<ProjectRow & { is_visible: boolean }>(ONE, [reader.userId, reader.isAdmin, uuid])
  if (!row) throw noSuchProject(uuid)
  if (!row.is_visible) throw notPermitted()
  return projectJson(row)
}

/**
 * Pieces of a list, in the order in which the projects were made. Pages are read one after the other, so memory is that
 * of a page, and each is as it was when it was read. Source: project specification, 5.
 */
export async function* readProjects(
  on: Queryable,
  reader: Reader,
  filter: ProjectFilter,
): AsyncGenerator<string, void, undefined> {
  const [statement, values] = pageOf(reader, filter)
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop -- it begins where the one before ended
    const rows = await on.query<ProjectRow>(statement, [reader.userId, reader.isAdmin, after, ...values])
    const last = rows.at(-1)
    if (!last) return
    yield rows.map(projectJson).join(',')
    if (rows.length < PAGE_SIZE) return
    after = last.id
  }
}

/** Only what is asked for stands in the statement, so that its plan can use the index that fits. */
function pageOf(reader: Reader, { mode, name, owner, state }: ProjectFilter): [Statement, unknown[]] {
  const values: unknown[] = []
  const conditions: string[] = []
  const given = (condition: (parameter: string) => string, value: unknown): void => {
    if (value === null) return
    values.push(value)
    conditions.push(condition(`$${3 + values.length}`))
  }
  given((parameter) => `p.realname = ${parameter}`, name)
  given((parameter) => `p.owner_id = (select id from users where uuid = ${parameter})`, owner)
  given((parameter) => `p.state = ${parameter}`, state)
  const filters = conditions.map((condition) => ` and ${condition}`).join('')
  const text = `
  with page as materialized (${candidates(mode, reader.isAdmin, filters)})
${COLUMNS}
    from page
    join projects as p on p.id = page.id ${JOINS}
   order by page.id`
  return [sql(text), values]
}

function candidates(mode: ListMode, isAdmin: boolean, filters: string): string {
  const inOrder = `order by id limit ${PAGE_SIZE}`
  const all = (condition: string): string =>
    `select p.id from projects as p where p.id > $3 ${condition}${filters} ${inOrder}`
  const joined = (states: string, condition = ''): string => `
    select m.project_id as id
      from memberships as m
      join projects as p on p.id = m.project_id
     where m.user_id = $1 and m.project_id > $3 and m.state in (${states})${condition}${filters}
     order by m.project_id limit ${PAGE_SIZE}`
  if (mode === 'member') return joined("'accepted', 'leave_requested'", " and p.state = 'active'")
  if (isAdmin) return all('')
  if (mode === 'active') return all("and p.state = 'active' and not p.private")
  // Each branch stops when it has a page.
  return `
    (${all('and p.owner_id = $1')})
    union
    (${joined("'accepted', 'leave_requested', 'suspended'")})
    ${inOrder}`
}
