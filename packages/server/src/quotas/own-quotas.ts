import { intArray } from '../db/connect.ts'
import { Loader } from '../db/loader.ts'
import { sql, type Queryable } from '../db/statement.ts'

// Numbers come as text, which is how they leave.
const OWN = sql(`
  select m.user_id, pr.uuid as project, h.resource,
         h."limit"::text as "limit", h.usage_max::text as usage, (h.usage_max - h.usage_min)::text as pending,
         p."limit"::text as project_limit, p.usage_max::text as project_usage,
         (p.usage_max - p.usage_min)::text as project_pending
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

interface Row {
  user_id: bigint
  project: string
  resource: string
  limit: string
  usage: string
  pending: string
  project_limit: string
  project_usage: string
  project_pending: string
}

/** The quotas of a user, as a whole document. Source: quota specification, 3.1. */
export function ownQuotas(on: Queryable): Loader<bigint, string> {
  return new Loader(async (userIds) => {
    const rows = await on.query<Row>(OWN, [intArray([...new Set(userIds)])])
    const documents = new Map<bigint, string>()
    for (let start = 0; start < rows.length;) {
      const userId = (rows[start] as Row).user_id
      let end = start
      while (rows[end]?.user_id === userId) end += 1
      documents.set(userId, documentOf(rows.slice(start, end)))
      start = end
    }
    return userIds.map((userId) => documents.get(userId) ?? '{}')
  })
}

/** Sorted by project. */
function documentOf(rows: readonly Row[]): string {
  let text = ''
  let project: string | null = null
  for (const row of rows) {
    if (row.project === project) text += ','
    else text += `${project === null ? '{' : '},'}${JSON.stringify(row.project)}:{`
    project = row.project
    text += `${JSON.stringify(row.resource)}:{"limit":${row.limit},"usage":${row.usage},"pending":${row.pending},"project_limit":${row.project_limit},"project_usage":${row.project_usage},"project_pending":${row.project_pending}}`
  }
  return `${text}}}`
}
