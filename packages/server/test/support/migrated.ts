import { migrate } from '../../src/db/migrate.ts'
import type { Connection } from './postgres.ts'

/** A template with the whole schema and nothing in it. */
export async function migrated(connection: Connection): Promise<void> {
  await migrate(connection)
}
