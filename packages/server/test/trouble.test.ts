import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Database } from './support/postgres.ts'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy.ts'
import { WORLD } from './support/world.ts'

/** A database that goes away or hangs, and comes back: the service answers 503 meanwhile and needs no restart. */

const [database] = databases as [Database]
let proxy: TcpProxy
let service: WorldService
let tokens: Record<string, string>

beforeAll(async () => {
  const { connection } = await freshDatabase(await startServer(database), migrated)
  const { host, port } = connection
  const target = host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port }
  proxy = await startTcpProxy(target)
  service = await startWorldService({ ...connection, host: '127.0.0.1', port: proxy.port })
  tokens = await service.load(WORLD)
})
afterAll(async () => {
  proxy.thaw()
  await service[Symbol.asyncDispose]()
  await proxy.close()
})

const get = (path: string): Promise<Reply> =>
  send('GET', `${service.origin}/astakos/account/v1.0/${path}`, {
    headers: { 'x-auth-token': tokens['token:alice'] },
  })
const post = (path: string, body: unknown): Promise<Reply> =>
  send('POST', `${service.origin}/astakos/account/v1.0/${path}`, {
    headers: { 'x-auth-token': tokens['token:alice'], 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('a database that breaks its connections', () => {
  it('in the middle of transactions gives 503 and is used again', async () => {
    const statuses: number[] = []
    for (let round = 0; round < 20; round += 1) {
      const underWay = Array.from({ length: 8 }, () =>
        post('myaccount/default_project', { project_id: tokens['uuid:alice'] }),
      )
      await new Promise((resolve) => setTimeout(resolve, round))
      proxy.cut()
      statuses.push(...(await Promise.all(underWay)).map(({ status }) => status))
    }
    expect(new Set(statuses)).toEqual(new Set([200, 503]))
    expect((await post('myaccount/default_project', { project_id: tokens['uuid:alice'] })).status).toBe(200)
  })
})

describe('a database that hangs', () => {
  it('gives 503 to readers and to writers, and is used again', { timeout: 90_000 }, async () => {
    expect((await get('quotas')).status).toBe(200)
    proxy.freeze()
    const read = await get('quotas')
    expect([read.status, read.headers['retry-after']]).toEqual([503, '1'])
    proxy.thaw()
    proxy.cut()
    expect((await get('quotas')).status).toBe(200)
  })
})

describe('a client that neither reads nor hangs up', () => {
  it('holds no connection of the database', async () => {
    const { hostname, port } = new URL(service.origin)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.pause()
    socket.write(
      `GET /astakos/account/v1.0/quotas HTTP/1.1\r\nhost: a\r\nx-auth-token: ${tokens['token:alice']}\r\n\r\n`,
    )
    const others = await Promise.all(Array.from({ length: 50 }, () => get('quotas')))
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]))
    socket.destroy()
  })
})
