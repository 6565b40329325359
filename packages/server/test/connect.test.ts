import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createClient } from '../src/db/connect.ts'
import { databases, startServer } from './support/postgres.ts'

describe.each(databases)('a connection to $name', (database) => {
  it('that hangs up on a statement that takes too long leaves no locks behind', async () => {
    const { connection } = await startServer(database)
    const admin = new pg.Client(connection)
    await admin.connect()
    await admin.query('drop table if exists held; create table held (id integer); insert into held values (1)')
    const client = createClient(connection, { pipeline: false, lockTimeoutMs: 5000, answerTimeoutMs: 300 })
    client.on('error', () => undefined)
    await client.connect()
    await client.query('begin')
    await client.query('select from held for update')
    await expect(client.query('select pg_sleep(600)')).rejects.toThrow('timeout')
    // The test's own time-out is the bound: without one of the database the lock is held for ten minutes.
    while ((await admin.query('select from held for update skip locked')).rowCount === 0) await sleep(50)
    await client.end().catch(() => undefined)
    await admin.end()
  })
})
