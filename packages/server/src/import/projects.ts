import { nameOf, POLICIES, PROJECT_STATES } from './codes.ts'
import { copy, refuseAny, type Import } from './copy.ts'
import { insertInto, type Rows } from './target.ts'
import { sql } from '../db/statement.ts'

/** Projects and what they have. Source: database specification, `im_project` and `im_projectresourcequota`. */

const PROJECTS = insertInto('projects', {
  id: 'bigint',
  uuid: 'text',
  name: 'text',
  realname: 'text',
  is_system: 'boolean',
  owner_id: 'bigint',
  state: 'text',
  homepage: 'text',
  description: 'text',
  creation_date: 'timestamptz',
  end_date: 'timestamptz',
  join_policy: 'text',
  leave_policy: 'text',
  max_members: 'bigint',
  private: 'boolean',
})

interface Project {
  readonly id: bigint
  readonly uuid: string
  readonly name: string | null
  readonly realname: string
  readonly is_base: boolean
  readonly owner_id: number | null
  readonly state: number
  readonly homepage: string
  readonly description: string
  readonly creation_date: string
  readonly end_date: string
  readonly member_join_policy: number
  readonly member_leave_policy: number
  readonly limit_on_members_number: bigint
  readonly private: boolean
}

const CAPACITIES = insertInto('project_resources', {
  project_id: 'bigint',
  resource_id: 'bigint',
  project_capacity: 'bigint',
  member_capacity: 'bigint',
})

interface Capacity {
  readonly id: number
  readonly project_id: bigint
  readonly resource_id: number
  readonly project_capacity: bigint
  readonly member_capacity: bigint
}

export async function copyProjects(to: Import): Promise<void> {
  await copy<Project, typeof PROJECTS.columns>(to, {
    what: 'projects',
    from: 'im_project',
    select: `
      select id, uuid, name, realname, is_base, owner_id, state, homepage, description, creation_date::text,
             end_date::text, member_join_policy, member_leave_policy, limit_on_members_number, private
        from im_project order by id`,
    into: PROJECTS,
    row({ is_base, member_join_policy, member_leave_policy, limit_on_members_number, state, ...row }) {
      if (row.uuid === '') throw new RangeError('uuid: must not be empty')
      return {
        ...row,
        is_system: is_base,
        state: nameOf(PROJECT_STATES, 'state', state),
        join_policy: nameOf(POLICIES, 'member_join_policy', member_join_policy),
        leave_policy: nameOf(POLICIES, 'member_leave_policy', member_leave_policy),
        max_members: limit_on_members_number,
      }
    },
  })
  await copy<Capacity, typeof CAPACITIES.columns>(to, {
    what: 'capacities of projects',
    from: 'im_projectresourcequota',
    select: `
      select id, project_id, resource_id, project_capacity, member_capacity from im_projectresourcequota order by id`,
    into: CAPACITIES,
    row: ({ project_id, resource_id, project_capacity, member_capacity }) => ({
      project_id,
      resource_id,
      project_capacity,
      member_capacity,
    }),
  })
  const stray =
    'default_project is not null and not exists (select 1 from im_project as p where p.uuid = default_project)'
  const lost = await to.source.count('im_astakosuser', stray)
  if (lost > 0) to.notes.steps.push(`${lost} users have a default project that is not there; it was carried as it is`)
}

const LAST_APPLICATIONS = {
  columns: { id: 'bigint', application: 'bigint' },
  statement: sql(`
    update projects as p
       set last_application_id = v.application
      from unnest($1::bigint[], $2::bigint[]) as v (id, application)
     where p.id = v.id`),
} as const satisfies Rows<{ id: 'bigint'; application: 'bigint' }>

/** Once the applications are there. */
export async function copyLastApplications(to: Import): Promise<void> {
  await refuseAny(
    to,
    'im_project',
    `select p.id
       from im_project as p
       left join im_projectapplication as a on a.id = p.last_application_id and a.chain = p.id
      where p.last_application_id is not null and a.id is null`,
    'last_application_id: names no application of this project',
  )
  await copy<{ id: bigint; application: number }, typeof LAST_APPLICATIONS.columns>(to, {
    what: 'last applications of projects',
    from: 'im_project',
    select:
      'select id, last_application_id as application from im_project where last_application_id is not null order by id',
    into: LAST_APPLICATIONS,
    row: (row) => row,
  })
}
