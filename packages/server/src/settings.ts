/** What the service needs to know beside its database. Source: overview, 13. */
export interface ServiceSettings {
  /** Scheme, host, port and path, without a slash at the end. */
  readonly baseUrl: string
  /** Overrides and additions for `ui/get_services`. */
  readonly componentsMeta: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly cookieName: string
  /** Uuids of the users who decide about applications and are owners of every project. */
  readonly projectAdmins: readonly string[]
  /** Addresses that hear of applications. */
  readonly projectRecipients: readonly string[]
  readonly endpointCacheMs: number
  readonly resourceCacheMs: number
  /** How long a key of an issue is kept after it was decided and its commission ended. */
  readonly keyLifeMs: number
  /** Origins whose pages may call; `*` for all. Null: no CORS, and `OPTIONS` stays 405, as in the original. */
  readonly corsOrigins: readonly string[] | null
  /** Addresses and networks whose `X-Forwarded-…` are believed. */
  readonly trustProxy: readonly string[]
  readonly bodyBytesMax: number
}

export const DEFAULT_SETTINGS: Omit<ServiceSettings, 'baseUrl'> = {
  componentsMeta: {},
  cookieName: '_pithos2_a',
  projectAdmins: [],
  projectRecipients: [],
  endpointCacheMs: 5000,
  resourceCacheMs: 5000,
  keyLifeMs: 24 * 3600 * 1000,
  corsOrigins: null,
  trustProxy: [],
  bodyBytesMax: 16 * 1024 * 1024,
}
