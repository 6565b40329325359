import type { ConnectionSettings } from './connect.ts'
import { startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './embedded/index.ts'

/** The PostgreSQL of a service: one that runs already, or one of our own that is kept running. */
export interface Cluster {
  readonly name: string
  where(): ConnectionSettings
  stop(): Promise<void>
}

export function givenCluster(url: string): Cluster {
  const settings = { connectionString: url }
  return { name: 'PostgreSQL', where: () => settings, stop: () => Promise.resolve() }
}

/** Between two attempts to start it again. */
const PAUSE_MS = 500

/**
 * Starts an embedded PostgreSQL, and again when it ended by itself: who asks meanwhile learns that the database is away.
 *
 * @param onTrouble told what happened to it.
 */
export async function embeddedCluster(
  options: EmbeddedOptions,
  onTrouble: (what: string, error?: unknown) => void,
): Promise<Cluster> {
  let postgres = await startEmbedded(options)
  let stopping = false

  const keepRunning = async (watched: EmbeddedPostgres): Promise<void> => {
    await watched.exited
    while (!stopping) {
      onTrouble('The embedded PostgreSQL ended by itself and is started again')
      try {
        // oxlint-disable-next-line no-await-in-loop
        postgres = await startEmbedded(options)
        return void keepRunning(postgres)
      } catch (error) {
        onTrouble('The embedded PostgreSQL does not start', error)
        // oxlint-disable-next-line no-await-in-loop
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
      }
    }
  }
  void keepRunning(postgres)

  return {
    name: `embedded PostgreSQL ${postgres.version}`,
    where: () => postgres.connection,
    async stop() {
      stopping = true
      await postgres.stop()
    },
  }
}
