/// <reference lib="esnext.disposable" />
/**
 * The public surface as it was decided, apart from the code that offers it: `surface.test-d.ts` compares the two. Change it
 * only together with a line in docs/compatibility.md.
 */

// ---------------------------------------------------------------- values
export type Uuid = string
export type Serial = number
export type Quantity = bigint
export type QuantityInput = bigint | number
export type Dict<T> = Record<string, T>
/** A value of ours, or one that a newer service invents. */
export type Open<T extends string> = T | (string & {})
type Opt<T> = T | undefined

/** 2^63 - 1: what the service calls unlimited. */
export declare const UNLIMITED: 9223372036854775807n
export declare function isUnlimited(quantity: bigint): boolean
/** What is really left: min(limit, project_limit - what others took); unlimited stays unlimited, never below 0. */
export declare function effectiveQuota(quota: Quota): EffectiveQuota
/** Specification 00, 10.2: `formatQuantity(10737418240n, "bytes")` is "10.0 GB", unlimited is "inf". */
export declare function formatQuantity(quantity: QuantityInput, unit?: string | null, style?: UnitStyle): string
/** Specification 00, 10.1, exact decimals: "10GiB", "1.5M", "inf". @throws {BadValue} */
export declare function parseQuantity(text: string): bigint
export type UnitStyle = 'auto' | 'b' | 'kb' | 'mb' | 'gb' | 'tb' | 'pb' | 'none'
export interface EffectiveQuota {
  limit: bigint
  usage: bigint
  pending: bigint
  available: bigint
  boundBy: 'member' | 'project'
  overLimit: boolean
}

/** `JSON.parse` / `JSON.stringify` for documents with 64-bit integers: `JSON.stringify(await client.getQuotas())` throws. */
export declare function parseExact(text: string): unknown
export declare function stringifyExact(value: unknown, space?: number | string): string

// ---------------------------------------------------------------- construction
export interface ClientOptions {
  /** Additional attempts, where a second one can't do harm. @default 0 */
  readonly retry?: Opt<number>
  /** Own keep-alive pool instead of the runtime's. Ignored in browsers. @default false */
  readonly usePool?: Opt<boolean>
  /** Connections per origin, with `usePool`. @default 8 */
  readonly poolSize?: Opt<number>
  /** `console` fits. Never sees a token, secret or password. @default null */
  readonly logger?: Opt<Logger | null>
  /** For every request; copied. `X-Auth-Token`, `Content-Length` and `Host` are refused with BadValue. */
  readonly headers?: Opt<Readonly<Dict<string>>>
  /** The whole call: discovery, waiting for a connection, all attempts and pauses, reading the body. @default 60_000; 0 is none */
  readonly timeoutMs?: Opt<number>
  /** One attempt, from its first byte sent to its last byte read. @default 30_000; 0 is none */
  readonly attemptTimeoutMs?: Opt<number>
  /** Name look-up, TCP and TLS. Not in browsers. @default 5_000 */
  readonly connectTimeoutMs?: Opt<number>
  /** Longest pause between attempts; a longer `Retry-After` ends the call. @default 20_000 */
  readonly retryDelayMsMax?: Opt<number>
  /** Answers larger than this are refused (InvalidResponse); streams don't count. @default 256 MiB */
  readonly maxResponseBytes?: Opt<number>
  /** Origins besides `authUrl`'s to which discovered endpoints, and thus the token, may go. @default [] */
  readonly trustedOrigins?: Opt<readonly string[]>
  /** PEM. Not in browsers. */
  readonly tls?: Opt<{
    readonly ca?: Opt<string | readonly string[]>
    readonly cert?: Opt<string>
    readonly key?: Opt<string>
  }>
  /** false ignores HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Not in browsers. @default from the environment */
  readonly proxy?: Opt<string | false>
  /** Replaces the transport; with `usePool`, `tls` or `proxy` it is a BadValue. */
  readonly fetch?: Opt<typeof globalThis.fetch>
}
export interface RequestOptions {
  readonly signal?: Opt<AbortSignal>
  /** Instead of the client's, for this call. */
  readonly timeoutMs?: Opt<number>
  readonly retry?: Opt<number>
  readonly headers?: Opt<Readonly<Dict<string>>>
}
export interface Logger {
  debug(message: string, fields?: object): void
  warn(message: string, fields?: object): void
}

