import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { openToken } from '../src/identity/tokens.ts'
import { dumpOf } from './support/dump.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Connection, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

const [database] = databases as [Database]

describe('a copy of the database', () => {
  let world: WorldService
  let connection: Connection
  let tokens: [string, string][]
  let dump: string

  beforeAll(async () => {
    connection = (await freshDatabase(await startServer(database), migrated)).connection
    world = await startWorldService(connection)
    tokens = Object.entries(await world.load(WORLD)).filter(([name]) => name.startsWith('token:'))
    dump = await dumpOf(connection)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  it('holds what is no secret', () => {
    expect(dump).toContain('alice@example.org')
    expect(tokens.length).toBe(WORLD.users.length + WORLD.components.length)
  })

  it('holds no token, in whatever spelling, and not the key that seals them', () => {
    for (const [name, token] of tokens) {
      const spellings = [token, Buffer.from(token).toString('hex'), Buffer.from(token).toString('base64')]
      for (const spelling of spellings) expect(dump.includes(spelling), name).toBe(false)
    }
    expect(dump.includes(world.secretKey.first.toString('hex'))).toBe(false)
  })

  it('opens no door: neither a hash nor a sealed copy is a token', async () => {
    const client = new pg.Client(connection)
    await client.connect()
    const { rows } = await client.query<{ hash: Buffer; sealed: Buffer }>(
      'select token_hash as hash, token_sealed as sealed from users',
    )
    await client.end()
    const attempts = rows.flatMap(({ hash, sealed }) =>
      [hash, sealed].flatMap((bytes) => [bytes.toString('hex'), bytes.toString('base64'), bytes.toString('base64url')]),
    )
    const statuses = await Promise.all(
      attempts.map(async (token) => {
        const url = `${world.origin}/astakos/account/v1.0/quotas`
        return (await fetch(url, { headers: { 'x-auth-token': token } })).status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([401]))
  })

  it('gives the tokens back to whoever has the key', async () => {
    const client = new pg.Client(connection)
    await client.connect()
    const { rows } = await client.query<{ uuid: string; username: string; sealed: Buffer }>(
      'select uuid, username, token_sealed as sealed from users',
    )
    await client.end()
    const alice = rows.find(({ username }) => username === 'alice@example.org')
    const opened = alice && openToken(world.secretKey, alice.uuid, alice.sealed)
    expect(opened).toBe(Object.fromEntries(tokens)['token:alice'])
  })
})
