import type { Database } from '../../packages/server/src/db/database.ts'
import { sql } from '../../packages/server/src/db/statement.ts'
import type { DriveProjects } from './drive-projects.ts'
import { shown } from './steps.ts'
import { ADMIN } from './universe-projects.ts'

/**
 * The dates that projects and memberships show, which no model can know: those of the latest changes in the logs.
 * Source: membership specification, 3 (M-1); project specification, 4 (P-4).
 */
const TEXT = `'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'`
const OF_MEMBERSHIPS = sql(`
  select m.id::text as id,
         (select coalesce(json_object_agg(l.to_state, to_char(l.date at time zone 'UTC', ${TEXT})), '{}')
            from (select distinct on (to_state) to_state, date from membership_log
                   where membership_id = m.id order by to_state, id desc) as l) as dates
    from memberships as m`)
const OF_PROJECTS = sql(`
  select p.uuid as id,
         json_strip_nulls(json_build_object(
           'creation_date', to_char(p.creation_date at time zone 'UTC', ${TEXT}),
           'deactivation_date', (select to_char(date at time zone 'UTC', ${TEXT}) from project_log
                                  where project_id = p.id and to_state in ('suspended', 'terminated')
                                  order by id desc limit 1))) as dates
    from projects as p`)

interface Row {
  readonly id: string
  readonly dates: Readonly<Record<string, string>>
}

const STATES = ['requested', 'accepted', 'leave_requested', 'suspended', 'rejected', 'cancelled', 'removed']

/** @returns a line for each thing that shows the administrator, who sees everything, other dates. */
export async function wrongDates(database: Database, drive: DriveProjects): Promise<string[]> {
  const [memberships, projects, ofMemberships, ofProjects] = await Promise.all([
    drive({ kind: 'memberships', by: ADMIN, project: null }),
    drive({ kind: 'projects', by: ADMIN, filter: {} }),
    database.query<Row>(OF_MEMBERSHIPS),
    database.query<Row>(OF_PROJECTS),
  ])
  return [
    ...compare(memberships.body, ofMemberships, STATES),
    ...compare(projects.body, ofProjects, ['creation_date', 'deactivation_date']),
  ]
}

function compare(body: unknown, rows: readonly Row[], names: readonly string[]): string[] {
  const documents = new Map(
    (body as Readonly<Record<string, unknown>>[]).map((document) => [String(document['id']), document]),
  )
  return rows.flatMap(({ id, dates }) => {
    const document = documents.get(id) ?? {}
    return names.flatMap((name) => {
      // A fraction of nothing is left out: overview, 9.
      const wanted = dates[name]?.replace('.000000', '')
      return document[name] === wanted ? [] : [`date: ${id} shows ${name} ${shown(document[name])}, not ${wanted}`]
    })
  })
}
