import { timeOf } from '../db/time.ts'

/** A project as it is read, with what some of its readers may see. Source: project specification, 4. */
export interface ProjectRow {
  readonly id: bigint
  readonly uuid: string
  readonly state: string
  readonly name: string
  readonly owner: string | null
  readonly homepage: string
  readonly description: string
  readonly created: string
  readonly ends: string
  readonly join_policy: string
  readonly leave_policy: string
  readonly max_members: bigint
  readonly private: boolean
  readonly is_system: boolean
  /** Texts of JSON, made by the database. */
  readonly resources: string | null
  /** The reader is the owner or an administrator. */
  readonly is_privileged: boolean
  readonly deactivated: string | null
  readonly application_id: bigint | null
  readonly application_state: string
  readonly application_name: string | null
  readonly application_owner: string | null
  readonly applicant: string
  readonly application_homepage: string | null
  readonly application_description: string | null
  readonly application_starts: string | null
  readonly application_ends: string | null
  readonly comments: string | null
  readonly application_join_policy: string | null
  readonly application_leave_policy: string | null
  readonly application_max_members: bigint | null
  readonly application_private: boolean | null
  readonly application_resources: string | null
}

const text = JSON.stringify as (value: string | null) => string
const time = (epoch: string | null): string => (epoch === null ? 'null' : `"${timeOf(epoch)}"`)

/** What is put together is text already, so that no number is rounded and nothing is read twice. */
export function projectJson(row: ProjectRow): string {
  const { max_members, is_system, resources, is_privileged, application_id, deactivated } = row
  return (
    `{"id":${text(row.uuid)},"state":"${row.state}","creation_date":${time(row.created)},"name":${text(row.name)},` +
    `"owner":${text(row.owner)},"homepage":${text(row.homepage)},"description":${text(row.description)},` +
    `"end_date":${time(row.ends)},"join_policy":"${row.join_policy}","leave_policy":"${row.leave_policy}",` +
    `"max_members":${max_members},"private":${row.private},"system_project":${is_system},"resources":${resources ?? '{}'}` +
    (is_privileged && application_id !== null ? `,"last_application":${applicationJson(row)}` : '') +
    // P-4: it stays when the project is active again.
    (is_privileged && deactivated !== null ? `,"deactivation_date":${time(deactivated)}` : '') +
    '}'
  )
}

function applicationJson(row: ProjectRow): string {
  return (
    `{"id":${row.application_id},"state":"${row.application_state}","name":${text(row.application_name)},` +
    `"owner":${text(row.application_owner)},"applicant":${text(row.applicant)},` +
    `"homepage":${text(row.application_homepage)},"description":${text(row.application_description)},` +
    `"start_date":${time(row.application_starts)},"end_date":${time(row.application_ends)},` +
    `"comments":${text(row.comments)},"join_policy":${text(row.application_join_policy)},` +
    `"leave_policy":${text(row.application_leave_policy)},"max_members":${row.application_max_members},` +
    `"private":${row.application_private},"resources":${row.application_resources ?? '{}'}}`
  )
}
