import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { canReach, give, giveAll, type Account } from './account.ts'
import { majorOf, type Binaries } from './binaries.ts'
import { EmbeddedError } from './errors.ts'
import { isAlive } from './lock.ts'
import { outcome, spawnWatched } from './process.ts'

export interface DataDirectory {
  /** Absolute, links resolved: PostgreSQL's own name for it. */
  readonly path: string
  /** Of the PostgreSQL that made it; null where there is none yet. */
  readonly major: number | null
}

/** Looks, touches nothing, and refuses a directory that holds something else. */
export async function inspectDirectory(name: string): Promise<DataDirectory> {
  const path = await realpath(name).catch(() => resolve(name))
  try {
    const names = await readdir(path)
    if (names.length === 0) return { path, major: null }
    if (!names.includes('PG_VERSION')) {
      throw new EmbeddedError(`${path} holds something else than a PostgreSQL: it was not touched.`)
    }
    await lstat(join(path, 'global', 'pg_control')).catch(() => {
      throw new EmbeddedError(`${path} holds only a part of a PostgreSQL: global/pg_control is missing.`)
    })
    return { path, major: majorOf(await readFile(join(path, 'PG_VERSION'), 'utf8')) }
  } catch (error) {
    if (error instanceof EmbeddedError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { path, major: null }
    if (code === 'ENOTDIR') throw new EmbeddedError(`${path} is not a directory.`, { cause: error })
    throw new EmbeddedError(`The data directory ${path} cannot be read: ${message}`, { cause: error })
  }
}

export interface Circumstances {
  readonly account: Account | null
  readonly durable: boolean
  /** Removed when this process is killed. */
  readonly privateFolder: string
}

/** Makes the directory ready for `postgres`: right version, right owner, within reach. */
export async function prepareDirectory(
  { path, major }: DataDirectory,
  binaries: Binaries,
  { account, durable, privateFolder }: Circumstances,
): Promise<void> {
  if (major !== null && major !== majorOf(binaries.version)) {
    throw new EmbeddedError(
      `The data directory ${path} was made by PostgreSQL ${major}, and this is PostgreSQL ${binaries.version}. ` +
        `Name the programs of PostgreSQL ${major} with --postgres-bin, or upgrade the directory with pg_upgrade.`,
    )
  }
  const parent = dirname(path)
  try {
    await mkdir(parent, { recursive: true })
    if (account !== null && !(await canReach(account, parent))) {
      throw new EmbeddedError(
        `PostgreSQL refuses to run as root, and ${account.name}, who runs it instead, cannot enter ${parent}. ` +
          'Choose a data directory that everybody can reach, such as one in /var/lib, or start the service as another user.',
      )
    }
    if (major === null) await initialise(path, binaries, { account, durable, privateFolder })
    else if (account !== null && (await lstat(path)).uid !== account.uid) await giveAll(account, path)
  } catch (error) {
    if (error instanceof EmbeddedError) throw error
    const reason = explain(error as NodeJS.ErrnoException)
    throw new EmbeddedError(`The data directory ${path} cannot be made: ${reason}`, { cause: error })
  }
}

/**
 * `initdb` takes more than a second and can be interrupted, so it works in a folder beside the directory. A rename puts
 * it in place: the directory is complete or not there.
 */
async function initialise(
  path: string,
  binaries: Binaries,
  { account, durable, privateFolder }: Circumstances,
): Promise<void> {
  await sweep(path)
  const draft = `${draftPrefix(path)}${process.pid}-${Math.random().toString(36).slice(2, 8)}`
  await mkdir(draft, { mode: 0o700 })
  try {
    await give(account, draft)
    const flags = ['-U', 'astakos', '--auth=trust', '-E', 'UTF8', '--locale=C', ...(durable ? [] : ['--no-sync'])]
    const { code, output } = await outcome(
      spawnWatched(account, join(binaries.dir, 'initdb'), ['-D', draft, ...flags], [draft, privateFolder]),
    )
    if (code !== 0) {
      throw new EmbeddedError(`PostgreSQL ${binaries.version} could not make a data directory:\n${output.trimEnd()}`)
    }
    await rename(draft, path).catch(async (error: unknown) => {
      // Two services were started at once, and the other was faster. Which of them gets it, PostgreSQL decides.
      if ((await inspectDirectory(path)).major === null) throw error
    })
    if (durable) await syncFolder(dirname(path))
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const draftPrefix = (path: string): string => join(dirname(path), `.${basename(path)}.initdb-`)

/** What was left beside the directory when the machine lost its power during `initdb`. */
async function sweep(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const draft = join(dirname(path), name)
    if (!draft.startsWith(draftPrefix(path))) continue
    if (!isAlive(Number.parseInt(draft.slice(draftPrefix(path).length), 10))) {
      // What the dead one had begun may be still at it, or be cleaning up itself.
      await rm(draft, { recursive: true, force: true, maxRetries: 10 })
    }
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  if (code !== 'EBUSY' && code !== 'EXDEV') return message
  return 'it is a mount point. Name a folder below it, which does not have to exist.'
}
