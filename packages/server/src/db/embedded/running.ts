import { inspectDirectory } from './data-directory.ts'
import type { Connection } from './database.ts'
import { userOf } from './lock.ts'

/** The embedded server that a service keeps running on this directory, for another process that works on its data; null: none. */
export async function runningConnection(dataDir: string): Promise<Connection | null> {
  const { path, major } = await inspectDirectory(dataDir)
  const user = major === null ? null : await userOf(path)
  if (!user || user.stopping || user.socketFolder === '') return null
  return { host: user.socketFolder, port: user.port, user: 'astakos', database: 'astakos' }
}
