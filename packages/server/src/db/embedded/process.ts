import { spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import type { Account } from './account.ts'

export type Child = ChildProcessByStdio<Writable, Readable, Readable>

export interface Outcome {
  readonly code: number | null
  readonly output: string
}

/**
 * `kill -9` of this process must leave nothing behind, and only the kernel notices it. So a tiny shell waits for the
 * end of its standard input, a pipe that only this process holds; then it interrupts the command, waits for its end and
 * removes some folders. If the command is gone by then, it ended by itself and this process cleans up.
 *
 * The waiting shell is a grandchild: a postmaster minds children that it does not know. The command takes the place of
 * the first shell, so that its process id, exit code and signal are those that Node sees.
 *
 * The arguments are the folders, `--`, the command and its arguments.
 */
const watchdog = `
exec 3<&0 </dev/null
( (
  trap '' HUP INT TERM
  while read -r _ <&3; do :; done
  kill -0 $$ || exit 0
  kill -INT $$
  n=0
  while kill -0 $$ && [ "$n" -lt 2400 ]; do sleep 0.05; n=$((n + 1)); done
  for folder; do
    [ "$folder" = -- ] && break
    rm -rf "$folder"
  done
) >/dev/null 2>&1 & )
while [ "$1" != -- ]; do shift; done
shift
exec "$@" 3<&-
`

/** Starts a command that ends when this process does, however that ends; the folders are removed then. */
export function spawnWatched(
  account: Account | null,
  command: string,
  args: readonly string[],
  folders: readonly string[],
): Child {
  return spawn('/bin/sh', ['-c', watchdog, 'astakos-watchdog', ...folders, '--', command, ...args], {
    ...asAccount(account),
    stdio: ['pipe', 'pipe', 'pipe'],
    // A session of its own: Ctrl-C in a terminal is for the service, which then stops its database last.
    detached: true,
  })
}

/** Runs a short command to its end. That it cannot be run at all is an outcome too. */
export function run(account: Account | null, command: string, args: readonly string[]): Promise<Outcome> {
  return outcome(spawn(command, args, { ...asAccount(account), stdio: ['pipe', 'pipe', 'pipe'] }))
}

export function outcome(child: Child): Promise<Outcome> {
  let output = ''
  const collect = (chunk: Buffer): void => void (output += chunk.toString())
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  child.stdin.on('error', () => {})
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ code: null, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })
}

/** Secrets in this process's environment are none of PostgreSQL's business, and `PGDATA` and its like would confuse it. */
function asAccount(account: Account | null): { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number } {
  const env: NodeJS.ProcessEnv = { LC_ALL: 'C' }
  for (const name of ['PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'TZDIR']) {
    const value = process.env[name]
    if (value !== undefined) env[name] = value
  }
  // The folder this process is in may be closed to the account; `/` is not.
  return { cwd: '/', env, ...(account === null ? {} : { uid: account.uid, gid: account.gid }) }
}
