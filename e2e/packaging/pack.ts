import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { npmEnv, run } from './shell.ts'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

/** Path of a tool that the repository has installed; it is a script for Node. */
export const tool = (name: string): string => join(root, 'node_modules/.bin', name)

/** A folder of its own for one test file, and a package as a user gets it. */
export interface Packed {
  readonly folder: string
  readonly tarball: string
  /** The tarball, unpacked. */
  readonly contents: string
  remove(): Promise<void>
}

/** Builds a package and packs it as `npm publish` would. */
export async function pack(name: 'client' | 'server'): Promise<Packed> {
  await run(process.execPath, [tool('tsc'), '-b'], { cwd: root })
  const folder = await mkdtemp(join(tmpdir(), 'astakos-packed-'))
  await run('npm', ['pack', '--pack-destination', folder], { cwd: join(root, 'packages', name), env: npmEnv() })
  const [tarball] = (await readdir(folder)).filter((file) => file.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${folder}`)
  await run('tar', ['-xzf', tarball], { cwd: folder })
  return {
    folder,
    tarball: join(folder, tarball),
    contents: join(folder, 'package'),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A project that has installed the tarball and nothing else, with some files of ours beside. */
export async function makeConsumer(packed: Packed, name: string, files: readonly string[]): Promise<string> {
  const folder = join(packed.folder, name)
  await mkdir(folder)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name, private: true, type: 'module' }))
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', packed.tarball], {
    cwd: folder,
    env: npmEnv(),
  })
  for (const file of files) await cp(file, join(folder, file.slice(file.lastIndexOf('/') + 1)))
  return folder
}
