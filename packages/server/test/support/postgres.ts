import pg from 'pg'
import { afterAll } from 'vitest'
import { findBinaries, findOnMachine, majorOf } from '../../src/db/embedded/binaries.ts'
import { startEmbedded, type EmbeddedPostgres } from '../../src/db/embedded/index.ts'

/** A PostgreSQL to test on. */
export interface Database {
  /** Such as `embedded PostgreSQL 18.4`. */
  readonly name: string
  /** The folder of its programs. */
  readonly postgresBin: string
}

export type Connection = EmbeddedPostgres['connection']

export interface TestServer {
  readonly connection: Connection
  readonly version: string
}

export interface TestDatabase {
  /** For `pg`. */
  readonly connection: Connection
  drop(): Promise<void>
}

/** The one that the service brings along, and the oldest one of the machine where there is one of another version. */
export const databases: readonly Database[] = await findDatabases()

async function findDatabases(): Promise<Database[]> {
  const own = await findBinaries()
  const oldest = (await findOnMachine()).findLast(({ version }) => majorOf(version) !== majorOf(own.version))
  return [
    { name: `embedded PostgreSQL ${own.version}`, postgresBin: own.dir },
    ...(oldest === undefined
      ? []
      : [{ name: `PostgreSQL ${majorOf(oldest.version)} of the machine`, postgresBin: oldest.dir }]),
  ]
}

interface Running {
  readonly postgres: EmbeddedPostgres
  /** For `create database`; a client sends one statement after the other. */
  readonly admin: pg.Client
  readonly templates: Map<Prepare, Promise<string>>
}

/** Fills a template. Its name in the code is its name: the same function is called once for each server. */
export type Prepare = (connection: Connection) => Promise<void>

const servers = new Map<string, Promise<TestServer>>()
const running = new Map<TestServer, Running>()
let count = 0

/** Started on first use and shared by the tests of a file. */
export function startServer(database: Database): Promise<TestServer> {
  const started = servers.get(database.postgresBin) ?? start(database)
  servers.set(database.postgresBin, started)
  return started
}

async function start({ postgresBin }: Database): Promise<TestServer> {
  const postgres = await startEmbedded({ dataDir: null, postgresBin })
  const { connection, version } = postgres
  const admin = new pg.Client({ ...connection, database: 'postgres' })
  await admin.connect()
  const server = { connection, version }
  running.set(server, { postgres, admin, templates: new Map() })
  return server
}

/** A database of its own for a test or a file: a copy of one that `prepare` has filled. */
export async function freshDatabase(server: TestServer, prepare: Prepare): Promise<TestDatabase> {
  const { admin, templates } = find(server)
  const template = templates.get(prepare) ?? makeTemplate(server, prepare)
  templates.set(prepare, template)
  const name = `t${++count}`
  await admin.query(`create database ${name} template ${await template}`)
  return {
    connection: { ...server.connection, database: name },
    drop: async () => void (await admin.query(`drop database ${name} with (force)`)),
  }
}

async function makeTemplate(server: TestServer, prepare: Prepare): Promise<string> {
  const name = `template_${++count}`
  await find(server).admin.query(`create database ${name}`)
  await prepare({ ...server.connection, database: name })
  return name
}

function find(server: TestServer): Running {
  const found = running.get(server)
  if (found === undefined) throw new Error('This server was not started here, or it was stopped.')
  return found
}

afterAll(async () => {
  for (const [server, { admin, postgres }] of running) {
    running.delete(server)
    await admin.end()
    await postgres.stop()
  }
  servers.clear()
})
