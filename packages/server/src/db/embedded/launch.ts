import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'
import { EmbeddedError } from './errors.ts'
import { inUse, waitUntilFree } from './lock.ts'
import { spawnWatched, type Child } from './process.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

export interface Server {
  readonly pid: number
  readonly exited: Promise<Exit>
  interrupt(): void
}

export interface LaunchOptions {
  readonly binaries: Binaries
  readonly account: Account | null
  readonly dataDir: string
  /** Holds the socket; removed when this process is killed. */
  readonly privateFolder: string
  readonly durable: boolean
}

/** How long a start is repeated that met the remains of the server before it. */
const remainsMsMax = 5_000

/** Starts `postgres` and returns when it accepts connections. */
export async function launch(options: LaunchOptions): Promise<Server> {
  const began = performance.now()
  for (;;) {
    await waitUntilFree(options.dataDir)
    const attempt = await tryToLaunch(options)
    if ('server' in attempt) return attempt.server
    // Either a service that started in this very moment, or the processes of a killed server, which end by themselves.
    const taken = attempt.log.some((line) => /lock file "postmaster\.pid"|pre-existing shared memory/.test(line))
    if (taken && performance.now() - began < remainsMsMax) {
      await sleep(50)
      continue
    }
    if (taken) await waitUntilFree(options.dataDir)
    throw failure(options, attempt)
  }
}

type Attempt = { readonly server: Server } | { readonly exit: Exit; readonly log: readonly string[] }

async function tryToLaunch(options: LaunchOptions): Promise<Attempt> {
  const { account, binaries, dataDir, privateFolder } = options
  const args = ['-D', dataDir, ...settings(options).flatMap((setting) => ['-c', setting])]
  const child = spawnWatched(account, join(binaries.dir, 'postgres'), args, [privateFolder])
  const log: string[] = []
  child.on('error', (error) => log.push(error.message))
  const exited = exitOf(child)
  const lines = createInterface(child.stderr)
  const closed = once(lines, 'close')
  const ready = new Promise<'ready'>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('database system is ready to accept connections')) resolve('ready')
      log.push(line)
      if (log.length > 30) log.shift()
    })
  })
  child.stdout.resume()
  const first = await Promise.race([ready, exited])
  if (first === 'ready' && child.pid !== undefined) {
    return { server: { pid: child.pid, exited, interrupt: () => void child.kill('SIGINT') } }
  }
  // The last lines are the ones that tell.
  await Promise.race([closed, sleep(1_000)])
  return { exit: await exited, log }
}

function exitOf(child: Child): Promise<Exit> {
  child.stdin.on('error', () => {})
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }))
    child.on('error', () => resolve({ code: null, signal: null }))
  })
}

/** On the command line they win over those in the directory, which the user may have edited. */
function settings({ privateFolder, durable }: LaunchOptions): string[] {
  const always = [
    'listen_addresses=',
    `unix_socket_directories=${quoted(privateFolder)}`,
    'port=5432',
    'max_connections=100',
    'shared_buffers=128MB',
    'timezone=UTC',
    // This process reads the log, in English; what a statement did wrong, its sender is told anyway.
    'logging_collector=off',
    'log_destination=stderr',
    'lc_messages=C',
    'log_min_messages=log',
    'log_checkpoints=off',
  ]
  const safety = durable ? ['fsync=on'] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']
  return [...always, ...safety]
}

/** Such a setting is a list, so a comma or a space in a folder's name would end it. */
const quoted = (folder: string): string => `"${folder.replaceAll('"', '""')}"`

function failure({ binaries, dataDir }: LaunchOptions, { exit, log }: { exit: Exit; log: readonly string[] }): Error {
  if (log.some((line) => line.includes('lock file "postmaster.pid" already exists'))) return inUse(dataDir)
  const end = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`
  const last = log.length === 0 ? '' : `:\n${log.slice(-10).join('\n')}`
  return new EmbeddedError(`PostgreSQL ${binaries.version} did not start in ${dataDir}; it ended ${end}${last}`)
}
