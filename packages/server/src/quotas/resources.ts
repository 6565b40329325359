import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'

/** A resource that everybody may see. Source: quota specification, 1. */
export interface ResourceInfo {
  readonly service: string
  readonly description: string | null
  readonly unit: string | null
  readonly ui_visible: boolean
  readonly api_visible: boolean
}

const VISIBLE = sql(`
  select name, service_origin as service, description, unit, ui_visible, api_visible
    from resources
   where api_visible
   order by id`)

export async function readResources(on: Queryable): Promise<[string, ResourceInfo][]> {
  const rows = await on.query<ResourceInfo & { name: string }>(VISIBLE)
  return rows.map(({ name, ...resource }) => [name, resource])
}
