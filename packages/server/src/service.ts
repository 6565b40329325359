import type { Database } from './db/database.ts'
import type { Loader } from './db/loader.ts'
import { Accesses } from './identity/access.ts'
import { Cached } from './identity/cached.ts'
import { Callers } from './identity/callers.ts'
import { readCatalog, type Catalog } from './identity/catalog.ts'
import { Usernames } from './identity/usernames.ts'
import type { Mail, Mailer } from './mail.ts'
import type { QuotaEngine } from './quotas/engine.ts'
import { ownQuotas } from './quotas/own-quotas.ts'
import { readResources, type ResourceInfo } from './quotas/resources.ts'
import type { ServiceSettings } from './settings.ts'

/** What the routes work with. */
export interface Service {
  readonly settings: ServiceSettings
  readonly database: Database
  readonly engine: QuotaEngine
  readonly mailer: Mailer
  readonly onMailFailure: (error: unknown) => void
  /** Mails on the side: that one fails is logged, and nobody waits for it. */
  readonly notify: (mails: readonly Mail[]) => void
  readonly callers: Callers
  readonly accesses: Accesses
  readonly usernames: Usernames
  readonly ownQuotas: Loader<bigint, string>
  readonly catalog: Cached<Catalog>
  readonly resources: Cached<readonly (readonly [string, ResourceInfo])[]>
}

export function createService(
  settings: ServiceSettings,
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
    notify(mails) {
      for (const mail of mails) mailer.send(mail).catch(onMailFailure)
    },
    callers: new Callers(database),
    accesses: new Accesses(database),
    usernames: new Usernames(database),
    ownQuotas: ownQuotas(database, async () => (await resources.get()).map(([name]) => name)),
    catalog: new Cached(() => readCatalog(database), settings.endpointCacheMs),
    resources,
  }
}
