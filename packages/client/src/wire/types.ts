/**
 * The documents of Astakos, as they travel: the wire's own names, quantities as `bigint`.
 *
 * A newer service may add members and invent states; both are kept as they come.
 */

export type Uuid = string
export type Serial = number
export type Quantity = bigint
export type QuantityInput = bigint | number
export type Dict<T> = Record<string, T>
/** A value of ours, or one that a newer service invents. */
export type Open<T extends string> = T | (string & {})

export type ProjectAction = 'suspend' | 'unsuspend' | 'terminate' | 'reinstate'
export type ApplicationAction = 'approve' | 'deny' | 'dismiss' | 'cancel'
export type MembershipAction = 'leave' | 'cancel' | 'accept' | 'reject' | 'remove'

export interface Endpoints {
  access: { serviceCatalog: CatalogService[] }
}
export interface CatalogService {
  name: string
  type: string
  endpoints_links: unknown[]
  endpoints: CatalogEndpoint[]
}
export interface CatalogEndpoint {
  publicURL: string
  versionId: string
  region: string
  'SNF:uiURL'?: string | null
  'SNF:exposeVersion'?: string
  'SNF:webloginURL'?: string
  [key: string]: unknown
}
export interface UserInfo {
  access: { token: TokenDocument; user: User & { projects: Uuid[] }; serviceCatalog: CatalogService[] }
}
export interface TokenInfo {
  access: { token: TokenDocument; user: User }
}
export interface TokenDocument {
  id: string
  expires: string
  tenant: { id: Uuid | null; name: string }
}
export interface User {
  id: Uuid
  name: string
  roles: { id: string; name: string }[]
  roles_links: unknown[]
}
export interface AccessToken {
  access_token: string
  token_type: string
  expires_in: number
}
export interface ServiceInfo {
  name: string
  url: string | null
  order: number
  verbose_name: string
  cloudbar: { show: boolean; title: string }
  dashboard: { show: boolean; order: number; description: string }
  [key: string]: unknown
}
export interface Resource {
  service: string
  description: string | null
  unit: string | null
  ui_visible: boolean
  api_visible: boolean
}
export type Quotas = Dict<Dict<Quota>>
export interface ProjectQuota {
  project_limit: bigint
  project_usage: bigint
  project_pending: bigint
}
export interface Quota extends ProjectQuota {
  limit: bigint
  usage: bigint
  pending: bigint
}
export interface Provision {
  holder: string
  source: string | null
  resource: string
  quantity: bigint
}
export interface CommissionInfo {
  serial: Serial
  issue_time: string
  name: string
  provisions: Provision[]
  /** The rest only with `resolved: true`, from a service that has the feature. */
  state?: 'pending' | 'accepted' | 'rejected'
  resolve_time?: string | null
  reason?: string
  lease_expires?: string | null
}
export interface Resolution {
  accepted: Serial[]
  rejected: Serial[]
  failed: [serial: Serial, fault: Dict<{ code: number; message: string }>][]
}
export type ProjectState = 'uninitialized' | 'active' | 'suspended' | 'terminated' | 'deleted'
export type ApplicationState = 'pending' | 'approved' | 'replaced' | 'denied' | 'dismissed' | 'cancelled'
export type MembershipState =
  | 'requested'
  | 'accepted'
  | 'leave_requested'
  | 'suspended'
  | 'rejected'
  | 'cancelled'
  | 'removed'
export type Policy = 'auto' | 'moderated' | 'closed'
export interface Capacities {
  project_capacity: bigint
  member_capacity: bigint
}
export interface Project {
  id: Uuid
  state: Open<ProjectState>
  creation_date: string
  end_date: string
  name: string
  owner: Uuid | null
  homepage: string
  description: string
  join_policy: Open<Policy>
  leave_policy: Open<Policy>
  max_members: bigint
  private: boolean
  system_project: boolean
  resources: Dict<Capacities>
  last_application?: Application
  deactivation_date?: string
}
export interface Application {
  id: number
  state: Open<ApplicationState>
  applicant: Uuid
  owner: Uuid | null
  name: string | null
  homepage: string | null
  description: string | null
  start_date: string | null
  end_date: string | null
  comments: string | null
  join_policy: Open<Policy> | null
  leave_policy: Open<Policy> | null
  max_members: bigint | null
  private: boolean | null
  resources: Dict<Capacities>
}
export interface ProjectSpecs {
  name?: string
  owner?: Uuid | null
  homepage?: string | null
  description?: string | null
  comments?: string | null
  start_date?: string | null
  end_date?: string | null
  join_policy?: Policy
  leave_policy?: Policy
  /** A text such as '2k' or 'inf' is read by the service. */
  max_members?: QuantityInput | string
  private?: boolean | null
  resources?: Dict<{ project_capacity: QuantityInput; member_capacity: QuantityInput }>
}
export interface ApplicationReceipt {
  id: Uuid
  application: number
}
/** One key per state ever reached, with the date of the last change to it. */
export interface Membership extends Partial<Record<MembershipState, string>> {
  id: number
  user: Uuid
  project: Uuid
  state: Open<MembershipState>
  allowed_actions: Open<MembershipAction>[]
}

/** The envelope of a refusal: `{"<name>": {"code": …, "message": …}}`. Specification 00, 7. */
export interface Fault {
  name: string
  code: number
  message: string
  details: string | null
  data: Dict<unknown> | null
}
