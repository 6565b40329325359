import { intArray } from '../db/connect.ts'
import { sql, type Queryable } from '../db/statement.ts'
import type { Policy } from './locked-project.ts'

/** What is asked for. Null: as the project has it. Source: project specification, 1.2 and 6.1. */
export interface Wishes {
  readonly name: string | null
  readonly ownerId: bigint | null
  readonly homepage: string | null
  readonly description: string | null
  /** As PostgreSQL reads it. */
  readonly startDate: string | null
  readonly endDate: string | null
  readonly comments: string | null
  readonly joinPolicy: Policy | null
  readonly leavePolicy: Policy | null
  readonly maxMembers: bigint | null
  readonly isPrivate: boolean | null
  readonly capacities: readonly Capacity[]
}

export interface Capacity {
  readonly resource: string
  readonly projectCapacity: bigint
  readonly memberCapacity: bigint
}

const INSERT = sql(`
  insert into applications (project_id, applicant_id, state, name, owner_id, homepage, description, start_date, end_date,
                            comments, join_policy, leave_policy, max_members, private)
  values ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  returning id`)

const insertCapacities = (of: 'application' | 'project'): ReturnType<typeof sql> =>
  sql(`
  insert into ${of}_resources (${of}_id, resource_id, project_capacity, member_capacity)
  select $1, r.id, v.project_capacity, v.member_capacity
    from unnest($2::text[], $3::bigint[], $4::bigint[]) as v (resource, project_capacity, member_capacity)
    join resources as r on r.name = v.resource`)
const INSERT_APPLICATION_CAPACITIES = insertCapacities('application')
const INSERT_PROJECT_CAPACITIES = insertCapacities('project')

const SET_LAST = sql('update projects set last_application_id = $2 where id = $1')

/** @returns its number. */
export async function insertApplication(
  tx: Queryable,
  projectId: bigint,
  applicantId: bigint,
  wishes: Wishes,
): Promise<bigint> {
  const [row] = await tx.query<{ id: bigint }>(INSERT, [
    projectId,
    applicantId,
    wishes.name,
    wishes.ownerId,
    wishes.homepage,
    wishes.description,
    wishes.startDate,
    wishes.endDate,
    wishes.comments,
    wishes.joinPolicy,
    wishes.leavePolicy,
    wishes.maxMembers,
    wishes.isPrivate,
  ])
  const { id } = row as { id: bigint }
  if (wishes.capacities.length > 0) await tx.query(INSERT_APPLICATION_CAPACITIES, capacityColumns(id, wishes))
  await tx.query(SET_LAST, [projectId, id])
  return id
}

/** Of a new project: as they were asked for. */
export async function insertProjectCapacities(tx: Queryable, projectId: bigint, wishes: Wishes): Promise<void> {
  if (wishes.capacities.length > 0) await tx.query(INSERT_PROJECT_CAPACITIES, capacityColumns(projectId, wishes))
}

function capacityColumns(id: bigint, { capacities }: Wishes): unknown[] {
  return [
    id,
    capacities.map(({ resource }) => resource),
    intArray(capacities.map(({ projectCapacity }) => projectCapacity)),
    intArray(capacities.map(({ memberCapacity }) => memberCapacity)),
  ]
}
