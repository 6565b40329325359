import { createServer } from 'node:net'
import type { ConnectionSettings } from '../src/db/connect.ts'
import { Database } from '../src/db/database.ts'
import { createApp } from '../src/http/app.ts'
import { SecretKeys } from '../src/identity/secret-keys.ts'
import { createLogger } from '../src/logger.ts'
import type { Mailer } from '../src/mail/mail.ts'
import { QuotaEngine, type EngineOptions } from '../src/quotas/engine.ts'
import { routesFor } from '../src/routes/index.ts'
import { createService, type Service } from '../src/service.ts'
import { DEFAULT_SETTINGS, type ServiceSettings } from '../src/settings.ts'
import { loadWorld, type World } from './world.ts'

export interface WorldServiceOptions {
  readonly settings?: Partial<ServiceSettings>
  readonly engine?: EngineOptions
  readonly mailer?: Mailer
  readonly lockTimeoutMs?: number
}

/** A service in this process, on a migrated database, with what tests and replayers need to get at. */
export interface WorldService extends AsyncDisposable {
  readonly origin: string
  readonly basePath: string
  /** The auth URL that a client is given. */
  readonly authUrl: string
  readonly service: Service
  readonly secretKey: SecretKeys
  /** Fresh: what was there is gone. @returns what the placeholders stand for, `token:alice` for one. */
  load(world: World): Promise<Record<string, string>>
  /** What was changed behind its back is seen at once. */
  forget(): void
  /** Members of these groups may administer users, until a world is loaded. */
  allowUserAdmin(groups: readonly string[]): void
}

const BASE_PATH = '/astakos'

export async function startWorldService(
  connection: ConnectionSettings,
  { settings, engine: engineOptions, mailer, lockTimeoutMs }: WorldServiceOptions = {},
): Promise<WorldService> {
  const database = new Database(connection, lockTimeoutMs)
  const engine = new QuotaEngine(database, engineOptions)
  const secretKey = SecretKeys.random()
  const projectAdmins = [...(settings?.projectAdmins ?? [])]
  const userAdminGroups = [...(settings?.userAdminGroups ?? [])]
  // The service's own URL is part of the world, so the port has to be known before it listens.
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const service = createService(
    {
      ...DEFAULT_SETTINGS,
      trustProxy: ['127.0.0.1'],
      ...settings,
      projectAdmins,
      userAdminGroups,
      baseUrl: origin + BASE_PATH,
    },
    secretKey,
    { database, engine, mailer: mailer ?? { send: () => Promise.resolve() } },
  )
  const app = createApp({ service, routes: routesFor({ adminApi: true }), logger: createLogger('warn') })
  await app.listen({ host: '127.0.0.1', port })
  service.outbox.start()
  const forget = (): void => {
    engine.forget()
    service.catalog.forget()
    service.resources.forget()
    service.userCounts.forget()
  }
  const allowUserAdmin = (groups: readonly string[]): void => void userAdminGroups.splice(0, Infinity, ...groups)
  return {
    origin,
    basePath: BASE_PATH,
    authUrl: `${origin}${BASE_PATH}/identity/v2.0`,
    service,
    secretKey,
    forget,
    allowUserAdmin,
    async load(world) {
      const base = origin + BASE_PATH
      const bindings = await database.transaction((tx) => loadWorld(tx, world, { secretKey, base }))
      // As placeholders, since their uuids are new each time.
      const admins = world.settings.project_admins.map((name) => bindings[name.replaceAll(/[<>]/g, '')] ?? name)
      projectAdmins.splice(0, Infinity, ...admins)
      allowUserAdmin(settings?.userAdminGroups ?? [])
      forget()
      return bindings
    },
    async [Symbol.asyncDispose]() {
      await app.close()
      await service.outbox.stop()
      await engine.close()
      await database.close()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
