import type { Environment } from './admin/operation.ts'
import { ConfigError, type ServerConfig } from './config.ts'
import { checkDataFolder } from './data-folder.ts'
import { embeddedCluster, givenCluster, type Cluster } from './db/cluster.ts'
import { Database } from './db/database.ts'
import { runningConnection } from './db/embedded/running.ts'
import { migrate, pendingSteps } from './db/migrate.ts'
import { sql } from './db/statement.ts'
import { secretKeysOf } from './identity/secret-key-check.ts'
import { Outbox } from './mail/outbox.ts'
import { mailerOf } from './mail/place.ts'

const BASE_URL = sql("select base_url from components where name = 'astakos'")

/**
 * The database of a service for a command beside it: its mails are left to the service.
 *
 * @param prepares it brings the schema up to date and makes a key, as a start of the service does.
 * @throws {Error} with a sentence: the schema is not this release's, the key is missing or another one.
 */
export async function openDatabase(
  config: ServerConfig,
  { prepares = false }: { readonly prepares?: boolean } = {},
): Promise<Environment & AsyncDisposable> {
  const cluster = await clusterOf(config)
  const database = new Database(cluster)
  const close = async (): Promise<void> => {
    await database.close()
    await cluster.stop()
  }
  try {
    // A look must not change the schema under services of the release before, nor fill a database that was named by mistake.
    if (prepares) await migrate(cluster.where())
    const missing = await pendingSteps(cluster.where())
    if (missing.length > 0)
      throw new Error(
        `The schema lacks ${missing.length} steps: take them with astakos-server migrate, or start the service`,
      )
    const secretKey = await secretKeysOf(database, config, { mayMake: prepares })
    const [own] = await database.query<{ base_url: string | null }>(BASE_URL)
    const baseUrl =
      config.settings.baseUrl ?? own?.base_url ?? `http://${config.listen.host}:${config.listen.port}/astakos`
    const outbox = new Outbox(database, { mailer: mailerOf(config, baseUrl), secretKey, onFailure: () => undefined })
    return { database, outbox, secretKey, settings: { ...config.settings, baseUrl }, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** An embedded server that a service keeps running is used beside it; else one is started for as long as the command takes. */
export async function clusterOf({ databaseUrl, dataDir, postgresBin }: ServerConfig): Promise<Cluster> {
  if (dataDir === null && databaseUrl === null)
    throw new ConfigError('--throw-away', 'holds nothing that a command could work on')
  if (databaseUrl !== null) return givenCluster(databaseUrl, () => undefined)
  await checkDataFolder(dataDir as string)
  const folder = `${dataDir}/postgres`
  const running = await runningConnection(folder)
  if (running) return { name: 'embedded PostgreSQL', where: () => running, stop: () => Promise.resolve() }
  return embeddedCluster({ dataDir: folder, postgresBin: postgresBin ?? undefined }, () => undefined)
}