export declare class AstakosClient implements AsyncDisposable {
  /** No traffic. @throws {BadValue} */
  constructor(token: string, authUrl: string | URL, options?: ClientOptions)
  /** Getter on the prototype: absent from `inspect`, spread and JSON. */
  get token(): string
  get authUrl(): string
  get retry(): number
  /** The last request that was sent and the last answer read, secrets cut; null while the first runs. For debugging one call at a time. */
  get logRequest(): RequestLog | null
  get logResponse(): ResponseLog | null
  /** Same service, pool, discovery and options, another token: how a service looks at its users. Lives as long as its origin. */
  withToken(token: string): AstakosClient
  /** What the service can do beyond the original; empty for the original. Discovers on first use. */
  features(options?: RequestOptions): Promise<ReadonlySet<Open<Feature>>>
  /** Ends the pool once running calls are done; later calls are BadValue. Repeatable; on a `withToken` client it does nothing. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>

  // -------------------------------------------------------------- identity
  authenticate(options?: { readonly tenantName?: Opt<string | null> } & RequestOptions): Promise<UserInfo>
  getEndpoints(options?: RequestOptions): Promise<Endpoints>
  /** Of an OAuth2 access token. */
  validateToken(
    tokenId: string,
    options?: { readonly belongsTo?: Opt<string | null> } & RequestOptions,
  ): Promise<TokenInfo>
  /** OAuth2 code exchange; `params` are the form's own names. */
  getToken(
    grantType: Open<'authorization_code'>,
    clientId: string,
    clientSecret: string,
    params: TokenParams,
    options?: RequestOptions,
  ): Promise<AccessToken>
  /** Unknown uuids are missing from the answer. */
  getUsernames(uuids: readonly Uuid[], options?: RequestOptions): Promise<Dict<string>>
  /** @throws {NoUserName} */
  getUsername(uuid: Uuid, options?: RequestOptions): Promise<string>
  /** null asks for all users. */
  serviceGetUsernames(uuids: readonly Uuid[] | null, options?: RequestOptions): Promise<Dict<string>>
  serviceGetUsername(uuid: Uuid, options?: RequestOptions): Promise<string>
  getUuids(displayNames: readonly string[], options?: RequestOptions): Promise<Dict<Uuid>>
  /** @throws {NoUUID} */
  getUuid(displayName: string, options?: RequestOptions): Promise<Uuid>
  serviceGetUuids(displayNames: readonly string[], options?: RequestOptions): Promise<Dict<Uuid>>
  serviceGetUuid(displayName: string, options?: RequestOptions): Promise<Uuid>
  getServices(options?: RequestOptions): Promise<ServiceInfo[]>
  getResources(options?: RequestOptions): Promise<Dict<Resource>>
  sendFeedback(message: string, data: string, options?: RequestOptions): Promise<void>
  setDefaultProject(projectId: Uuid, options?: RequestOptions): Promise<void>

  // -------------------------------------------------------------- quotas
  /** By project, by resource. */
  getQuotas(options?: RequestOptions): Promise<Quotas>
  /** By user, by project, by resource. Absent or null: all; an empty list is BadValue. */
  serviceGetQuotas(filter?: ServiceQuotasFilter & RequestOptions): Promise<Dict<Quotas>>
  /** The same as a stream of entries; any size in constant memory; `timeoutMs` bounds the wait for each chunk; `break` frees the socket. */
  serviceQuotasEntries(
    filter?: ServiceQuotasFilter & RequestOptions,
  ): AsyncIterableIterator<[user: Uuid, quotas: Quotas]>
  serviceGetProjectQuotas(filter?: ProjectQuotasFilter & RequestOptions): Promise<Dict<Dict<ProjectQuota>>>
  serviceProjectQuotasEntries(
    filter?: ProjectQuotasFilter & RequestOptions,
  ): AsyncIterableIterator<[project: Uuid, quotas: Dict<ProjectQuota>]>

