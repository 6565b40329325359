import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { Database } from '../src/db/database.ts'
import type { Listener } from '../src/db/listener.ts'
import { Cached } from '../src/identity/cached.ts'
import { listenForChanges } from '../src/notices.ts'
import { addComponent, addResource, addService } from '../src/operations/registry.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'
import { QuotaWorld, socketOf, through, until } from './support/quota-world.ts'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy.ts'
import { WORLD } from './support/world.ts'

/** What is kept in memory may be as old as an hour here, unless somebody tells of a change. */
const HOUR_MS = 3_600_000

describe('a value that is kept', () => {
  it('is not one whose reading began before it was forgotten', async () => {
    const reads: ((value: string) => void)[] = []
    const cached = new Cached<string>(() => new Promise((resolve) => void reads.push(resolve)), HOUR_MS)
    const before = cached.get()
    cached.forget()
    const after = cached.get()
    expect(reads.length).toBe(2)
    reads[1]?.('new')
    reads[0]?.('old')
    expect([await before, await after, await cached.get()]).toEqual(['old', 'new', 'new'])
    expect(reads.length).toBe(2)
  })
})

for (const database of databases) {
  describe(`a change by another process, on ${database.name}`, () => {
    let service: WorldService
    let other: Database
    let hand: pg.Client
    let listener: Listener
    let proxy: TcpProxy

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection, {
        settings: { endpointCacheMs: HOUR_MS, resourceCacheMs: HOUR_MS },
      })
      await service.load(WORLD)
      other = new Database(connection)
      hand = new pg.Client(connection)
      await hand.connect()
      proxy = await startTcpProxy({ path: socketOf(connection) })
      listener = listenForChanges({ where: () => through(proxy, connection) }, service.service)
      await listener.start()
    })
    afterAll(async () => {
      await listener.close()
      await service[Symbol.asyncDispose]()
      await other.close()
      await hand.end()
      await proxy.close()
    })

    const names = async (): Promise<string[]> => (await service.service.catalog.get()).services.map(({ name }) => name)
    const resources = async (): Promise<string[]> => (await service.service.resources.get()).map(([name]) => name)
    const register = (name: string): Promise<unknown> =>
      other.transaction(async (tx) => {
        await addComponent(tx, { name, baseUrl: null, uiUrl: null })
        const endpoints = [{ publicURL: `http://${name}.example.org` }]
        await addService(tx, { component: name, name, type: name, endpoints })
        const texts = { description: null, unit: null, serviceType: name, serviceOrigin: name }
        const defaults = { uiVisible: true, apiVisible: true, systemDefault: 0n, projectDefault: 0n }
        await addResource(tx, { name: `${name}.thing`, ...texts, ...defaults })
      })

    it('of services and resources is seen at once', async () => {
      expect(await names()).not.toContain('told')
      expect(await resources()).not.toContain('told.thing')
      await register('told')
      await until(async () => (await names()).includes('told'))
      await until(async () => (await resources()).includes('told.thing'))
    })

    it.each([
      ["update components set ui_url = $1 where name = 'told'", 'SNF:uiURL'],
      [
        `update endpoints set data = jsonb_build_object('publicURL', $1::text)
          where service_id = (select id from services where name = 'told')`,
        'publicURL',
      ],
    ])('by %s is seen at once', async (statement, field) => {
      const text = randomUUID()
      await names()
      await hand.query(statement, [text])
      await until(async () => {
        const { services } = await service.service.catalog.get()
        return services.find(({ name }) => name === 'told')?.endpoints[0]?.[field] === text
      })
    })

    it('is not told when it is taken back', async () => {
      const kept = await service.service.resources.get()
      await hand.query('begin; update resources set api_visible = false, ui_visible = false; rollback')
      await register('after')
      await until(async () => (await service.service.resources.get()) !== kept)
      expect(await resources()).toEqual([...kept.map(([name]) => name), 'after.thing'])
    })

    it('is seen though nobody listened when it was made', async () => {
      const { target } = proxy
      await until(async () => (await names()).includes('after'))
      proxy.target = { port: 1 }
      proxy.cut()
      await register('unheard')
      // Until it is an hour old, or somebody listens again.
      expect(await names()).not.toContain('unheard')
      proxy.target = target
      await until(async () => (await names()).includes('unheard'))
    })
  })

  describe(`a holding that another process deletes, on ${database.name}`, () => {
    it('is not there, and is there again under another id', async () => {
      await using world = await QuotaWorld.open(database)
      const cyclades = world.component('cyclades')
      const issue = async (): Promise<[number, number]> => {
        const replies = [
          cyclades.issue({ provisions: world.charge('alice', 1), auto_accept: true }),
          cyclades.issue({ provisions: world.charge('bob', 1), auto_accept: true }),
        ]
        const [alice, bob] = await Promise.all(replies)
        return [alice?.status ?? 0, bob?.status ?? 0]
      }
      expect(await issue()).toEqual([201, 201])
      const { holder, source, resource } = world.member('alice')
      await world.hand.query(
        'create temporary table kept as select * from holdings where holder = $1 and source = $2 and resource = $3',
        [holder, source, resource],
      )
      await world.hand.query('delete from holdings where id in (select id from kept)')
      expect(await issue()).toEqual([404, 201])
      await world.hand.query(
        'insert into holdings (holder, source, resource, "limit", usage_min, usage_max) select holder, source, resource, "limit", usage_min, usage_max from kept',
      )
      expect(await issue()).toEqual([201, 201])
      expect(await world.counters(world.member('alice'))).toMatchObject({ min: 2, max: 2 })
      expect(await world.counters(world.member('bob'))).toMatchObject({ min: 3, max: 3 })
    })
  })
}
