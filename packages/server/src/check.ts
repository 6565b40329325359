import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import pg from 'pg'
import type { Place, ServerConfig } from './config.ts'
import { checkDataFolder } from './data-folder.ts'
import { Database } from './db/database.ts'
import { findBinaries } from './db/embedded/binaries.ts'
import { inspectDirectory } from './db/embedded/data-directory.ts'
import { runningConnection } from './db/embedded/running.ts'
import { pendingSteps } from './db/migrate.ts'
import { MAJOR_MIN } from './db/version.ts'
import { fits } from './identity/secret-key-check.ts'
import { readSecretKeys } from './identity/secret-key.ts'
import { smtpGreets } from './mail/smtp.ts'

/** One thing that a start needs. */
export interface Finding {
  readonly what: string
  readonly isGood: boolean
  /** A sentence: how it is, or what is wrong and what to do. */
  readonly says: string
}

/** Looks at all that a start needs, touches nothing, and tells everything that is wrong, not only the first thing. */
export async function checkService(config: ServerConfig): Promise<Finding[]> {
  return [
    config.databaseUrl === null
      ? await finding('embedded PostgreSQL', () => embedded(config))
      : await finding('--database-url', () => given(config.databaseUrl as string)),
    ...(config.secretKeyFile === null
      ? []
      : [await finding('--secret-key-file', () => secretKey(config.secretKeyFile as string, config))]),
    await finding('--listen', () => freePort(config.listen)),
    ...(config.metricsListen === null
      ? []
      : [await finding('--metrics-listen', () => freePort(config.metricsListen as Place))]),
    ...(config.smtpUrl === null
      ? []
      : [
          await finding('--smtp-url', async () =>
            smtpGreets(config.smtpUrl as string).then(() => 'the mail server answers'),
          ),
        ]),
    ...(config.smtpUrl === null && config.mailDir !== null
      ? [await finding('--mail-dir', () => writable(config.mailDir as string, 'mails are written to'))]
      : []),
  ]
}

async function finding(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, isGood: true, says: await look() }
  } catch (error) {
    // It stands before the sentence anyway.
    return { what, isGood: false, says: sentenceOf(error).replace(`${what}: `, '') }
  }
}

/** Of a connection that failed on every address there are several. */
function sentenceOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return sentenceOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

async function embedded({ dataDir, postgresBin }: ServerConfig): Promise<string> {
  const { version } = await findBinaries(postgresBin ?? undefined)
  if (dataDir === null) return `PostgreSQL ${version}, for as long as the service runs`
  await checkDataFolder(dataDir)
  const folder = `${dataDir}/postgres`
  if (await runningConnection(folder))
    throw new Error(`a service runs on ${dataDir} already: stop it, or choose another one`)
  const { major } = await inspectDirectory(folder)
  if (major === null) return writable(dataDir, `PostgreSQL ${version} will make its data in`)
  return `PostgreSQL ${version}, with the data in ${dataDir}`
}

const ANSWER_MS = 5000

async function given(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ version: string; number: number; canCreate: boolean; isReadOnly: boolean }>(
      `select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
              has_schema_privilege(current_schema(), 'create') as "canCreate", pg_is_in_recovery() as "isReadOnly"`,
    )
    const [row] = rows
    if (!row || row.number < MAJOR_MIN * 10_000)
      throw new Error(`PostgreSQL ${row?.version} is too old: ${MAJOR_MIN} or newer is needed`)
    if (row.isReadOnly) throw new Error('this server is a standby: it takes no changes')
    if (!row.canCreate)
      throw new Error('this user may not make tables: make it the owner of the database, or grant create on its schema')
    // Refused when a later release was here.
    const steps = await pendingSteps({ connectionString: url })
    return `PostgreSQL ${row.version}${steps.length > 0 ? `, whose schema ${steps.length} steps will bring up to date` : ''}`
  } finally {
    await client.end()
  }
}

/** Whether it is there, is one, and is that of the database. */
async function secretKey(file: string, config: ServerConfig): Promise<string> {
  const hasFile = (await stat(file).catch(() => null)) !== null
  if (hasFile) readSecretKeys(file, config.dataDir)
  if (config.databaseUrl === null) {
    const { major } = await inspectDirectory(`${config.dataDir}/postgres`)
    if (!hasFile && config.dataDir !== null && major !== null)
      throw new Error(`the key file ${file} is missing, and there are data that want it`)
  } else if (await hasKey(config.databaseUrl)) {
    if (!hasFile) throw new Error(`the key file ${file} is missing, and the database wants it`)
    const database = new Database({ connectionString: config.databaseUrl })
    const isRight = await closing(database, () => fits(database, file))
    if (!isRight) throw new Error(`${file} holds another key than the one that sealed the tokens in the database`)
  }
  return hasFile ? file : writable(dirname(file), 'the key will be made in')
}

async function closing<T>(database: Database, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } finally {
    await database.close()
  }
}

/** A database that can't be asked is another finding. */
async function hasKey(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS, query_timeout: ANSWER_MS })
  client.on('error', () => undefined)
  try {
    await client.connect()
    const { rows } = await client.query<{ is: boolean }>("select to_regclass('secret_key_check') is not null as is")
    return rows[0]?.is === true && (await client.query('select from secret_key_check')).rowCount === 1
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** A folder that is not there yet is made where its parent allows that. */
async function writable(folder: string, purpose: string): Promise<string> {
  for (let place = folder; ; place = dirname(place)) {
    // oxlint-disable-next-line no-await-in-loop -- upwards, until there is one
    const status = await stat(place).catch(() => null)
    if (!status && place !== dirname(place)) continue
    if (!status?.isDirectory()) throw new Error(`${place} is not a folder`)
    // oxlint-disable-next-line no-await-in-loop
    await access(place, constants.W_OK | constants.X_OK).catch(() => {
      throw new Error(`${place} can not be written to`)
    })
    return `${purpose} ${folder}`
  }
}

function freePort({ host, port }: Place): Promise<string> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`something else listens at ${host}:${port}`) : error),
    )
    probe.listen(port, host, () =>
      probe.close(() => resolve(port === 0 ? `${host}, at a free port` : `${host}:${port}`)),
    )
  })
}
