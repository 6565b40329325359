import { createHash } from 'node:crypto'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { EmbeddedError } from './errors.ts'

/**
 * Copies PostgreSQL to where everybody can read it, once for each build of it, and answers the copy's `bin`.
 *
 * @param bin the folder of `postgres`; its neighbours `lib` and `share` come along.
 * @param complete is called with the copy's `bin` before anybody can see the copy.
 */
export async function copyToCache(
  bin: string,
  complete: (bin: string) => Promise<void> = async () => {},
): Promise<string> {
  const content = createHash('sha256').update(await readFile(join(bin, 'postgres')))
  const cache = await cacheFolder()
  const target = join(cache, `postgres-${content.digest('hex').slice(0, 16)}`)
  if (await isThere(target)) return join(target, 'bin')
  const draft = await mkdtemp(`${target}.`)
  try {
    for (const path of await filesOf(bin))
      await cp(path.from, join(draft, path.to), { recursive: true, verbatimSymlinks: true })
    await complete(join(draft, 'bin'))
    await openForReading(draft)
    // A folder is there as a whole or not at all; who comes second finds it taken and takes it as well.
    await rename(draft, target).catch(async (error: unknown) => {
      if (!(await isThere(target))) throw error
    })
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
  return join(target, 'bin')
}

/** Only PostgreSQL's: its folder may be a prefix that it shares with much else. */
async function filesOf(bin: string): Promise<{ from: string; to: string }[]> {
  const prefix = dirname(bin)
  const names = async (folder: string): Promise<string[]> => readdir(join(prefix, folder)).catch(() => [])
  const share = await names('share')
  return [
    ...['initdb', 'postgres'].map((name) => `${basename(bin)}/${name}`),
    ...(await names('lib'))
      .filter((name) => name === 'postgresql' || /\.(so|dylib)(\.|$)/.test(name))
      .map((name) => `lib/${name}`),
    ...share.filter((name) => name === 'postgresql' || share.includes('postgres.bki')).map((name) => `share/${name}`),
  ].map((path) => ({ from: join(prefix, path), to: path.replace(/^[^/]+\/(initdb|postgres)$/, 'bin/$1') }))
}

async function openForReading(path: string): Promise<void> {
  const status = await lstat(path)
  if (status.isSymbolicLink()) return
  await chmod(path, 0o755)
  if (!status.isDirectory()) return
  for (const name of await readdir(path)) await openForReading(join(path, name))
}

/** What lies there is executed, so only a folder that nobody else can write to will do. */
async function cacheFolder(): Promise<string> {
  const folders = cacheFolders()
  for (const folder of folders) {
    try {
      await mkdir(folder, { recursive: true })
      const { uid, mode } = await lstat(folder)
      if (uid !== process.getuid?.() || (mode & 0o022) !== 0) continue
      await chmod(folder, 0o755)
      await rm(await mkdtemp(join(folder, 'writable-')), { recursive: true })
      return folder
    } catch {
      // Not to be written to, such as a read-only system: the next one.
    }
  }
  throw new EmbeddedError(
    `PostgreSQL's programs must be copied to a cache, but none of ${folders.join(', ')} can be written to by this user alone.`,
  )
}

function cacheFolders(): string[] {
  const { XDG_CACHE_HOME } = process.env
  const isRoot = process.getuid?.() === 0
  const usual = isRoot ? ['/var/cache', '/var/lib'] : [join(homedir(), '.cache')]
  return [
    ...[...(XDG_CACHE_HOME ? [XDG_CACHE_HOME] : []), ...usual].map((folder) => join(folder, 'astakos-server')),
    join(tmpdir(), `astakos-server-${process.getuid?.() ?? 0}`),
  ]
}

async function isThere(folder: string): Promise<boolean> {
  return lstat(folder).then(
    () => true,
    () => false,
  )
}
