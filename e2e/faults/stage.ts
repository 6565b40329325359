import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConnectionSettings } from '../../packages/server/src/db/connect.ts'
import { Database } from '../../packages/server/src/db/database.ts'
import { startEmbedded, type EmbeddedPostgres } from '../../packages/server/src/db/embedded/index.ts'
import type { Random } from '../model/random.ts'
import { HttpProxy } from './http-proxy.ts'
import { Journal } from './journal.ts'
import { startPostgresProxy, type PostgresProxy } from './postgres-proxy.ts'
import { freePort, startService, type ServiceProcess } from './processes.ts'
import { makeWorld, type World } from './world.ts'

/** A service that is killed and started again, always in the same place. */
export class Service {
  readonly args: readonly string[]
  readonly #port: number
  #process: ServiceProcess | null = null

  constructor(port: number, args: readonly string[]) {
    this.#port = port
    this.args = args
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async start(): Promise<void> {
    this.#process = await startService(['--listen', `127.0.0.1:${this.#port}`, ...this.args])
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  async stop(): Promise<void> {
    await this.#process?.stop()
  }
}

interface Common extends AsyncDisposable {
  readonly services: readonly Service[]
  readonly http: HttpProxy
  readonly journal: Journal
  readonly world: World
  /** A way around the service, until the callback is done. */
  ask<T>(question: (database: Database) => Promise<T>): Promise<T>
  /** What is left stays for whoever wants to look. @returns where. */
  keep(): string
}

/** Two services over one PostgreSQL, which is the campaign's own. */
export interface GivenStage extends Common {
  readonly kind: 'given'
  readonly commits: PostgresProxy
  killPostgres(): Promise<void>
  startPostgres(): Promise<void>
}

/** A service with a PostgreSQL inside. */
export interface EmbeddedStage extends Common {
  readonly kind: 'embedded'
  /** The server's process, as its directory names it. */
  postgresPid(): Promise<number>
}

export type Stage = GivenStage | EmbeddedStage

export async function openGivenStage(random: Random): Promise<GivenStage> {
  const closing = new Closing()
  try {
    const folder = await folderFor(closing)
    const options = { dataDir: join(folder, 'postgres'), durable: true }
    let postgres: EmbeddedPostgres = await startEmbedded(options)
    closing.add(() => postgres.stop())
    const commits = await startPostgresProxy(() => `${postgres.connection.host}/.s.PGSQL.${postgres.connection.port}`)
    closing.add(() => commits[Symbol.asyncDispose]())
    const args = [
      `--database-url=postgresql://astakos@127.0.0.1:${commits.port}/astakos`,
      `--secret-key-file=${join(folder, 'secret.key')}`,
      // One name for both, as behind a balancer.
      '--base-url=http://127.0.0.1/astakos',
    ]
    const services = [new Service(await freePort(), args), new Service(await freePort(), args)]
    const common = await complete(closing, folder, services, () => postgres.connection, random)
    return {
      ...common,
      kind: 'given',
      commits,
      async killPostgres() {
        process.kill(postgres.pid, 'SIGKILL')
        await postgres.exited
      },
      async startPostgres() {
        postgres = await startEmbedded(options)
      },
    }
  } catch (error) {
    await closing.close()
    throw error
  }
}

export async function openEmbeddedStage(random: Random): Promise<EmbeddedStage> {
  const closing = new Closing()
  try {
    const folder = await folderFor(closing)
    const service = new Service(await freePort(), ['--data-dir', join(folder, 'data')])
    // Its first lines: the process, …, and fifth the folder of the socket.
    const lines = async (): Promise<string[]> =>
      (await readFile(join(folder, 'data', 'postgres', 'postmaster.pid'), 'utf8')).split('\n')
    const where = async (): Promise<ConnectionSettings> => {
      const host = (await lines())[4] ?? ''
      return { host, port: 5432, user: 'astakos', database: 'astakos' }
    }
    const common = await complete(closing, folder, [service], where, random)
    return { ...common, kind: 'embedded', postgresPid: async () => Number((await lines())[0]) }
  } catch (error) {
    await closing.close()
    throw error
  }
}

async function complete(
  closing: Closing,
  folder: string,
  services: readonly Service[],
  where: () => ConnectionSettings | Promise<ConnectionSettings>,
  random: Random,
): Promise<Common> {
  for (const service of services) {
    closing.add(() => service.stop())
    await service.start()
  }
  // A connection for each question, since the server behind it is killed now and then.
  const ask = async <T>(question: (database: Database) => Promise<T>): Promise<T> => {
    const database = new Database(await where())
    try {
      return await question(database)
    } finally {
      await database.close()
    }
  }
  const world = await ask((database) => makeWorld(database))
  const journal = new Journal(join(folder, 'journal.jsonl'))
  closing.add(() => journal[Symbol.dispose]())
  const http = await HttpProxy.start(
    services.map(({ origin }) => origin),
    random,
  )
  closing.add(() => http[Symbol.asyncDispose]())
  return {
    services,
    http,
    journal,
    world,
    ask,
    keep() {
      closing.keepsFolder = true
      return folder
    },
    [Symbol.asyncDispose]: () => closing.close(),
  }
}

/** What was opened is closed in reverse, all of it, whatever happens meanwhile. */
export class Closing {
  keepsFolder = false
  readonly #steps: (() => unknown)[] = []

  add(step: () => unknown): void {
    this.#steps.push(step)
  }

  async close(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#steps.splice(0).toReversed()) {
      try {
        await step()
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Not everything could be ended')
  }
}

async function folderFor(closing: Closing): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'astakos-faults-'))
  // Where this runs as root, PostgreSQL runs as somebody else, who has to get in.
  await chmod(folder, 0o755)
  closing.add(async () => {
    if (!closing.keepsFolder) await rm(folder, { recursive: true, force: true })
  })
  return folder
}
