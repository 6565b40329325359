import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'

/** What there is of a resource, for operators. Source: administration specification, 1.3; quota specification, 1. */
export interface ResourceDocument {
  readonly description: string | null
  readonly unit: string | null
  readonly service_type: string
  readonly service_origin: string
  readonly system_default: bigint
  readonly project_default: bigint
  readonly api_visible: boolean
  readonly ui_visible: boolean
}

export interface ListedResource extends ResourceDocument {
  readonly id: bigint
  readonly name: string
}

export const RESOURCE_COLUMNS =
  'system_default, project_default, api_visible, ui_visible, service_type, service_origin, unit, description'

const LIST = sql(`
  select id, name, ${RESOURCE_COLUMNS} from resources where $1::bigint is null or id > $1 order by id limit $2`)

/** In the order of their registration. */
export function listResources(on: Queryable, after: bigint | null, count: number): Promise<ListedResource[]> {
  return on.query<ListedResource>(LIST, [after, count])
}

export interface ResourceChange {
  readonly systemDefault?: bigint | undefined
  readonly projectDefault?: bigint | undefined
  readonly apiVisible?: boolean | undefined
  readonly uiVisible?: boolean | undefined
}

const FIND = sql(`select ${RESOURCE_COLUMNS} from resources where name = $1 for update`)

/** Projects keep their limits. What the API doesn't show, the UI doesn't either. */
const UPDATE = sql(`
  update resources
     set system_default = coalesce($2, system_default),
         project_default = coalesce($3, project_default),
         api_visible = coalesce($4, api_visible or coalesce($5, false)),
         ui_visible = case when $4 = false then false else coalesce($5, ui_visible) end
   where name = $1
  returning ${RESOURCE_COLUMNS}`)

/** @throws {Refused} there is no such resource; or the UI should show what the API should not. */
export async function modifyResource(
  tx: Queryable,
  name: string,
  change: ResourceChange,
): Promise<{ before: ResourceDocument; after: ResourceDocument }> {
  const { systemDefault = null, projectDefault = null, apiVisible = null, uiVisible = null } = change
  const [before] = await tx.query<ResourceDocument>(FIND, [name])
  if (!before) throw new Refused('unknown', `Resource ${name} does not exist.`)
  if (uiVisible && apiVisible === false)
    throw new Refused('malformed', "Flag 'ui_visible' should entail 'api_visible'.")
  const [after] = await tx.query<ResourceDocument>(UPDATE, [name, systemDefault, projectDefault, apiVisible, uiVisible])
  return { before, after: after as ResourceDocument }
}
