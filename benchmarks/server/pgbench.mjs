// One commission a transaction, as `baseline/hot.sql` says: what the engine is measured against.
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const BASELINE = readFileSync(new URL('baseline/hot.sql', import.meta.url), 'utf8')

/** The machine's own: in the path, or where Debian keeps it. */
export function findPgbench() {
  const folder = '/usr/lib/postgresql'
  const installed = existsSync(folder)
    ? readdirSync(folder)
        .sort((a, b) => b - a)
        .map((version) => join(folder, version, 'bin'))
    : []
  for (const path of [...(process.env.PATH ?? '').split(':'), ...installed].map((each) => join(each, 'pgbench')))
    if (existsSync(path)) return path
  throw new Error(
    'pgbench is not here: install PostgreSQL (Debian: postgresql-contrib, or postgresql) or name it with --pgbench',
  )
}

export const pgbenchVersion = (path) => execFileSync(path, ['--version'], { encoding: 'utf8' }).trim()

/** Transactions a second of so many connections; it takes whole seconds. */
export async function pgbench(path, { host, port, user, database }, script, connections, seconds) {
  const file = fileURLToPath(new URL(`baseline/${script}.pgb`, import.meta.url))
  const args = ['-h', host, '-p', port, '-U', user, '-n', '-M', 'prepared', '-T', seconds, '-c', connections]
  const threads = Math.min(connections, cpus().length)
  const { stdout } = await promisify(execFile)(path, [...args, '-j', threads, '-f', file, database].map(String))
  const [, rate] = /^tps = ([\d.]+)/m.exec(stdout) ?? []
  const [, failed] = /number of failed transactions: (\d+)/.exec(stdout) ?? []
  if (rate === undefined || Number(failed ?? 0) > 0) throw new Error(stdout)
  return { rate: Number(rate) }
}
