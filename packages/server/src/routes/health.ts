import type { FastifyInstance } from 'fastify'
import type { Queryable } from '../db/statement.ts'
import { sql } from '../db/statement.ts'
import { inTime } from '../in-time.ts'

const PING = sql('select 1')

/** Whoever asks won't wait longer. */
const PATIENCE_MS = 2000

/** For whoever starts and stops processes: live while it answers, ready while its database does too. */
export function addHealth(app: FastifyInstance, database: Queryable): void {
  app.get('/health/live', (_, reply) => reply.send({ status: 'ok' }))
  app.get('/health/ready', async (_, reply) => {
    try {
      await inTime(database.query(PING), PATIENCE_MS)
      return await reply.send({ status: 'ok' })
    } catch {
      return reply.code(503).send({ status: 'the database can not be reached' })
    }
  })
}
