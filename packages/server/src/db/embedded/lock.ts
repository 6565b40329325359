import { readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedError } from './errors.ts'

/** From the death of a service to its watchdog's signal: moments, unless the machine is very busy. */
const graceMs = 2_000

/** A server that writes its last checkpoint to a slow disk. */
const stoppingMsMax = 60_000

/**
 * Returns once no living server uses the directory. One that is on its way out is waited for; so is, for some seconds,
 * one that looks well, because its service may have been killed a moment ago.
 *
 * @throws {EmbeddedError} another service uses the directory.
 */
export async function waitUntilFree(directory: string): Promise<void> {
  const began = performance.now()
  for (;;) {
    const user = await userOf(directory)
    if (user === null) return
    if (performance.now() - began > (user.stopping ? stoppingMsMax : graceMs)) throw inUse(directory, user.pid)
    await sleep(25)
  }
}

export function inUse(directory: string, pid?: number): EmbeddedError {
  const server = pid === undefined ? '' : ` (PostgreSQL's process ${pid})`
  return new EmbeddedError(
    `Another service uses this directory: ${directory}${server}. Stop it, or choose another one.`,
  )
}

/** A server that uses a directory. */
export interface User {
  readonly pid: number
  readonly stopping: boolean
  readonly port: number
  readonly socketFolder: string
}

/** The server that `postmaster.pid` names, if it lives. If not, PostgreSQL knows what to do with the file. */
export async function userOf(directory: string): Promise<User | null> {
  const lines = (await readFile(join(directory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number.parseInt(lines[0] ?? '', 10)
  if (!isAlive(pid) || (await worksElsewhere(pid, directory))) return null
  return {
    pid,
    stopping: lines[7]?.trim() === 'stopping',
    port: Number(lines[3]),
    socketFolder: lines[4]?.trim() ?? '',
  }
}

export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * A process id is soon used again, in a container above all. A server's working directory is its data directory, and
 * Linux tells; of a process that has ended, but that its parent has not looked after yet, there is none.
 */
async function worksElsewhere(pid: number, directory: string): Promise<boolean> {
  if (process.platform !== 'linux') return false
  try {
    return (await readlink(`/proc/${pid}/cwd`)) !== directory
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
