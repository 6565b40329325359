import type { ConnectionSettings, Whereabouts } from './connect.ts'
import { startEmbedded, type EmbeddedOptions, type EmbeddedPostgres } from './embedded/index.ts'
import { HostList, type OnMove } from './host-list.ts'
import { urlsOf } from './hosts.ts'

/** The PostgreSQL of a service: one that runs already, or one of our own that is kept running. */
export interface Cluster extends Whereabouts {
  readonly name: string
  /** Several hosts, of which one may take the place of another. */
  readonly isReplicated?: boolean
  stop(): Promise<void>
}

/** How long a promotion that is under way at the start may take. */
const PATIENCE_MS = 10_000

/** @throws {Error} of several hosts none accepts writes. */
export async function givenCluster(url: string, onMove: OnMove, patienceMs: number = PATIENCE_MS): Promise<Cluster> {
  const urls = urlsOf(url)
  if (urls.length === 1) {
    const settings = { connectionString: urls[0] as string }
    return { name: 'PostgreSQL', where: () => settings, stop: () => Promise.resolve() }
  }
  const list = await HostList.find(urls, onMove, patienceMs)
  return {
    name: 'PostgreSQL',
    isReplicated: true,
    where: () => list.where(),
    opened: (...connection) => list.opened(...connection),
    suspect: () => list.suspect(),
    stop: () => Promise.resolve(list.close()),
  }
}

/** Between two attempts to start it again. */
const PAUSE_MS = 500

/**
 * Starts an embedded PostgreSQL, and again when it ended by itself: who asks meanwhile learns that the database is away.
 *
 * @param onTrouble told what happened to it.
 * @param onMoved told where it is when it was started again.
 */
export async function embeddedCluster(
  options: EmbeddedOptions,
  onTrouble: (what: string, error?: unknown) => void,
  onMoved: (settings: ConnectionSettings) => void = () => undefined,
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
        onMoved(postgres.connection)
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
