/**
 * A service in a process of its own. The first line of its standard input says where the database is and how the
 * service is set, and the answer is its base URL; each further line makes it forget what it knew of the database. It ends with its standard input.
 */
import { createInterface } from 'node:readline'
import type { ConnectionSettings } from '../../packages/server/src/db/connect.ts'
import type { ServiceSettings } from '../../packages/server/src/settings.ts'
import { startWorldService, type WorldService } from '../../packages/server/scripts/world-service.ts'

let world: WorldService | null = null
for await (const line of createInterface(process.stdin)) {
  if (world === null) {
    const { connection, settings } = JSON.parse(line) as {
      readonly connection: ConnectionSettings
      readonly settings: Partial<ServiceSettings>
    }
    world = await startWorldService(connection, { settings })
    process.stdout.write(`${world.origin}${world.basePath}\n`)
  } else {
    world.forget()
    process.stdout.write('forgotten\n')
  }
}
await world?.[Symbol.asyncDispose]()
