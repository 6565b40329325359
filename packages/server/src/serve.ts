import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import type { ServerConfig } from './config.ts'
import { cleanUp } from './cleanup.ts'
import { named, prepare, type Ground } from './ground.ts'
import { createApp } from './http/app.ts'
import { createLogger } from './logger.ts'
import type { SecretKeys } from './identity/secret-keys.ts'
import { noMail } from './mail/mail.ts'
import { mailerOf } from './mail/place.ts'
import { listenForMetrics, Metrics } from './metrics.ts'
import { listenForChanges } from './notices.ts'
import { QuotaEngine } from './quotas/engine.ts'
import { addHealth } from './routes/health.ts'
import { routesFor } from './routes/index.ts'
import { createService, type Service } from './service.ts'
import { Stops } from './stops.ts'

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
  const stops = new Stops()
  try {
    return await openServer(await prepare(config, logger, stops), config, { logger, stops, metrics: new Metrics() })
  } catch (error) {
    await stops.run()
    throw error
  }
}

export interface Tools {
  readonly logger: Logger
  readonly metrics: Metrics
  /** What ends all of it. */
  readonly stops: Stops
}

/** One process that answers. */
export async function openServer(
  { cluster, database, secretKey, listen, baseUrl }: Ground,
  config: ServerConfig,
  { logger, metrics, stops }: Tools,
): Promise<RunningServer> {
  const engine = new QuotaEngine(database, { observer: metrics.engine })
  stops.add(() => engine.close())
  metrics.watch(database, () => engine.waiting)
  const mailer = mailerOf(config, baseUrl)
  const service = createService({ ...config.settings, baseUrl }, secretKey, { database, engine, mailer }, (error) => {
    // Where there is no place for mails, nobody expects one.
    if (mailer !== noMail) logger.warn({ err: error }, 'A mail could not be sent')
  })
  const listener = listenForChanges(cluster, service)
  stops.add(() => listener.close())
  await listener.start()
  const app = createApp({ service, routes: routesFor(config), logger, onAnswer: metrics.onAnswer })
  addHealth(app, database)
  service.outbox.start()
  stops.add(() => service.outbox.stop())
  await named('--listen', app.listen(listen))
  stops.add(() => closeInTime(app, logger))

  // Of several processes on one port, the one that started them tells of all.
  if (config.metricsListen && config.workers === 1) {
    const server = await named(
      '--metrics-listen',
      listenForMetrics(config.metricsListen, () => metrics.text()),
    )
    stops.add(() => new Promise((resolve) => server.close(resolve).closeAllConnections()))
  }
  stops.add(repeat(CLEAN_UP_MS, logger, () => cleanUp(database, config.settings)))
  logger.info({ baseUrl, database: cluster.name }, 'The service is ready')
  return {
    baseUrl,
    authUrl: `${baseUrl}/identity/v2.0`,
    database: cluster.name,
    service,
    secretKey,
    stop: () => stops.run(),
  }
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
