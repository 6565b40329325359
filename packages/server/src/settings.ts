/** What the service needs to know beside its database. Source: overview, 13. */
export interface ServiceSettings {
  /** Scheme, host, port and path, without a slash at the end. */
  readonly baseUrl: string
  /** Overrides and additions for `ui/get_services`. */
  readonly componentsMeta: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly cookieName: string
  readonly cookieDomain: string | null
  readonly cookieSecure: boolean
  /** How long a new token of a user is good. */
  readonly tokenLifeMs: number
  /** Where weblogin may send a browser with a token. */
  readonly redirectSchemes: readonly string[]
  /** Null: the first page. */
  readonly logoutNext: string | null
  /** How the service is called in the configuration of clients. */
  readonly cloudName: string
  /** People may sign up by themselves. */
  readonly signUp: boolean
  /** An operator decides who of them comes in. */
  readonly isModerated: boolean
  /** Uuids of the users who decide about applications and are owners of every project. */
  readonly projectAdmins: readonly string[]
  /** Addresses that hear of applications. */
  readonly projectRecipients: readonly string[]
  /** Addresses that get feedback; none: whoever reads the service's own mail. */
  readonly feedbackRecipients: readonly string[]
  /** Groups whose members may call the user administration API; none: it is off. */
  readonly userAdminGroups: readonly string[]
  /** Groups whose members may read the detailed statistics; none: they are off. */
  readonly statsGroups: readonly string[]
  readonly endpointCacheMs: number
  readonly resourceCacheMs: number
  /** How long a key of an issue is kept after it was decided and its commission ended. */
  readonly keyLifeMs: number
  /** Origins whose pages may call; `*` for all. Null: no CORS, and `OPTIONS` stays 405, as in the original. */
  readonly corsOrigins: readonly string[] | null
  /** Addresses and networks whose `X-Forwarded-…` are believed. */
  readonly trustProxy: readonly string[]
  readonly bodyBytesMax: number
  /** OAuth2 over TLS alone, as in the original; without it for trying things. */
  readonly oauth2NeedsTls: boolean
  /** How long a code waits to be redeemed. */
  readonly codeLifeMs: number
  /** How long an access token of OAuth2 is good. */
  readonly accessTokenLifeMs: number
}

export const DEFAULT_SETTINGS: Omit<ServiceSettings, 'baseUrl'> = {
  componentsMeta: {},
  cookieName: '_pithos2_a',
  cookieDomain: null,
  cookieSecure: true,
  tokenLifeMs: 720 * 3600 * 1000,
  redirectSchemes: ['pithos', 'pithosdev'],
  logoutNext: null,
  cloudName: 'synnefo',
  signUp: false,
  isModerated: true,
  projectAdmins: [],
  projectRecipients: [],
  feedbackRecipients: [],
  userAdminGroups: [],
  statsGroups: [],
  endpointCacheMs: 5000,
  resourceCacheMs: 5000,
  keyLifeMs: 24 * 3600 * 1000,
  corsOrigins: null,
  trustProxy: [],
  bodyBytesMax: 16 * 1024 * 1024,
  oauth2NeedsTls: true,
  codeLifeMs: 10 * 60 * 1000,
  accessTokenLifeMs: 20_000,
}
