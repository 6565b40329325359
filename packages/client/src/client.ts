import { idOf, objectOf } from './arguments.ts'
import type { Call } from './call.ts'
import { Core } from './core.ts'
import { Engine } from './engine.ts'
import { EntryStream } from './entry-stream.ts'
import { NotSupported, NoUserName, NoUUID, type Feature } from './errors.ts'
import { authUrlOf, tokenOf } from './identity.ts'
import { freshKey } from './idempotency-key.ts'
import type { RequestLog, ResponseLog } from './log.ts'
import * as account from './operations/account.ts'
import * as commissions from './operations/commissions.ts'
import type {
  IssueOptions,
  MemberProvision,
  ProjectProvision,
  Reassignment,
  UserProvision,
} from './operations/commissions.ts'
import * as identity from './operations/identity.ts'
import * as memberships from './operations/memberships.ts'
import * as projects from './operations/projects.ts'
import type { ProjectsFilter, ReasonOptions } from './operations/projects.ts'
import * as quotas from './operations/quotas.ts'
import * as users from './operations/users.ts'
import { settingsOf, type ClientOptions, type RequestOptions } from './options.ts'
import { settle, settleMany } from './settle.ts'
import type {
  AccessToken,
  ApplicationAction,
  ApplicationReceipt,
  CommissionInfo,
  Dict,
  Endpoints,
  Membership,
  MembershipAction,
  Open,
  Project,
  ProjectAction,
  ProjectQuota,
  ProjectSpecs,
  Provision,
  QuantityInput,
  Quotas,
  Resolution,
  Resource,
  Serial,
  ServiceInfo,
  TokenInfo,
  UserInfo,
  Uuid,
} from './wire/types.ts'

export interface TokenParams {
  readonly code?: string | undefined
  readonly redirect_uri?: string | undefined
  readonly [param: string]: string | undefined
}

export interface ServiceQuotasFilter {
  readonly user?: Uuid | readonly Uuid[] | null | undefined
  readonly projectId?: Uuid | readonly Uuid[] | null | undefined
}

export interface ProjectQuotasFilter {
  readonly projectId?: Uuid | readonly Uuid[] | null | undefined
}

/**
 * A client of one Astakos service, for one token.
 *
 * Every method rejects with `BadValue` when an argument can't be sent as meant (nothing was sent then), with the
 * signal's reason when it is aborted, with `ConnectionError` or its subclass `Timeout` when there was no answer, with
 * `InvalidResponse` when the answer is no such document, and with the class for the answer's status otherwise:
 * `BadRequest` 400, `Unauthorized` 401, `Forbidden` 403, `NotFound` 404, `Conflict` 409, `AstakosClientException` for
 * the rest. Only what comes on top of these is listed below.
 *
 * Source: reference `AstakosClient`; client specification, 1 to 7.
 */
export class AstakosClient implements AsyncDisposable {
  readonly #engine: Engine
  readonly #owner: boolean

