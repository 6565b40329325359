import { startEmbedded } from '../../packages/server/src/db/embedded/index.ts'
import type { ConnectionSettings } from '../../packages/server/src/db/connect.ts'
import { Database } from '../../packages/server/src/db/database.ts'
import { migrate } from '../../packages/server/src/db/migrate.ts'
import { startWorldService, type WorldService } from '../../packages/server/scripts/world-service.ts'
import type { ServiceSettings } from '../../packages/server/src/settings.ts'
import { makeUniverse } from './universe.ts'

/** Where programs are played: a database, a service on it in this process, and a way around the service. */
export interface Stage extends AsyncDisposable {
  readonly connection: ConnectionSettings
  readonly database: Database
  readonly world: WorldService
  readonly tokens: ReadonlyMap<string, string>
}

export interface StageOptions {
  /** What is there before anything else is. @returns tokens by name. */
  readonly make: (database: Database) => Promise<ReadonlyMap<string, string>>
  readonly settings: Partial<ServiceSettings>
}

/** @param databaseUrl of a database that may be emptied; null: an embedded one for this run alone. */
export async function openStage(
  databaseUrl: string | null,
  { make, settings }: StageOptions = { make: makeUniverse, settings: {} },
): Promise<Stage> {
  const embedded = databaseUrl === null ? await startEmbedded({ dataDir: null }) : null
  const connection = embedded?.connection ?? { connectionString: databaseUrl ?? '' }
  await migrate(connection)
  const database = new Database(connection)
  const tokens = await make(database)
  const world = await startWorldService(connection, { settings })
  return {
    connection,
    database,
    world,
    tokens,
    async [Symbol.asyncDispose]() {
      await world[Symbol.asyncDispose]()
      await database.close()
      await embedded?.stop()
    },
  }
}
