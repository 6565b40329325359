import { APPLICATION_STATES, nameOf, POLICIES } from './codes.ts'
import { copy, type Import } from './copy.ts'
import { insertInto } from './target.ts'

/** Applications and what they ask for. Source: database specification, `im_projectapplication`. */

const APPLICATIONS = insertInto('applications', {
  id: 'bigint',
  project_id: 'bigint',
  applicant_id: 'bigint',
  state: 'text',
  name: 'text',
  owner_id: 'bigint',
  homepage: 'text',
  description: 'text',
  start_date: 'timestamptz',
  end_date: 'timestamptz',
  comments: 'text',
  join_policy: 'text',
  leave_policy: 'text',
  max_members: 'bigint',
  private: 'boolean',
  issue_date: 'timestamptz',
  response_date: 'timestamptz',
  response_actor_id: 'bigint',
  response: 'text',
  waive_date: 'timestamptz',
  waive_actor_id: 'bigint',
  waive_reason: 'text',
})

interface Application {
  readonly id: number
  readonly project_id: bigint
  readonly applicant_id: number
  readonly state: number
  readonly name: string | null
  readonly owner_id: number | null
  readonly homepage: string | null
  readonly description: string | null
  readonly start_date: string | null
  readonly end_date: string | null
  readonly comments: string | null
  readonly member_join_policy: number | null
  readonly member_leave_policy: number | null
  readonly max_members: bigint | null
  readonly private: boolean | null
  readonly issue_date: string
  readonly response_date: string | null
  readonly response_actor_id: number | null
  readonly response: string | null
  readonly waive_date: string | null
  readonly waive_actor_id: number | null
  readonly waive_reason: string | null
}

const GRANTS = insertInto('application_resources', {
  application_id: 'bigint',
  resource_id: 'bigint',
  project_capacity: 'bigint',
  member_capacity: 'bigint',
})

interface Grant {
  readonly id: number
  readonly project_application_id: number
  readonly resource_id: number
  readonly project_capacity: bigint
  readonly member_capacity: bigint
}

export async function copyApplications(to: Import): Promise<void> {
  await copy<Application, typeof APPLICATIONS.columns>(to, {
    what: 'applications',
    from: 'im_projectapplication',
    select: `
      select id, chain as project_id, applicant_id, state, name, owner_id, homepage, description, start_date::text,
             end_date::text, comments, member_join_policy, member_leave_policy, limit_on_members_number as max_members,
             private, issue_date::text, response_date::text, response_actor_id, response, waive_date::text,
             waive_actor_id, waive_reason
        from im_projectapplication order by id`,
    into: APPLICATIONS,
    row: ({ state, member_join_policy, member_leave_policy, ...row }) => ({
      ...row,
      state: nameOf(APPLICATION_STATES, 'state', state),
      join_policy: nameOf(POLICIES, 'member_join_policy', member_join_policy),
      leave_policy: nameOf(POLICIES, 'member_leave_policy', member_leave_policy),
    }),
  })
  await copy<Grant, typeof GRANTS.columns>(to, {
    what: 'resources of applications',
    from: 'im_projectresourcegrant',
    select: `
      select id, project_application_id, resource_id, project_capacity, member_capacity
        from im_projectresourcegrant order by id`,
    into: GRANTS,
    row: ({ project_application_id: application_id, resource_id, project_capacity, member_capacity }) => ({
      application_id,
      resource_id,
      project_capacity,
      member_capacity,
    }),
  })
}
