import type { Database } from './db/database.ts'
import type { Loader } from './db/loader.ts'
import { Accesses } from './identity/access.ts'
import { Cached } from './identity/cached.ts'
import { Callers } from './identity/callers.ts'
import { readCatalog, type Catalog } from './identity/catalog.ts'
import { Usernames } from './identity/usernames.ts'
import type { Mailer } from './mail/mail.ts'
import { Outbox } from './mail/outbox.ts'
import { countUsers, type UserCounts } from './operations/statistics.ts'
import type { QuotaEngine } from './quotas/engine.ts'
import { ownQuotas } from './quotas/own-quotas.ts'
import { readResources, type ResourceInfo } from './quotas/resources.ts'
import { Desk } from './signin/desk.ts'
import type { ServiceSettings } from './settings.ts'
import type { SecretKeys } from './identity/secret-keys.ts'

/** What the routes work with. */
export interface Service {
  readonly settings: ServiceSettings
  readonly database: Database
  readonly engine: QuotaEngine
  readonly mailer: Mailer
  readonly onMailFailure: (error: unknown) => void
  /** Mails on the side: nobody waits for them. */
  readonly outbox: Outbox
  readonly callers: Callers
  readonly accesses: Accesses
  readonly usernames: Usernames
  readonly desk: Desk
  readonly ownQuotas: Loader<bigint, string>
  readonly catalog: Cached<Catalog>
  readonly userCounts: Cached<UserCounts>
  readonly resources: Cached<readonly (readonly [string, ResourceInfo])[]>
}

/** Anybody may ask, and each time all accounts are counted. */
const COUNTS_CACHE_MS = 1000

export function createService(
  settings: ServiceSettings,
  secretKey: SecretKeys,
  { database, engine, mailer }: Pick<Service, 'database' | 'engine' | 'mailer'>,
  onMailFailure: (error: unknown) => void = () => undefined,
): Service {
  const resources = new Cached(() => readResources(database), settings.resourceCacheMs)
  return {
    settings,
    database,
    engine,
    mailer,
    onMailFailure,
    outbox: new Outbox(database, { mailer, secretKey, onFailure: onMailFailure }),
    callers: new Callers(database),
    accesses: new Accesses(database),
    usernames: new Usernames(database),
    desk: new Desk(database, secretKey, settings.tokenLifeMs),
    ownQuotas: ownQuotas(database, async () => (await resources.get()).map(([name]) => name)),
    userCounts: new Cached(() => countUsers(database), COUNTS_CACHE_MS),
    catalog: new Cached(() => readCatalog(database), settings.endpointCacheMs),
    resources,
  }
}
