import { createReadStream, existsSync } from 'node:fs'
import { ConfigError, readConfig, type ServerConfig } from '../config.ts'
import type { Cluster } from '../db/cluster.ts'
import { Database } from '../db/database.ts'
import { fits } from '../identity/secret-key-check.ts'
import { clusterOf } from '../open-database.ts'
import { writeWhole } from './file.ts'
import { restoreBackup, type RestoreReport } from './restore.ts'
import { writeBackup } from './write.ts'

const BACKUP_HELP = `Writes everything in the database to a file, as of one instant, while services work on it.

  astakos-server backup FILE [OPTION…]   a FILE that is there is replaced once the new one is complete
  astakos-server backup - [OPTION…]      to standard output

The secret key is not in it: keep the key file, or a copy of it, apart. Options are those of astakos-server serve: --database-url or
--data-dir, …
`

const RESTORE_HELP = `Loads a backup into an empty database: everything, or nothing where it is damaged.

  astakos-server restore FILE [OPTION…]
  astakos-server restore - [OPTION…]     from standard input

A backup of an earlier release is brought up to date. Options are those of astakos-server serve: --database-url or --data-dir, …
`

type Say = (line: string) => void
const toOutput: Say = (line) => void process.stdout.write(`${line}\n`)
const toErrors: Say = (line) => void process.stderr.write(`${line}\n`)

/** `astakos-server backup FILE`. @returns the exit code */
export async function backup(args: readonly string[], say?: Say): Promise<number> {
  const [file, ...rest] = args
  if (isHelp(args)) return help(BACKUP_HELP, say)
  if (file === undefined || isOption(file)) throw new ConfigError('backup', 'needs a FILE to write, or -')
  const config = readConfig(rest)
  if (config.dataDir !== null && !existsSync(`${config.dataDir}/postgres`))
    throw new ConfigError('--data-dir', `${config.dataDir} holds no data of this service`)
  return onCluster(config, async (cluster) => {
    const report =
      file === '-'
        ? await writeBackup(cluster.where(), process.stdout)
        : await writeWhole(file, (output) => writeBackup(cluster.where(), output))
    const inform = say ?? (file === '-' ? toErrors : toOutput)
    inform(
      `Wrote ${nameOf(file, 'standard output')}: ${report.rows} rows of ${report.tables} tables, schema ${report.schema}, as of ${report.time}`,
    )
    inform(`The secret key is not in it: keep ${config.secretKeyFile} apart, a restored database needs it.`)
  })
}

/** `astakos-server restore FILE`. @returns the exit code: 1 where a check found something, though all is there */
export async function restore(args: readonly string[], say: Say = toOutput): Promise<number> {
  const [file, ...rest] = args
  if (isHelp(args)) return help(RESTORE_HELP, say)
  if (file === undefined || isOption(file)) throw new ConfigError('restore', 'needs a FILE to read, or -')
  const config = readConfig(rest)
  if (file !== '-' && !existsSync(file)) throw new ConfigError(file, 'is not there')
  let isGood = true
  await onCluster(config, async (cluster) => {
    const source = file === '-' ? process.stdin : createReadStream(file)
    const report = await restoreBackup(cluster.where(), source as AsyncIterable<Buffer>)
    tell(report, say)
    isGood = report.checks.every(({ all, good }) => all === good)
    await tellKey(cluster, config, say)
  })
  return isGood ? 0 : 1
}

function tell({ header, counts, migrated, checks }: RestoreReport, say: Say): void {
  say(`Restored the backup of ${header.time}, schema ${header.schema}, from PostgreSQL ${header.postgresql}`)
  for (const [table, count] of Object.entries(counts)) if (count > 0) say(`  ${count} ${table}`)
  if (migrated.length > 0) say(`Brought up to date: ${migrated.join(', ')}`)
  for (const { what, all, good } of checks) say(`Checked: ${good} of ${all} ${what}`)
}

async function tellKey(cluster: Cluster, { secretKeyFile }: ServerConfig, say: Say): Promise<void> {
  if (secretKeyFile === null) return
  const database = new Database(cluster.where())
  try {
    const isRight = existsSync(secretKeyFile) && (await fits(database, secretKeyFile))
    say(
      isRight
        ? `The key file ${secretKeyFile} is the one of this database.`
        : `The key file of this database is not at ${secretKeyFile}: put it there before the service starts.`,
    )
  } finally {
    await database.close()
  }
}

async function onCluster(config: ServerConfig, body: (cluster: Cluster) => Promise<void>): Promise<number> {
  const cluster = await clusterOf(config)
  try {
    await body(cluster)
    return 0
  } finally {
    await cluster.stop()
  }
}

function nameOf(file: string, standard: string): string {
  return file === '-' ? standard : file
}

function isOption(text: string): boolean {
  return text.startsWith('-') && text !== '-'
}

function isHelp(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h')
}

function help(text: string, say: Say = toOutput): number {
  say(text.trimEnd())
  return 0
}