  /**
   * No traffic: the service is looked for by the first call.
   *
   * @param token of a user, or of a service.
   * @param authUrl the identity URL, such as `https://accounts.example.com/identity/v2.0`. For a bare origin the first
   *   call tries `/identity/v2.0`, `/astakos/identity/v2.0` and then `/tokens` itself.
   * @throws {BadValue}
   */
  constructor(token: string, authUrl: string | URL, options?: ClientOptions)
  constructor(token: string, authUrl: string | URL, options?: ClientOptions | Core) {
    const checked = tokenOf(token)
    this.#owner = !(options instanceof Core)
    this.#engine = new Engine(
      options instanceof Core ? options : new Core(authUrlOf(authUrl), settingsOf(options)),
      checked,
    )
  }

  /** Getter on the prototype: absent from `inspect`, spread and JSON. */
  get token(): string {
    return this.#engine.token
  }

  get authUrl(): string {
    return this.#engine.core.authUrl.text
  }

  get retry(): number {
    return this.#engine.core.settings.retry
  }

  /** The last request that was sent, secrets cut; null before the first. For debugging one call at a time. */
  get logRequest(): RequestLog | null {
    return this.#engine.logRequest
  }

  /** The last answer that was read, secrets cut, at most its first 64 KiB; null before the first. */
  get logResponse(): ResponseLog | null {
    return this.#engine.logResponse
  }

  /**
   * Same service, pool, discovery and options, another token: how a service looks at its users. Lives as long as its
   * origin.
   *
   * @throws {BadValue}
   */
  withToken(token: string): AstakosClient {
    const { core } = this.#engine
    return new AstakosClient(tokenOf(token, 'withToken'), core.authUrl.text, core as ClientOptions)
  }

  /** What the service can do beyond the original; empty for the original. Discovers on first use. */
  async features(options?: RequestOptions): Promise<ReadonlySet<Open<Feature>>> {
    return this.#engine.within('features', options, async (run) => new Set(await run.features()))
  }

  /** Ends the pool once running calls are done; later calls are BadValue. Repeatable; on a `withToken` client it does nothing. */
  async close(): Promise<void> {
    if (this.#owner) await this.#engine.core.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // ---------------------------------------------------------------- identity

  /**
   * The user whose token this is, their projects and roles, and the endpoints of all services. Refreshes discovery.
   *
   * @param options `tenantName` has to be the user's uuid, if it is given.
   * @throws {Unauthorized} the token is unknown or expired, the user inactive.
   *
   * Source: reference `authenticate`; identity specification, 2.1.
   */
  async authenticate(
    options?: { readonly tenantName?: string | null | undefined } & RequestOptions,
  ): Promise<UserInfo> {
    return this.#engine.call(identity.authenticate(this.#engine.token, options?.tenantName), options)
  }

  /**
   * The endpoints of all services, without asking who calls. Refreshes discovery. See `parseEndpoints`.
   *
   * Source: reference `get_endpoints`; identity specification, 2.1 and 2.2.
   */
  async getEndpoints(options?: RequestOptions): Promise<Endpoints> {
    return this.#engine.call(identity.getEndpoints(), options)
  }

  /**
   * Of an OAuth2 access token: whose it is and when it ends. User tokens are not known here.
   *
   * @param options `belongsTo` has to begin with the token's scope.
   * @throws {NotFound} unknown, expired, or outside of the scope.
   *
   * Source: identity specification, 2.3.
   */
  async validateToken(
    tokenId: string,
    options?: { readonly belongsTo?: string | null | undefined } & RequestOptions,
  ): Promise<TokenInfo> {
    return this.#engine.call(identity.validateToken(tokenId, options?.belongsTo), options)
  }

  /**
   * Exchanges an OAuth2 authorization code for an access token. Never sent twice: a code can be used once.
   *
   * @param params the form's own names: `code`, `redirect_uri`.
   * @throws {BadRequest} all refusals; `details` has the service's text.
   *
   * Source: OAuth2 specification, 5.
   */
  async getToken(
    grantType: Open<'authorization_code'>,
    clientId: string,
    clientSecret: string,
    params: TokenParams,
    options?: RequestOptions,
  ): Promise<AccessToken> {
    return this.#engine.call(identity.getToken(grantType, clientId, clientSecret, params), options)
  }

  /**
   * User names by uuid. Unknown uuids are missing from the answer.
   *
   * Source: reference `get_usernames`; identity specification, 3.
   */
  async getUsernames(uuids: readonly Uuid[], options?: RequestOptions): Promise<Dict<string>> {
    return this.#engine.call(users.namesOf(users.GET_USERNAMES, uuids), options)
  }

  /** One user's name. @throws {NoUserName} */
  async getUsername(uuid: Uuid, options?: RequestOptions): Promise<string> {
    return this.#username(users.GET_USERNAME, uuid, options)
  }

  /** `getUsernames` with a service's token; null asks for all users. */
  async serviceGetUsernames(uuids: readonly Uuid[] | null, options?: RequestOptions): Promise<Dict<string>> {
    const operation = users.SERVICE_GET_USERNAMES
    return this.#engine.call(uuids === null ? users.namesOfAll(operation) : users.namesOf(operation, uuids), options)
  }

  /** `getUsername` with a service's token. @throws {NoUserName} */
  async serviceGetUsername(uuid: Uuid, options?: RequestOptions): Promise<string> {
    return this.#username(users.SERVICE_GET_USERNAME, uuid, options)
  }

  /**
   * Uuids by user name; case doesn't matter, and the answer has the names as they were asked for. Unknown ones are missing.
   *
   * Source: reference `get_uuids`; identity specification, 3.
   */
  async getUuids(displayNames: readonly string[], options?: RequestOptions): Promise<Dict<Uuid>> {
    return this.#engine.call(users.uuidsOf(users.GET_UUIDS, 'displayNames', displayNames), options)
  }

  /** One user's uuid. @throws {NoUUID} */
  async getUuid(displayName: string, options?: RequestOptions): Promise<Uuid> {
    return this.#uuid(users.GET_UUID, displayName, options)
  }

  /** `getUuids` with a service's token. */
  async serviceGetUuids(displayNames: readonly string[], options?: RequestOptions): Promise<Dict<Uuid>> {
    return this.#engine.call(users.uuidsOf(users.SERVICE_GET_UUIDS, 'displayNames', displayNames), options)
  }

  /** `getUuid` with a service's token. @throws {NoUUID} */
  async serviceGetUuid(displayName: string, options?: RequestOptions): Promise<Uuid> {
    return this.#uuid(users.SERVICE_GET_UUID, displayName, options)
  }

  /** The registered services, as a menu shows them. Source: reference `get_services`; identity specification, 7.1. */
  async getServices(options?: RequestOptions): Promise<ServiceInfo[]> {
    return this.#engine.call(account.getServices(), options)
  }

  /** The resources that quotas are about, by name. Source: reference `get_resources`; quota specification, 1. */
  async getResources(options?: RequestOptions): Promise<Dict<Resource>> {
    return this.#engine.call(account.getResources(), options)
  }

  /**
   * Mails a message to the operators. `data` may say more about the client.
   *
   * Source: reference `send_feedback`, with its content type mended (C-1); identity specification, 4.
   */
  async sendFeedback(message: string, data: string, options?: RequestOptions): Promise<void> {
    return this.#engine.call(account.sendFeedback(message, data), options)
  }

  /**
   * @throws {Forbidden} the user is no member, or the project not active.
   * @throws {NotFound} no such project.
   *
   * Source: identity specification, 5.
   */
  async setDefaultProject(projectId: Uuid, options?: RequestOptions): Promise<void> {
    return this.#engine.call(account.setDefaultProject(projectId), options)
  }

  // ---------------------------------------------------------------- quotas

  /**
   * The user's quotas, by project, by resource. `usage` includes what is pending. See `effectiveQuota` for what is left.
   *
   * Source: reference `get_quotas`; quota specification, 3.1.
   */
  async getQuotas(options?: RequestOptions): Promise<Quotas> {
    return this.#engine.call(quotas.getQuotas(), options)
  }

  /**
   * Quotas by user, by project, by resource, for the service's own resources. Absent or null filters ask for all; an
   * empty list is BadValue. For many users take `serviceQuotasEntries`.
   *
   * @throws {NotFound} with `user`: nothing was found at all.
   *
   * Source: reference `service_get_quotas`; quota specification, 3.2.
   */
  async serviceGetQuotas(filter?: ServiceQuotasFilter & RequestOptions): Promise<Dict<Quotas>> {
    const { user, projectId } = filterOf('serviceGetQuotas', filter)
    return this.#engine.call(quotas.serviceGetQuotas(quotas.SERVICE_GET_QUOTAS, user, projectId), filter)
  }

  /** The same as a stream of entries; any size in constant memory; `timeoutMs` bounds the wait for each chunk; `break` frees the socket. */
  serviceQuotasEntries(
    filter?: ServiceQuotasFilter & RequestOptions,
  ): AsyncIterableIterator<[user: Uuid, quotas: Quotas]> {
    const makeCall = (): Call<unknown> => {
      const { user, projectId } = filterOf('serviceQuotasEntries', filter)
      return quotas.serviceGetQuotas(quotas.SERVICE_QUOTAS_ENTRIES, user, projectId)
    }
    return new EntryStream<Quotas>(this.#engine, makeCall, filter, 3)
  }

  /**
   * Quotas of projects as wholes, by project, by resource.
   *
   * @throws {NotFound} with `projectId`: nothing was found at all.
   *
   * Source: reference `service_get_project_quotas`; quota specification, 3.3.
   */
  async serviceGetProjectQuotas(filter?: ProjectQuotasFilter & RequestOptions): Promise<Dict<Dict<ProjectQuota>>> {
    const { projectId } = filterOf('serviceGetProjectQuotas', filter)
    return this.#engine.call(quotas.serviceGetProjectQuotas(quotas.SERVICE_GET_PROJECT_QUOTAS, projectId), filter)
  }

  /** The same as a stream of entries. */
  serviceProjectQuotasEntries(
    filter?: ProjectQuotasFilter & RequestOptions,
  ): AsyncIterableIterator<[project: Uuid, quotas: Dict<ProjectQuota>]> {
    const makeCall = (): Call<unknown> =>
      quotas.serviceGetProjectQuotas(
        quotas.SERVICE_PROJECT_QUOTAS_ENTRIES,
        filterOf('serviceProjectQuotasEntries', filter)['projectId'],
      )
    return new EntryStream<Dict<ProjectQuota>>(this.#engine, makeCall, filter, 2)
  }

  // ---------------------------------------------------------------- commissions

  /**
   * Reserves quota: exactly these provisions, users' first. A member's half and its project's half are two provisions;
   * the other ways to issue write both.
   *
   * Every provision is checked against its holding; if all fit, they count as pending until the commission is accepted
   * or rejected, and if one does not, none do. A negative quantity gives quota back.
   *
   * Sent again only where that can't reserve twice: when it surely never left, or when the service takes idempotency
   * keys. After an error with `outcome` "unknown", call again with its `idempotencyKey`; without one, look for a stray
   * commission with `getPendingCommissions` and reject it.
   *
   * @returns the serial that names this commission from now on.
   * @throws {NotSupported} `idempotencyKey` or `leaseSeconds` where the service has no such thing; nothing was sent.
   * @throws {BadRequest} a provision is malformed; nothing was checked.
   * @throws {KeyReused} 422: the key was used for another request.
   * @throws {NoHolding} 404: a holder has no quota of that resource.
   * @throws {QuotaLimit} 413: above a limit or below zero; see `provision`, `limit`, `usage`.
   *
   * Source: reference `issue_commission_generic`; quota specification, 5.1; idempotency contract.
   */
  async issueCommissionGeneric(
    userProvisions: readonly UserProvision[],
    projectProvisions: readonly ProjectProvision[],
    options?: IssueOptions,
  ): Promise<Serial> {
    return this.#issue(
      commissions.ISSUE_COMMISSION_GENERIC,
      commissions.genericProvisions(userProvisions, projectProvisions),
      options,
    )
  }

  /**
   * Reserves quota of one user. See `issueCommissionGeneric` for what it means, and when it is sent again.
   *
   * Quantities are whole units of the resource: bytes for `cyclades.ram`, a plain count for `cyclades.vm`.
   *
   * @param holder uuid of the user who is charged.
   * @param source uuid of the project that pays; its half is added.
   * @param provisions quantity by resource name.
   * @param options `force` passes upper limits (giving back more than is held still fails); `autoAccept` settles in the
   *   same transaction.
   *
   * @example
   * ```ts
   * const serial = await client.issueOneCommission(user, project, { 'cyclades.vm': 1n })
   * ```
   *
   * Source: reference `issue_one_commission`; quota specification, 5.1.
   */
  async issueOneCommission(
    holder: Uuid,
    source: Uuid,
    provisions: Readonly<Dict<QuantityInput>>,
    options?: IssueOptions,
  ): Promise<Serial>
  /** The same over several projects. */
  async issueOneCommission(
    holder: Uuid,
    provisions: readonly MemberProvision[],
    options?: IssueOptions,
  ): Promise<Serial>
  async issueOneCommission(holder: Uuid, second: unknown, third?: unknown, fourth?: unknown): Promise<Serial> {
    const operation = commissions.ISSUE_ONE_COMMISSION
    if (Array.isArray(second))
      return this.#issue(operation, commissions.severalProvisions(holder, second), third as IssueOptions)
    return this.#issue(operation, commissions.memberProvisions(holder, second, third), fourth as IssueOptions)
  }

  /**
   * Moves what a user holds from one project to another, in one commission: each gives back to `from` and takes from
   * `to`. See `issueCommissionGeneric`.
   *
   * Source: reference `issue_resource_reassignment`.
   */
  async issueResourceReassignment(
    holder: Uuid,
    provisions: readonly Reassignment[],
    options?: IssueOptions,
  ): Promise<Serial> {
    return this.#issue(commissions.ISSUE_RESOURCE_REASSIGNMENT, commissions.reassignments(holder, provisions), options)
  }

  /** Serials of this service's commissions that are neither accepted nor rejected. Source: reference `get_pending_commissions`. */
  async getPendingCommissions(options?: RequestOptions): Promise<Serial[]> {
    return this.#engine.call(commissions.getPendingCommissions(), options)
  }

  /**
   * @param options `resolved: true` also finds resolved ones where the service keeps them (feature `resolved-commissions`).
   * @throws {NotFound} no such pending commission of this service.
   *
   * Source: reference `get_commission_info`; idempotency contract, 9.
   */
  async getCommissionInfo(
    serial: Serial,
    options?: { readonly resolved?: boolean | undefined } & RequestOptions,
  ): Promise<CommissionInfo> {
    const wanted = commissions.resolvedOf(options)
    const call = commissions.getCommissionInfo(serial, false)
    return this.#engine.within(call.operation.name, options, async (run) => {
      // The original would not know the question, so it is not asked.
      const resolved = wanted && (await run.features()).has('resolved-commissions')
      return run.send(resolved ? commissions.getCommissionInfo(serial, true) : call)
    })
  }

  /**
   * Accepts or rejects. Sent again where there was no answer; a 404 after that is looked into: it ended as wanted, and
   * this resolves; the other way, NotFound; nobody can tell, NotFound with `outcome: "unknown"`.
   *
   * @throws {NotFound} no such pending commission of this service.
   *
   * Source: reference `commission_action`; idempotency contract, 13.
   */
  async commissionAction(serial: Serial, action: 'accept' | 'reject', options?: RequestOptions): Promise<void> {
    return this.#settle(
      commissions.commissionAction(commissions.COMMISSION_ACTION, serial, action),
      serial,
      action,
      options,
    )
  }

  /** The reservation becomes usage. See `commissionAction`. */
  async acceptCommission(serial: Serial, options?: RequestOptions): Promise<void> {
    return this.#settle(
      commissions.commissionAction(commissions.ACCEPT_COMMISSION, serial, 'accept'),
      serial,
      'accept',
      options,
    )
  }

  /** The reservation is undone. See `commissionAction`. */
  async rejectCommission(serial: Serial, options?: RequestOptions): Promise<void> {
    return this.#settle(
      commissions.commissionAction(commissions.REJECT_COMMISSION, serial, 'reject'),
      serial,
      'reject',
      options,
    )
  }

  /**
   * Many at once. What can be resolved is; the rest is in `failed`, each with its fault. A serial in both lists fails.
   *
   * Source: reference `resolve_commissions`; quota specification, 5.5.
   */
  async resolveCommissions(
    acceptSerials: readonly Serial[],
    rejectSerials: readonly Serial[],
    options?: RequestOptions,
  ): Promise<Resolution> {
    const call = commissions.resolveCommissions(acceptSerials, rejectSerials)
    const [accept, reject] = [new Set(acceptSerials), new Set(rejectSerials)]
    return this.#engine.within(call.operation.name, options, (run) => settleMany(run, call, accept, reject))
  }

  // ---------------------------------------------------------------- projects and memberships

  /**
   * The projects that the user may see, restricted by the members of the filter that are given.
   *
   * Source: reference `get_projects`; projects specification, 5.
   */
  async getProjects(filter?: ProjectsFilter & RequestOptions): Promise<Project[]> {
    return this.#engine.call(projects.getProjects(filter), filter)
  }

  /** @throws {NotFound} no such project, or none that the user may see. Source: reference `get_project`. */
  async getProject(projectId: Uuid, options?: RequestOptions): Promise<Project> {
    return this.#engine.call(projects.getProject(projectId), options)
  }

  /**
   * Applies for a project; it exists once an administrator has approved the application.
   *
   * @throws {BadRequest} `fault.message` names the member.
   * @throws {Conflict} too many applications are pending.
   *
   * Source: reference `create_project`; projects specification, 4.
   */
  async createProject(
    specs: ProjectSpecs & { name: string; end_date: string },
    options?: RequestOptions,
  ): Promise<ApplicationReceipt> {
    return this.#engine.call(projects.createProject(specs), options)
  }

  /** Applies for a change of a project; see `createProject`. Source: reference `modify_project`. */
  async modifyProject(projectId: Uuid, specs: ProjectSpecs, options?: RequestOptions): Promise<ApplicationReceipt> {
    return this.#engine.call(projects.modifyProject(projectId, specs), options)
  }

  /** @throws {Conflict} the project's state does not allow it. Source: reference `project_action`. */
  async projectAction(projectId: Uuid, action: ProjectAction, options?: ReasonOptions): Promise<void> {
    return this.#engine.call(projects.projectAction(projectId, action, options?.reason), options)
  }

  /** @throws {Conflict} the application is not this project's, or not pending. Source: reference `application_action`, with its reason mended (C-5). */
  async applicationAction(
    projectId: Uuid,
    appId: number,
    action: ApplicationAction,
    options?: ReasonOptions,
  ): Promise<void> {
    return this.#engine.call(projects.applicationAction(projectId, appId, action, options?.reason), options)
  }

  /** The user's memberships, and those in projects that the user owns. Source: reference `get_memberships`. */
  async getMemberships(
    filter?: { readonly projectId?: Uuid | null | undefined } & RequestOptions,
  ): Promise<Membership[]> {
    return this.#engine.call(memberships.getMemberships(filterOf('getMemberships', filter)['projectId']), filter)
  }

  /** @throws {NotFound} Source: reference `get_membership`. */
  async getMembership(membershipId: number, options?: RequestOptions): Promise<Membership> {
    return this.#engine.call(memberships.getMembership(membershipId), options)
  }

  /** @throws {Conflict} the membership's state does not allow it. Source: reference `membership_action`. */
  async membershipAction(membershipId: number, action: MembershipAction, options?: ReasonOptions): Promise<void> {
    return this.#engine.call(memberships.membershipAction(membershipId, action, options?.reason), options)
  }

  /**
   * @returns the membership's id; whether it is accepted at once depends on the project.
   *
   * Source: reference `join_project`; memberships specification.
   */
  async joinProject(projectId: Uuid, options?: RequestOptions): Promise<{ id: number }> {
    return this.#engine.call(memberships.joinProject(projectId), options)
  }

  /** By the project's owner. The address is compared exactly, with case. Source: reference `enroll_member`. */
  async enrollMember(projectId: Uuid, email: string, options?: RequestOptions): Promise<{ id: number }> {
    return this.#engine.call(memberships.enrollMember(projectId, email), options)
  }

  // ---------------------------------------------------------------- shared

  async #username(
    operation: typeof users.GET_USERNAME,
    uuid: Uuid,
    options: RequestOptions | undefined,
  ): Promise<string> {
    const id = idOf(operation.name, 'uuid', uuid)
    const names = await this.#engine.call(users.namesOf(operation, [id]), options)
    const name = Object.hasOwn(names, id) ? names[id] : undefined
    if (name === undefined) throw new NoUserName(id)
    return name
  }

  async #uuid(
    operation: typeof users.GET_UUID,
    displayName: string,
    options: RequestOptions | undefined,
  ): Promise<Uuid> {
    const name = idOf(operation.name, 'displayName', displayName)
    const uuids = await this.#engine.call(users.uuidsOf(operation, 'displayName', [name]), options)
    const uuid = Object.hasOwn(uuids, name) ? uuids[name] : undefined
    if (uuid === undefined) throw new NoUUID(name)
    return uuid
  }

  async #issue(
    operation: typeof commissions.ISSUE_ONE_COMMISSION,
    provisions: readonly Provision[],
    options: IssueOptions | undefined,
  ): Promise<Serial> {
    const terms = commissions.termsOf(operation.name, options)
    return this.#engine.within(operation.name, options, async (run) => {
      const features = await run.features()
      const needed: [unknown, Feature][] = [
        [terms.idempotencyKey, 'idempotent-commissions'],
        [terms.leaseSeconds, 'commission-leases'],
      ]
      for (const [asked, feature] of needed) {
        if (asked !== null && !features.has(feature))
          throw new NotSupported(feature, { method: operation.method, path: operation.path })
      }
      const key = features.has('idempotent-commissions') ? (terms.idempotencyKey ?? freshKey()) : null
      return run.send(commissions.issueCommission(operation, provisions, terms, key))
    })
  }

  #settle(call: Call<void>, serial: Serial, action: string, options: RequestOptions | undefined): Promise<void> {
    return this.#engine.within(call.operation.name, options, (run) => settle(run, serial, action, call))
  }
}

function filterOf(method: string, filter: unknown): Readonly<Record<string, unknown>> {
  return filter === undefined ? {} : objectOf(method, 'filter', filter)
}
