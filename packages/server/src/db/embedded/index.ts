import { join } from 'node:path'
import { chooseAccount, type Account } from './account.ts'
import { findBinaries, type Binaries, type Origin } from './binaries.ts'
import { copyToCache } from './cache.ts'
import { inspectDirectory, prepareDirectory } from './data-directory.ts'
import { ensureDatabase, type Connection } from './database.ts'
import { EmbeddedError } from './errors.ts'
import { launch, type Exit, type Server } from './launch.ts'
import { makePrivateFolder, removePrivateFolder } from './private-folder.ts'
import { run } from './process.ts'

export { EmbeddedError } from './errors.ts'

export interface EmbeddedOptions {
  /** Kept between starts. Null: a throw-away directory below the system's temporary folder, removed by `stop()`. */
  readonly dataDir: string | null
  /** The folder of `postgres` and `initdb`. @default those of the npm package, else the machine's newest */
  readonly postgresBin?: string | undefined
  /** Whether a commit survives a loss of power (`fsync`). @default true with a `dataDir`, false without */
  readonly durable?: boolean | undefined
}

export interface EmbeddedPostgres {
  /** For `pg`: `host` is the folder of the Unix socket. */
  readonly connection: Connection
  /** Such as `18.4`. */
  readonly version: string
  readonly origin: Origin
  readonly pid: number
  /** Settles when the server ends, wanted or not; it never rejects. */
  readonly exited: Promise<Exit>
  /** Ends all connections, waits until the server is gone and removes a throw-away directory. May be repeated. */
  stop(): Promise<void>
}

/**
 * Starts a PostgreSQL of our own, and makes its data directory and the database `astakos` where they are missing.
 * It ends with this process, even when that is killed.
 *
 * @throws {EmbeddedError} no PostgreSQL is there or it does not start; the directory holds something else, is of
 *   another version, is out of reach or in use.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new EmbeddedError(
      'The embedded PostgreSQL does not run on Windows yet: install PostgreSQL and give its address.',
    )
  }
  const found = await findBinaries(options.postgresBin)
  const kept = options.dataDir === null ? null : await inspectDirectory(options.dataDir)
  const account = await chooseAccount(kept === null || kept.major === null ? null : kept.path)
  const binaries = await withinReach(found, account)
  const durable = options.durable ?? kept !== null
  const privateFolder = await makePrivateFolder(account)
  let server: Server | undefined
  try {
    const directory = kept ?? { path: join(privateFolder, 'data'), major: null }
    await prepareDirectory(directory, binaries, { account, durable, privateFolder })
    server = await launch({ binaries, account, dataDir: directory.path, privateFolder, durable })
    const connection = await ensureDatabase(privateFolder)
    return handle(server, binaries, connection, privateFolder)
  } catch (error) {
    server?.interrupt()
    await server?.exited
    await removePrivateFolder(privateFolder)
    throw error
  }
}

function handle(server: Server, binaries: Binaries, connection: Connection, privateFolder: string): EmbeddedPostgres {
  const { pid, exited } = server
  const tidied = exited.then(() => removePrivateFolder(privateFolder))
  // Whoever calls stop() is told; a server that ends by itself has nobody to tell.
  tidied.catch(() => {})
  const stop = async (): Promise<void> => {
    server.interrupt()
    await tidied
  }
  return { connection, version: binaries.version, origin: binaries.origin, pid, exited, stop }
}

/** Below a folder that is closed to the account, such as /root, the programs are of no use to it: a copy is. */
async function withinReach(binaries: Binaries, account: Account | null): Promise<Binaries> {
  if (account === null || (await runsFrom(binaries.dir, account))) return binaries
  const dir = await copyToCache(binaries.dir)
  if (await runsFrom(dir, account)) return { ...binaries, dir }
  throw new EmbeddedError(
    `PostgreSQL refuses to run as root, and ${account.name}, who runs it instead, can run neither ` +
      `${binaries.dir}/postgres nor the copy in ${dir}. Open one of them to everybody, or start the service as another user.`,
  )
}

async function runsFrom(dir: string, account: Account): Promise<boolean> {
  return (await run(account, join(dir, 'initdb'), ['--version'])).code === 0
}
