import pg from 'pg'
import { EmbeddedError } from './errors.ts'

export interface Connection {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
}

/** Makes the database `astakos` on a server's first start. */
export async function ensureDatabase(socketFolder: string): Promise<Connection> {
  const connection = { host: socketFolder, port: 5432, user: 'astakos', database: 'astakos' }
  const client = new pg.Client({ ...connection, database: 'postgres' })
  // A connection that breaks is reported by the statement that it breaks.
  client.on('error', () => {})
  try {
    await client.connect()
    const { rowCount } = await client.query(`select from pg_database where datname = 'astakos'`)
    if (rowCount === 0) await client.query('create database astakos')
    return connection
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new EmbeddedError(`PostgreSQL started, but its database "astakos" cannot be used: ${reason}`, {
      cause: error,
    })
  } finally {
    await client.end().catch(() => {})
  }
}
