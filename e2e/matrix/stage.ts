import type { ConnectionSettings } from '../../packages/server/src/db/connect.ts'
import { Database } from '../../packages/server/src/db/database.ts'
import { startEmbedded } from '../../packages/server/src/db/embedded/index.ts'
import { migrate } from '../../packages/server/src/db/migrate.ts'
import { deactivateUser } from '../../packages/server/src/operations/activation.ts'
import { startWorldService } from '../../packages/server/scripts/world-service.ts'
import { castWorld, DEACTIVATED } from './cast.ts'
import { send, type Answer } from './http.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Below the account service. */
  readonly path: string
  readonly body?: object
}

/** A service on a database, the people of the cast, and a way around the service. */
export interface Stage extends AsyncDisposable {
  readonly database: Database
  uuid(name: string): string
  /** @param who null: without a token. */
  call(who: string | null, request: Request): Promise<Answer>
  /** Everything as at first. */
  reset(): Promise<void>
  /** Those of the cast whose accounts are not to work. */
  deactivate(): Promise<void>
}

/** @param databaseUrl of a database that may be emptied; null: an embedded one for this run alone. */
export async function openStage(databaseUrl: string | null): Promise<Stage> {
  const embedded = databaseUrl === null ? await startEmbedded({ dataDir: null }) : null
  const connection: ConnectionSettings = embedded?.connection ?? { connectionString: databaseUrl ?? '' }
  await migrate(connection)
  const database = new Database(connection)
  const service = await startWorldService(connection)
  const account = `${service.origin}${service.basePath}/account/v1.0`
  let bindings: Readonly<Record<string, string>> = {}

  const bound = (name: string): string => {
    const value = bindings[name]
    if (value === undefined) throw new Error(`Nobody is called ${name}`)
    return value
  }

  return {
    database,
    uuid: (name) => bound(`uuid:${name}`),
    call(who, { method, path, body }) {
      const token = who === null ? null : bound(`token:${who}`)
      return send({ method, url: `${account}/${path}`, token, body })
    },
    async reset() {
      bindings = await service.load(castWorld())
    },
    async deactivate() {
      await database.transaction(async (tx) => {
        for (const name of DEACTIVATED) await deactivateUser(tx, bound(`uuid:${name}`), 'left')
      })
      service.forget()
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await database.close()
      await embedded?.stop()
    },
  }
}
