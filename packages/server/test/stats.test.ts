import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { clockOf } from '../src/routes/stats.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

for (const database of databases.slice(0, 1)) {
  describe(`statistics on ${database.name}`, () => {
    let service: WorldService
    let without: WorldService
    let pool: pg.Pool
    let names: Record<string, string>

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection, { settings: { statsGroups: ['default'] } })
      without = await startWorldService(connection)
      pool = new pg.Pool({ ...connection, max: 1 })
      // It is stopped under it.
      pool.on('error', () => undefined)
    })
    afterAll(async () => {
      await service[Symbol.asyncDispose]()
      await without[Symbol.asyncDispose]()
      await pool.end()
    })
    beforeEach(async () => {
      names = await service.load(WORLD)
    })

    const get = (path: string, token?: string, on = service): Promise<Reply> =>
      send('GET', `${on.origin}${on.basePath}/admin/${path}`, {
        headers: token === undefined ? {} : { 'x-auth-token': names[`token:${token}`] ?? token },
      })
    const detail = async (): Promise<Record<string, Record<string, Record<string, unknown>>>> => {
      const { status, json, text } = await get('stats/detail', 'bob')
      expect(status, text).toBe(200)
      return json as Record<string, Record<string, Record<string, unknown>>>
    }

    it('for everybody are numbers of accounts, counted anew after a while', async () => {
      expect((await get('stats')).text).toBe('{"users":{"total":11,"active":7}}')
      await pool.query("insert into users (uuid, email, username) values ('u', 'u@example.org', 'u@example.org')")
      service.forget()
      expect((await get('stats')).json).toEqual({ users: { total: 12, active: 7 } })
    })

    it('are a script for whoever names a function (X-10)', async () => {
      const reply = await get('stats?callback=a.b_$1')
      expect(reply.text).toBe('a.b_$1({"users":{"total":11,"active":7}})')
      expect(reply.headers['content-type']).toBe('application/javascript')
      for (const callback of ['alert(1);x', '1a', 'a-b', '%3Cscript%3E', 'a%0A']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const refused = await get(`stats?format=xml&callback=${callback}`)
        expect(refused.status).toBe(400)
        expect(refused.headers['content-type']).toBe('application/json; charset=UTF-8')
      }
      expect((await get('stats?callback=')).headers['content-type']).toBe('application/json; charset=UTF-8')
    })

    it('in detail are for members of a group alone (X-11)', async () => {
      const refused = async (token?: string): Promise<unknown> => (await get('stats/detail', token)).json
      expect(await refused()).toMatchObject({ unauthorized: { message: 'Access denied. No authentication token' } })
      expect(await refused('x')).toMatchObject({ unauthorized: { message: 'Invalid X-Auth-Token' } })
      expect(await refused('alice')).toEqual({ forbidden: { code: 403, message: '', details: '' } })
      const wrong = await send('POST', `${service.origin}${service.basePath}/admin/stats/detail`)
      expect([wrong.status, wrong.headers.allow]).toEqual([405, 'GET'])
      expect((await get('stats/detail', 'bob', without)).status).toBe(404)
      expect((await get('stats/detail/', 'bob')).status).toBe(404)
    })

    it('in detail count each way to sign in, and who has no other', async () => {
      const own = { total: 11, verified: 10, active: 7 }
      expect((await detail())['users']).toEqual({ all: own, local: { ...own, exclusive: 7 } })
      await pool.query(`
        insert into sign_in_methods (user_id, module, identifier, active, backend)
        select id, 'shibboleth', username, username <> 'bob@example.org', 'shibboleth' from users
         where username in ('alice@example.org', 'bob@example.org', 'carol@example.org', 'frank@example.org')`)
      await pool.query(`
        insert into sign_in_methods (user_id, module, identifier, backend)
        select id, 'shibboleth', 'again', 'shibboleth' from users where username = 'alice@example.org'`)
      await pool.query("update users set password = null where username in ('alice@example.org', 'dave@example.org')")
      const { users, providers } = await detail()
      expect(providers).toEqual(['local', 'shibboleth'])
      expect(users).toEqual({
        all: own,
        // Of those with both bob alone can't use the other one.
        local: { total: 9, verified: 8, active: 5, exclusive: 4 },
        shibboleth: { total: 3, verified: 3, active: 2, exclusive: 1 },
      })
    })

    it('in detail sum up what projects hold, and what members do who sign in in one way alone', async () => {
      const of = async (place: string, resource: string): Promise<unknown> =>
        (await detail())['resources']?.[place]?.[resource]
      expect(await of('all', 'cyclades.vm')).toEqual({
        used: 0,
        // Of seven people; what frank had is suspended.
        allocated: 14,
        unit: null,
        description: 'Virtual machines',
      })
      await pool.query(
        "update holdings set usage_max = 2, usage_min = 1 where resource = 'cyclades.vm' and (holder = $1 or source = $1)",
        [`project:${names['uuid:alice']}`],
      )
      await pool.query(`
        insert into sign_in_methods (user_id, module, identifier, backend)
        select id, 'shibboleth', 'x', 'shibboleth' from users where username = 'alice@example.org'`)
      expect(await of('all', 'cyclades.vm')).toMatchObject({ used: 2, allocated: 14 })
      expect(await of('local', 'cyclades.vm')).toMatchObject({ used: 0, allocated: 12 })
      expect(await of('shibboleth', 'cyclades.vm')).toMatchObject({ used: 0, allocated: 0 })
      await pool.query("update users set password = null where username = 'alice@example.org'")
      expect(await of('shibboleth', 'cyclades.vm')).toMatchObject({ used: 2, allocated: 2 })
    })

    it('in detail are exact beyond 64 bits, without limits that are none, and name every resource', async () => {
      await pool.query(`update holdings set "limit" = 9223372036854775806 where resource = 'cyclades.vm'`)
      await pool.query(`update holdings set "limit" = 9223372036854775807 where resource = 'cyclades.cpu'`)
      await pool.query("delete from holdings where resource = 'cyclades.ram'")
      const { resources } = await detail()
      const all = resources?.['all'] ?? {}
      expect(Object.keys(all)).toEqual(WORLD.resources.map(({ name }) => name))
      const { rows } = await pool.query<{ holders: string }>(
        "select count(*) as holders from holdings where resource = 'cyclades.vm' and source is null",
      )
      expect(all['cyclades.vm']).toMatchObject({ allocated: BigInt(rows[0]?.holders ?? 0) * 9223372036854775806n })
      expect(all['cyclades.cpu']).toMatchObject({ used: 0, allocated: 0 })
      expect(all['cyclades.ram']).toMatchObject({ used: 0, allocated: 0, unit: 'bytes' })
    })

    it('in detail say when that was', async () => {
      expect((await detail())['datetime']).toMatch(/^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/)
      expect(clockOf(new Date('2026-11-24T03:46:15Z'))).toBe('Tue Nov 24 03:46:15 2026')
      expect(clockOf(new Date('2026-11-03T03:46:15Z'))).toBe('Tue Nov  3 03:46:15 2026')
    })
  })
}