  // -------------------------------------------------------------- commissions
  /** Exactly these provisions, in this order: users' first. */
  issueCommissionGeneric(
    userProvisions: readonly UserProvision[],
    projectProvisions: readonly ProjectProvision[],
    options?: IssueOptions,
  ): Promise<Serial>
  /** Published shape: one project pays; its half is added. */
  issueOneCommission(
    holder: Uuid,
    source: Uuid,
    provisions: Readonly<Dict<QuantityInput>>,
    options?: IssueOptions,
  ): Promise<Serial>
  /** The same over several projects. */
  issueOneCommission(holder: Uuid, provisions: readonly MemberProvision[], options?: IssueOptions): Promise<Serial>
  issueResourceReassignment(holder: Uuid, provisions: readonly Reassignment[], options?: IssueOptions): Promise<Serial>
  getPendingCommissions(options?: RequestOptions): Promise<Serial[]>
  /** `resolved: true` also finds resolved ones where the service keeps them (feature `resolved-commissions`). @throws {NotFound} */
  getCommissionInfo(
    serial: Serial,
    options?: { readonly resolved?: Opt<boolean> } & RequestOptions,
  ): Promise<CommissionInfo>
  /** A retry that meets 404 after a lost answer asks how it ended: as wanted, it resolves; the other way, NotFound; nobody can tell, NotFound with `outcome: "unknown"`. */
  commissionAction(serial: Serial, action: 'accept' | 'reject', options?: RequestOptions): Promise<void>
  acceptCommission(serial: Serial, options?: RequestOptions): Promise<void>
  rejectCommission(serial: Serial, options?: RequestOptions): Promise<void>
  resolveCommissions(
    acceptSerials: readonly Serial[],
    rejectSerials: readonly Serial[],
    options?: RequestOptions,
  ): Promise<Resolution>

  // -------------------------------------------------------------- projects and memberships
  getProjects(filter?: ProjectsFilter & RequestOptions): Promise<Project[]>
  getProject(projectId: Uuid, options?: RequestOptions): Promise<Project>
  createProject(
    specs: ProjectSpecs & { name: string; end_date: string },
    options?: RequestOptions,
  ): Promise<ApplicationReceipt>
  modifyProject(projectId: Uuid, specs: ProjectSpecs, options?: RequestOptions): Promise<ApplicationReceipt>
  projectAction(projectId: Uuid, action: ProjectAction, options?: ReasonOptions): Promise<void>
  applicationAction(projectId: Uuid, appId: number, action: ApplicationAction, options?: ReasonOptions): Promise<void>
  getMemberships(filter?: { readonly projectId?: Opt<Uuid | null> } & RequestOptions): Promise<Membership[]>
  getMembership(membershipId: number, options?: RequestOptions): Promise<Membership>
  membershipAction(membershipId: number, action: MembershipAction, options?: ReasonOptions): Promise<void>
  joinProject(projectId: Uuid, options?: RequestOptions): Promise<{ id: number }>
  enrollMember(projectId: Uuid, email: string, options?: RequestOptions): Promise<{ id: number }>
}

// ---------------------------------------------------------------- functions
/** Never changes its argument. @throws {NoEndpoints} */
export declare function parseEndpoints(
  endpoints: Endpoints,
  filter?: {
    readonly name?: Opt<string | null>
    readonly type?: Opt<string | null>
    readonly region?: Opt<string | null>
    readonly versionId?: Opt<string | null>
  },
): CatalogService[]
/** Never throws: null when there is no such cookie or it holds no token. A string is the `Cookie` header. */
export declare function getTokenFromCookie(cookies: CookieSource, cookieName: string): string | null
export type CookieSource =
  | string
  | Headers
  | { readonly headers: Headers | { readonly cookie?: Opt<string> } }
  | ReadonlyMap<string, string>
  | { readonly cookies: Readonly<Dict<Opt<string>>> }
  | null
  | undefined
/** The pair that one charge consists of: the member's half, then the project's. */
export declare function mkProvisions(
  holder: Uuid,
  source: Uuid,
  resource: string,
  quantity: QuantityInput,
): [Provision, Provision]

