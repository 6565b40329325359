/** A row of the original that this database does not take. Nothing was imported. */
export class BrokenRow extends Error {
  readonly table: string
  readonly id: bigint | number

  /** @param rule never with what stands in the row: it may be a secret. */
  constructor(table: string, id: bigint | number, rule: string) {
    super(`${table} ${id}: ${rule}; nothing was imported`)
    this.name = 'BrokenRow'
    this.table = table
    this.id = id
  }
}

/** The rules of our tables by the constraints that stand for them; columns are called as the original calls them. */
const RULES: Readonly<Record<string, string>> = {
  users_uuid_key: 'uuid: another user has the same one',
  users_username_key: 'username: another user has the same one, but for capital letters',
  users_username_check: 'username: has letters that have no lower case of their own',
  users_token_hash_key: 'auth_token: another user has the same one',
  users_verification_hash_key: 'verification_code: another user has the same one',
  users_email_check: 'email: has more than 254 characters',
  users_check1: 'is_active: an active user is verified, moderated and not rejected',
  components_token_hash_key: 'auth_token: another component has the same one',
  resources_system_default_check: 'uplimit: must not be negative',
  resources_project_default_check: 'project_default: must not be negative',
  ui_visible_entails_api_visible: 'ui_visible: entails api_visible',
  projects_check: 'owner_id: a system project has no owner',
  projects_name_key: 'name: another project has reserved the same one',
  projects_uuid_key: 'uuid: another project has the same one',
  projects_max_members_check: 'limit_on_members_number: must not be negative',
  name_reserved_while_alive: 'name: is the realname of an active or suspended project, and null for all others',
  project_resources_project_capacity_check: 'project_capacity: must not be negative',
  project_resources_member_capacity_check: 'member_capacity: must not be negative',
  member_within_project: 'member_capacity: must be between 0 and project_capacity',
  one_pending_application: 'state: the project has another pending application',
  applications_max_members_check: 'limit_on_members_number: must not be negative',
  memberships_user_id_project_id_key: 'person_id: has another membership in that project',
  usage_in_order: 'usage_min, usage_max: must be 0 <= usage_min <= usage_max',
  holding_key: 'holder, source, resource: another holding has the same ones',
  commissions_serial_check: 'serial: must be positive',
  commissions_component_check: 'clientkey: has more than 255 characters',
  confidential_has_secret: 'secret: a confidential client has one',
}

/** Columns that are called otherwise there. */
const REFERENCES: Readonly<Record<string, string>> = {
  memberships_user_id_fkey: 'person_id',
  applications_project_id_fkey: 'chain',
  application_resources_application_id_fkey: 'project_application_id',
}

interface SqlError extends Error {
  readonly code: string
  readonly table?: string | undefined
  readonly constraint?: string | undefined
  readonly column?: string | undefined
}

/** What a row broke, from what PostgreSQL said; its `detail` has the values in it and stays out. */
export function ruleOf({ code, table = '', constraint = '', column, message }: SqlError): string {
  if (code === '23502') return `${column}: must not be null`
  // As PostgreSQL names those that nobody has named.
  const own = constraint.slice(table.length + 1).replace(/_(?:fkey|check)$/, '')
  if (code === '23503') return `${REFERENCES[constraint] ?? own}: names a row that is not there`
  const rule = RULES[constraint]
  if (rule !== undefined) return rule
  if (code === '23514') return `${own}: is too long, empty or out of range`
  if (code === '23505') return `is there twice (${constraint})`
  // Messages of class 22 repeat the value.
  return code.startsWith('22') ? `has a value that is no value of its type (${code})` : message
}
