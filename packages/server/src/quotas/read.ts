import { intArray } from '../db/connect.ts'
import { Loader } from '../db/loader.ts'
import { sql, type Queryable } from '../db/statement.ts'

/** Quotas as they are answered: texts, since a document is all that is made of them. Source: quota specification, 3. */

/** Numbers come as text, which is how they leave. */
const MEMBER_NUMBERS = `
  h."limit"::text as "limit", h.usage_max::text as usage, (h.usage_max - h.usage_min)::text as pending`
const PROJECT_NUMBERS = `
  p."limit"::text as project_limit, p.usage_max::text as project_usage, (p.usage_max - p.usage_min)::text as project_pending`

const OWN = sql(`
  select m.user_id, pr.uuid as project, h.resource, ${MEMBER_NUMBERS}, ${PROJECT_NUMBERS}
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as pr on pr.id = m.project_id
    join holdings as h on h.holder = 'user:' || u.uuid and h.source = 'project:' || pr.uuid
    join resources as r on r.name = h.resource and r.api_visible
    join holdings as p on p.holder = h.source and p.source is null and p.resource = h.resource
   where m.user_id = any($1::bigint[])
     and m.state in ('accepted', 'leave_requested')
     and pr.state <> 'deleted'
   order by m.user_id, pr.id, r.id`)

const OF_MEMBERS = sql(`
  select u.id, u.uuid as holder, substr(h.source, 9) as project, h.resource, ${MEMBER_NUMBERS}, ${PROJECT_NUMBERS}
    from (select id, uuid
            from users
           where email_verified and id > $1 and ($2::text[] is null or uuid = any($2))
           order by id
           limit $5) as u
    left join lateral (
      select h.*
        from holdings as h
       where h.holder = 'user:' || u.uuid
         and h.resource = any($3::text[])
         and ($4::text[] is null or h.source = any($4))) as h on true
    left join holdings as p on p.holder = h.source and p.source is null and p.resource = h.resource
   order by u.id, h.source, h.resource`)

const OF_PROJECTS = sql(`
  select pr.id, pr.uuid as project, p.resource, ${PROJECT_NUMBERS}
    from (select id, uuid
            from projects
           where state in ('active', 'suspended', 'terminated') and id > $1 and ($2::text[] is null or uuid = any($2))
           order by id
           limit $4) as pr
    left join holdings as p on p.holder = 'project:' || pr.uuid and p.source is null and p.resource = any($3::text[])
   order by pr.id, p.resource`)

const OWN_RESOURCES = sql(`
  select r.name
    from resources as r
    join services as s on s.name = r.service_origin
   where s.component_id = $1
   order by r.id`)

interface ProjectNumbers {
  resource: string | null
  project_limit: string | null
  project_usage: string
  project_pending: string
}
interface MemberRow extends ProjectNumbers {
  project: string
  limit: string
  usage: string
  pending: string
}

/** The quotas of a user, as a whole document. */
export function ownQuotas(on: Queryable): Loader<bigint, string> {
  return new Loader(async (userIds) => {
    const rows = await on.query<MemberRow & { user_id: bigint }>(OWN, [intArray([...new Set(userIds)])])
    const documents = new Map<bigint, string>()
    for (const [userId, ofUser] of grouped(rows, ({ user_id }) => user_id)) documents.set(userId, projectsJson(ofUser))
    return userIds.map((userId) => documents.get(userId) ?? '{}')
  })
}

/** The resources of a component's services; those of others it does not see. */
export async function resourcesOfComponent(on: Queryable, componentId: bigint): Promise<string[]> {
  return (await on.query<{ name: string }>(OWN_RESOURCES, [componentId])).map(({ name }) => name)
}

export interface QuotaFilter {
  readonly resources: readonly string[]
  readonly users: readonly string[] | null
  readonly projects: readonly string[] | null
}

/** Members or projects in one statement, which is one short look at the database: nobody is held up by a long one. */
const PAGE_SIZE = 500

/** All that members hold, as members of one object: `"uuid":{…}`, a piece of text for each page. */
export async function* memberQuotas(on: Queryable, filter: QuotaFilter): AsyncGenerator<string, void, undefined> {
  const sources = filter.projects?.map((uuid) => `project:${uuid}`) ?? null
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop -- a page after the other
    const rows = await on.query<MemberRow & { id: bigint; holder: string }>(OF_MEMBERS, [
      after,
      filter.users,
      filter.resources,
      sources,
      PAGE_SIZE,
    ])
    const last = rows.at(-1)
    if (!last) return
    // Q-3: without its project's, a member's holding is left out.
    const held = rows.filter(({ resource, project_limit }) => resource !== null && project_limit !== null)
    const members = [...grouped(held, ({ holder }) => holder)]
    if (members.length > 0)
      yield members.map(([holder, ofHolder]) => `${JSON.stringify(holder)}:${projectsJson(ofHolder)}`).join(',')
    after = last.id
  }
}

/** All that projects hold, likewise. */
export async function* projectQuotas(
  on: Queryable,
  filter: Omit<QuotaFilter, 'users'>,
): AsyncGenerator<string, void, undefined> {
  for (let after = 0n; ;) {
    // oxlint-disable-next-line no-await-in-loop
    const rows = await on.query<ProjectNumbers & { id: bigint; project: string }>(OF_PROJECTS, [
      after,
      filter.projects,
      filter.resources,
      PAGE_SIZE,
    ])
    const last = rows.at(-1)
    if (!last) return
    const held = rows.filter(({ resource }) => resource !== null)
    const projects = [...grouped(held, ({ project }) => project)]
    if (projects.length > 0) {
      yield projects
        .map(
          ([project, ofProject]) =>
            `${JSON.stringify(project)}:{${ofProject.map((row) => `${JSON.stringify(row.resource)}:{${projectNumbers(row)}}`).join(',')}}`,
        )
        .join(',')
    }
    after = last.id
  }
}

function projectsJson(rows: readonly MemberRow[]): string {
  const projects = [...grouped(rows, ({ project }) => project)].map(
    ([project, ofProject]) => `${JSON.stringify(project)}:{${ofProject.map(memberJson).join(',')}}`,
  )
  return `{${projects.join(',')}}`
}

function memberJson(row: MemberRow): string {
  const { resource, limit, usage, pending } = row
  return `${JSON.stringify(resource)}:{"limit":${limit},"usage":${usage},"pending":${pending},${projectNumbers(row)}}`
}

function projectNumbers({ project_limit, project_usage, project_pending }: ProjectNumbers): string {
  return `"project_limit":${project_limit},"project_usage":${project_usage},"project_pending":${project_pending}`
}

/** Runs of rows with the same value; they are sorted by it. */
function* grouped<T, K>(rows: readonly T[], keyOf: (row: T) => K): Generator<[K, T[]], void, undefined> {
  let group: T[] = []
  let key: K | undefined
  for (const row of rows) {
    const next = keyOf(row)
    if (group.length > 0 && next !== key) {
      yield [key as K, group]
      group = []
    }
    key = next
    group.push(row)
  }
  if (group.length > 0) yield [key as K, group]
}
