import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { Place, ServerConfig } from './config.ts'
import { cleanUp } from './cleanup.ts'
import { checkDataFolder } from './data-folder.ts'
import { embeddedCluster, givenCluster, type Cluster } from './db/cluster.ts'
import { Database } from './db/database.ts'
import { weakSettings } from './db/durability.ts'
import { migrate } from './db/migrate.ts'
import { createApp } from './http/app.ts'
import { secretKeysOf } from './identity/secret-key-check.ts'
import type { SecretKeys } from './identity/secret-keys.ts'
import { createLogger } from './logger.ts'
import { noMail } from './mail/mail.ts'
import { mailerOf } from './mail/place.ts'
import { Metrics } from './metrics.ts'
import { bootstrap } from './operations/bootstrap.ts'
import { QuotaEngine } from './quotas/engine.ts'
import { addHealth } from './routes/health.ts'
import { routesFor } from './routes/index.ts'
import { createService, type Service } from './service.ts'

/** A service that runs. */
export interface RunningServer {
  /** What clients call it by. */
  readonly baseUrl: string
  readonly authUrl: string
  readonly database: string
  readonly service: Service
  readonly secretKey: SecretKeys
  /** Answers what was asked, takes nothing new, and leaves the database in order. May be repeated. */
  stop(): Promise<void>
}

const CLEAN_UP_MS = 10 * 60 * 1000

/** @throws {Error} with a sentence for people: the port is taken, the directory in use, the key file open to others. */
export async function startServer(
  config: ServerConfig,
  logger: Logger = createLogger(config.logLevel),
): Promise<RunningServer> {
  const stops: (() => Promise<unknown>)[] = []
  const stopAll = async (): Promise<void> => {
    // The latest first: what came before may be needed until then.
    for (const stop of stops.splice(0).toReversed()) await stop()
  }
  try {
    const cluster = await startCluster(config, logger)
    stops.push(() => cluster.stop())
    const steps = await migrate(cluster.where())
    if (steps.length > 0) logger.info({ steps }, 'The schema was brought up to date')
    const database = new Database(() => cluster.where())
    stops.push(() => database.close())
    // After the database: one that is refused leaves no key behind.
    const secretKey = await secretKeysOf(database, config)
    if (config.dataDir !== null || config.databaseUrl !== null) await warnOfWeakSettings(database, logger)
    const metrics = new Metrics()
    const engine = new QuotaEngine(database, { observer: metrics.engine })
    stops.push(() => engine.close())
    metrics.watch(database, () => engine.waiting)

    // A port that is taken as it comes is known when it is there; so it listens before it knows its own URL.
    const gate = await listen(config.listen)
    const baseUrl = config.settings.baseUrl ?? `http://${hostOf(config.listen)}:${gate.port}/astakos`
    const movedFrom = await bootstrap(database, baseUrl)
    if (movedFrom !== null)
      logger.warn(
        { from: movedFrom, to: baseUrl },
        'The catalog of all services on this database names another base URL now',
      )
    const mailer = mailerOf(config, baseUrl)
    const service = createService({ ...config.settings, baseUrl }, secretKey, { database, engine, mailer }, (error) => {
      // Where there is no place for mails, nobody expects one.
      if (mailer !== noMail) logger.warn({ err: error }, 'A mail could not be sent')
    })
    const app = createApp({ service, routes: routesFor(config), logger, onAnswer: metrics.onAnswer })
    addHealth(app, database)
    service.outbox.start()
    stops.push(() => service.outbox.stop())
    await gate.open(app)
    stops.push(() => closeInTime(app, logger))

    if (config.metricsListen) {
      const server = await named('--metrics-listen', metrics.listen(config.metricsListen))
      stops.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
    }
    stops.push(repeat(CLEAN_UP_MS, logger, () => cleanUp(database, config.settings)))
    logger.info({ baseUrl, database: cluster.name }, 'The service is ready')
    return {
      baseUrl,
      authUrl: `${baseUrl}/identity/v2.0`,
      database: cluster.name,
      service,
      secretKey,
      stop: stopAll,
    }
  } catch (error) {
    await stopAll()
    throw error
  }
}

async function startCluster({ databaseUrl, dataDir, postgresBin }: ServerConfig, logger: Logger): Promise<Cluster> {
  if (databaseUrl !== null) return givenCluster(databaseUrl)
  if (dataDir !== null) await checkDataFolder(dataDir)
  const options = { dataDir: dataDir && `${dataDir}/postgres`, postgresBin: postgresBin ?? undefined }
  return embeddedCluster(options, (what, error) => logger.error({ err: error }, what))
}

async function warnOfWeakSettings(database: Database, logger: Logger): Promise<void> {
  const weak = await weakSettings(database)
  if (weak.length > 0)
    logger.warn(
      { settings: weak },
      'A loss of power may lose commissions that were acknowledged: these settings are off',
    )
}

/** A free port is found first where none is named, since the service's own URL stands in its catalog. */
async function listen({ host, port }: Place): Promise<{ port: number; open(app: FastifyInstance): Promise<unknown> }> {
  if (port !== 0) return { port, open: (app) => named('--listen', app.listen({ host, port })) }
  const { createServer } = await import('node:net')
  const free = await new Promise<number>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(cannotListen('--listen', error)))
    probe.listen(0, host, () => {
      const { port: found } = probe.address() as AddressInfo
      probe.close(() => resolve(found))
    })
  })
  return { port: free, open: (app) => named('--listen', app.listen({ host, port: free })) }
}

function named<T>(option: string, listening: Promise<T>): Promise<T> {
  return listening.catch((error: unknown) => {
    throw cannotListen(option, error as NodeJS.ErrnoException)
  })
}

function cannotListen(option: string, error: NodeJS.ErrnoException): Error {
  const reason = error.code === 'EADDRINUSE' ? 'something else listens there already' : error.message
  return new Error(`${option}: ${reason}`, { cause: error })
}

function hostOf({ host }: Place): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

/** What was begun is answered, unless somebody takes for ever to send or to read. */
const STOP_MS = 10_000

async function closeInTime(app: FastifyInstance, logger: Logger): Promise<void> {
  const timer = setTimeout(() => {
    logger.warn('Connections that did not end in time are cut off')
    app.server.closeAllConnections()
  }, STOP_MS)
  await app.close()
  clearTimeout(timer)
}

/** @returns what ends it. */
function repeat(everyMs: number, logger: Logger, task: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    running = task().catch((error: unknown) => logger.warn({ err: error }, 'What is over could not be deleted'))
  }, everyMs)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await running
  }
}
