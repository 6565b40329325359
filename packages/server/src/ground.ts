import { createServer, type AddressInfo } from 'node:net'
import type { Logger } from 'pino'
import type { Place, ServerConfig } from './config.ts'
import { checkDataFolder } from './data-folder.ts'
import { embeddedCluster, givenCluster, type Cluster } from './db/cluster.ts'
import type { ConnectionSettings } from './db/connect.ts'
import { Database } from './db/database.ts'
import { weakSettings } from './db/durability.ts'
import { migrate } from './db/migrate.ts'
import { secretKeysOf } from './identity/secret-key-check.ts'
import type { SecretKeys } from './identity/secret-keys.ts'
import { bootstrap } from './operations/bootstrap.ts'
import type { Stops } from './stops.ts'

/** What a service stands on, made ready once for all processes that share it. */
export interface Ground {
  readonly cluster: Cluster
  readonly database: Database
  readonly secretKey: SecretKeys
  readonly listen: Place
  readonly baseUrl: string
}

/**
 * Starts or finds the database, brings it up to date and makes sure that it and the key belong together.
 *
 * @param onMoved told where an embedded database is when it was started again.
 * @throws {Error} with a sentence for people.
 */
export async function prepare(
  config: ServerConfig,
  logger: Logger,
  stops: Stops,
  onMoved?: (settings: ConnectionSettings) => void,
): Promise<Ground> {
  const cluster = await startCluster(config, logger, onMoved)
  stops.add(() => cluster.stop())
  const steps = await migrate(cluster.where())
  if (steps.length > 0) logger.info({ steps }, 'The schema was brought up to date')
  const database = new Database(cluster)
  stops.add(() => database.close())
  // After the database: one that is refused leaves no key behind.
  const secretKey = await secretKeysOf(database, config)
  if (config.dataDir !== null || config.databaseUrl !== null)
    await warnOfWeakSettings(database, cluster.isReplicated === true, logger)

  // A port that is taken as it comes is known when it is there; so it listens before it knows its own URL.
  const listen = { host: config.listen.host, port: config.listen.port || (await freePort(config.listen.host)) }
  const baseUrl = config.settings.baseUrl ?? `http://${hostOf(listen)}:${listen.port}/astakos`
  const movedFrom = await bootstrap(database, baseUrl)
  if (movedFrom !== null)
    logger.warn(
      { from: movedFrom, to: baseUrl },
      'The catalog of all services on this database names another base URL now',
    )
  return { cluster, database, secretKey, listen, baseUrl }
}

async function startCluster(
  { databaseUrl, dataDir, postgresBin }: ServerConfig,
  logger: Logger,
  onMoved?: (settings: ConnectionSettings) => void,
): Promise<Cluster> {
  if (databaseUrl !== null) return givenCluster(databaseUrl, (what, about) => logger.warn(about, what))
  if (dataDir !== null) await checkDataFolder(dataDir)
  const options = { dataDir: dataDir && `${dataDir}/postgres`, postgresBin: postgresBin ?? undefined }
  return embeddedCluster(options, (what, error) => logger.error({ err: error }, what), onMoved)
}

async function warnOfWeakSettings(database: Database, isReplicated: boolean, logger: Logger): Promise<void> {
  const weak = await weakSettings(database, isReplicated)
  const local = weak.filter((name) => name !== 'synchronous_standby_names')
  if (local.length > 0)
    logger.warn(
      { settings: local },
      'A loss of power may lose commissions that were acknowledged: these settings are off',
    )
  if (local.length < weak.length)
    logger.warn(
      { settings: ['synchronous_standby_names'] },
      'The loss of the primary may lose commissions that were acknowledged: no standby has to have them before',
    )
}

/** A free port is found first where none is named, since the service's own URL stands in its catalog. */
function freePort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error) => reject(cannotListen('--listen', error)))
    probe.listen(0, host, () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}

/** @throws {Error} a sentence that names the option. */
export function named<T>(option: string, listening: Promise<T>): Promise<T> {
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