// ---------------------------------------------------------------- options and arguments
export type Feature = 'idempotent-commissions' | 'resolved-commissions' | 'commission-leases'
export interface IssueOptions extends RequestOptions {
  /** A note for people, at most 4096 characters. @default "" */
  readonly name?: Opt<string>
  /** Passes upper limits. @default false */
  readonly force?: Opt<boolean>
  /** Accepted in the same transaction. @default false */
  readonly autoAccept?: Opt<boolean>
  /** 1 to 255 visible ASCII characters. @default a fresh one where the service takes keys. Given where it doesn't: NotSupported, nothing sent. */
  readonly idempotencyKey?: Opt<string>
  /** Rejected by the service unless resolved by then. Where there are no leases: NotSupported, nothing sent. */
  readonly leaseSeconds?: Opt<number>
}
export interface ReasonOptions extends RequestOptions {
  readonly reason?: Opt<string>
}
export interface MemberProvision {
  readonly project: Uuid
  readonly resource: string
  readonly quantity: QuantityInput
}
export interface UserProvision extends MemberProvision {
  readonly user: Uuid
}
export interface ProjectProvision {
  readonly project: Uuid
  readonly resource: string
  readonly quantity: QuantityInput
}
export interface Reassignment {
  readonly from: Uuid
  readonly to: Uuid
  readonly resource: string
  readonly quantity: QuantityInput
}
export interface ServiceQuotasFilter {
  readonly user?: Opt<Uuid | readonly Uuid[] | null>
  readonly projectId?: Opt<Uuid | readonly Uuid[] | null>
}
export interface ProjectQuotasFilter {
  readonly projectId?: Opt<Uuid | readonly Uuid[] | null>
}
export interface ProjectsFilter {
  readonly name?: Opt<string | null>
  readonly state?: Opt<Open<ProjectState> | null>
  readonly owner?: Opt<Uuid | null>
  readonly mode?: Opt<Open<'default' | 'related' | 'member' | 'active'> | null>
}
export interface TokenParams {
  readonly code?: Opt<string>
  readonly redirect_uri?: Opt<string>
  readonly [param: string]: Opt<string>
}
export type ProjectAction = 'suspend' | 'unsuspend' | 'terminate' | 'reinstate'
export type ApplicationAction = 'approve' | 'deny' | 'dismiss' | 'cancel'
export type MembershipAction = 'leave' | 'cancel' | 'accept' | 'reject' | 'remove'

// ---------------------------------------------------------------- documents, as on the wire
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
  /** A text such as "2k" or "inf" is read by the service. */
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
export interface RequestLog {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Dict<string>>
  readonly body: string | null
}
export interface ResponseLog {
  readonly status: number
  readonly message: string
  readonly data: string
}

// ---------------------------------------------------------------- errors
export interface Fault {
  name: string
  code: number
  message: string
  details: string | null
  data: Dict<unknown> | null
}
/** Base of all. `name` is the class's name, also in minified code and across copies of the package. */
export declare class AstakosClientException extends Error {
  /** The HTTP status; 500 where there was none, as in the reference. */
  readonly status: number
  readonly details: string
  /** Body of the answer; null without one, and always for calls whose answer holds a token. */
  readonly response: string | null
  readonly fault: Fault | null
  readonly method: string | null
  /** The path's pattern, `/tokens/{tokenId}`: never a secret, never a query. */
  readonly path: string | null
  readonly requestId: string | null
  readonly attempts: number
  /** Of an issue that was sent with a key: call again with it to learn the outcome. */
  readonly idempotencyKey: string | null
  /** "none": surely nothing was changed. "unknown": it may have been done. */
  readonly outcome: 'none' | 'unknown'
  /** The same call may be made again as it is, without harm and with hope. */
  readonly retryable: boolean
}
export declare class BadValue extends AstakosClientException {
  readonly argument: string
}
export declare class NotSupported extends AstakosClientException {
  readonly feature: Open<Feature>
}
export declare class BadRequest extends AstakosClientException {}
export declare class Unauthorized extends AstakosClientException {}
export declare class Forbidden extends AstakosClientException {}
export declare class NotFound extends AstakosClientException {}
/** 404 of an issue: a holder has no quota of that resource, for instance no member of the project. */
export declare class NoHolding extends NotFound {
  readonly provision: Provision | null
}
export declare class Conflict extends AstakosClientException {}
/** 413 of an issue. The fields are null only when the body can't be read. */
export declare class QuotaLimit extends AstakosClientException {
  readonly kind: 'capacity' | 'quantity' | null
  readonly provision: Provision | null
  readonly holder: { readonly kind: 'user' | 'project'; readonly id: Uuid } | null
  readonly limit: bigint | null
  readonly usage: bigint | null
  /** limit - usage; may be negative. */
  readonly available: bigint | null
  readonly requested: bigint | null
}
/** 422: the key was used for another request. */
export declare class KeyReused extends AstakosClientException {}
export declare class InvalidResponse extends AstakosClientException {}
export declare class ConnectionError extends AstakosClientException {}
export declare class Timeout extends ConnectionError {
  readonly timeoutMs: number
  readonly phase: 'pool' | 'connect' | 'attempt' | 'call'
}
export declare class NoUserName extends AstakosClientException {
  readonly uuid: Uuid
}
export declare class NoUUID extends AstakosClientException {
  readonly displayName: string
}
export declare class NoEndpoints extends AstakosClientException {}

export {}
