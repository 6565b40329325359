import { existsSync, readFileSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { npmEnv, run } from '../packaging/shell.ts'

const folder = fileURLToPath(new URL('.', import.meta.url))
const lock = join(folder, 'package-lock.json')
export const installed: string = join(folder, 'node_modules')
/** Written last: a copy of the lock that `node_modules` stands for. */
const stamp = join(installed, '.installed.json')

/** Installs the runtimes unless they are there: once per checkout and change of the lock, some 20 seconds. */
export async function installRuntimes(): Promise<void> {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(lock, 'utf8')) return
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund'], {
    cwd: folder,
    env: npmEnv(),
    timeoutMs: 280_000,
  })
  await copyFile(lock, stamp)
}
