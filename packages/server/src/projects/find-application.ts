import { sql, type Queryable } from '../db/statement.ts'
import type { ApplicationState } from './application-machine.ts'

/** Where an application belongs, and what has become of it. */
export interface FoundApplication {
  readonly projectId: bigint
  /** A uuid. */
  readonly project: string
  readonly state: ApplicationState
}

const FIND = sql(`
  select p.id as "projectId", p.uuid as project, a.state
    from applications as a
    join projects as p on p.id = a.project_id
   where a.id = $1`)

export async function findApplication(on: Queryable, id: bigint): Promise<FoundApplication | null> {
  const [row] = await on.query<FoundApplication>(FIND, [id])
  return row ?? null
}
