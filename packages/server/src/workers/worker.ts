import { ConfigError, type ServerConfig } from '../config.ts'
import { givenCluster, type Cluster } from '../db/cluster.ts'
import { Database } from '../db/database.ts'
import { SecretKeys } from '../identity/secret-keys.ts'
import { createLogger } from '../logger.ts'
import { Metrics } from '../metrics.ts'
import { openServer, type RunningServer } from '../serve.ts'
import { Stops } from '../stops.ts'
import type { Handover, ToParent, ToWorker } from './messages.ts'

/** One of several processes on one port. What is done once for all of them, its parent has done. */
export async function startWorker(config: ServerConfig): Promise<RunningServer> {
  const metrics = new Metrics()
  // First of all: whoever asks for metrics waits for all workers.
  metrics.share()
  const stops = new Stops()
  try {
    const parent = await meet()
    const { worker, listen, baseUrl } = parent.handover
    const logger = createLogger(config.logLevel, worker)
    const cluster: Cluster =
      config.databaseUrl === null
        ? { name: 'embedded PostgreSQL', where: () => parent.database(), stop: () => Promise.resolve() }
        : await givenCluster(config.databaseUrl, (what, about) => logger.warn(about, what))
    stops.add(() => cluster.stop())
    const database = new Database(cluster)
    stops.add(() => database.close())
    const ground = { cluster, database, secretKey: keysOf(parent.handover), listen, baseUrl }
    const server = await openServer(ground, config, { logger, metrics, stops })
    await tell({ kind: 'ready' })
    return server
  } catch (error) {
    await stops.run()
    await tell({ kind: 'failed', message: (error as Error).message })
    throw error
  }
}

function keysOf({ secretKeys }: Handover): SecretKeys {
  const [first, ...others] = secretKeys.map((text) => Buffer.from(text, 'base64'))
  if (!first) throw new ConfigError('--workers', 'got no key')
  return new SecretKeys(first, ...others)
}

interface Parent {
  readonly handover: Handover
  database(): NonNullable<Handover['database']>
}

function meet(): Promise<Parent> {
  return new Promise((resolve) => {
    let database: Handover['database'] = null
    process.on('message', (message: ToWorker) => {
      if (message.kind !== 'handover' && message.kind !== 'moved') return
      database = message.database
      if (message.kind === 'moved') return
      resolve({
        handover: message,
        database() {
          if (database === null) throw new ConfigError('--workers', 'got no database')
          return database
        },
      })
    })
    void tell({ kind: 'hello' })
  })
}

/** @returns once it is on its way. A parent that is gone needs no answer. */
function tell(message: ToParent): Promise<void> {
  return new Promise((resolve) => {
    if (process.send) process.send(message, undefined, undefined, () => resolve())
    else resolve()
  })
}
