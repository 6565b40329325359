import { intArray } from '../db/connect.ts'
import { Loader } from '../db/loader.ts'
import { sql, type Queryable } from '../db/statement.ts'
import { encodeNames, lists, memberJson, type Columns } from './quota-json.ts'

const OWN = sql(`
  select m.user_id, pr.uuid as project, h.places, h.limits, h.usages, h.pendings, p.places as project_places,
         p.limits as project_limits, p.usages as project_usages, p.pendings as project_pendings
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as pr on pr.id = m.project_id
   cross join lateral (
     select ${lists('h')}
       from holdings as h
      where h.holder = 'user:' || u.uuid and h.source = 'project:' || pr.uuid and h.resource = any($1)) as h
   cross join lateral (
     select ${lists('p')}
       from holdings as p
      where p.holder = 'project:' || pr.uuid and p.source is null and p.resource = any($1)) as p
   where m.user_id = any($2::bigint[])
     and m.state in ('accepted', 'leave_requested')
     and pr.state <> 'deleted'
     and h.places is not null
     and p.places is not null
   order by m.user_id, pr.id`)

interface Row extends Columns {
  user_id: bigint
  project: string
  project_places: string
  project_limits: string
  project_usages: string
  project_pendings: string
}

/**
 * The quotas of a user, as a whole document. Source: quota specification, 3.1.
 *
 * @param visible the resources that the API shows.
 */
export function ownQuotas(on: Queryable, visible: () => Promise<readonly string[]>): Loader<bigint, string> {
  return new Loader(async (userIds) => {
    const resources = await visible()
    const names = encodeNames(resources)
    const rows = await on.query<Row>(OWN, [resources, intArray([...new Set(userIds)])])
    const documents = new Map<bigint, string>()
    for (const row of rows) {
      const quotas = memberJson(names, row, {
        places: row.project_places,
        limits: row.project_limits,
        usages: row.project_usages,
        pendings: row.project_pendings,
      })
      if (quotas === '') continue
      const before = documents.get(row.user_id)
      const project = `${JSON.stringify(row.project)}:{${quotas}}`
      documents.set(row.user_id, before === undefined ? project : `${before},${project}`)
    }
    return userIds.map((userId) => `{${documents.get(userId) ?? ''}}`)
  })
}
