/// <reference lib="esnext.disposable" preserve="true" />
export { AstakosClient } from './client.ts'
export type { ProjectQuotasFilter, ServiceQuotasFilter, TokenParams } from './client.ts'
export type { ClientOptions, Logger, RequestOptions } from './options.ts'
export type { RequestLog, ResponseLog } from './log.ts'
export type {
  IssueOptions,
  MemberProvision,
  ProjectProvision,
  Reassignment,
  UserProvision,
} from './operations/commissions.ts'
export type { ProjectsFilter, ReasonOptions } from './operations/projects.ts'

export {
  AstakosClientException,
  BadRequest,
  BadValue,
  Conflict,
  ConnectionError,
  Forbidden,
  InvalidResponse,
  KeyReused,
  NoEndpoints,
  NoHolding,
  NotFound,
  NotSupported,
  NoUserName,
  NoUUID,
  QuotaLimit,
  Timeout,
  Unauthorized,
} from './errors.ts'
export type { Feature } from './errors.ts'

export { parseEndpoints } from './endpoints.ts'
export { getTokenFromCookie } from './cookie.ts'
export type { CookieSource } from './cookie.ts'
export { mkProvisions } from './provisions.ts'
export { effectiveQuota, formatQuantity, parseQuantity } from './quantities.ts'
export type { EffectiveQuota, UnitStyle } from './quantities.ts'
export { isUnlimited, UNLIMITED } from './wire/quantity.ts'
export { parseExact, stringifyExact } from './exact.ts'

export type {
  AccessToken,
  Application,
  ApplicationAction,
  ApplicationReceipt,
  ApplicationState,
  Capacities,
  CatalogEndpoint,
  CatalogService,
  CommissionInfo,
  Dict,
  Endpoints,
  Fault,
  Membership,
  MembershipAction,
  MembershipState,
  Open,
  Policy,
  Project,
  ProjectAction,
  ProjectQuota,
  ProjectSpecs,
  ProjectState,
  Provision,
  Quantity,
  QuantityInput,
  Quota,
  Quotas,
  Resolution,
  Resource,
  Serial,
  ServiceInfo,
  TokenDocument,
  TokenInfo,
  User,
  UserInfo,
  Uuid,
} from './wire/types.ts'
