import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startEmbedded } from '../src/db/embedded/index.ts'
import { migrate } from '../src/db/migrate.ts'
import type { Component, IssueBody, Provision } from './support/component.ts'
import type { Reply } from './support/http.ts'
import { databases } from './support/postgres.ts'
import { QuotaWorld, socketOf, through, until, untilQueued } from './support/quota-world.ts'
import { startTcpProxy } from './support/tcp-proxy.ts'

const statuses = (replies: readonly Reply[]): number[] => replies.map(({ status }) => status)

const serialOf = ({ json }: Reply): number => (json as { serial: number }).serial

function expectBusy({ status, json, headers }: Reply): void {
  expect(status).toBe(503)
  expect(headers['retry-after']).toBe('1')
  expect(json).toEqual({ serviceUnavailable: expect.objectContaining({ code: 503 }) as unknown })
}

for (const database of databases) {
  describe(`the quota engine on ${database.name}`, () => {
    let world: QuotaWorld
    let cyclades: Component
    let batches: number[] = []
    let failures: unknown[] = []

    const observer = {
      onBatch: (size: number) => void batches.push(size),
      onFailure: (error: unknown) => void failures.push(error),
    }

    beforeAll(async () => {
      world = await QuotaWorld.open(database, { engine: { observer } })
    })
    beforeEach(async () => {
      await world.reset()
      cyclades = world.component('cyclades')
      batches = []
      failures = []
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    const one = (user = 'alice', quantity: unknown = 1): { provisions: Provision[] } => ({
      provisions: world.charge(user, quantity),
    })

    describe('combining', () => {
      it('requests at once share a transaction, and each has its own answer', async () => {
        const pithos = world.component('pithos')
        const pending = await cyclades.issued(one('bob', 2))
        await world.setLimit('alice', 2)
        batches = []
        const replies = await world.together([
          () => cyclades.issue(one()),
          () => cyclades.issue(one('alice', 2)),
          () => pithos.issue(one()),
          () => cyclades.issue({ provisions: [{ ...world.member('alice'), source: null, quantity: 1 }] }),
          () => cyclades.issue(one('alice', -1)),
          () => cyclades.accept(pending),
          () => pithos.accept(pending),
          () => cyclades.issue(one('bob', -2)),
          () => cyclades.issue({ ...one(), force: true }),
        ])
        expect(statuses(replies)).toEqual([201, 413, 201, 404, 413, 200, 404, 201, 201])
        expect(batches).toEqual([1, replies.length])
        expect(await world.usage('alice')).toEqual([0, 3])
        // The release was admitted, because the accept before it had made something to give back.
        expect(await world.usage('bob')).toEqual([0, 2])
        const { rows } = await world.hand.query('select distinct xmin from commissions')
        expect(rows).toHaveLength(1)
      })

      it('serials rise in the order in which the requests came', async () => {
        const replies = await world.together([1, 2, 3, 4, 5, 6].map(() => () => cyclades.issue(one('alice', 1))))
        const serials = replies.map(serialOf)
        expect(serials).toEqual(serials.toSorted((a, b) => a - b))
        expect(new Set(serials).size).toBe(serials.length)
      })

      it('one is admitted and the next refused, when only one fits', async () => {
        await world.setLimit('alice', 1)
        const replies = await world.together([1, 2, 3].map(() => () => cyclades.issue(one())))
        expect(statuses(replies)).toEqual([201, 413, 413])
        expect(replies[1]?.json).toMatchObject({ overLimit: { data: { limit: 1, usage: 1 } } })
      })

      it('a serial that is resolved twice at once is resolved once', async () => {
        const serial = await cyclades.issued(one())
        const replies = await world.together([
          () => cyclades.reject(serial),
          () => cyclades.accept(serial),
          () => cyclades.resolve({ accept: [serial] }),
        ])
        expect(statuses(replies)).toEqual([200, 404, 200])
        expect(replies[2]?.json).toMatchObject({ accepted: [], rejected: [], failed: [[serial, {}]] })
        expect(await world.usage('alice')).toEqual([0, 0])
        expect(await world.count('resolutions')).toBe(1)
      })

      it('what is too much for one transaction takes several', async () => {
        await using narrow = await QuotaWorld.open(database, {
          engine: { batchMax: 3, batchWeightMax: 9, observer },
        })
        const component = narrow.component('cyclades')
        const small = { provisions: narrow.charge('alice', 1) }
        const large = {
          provisions: [
            ...narrow.charge('alice', 1),
            ...narrow.charge('alice', 1, 'cyclades.cpu'),
            ...narrow.charge('alice', 1, 'cyclades.ram'),
            ...narrow.charge('bob', 1),
            ...narrow.charge('bob', 1, 'cyclades.cpu'),
          ],
        }
        batches = []
        const bodies = [small, small, small, small, small, large, small]
        const replies = await narrow.together(bodies.map((body) => () => component.issue(body)))
        expect(statuses(replies)).toEqual(bodies.map(() => 201))
        expect(batches).toEqual([1, 3, 2, 1, 1])
        expect(await narrow.usage('alice')).toEqual([0, bodies.length])
      })
    })

    describe('what goes wrong', () => {
      it('one that the database refuses fails alone', async () => {
        await world.hand.query(`alter table commissions add constraint refused check (name <> 'poison')`)
        try {
          const replies = await world.together([
            () => cyclades.issue(one()),
            () => cyclades.issue({ ...one(), name: 'poison' }),
            () => cyclades.issue(one('bob')),
          ])
          expect(statuses(replies)).toEqual([201, 500, 201])
          expect(replies[1]?.json).toEqual({
            internalServerError: { code: 500, message: 'Unexpected error', details: '' },
          })
        } finally {
          await world.hand.query('alter table commissions drop constraint refused')
        }
        expect([await world.usage('alice'), await world.usage('bob')]).toEqual([
          [0, 1],
          [0, 1],
        ])
        expect(failures).toHaveLength(1)
      })

      it('the batch goes on when that one has holders of other types', { timeout: 20_000 }, async () => {
        await using other = await QuotaWorld.open(database)
        const component = other.component('cyclades')
        await other.hand.query(`alter table commissions add constraint refused check (name <> 'poison')`)
        const good = { provisions: other.charge('alice', 1) }
        const strange = [10n ** 23n, 1, true, null].map((part) => ({
          provisions: [{ holder: part, source: part, resource: part, quantity: 1 }],
        }))
        const replies = await other.together([
          () => component.issue({ ...good, name: 'poison' }),
          ...strange.map((body) => () => component.issue(body)),
          () => component.issue(good),
        ])
        expect(statuses(replies)).toEqual([500, 404, 404, 404, 404, 201])
        expect((await component.issue(good)).status).toBe(201)
      })

      it('a locked holding is 503 for those who name it, after a while, and the others are served', async () => {
        const held = await world.lock(world.member('alice'))
        const goOn = await world.stall()
        const replies: Promise<Reply>[] = []
        for (const request of [
          () => cyclades.issue(one('bob')),
          () => cyclades.issue(one(), 'keyed'),
          () => cyclades.issue(one('carol')),
          () => cyclades.issue({ provisions: [{ ...world.member('alice'), quantity: 1 }] }),
          () => cyclades.issue(one('dave', 100)),
        ]) {
          replies.push(request())
          await untilQueued(world.service, replies.length)
        }
        await goOn()
        const [bob, keyed, carol, member, dave] = await Promise.all(replies)
        expect([bob?.status, carol?.status, dave?.status]).toEqual([201, 201, 413])
        expectBusy(keyed as Reply)
        expectBusy(member as Reply)
        expect(await world.count('idempotency_keys')).toBe(0)
        await held.rollback()
        expect(await world.usage('alice')).toEqual([0, 0])
        expect((await cyclades.issue(one(), 'keyed')).status).toBe(201)
      })

      it('of two that share a project, the one whose own row is free is served', async () => {
        const held = await world.lock(world.member('alice'))
        const shared = world.project('carol')
        try {
          const replies = await world.together([
            () =>
              cyclades.issue({
                provisions: [
                  { ...world.member('alice'), quantity: 1 },
                  { ...shared, quantity: 1 },
                ],
              }),
            () =>
              cyclades.issue({
                provisions: [
                  { ...world.member('bob'), quantity: 1 },
                  { ...shared, quantity: 1 },
                ],
              }),
          ])
          expect(statuses(replies)).toEqual([503, 201])
          expect(replies[0]?.headers['retry-after']).toBe('1')
        } finally {
          await held.rollback()
        }
        expect(await world.counters(shared)).toMatchObject({ max: 1 })
      })

      it('many that wait to be accepted behind a locked holding hold nobody else up, and wait once', async () => {
        const pending = await Promise.all([1, 2, 3, 4, 5, 6].map(() => cyclades.issued(one('alice', 1))))
        const held = await world.lock(world.member('alice'))
        failures = []
        try {
          const replies = await world.together([
            ...pending.map((serial) => () => cyclades.accept(serial)),
            () => cyclades.issue(one('bob')),
            () => cyclades.resolve({ reject: [pending[0] ?? 0, 5] }),
          ])
          expect(statuses(replies)).toEqual([...pending.map(() => 503), 201, 503])
        } finally {
          await held.rollback()
        }
        // Once was waited in vain.
        expect(failures).toHaveLength(1)
        expect(statuses(await world.together(pending.map((serial) => () => cyclades.accept(serial))))).toEqual(
          pending.map(() => 200),
        )
      })

      it('a transaction that takes too long is given up', async () => {
        await using hasty = await QuotaWorld.open(database, { engine: { batchTimeoutMs: 200 } })
        const component = hasty.component('cyclades')
        const held = await hasty.lock(hasty.member('alice'))
        expectBusy(await component.issue({ provisions: hasty.charge('alice', 1) }))
        await held.rollback()
        await hasty.untilWaiting(0)
        expect((await component.issue({ provisions: hasty.charge('alice', 1) })).status).toBe(201)
        expect(await hasty.usage('alice')).toEqual([0, 1])
      })

      it('more than may wait are 503 at once, and those who wait are served', async () => {
        await using crowded = await QuotaWorld.open(database, { engine: { queueMax: 2 } })
        const component = crowded.component('cyclades')
        const body = { provisions: crowded.charge('alice', 1) }
        const goOn = await crowded.stall()
        const waiting = [component.issue(body), component.issue(body)]
        await untilQueued(crowded.service, 2)
        expectBusy(await component.issue(body, 'third'))
        expectBusy(await component.accept(1))
        expectBusy(await component.resolve({ reject: [1] }))
        // Reads do not stand in that queue.
        expect((await component.show(1)).status).toBe(404)
        await goOn()
        expect(statuses(await Promise.all(waiting))).toEqual([201, 201])
        expect((await component.issue(body, 'third')).status).toBe(201)
        expect(await crowded.usage('alice')).toEqual([0, 3])
      })

      it('when the database is killed it is 503, and when it is back it works again', async () => {
        const folder = mkdtempSync(join(tmpdir(), 'engine-test-'))
        // PostgreSQL's account must be able to enter it.
        chmodSync(folder, 0o755)
        const options = { dataDir: join(folder, 'data'), postgresBin: database.postgresBin, durable: true }
        let postgres = await startEmbedded(options)
        const proxy = await startTcpProxy({ path: socketOf(postgres.connection) })
        try {
          await migrate(postgres.connection)
          await using fragile = await QuotaWorld.on(postgres.connection, { via: through(proxy, postgres.connection) })
          const component = fragile.component('cyclades')
          const body = { provisions: fragile.charge('alice', 1) }
          const before = await component.issued(body)

          const held = await fragile.lock(fragile.member('alice'))
          const caught = [component.issue(body, 'caught'), component.accept(before)]
          await fragile.untilWaiting()
          await untilQueued(fragile.service, 1)
          process.kill(postgres.pid, 'SIGKILL')
          await postgres.exited
          await held.rollback().catch(() => undefined)
          for (const reply of await Promise.all(caught)) expectBusy(reply)
          expectBusy(await component.issue(body, 'caught'))
          expectBusy(await component.accept(before))
          expectBusy(await component.show(before))
          expectBusy(await component.call('GET', ''))

          postgres = await startEmbedded(options)
          proxy.target = { path: socketOf(postgres.connection) }
          expect(await component.pending()).toEqual([before])
          expect((await component.accept(before)).status).toBe(200)
          const after = await component.issued(body, 'caught')
          expect(after).toBeGreaterThan(before)
          expect(await component.pending()).toEqual([after])
        } finally {
          await proxy.close()
          await postgres.stop()
          rmSync(folder, { recursive: true, force: true })
        }
      })
    })

    describe('several processes', () => {
      it('two engines never exceed a limit', async () => {
        const another = world.component('cyclades', await world.another({ observer }))
        await world.setLimit('alice', 25)
        const sent = Array.from({ length: 80 }, (_, index) => (index % 2 ? cyclades : another).issue(one()))
        const replies = await Promise.all(sent)
        const admitted = replies.filter(({ status }) => status === 201)
        expect(admitted).toHaveLength(25)
        expect(replies.filter(({ status }) => status === 413)).toHaveLength(55)
        expect(new Set(admitted.map(serialOf)).size).toBe(25)
        expect(await world.usage('alice')).toEqual([0, 25])
        expect(failures).toEqual([])
      })

      it('neither opposite orders nor resolving at the same time end in a deadlock', async () => {
        const another = world.component('cyclades', await world.another({ observer }))
        const users = ['alice', 'bob', 'carol', 'dave']
        for (const user of users) await world.setLimit(user, 1000)
        const provisions = users.flatMap((user) => world.charge(user, 1))
        const round = async (by: Component, number: number): Promise<number[]> => {
          const body = { provisions: number % 2 ? provisions : provisions.toReversed() }
          const issued = await by.issue(body, `${number}`)
          const copy = await (by === cyclades ? another : cyclades).issue(body, `${number}`)
          const serial = serialOf(issued)
          const ended =
            number % 3 ? await by.accept(serial) : await by.resolve({ reject: [serial, serial + 1_000_000] })
          return [issued.status, copy.status, ended.status]
        }
        const rounds = await Promise.all(
          Array.from({ length: 60 }, (_, number) => round(number % 4 < 2 ? cyclades : another, number)),
        )
        expect(new Set(rounds.map(String))).toEqual(new Set(['201,201,200']))
        for (const user of users) expect(await world.usage(user)).toEqual([40, 40])
        expect(failures).toEqual([])
      })

      it('a serial that two processes resolve at once is resolved by one', async () => {
        const another = world.component('cyclades', await world.another())
        const serials = [await cyclades.issued(one()), await cyclades.issued(one()), await cyclades.issued(one())]
        const hold = await world.begin()
        await hold.query('select from commissions where serial = any($1) for update', [serials])
        const both = [cyclades.resolve({ accept: serials }), another.resolve({ reject: serials.toReversed() })]
        await world.untilWaiting(2)
        await hold.rollback()
        const resolutions = (await Promise.all(both)).map(({ json }) => json as Record<string, unknown[]>)
        const counts = resolutions.map(({ accepted = [], rejected = [], failed = [] }) => [
          accepted.length + rejected.length,
          failed.length,
        ])
        expect(new Set(counts.map(String))).toEqual(new Set(['0,3', '3,0']))
        expect(await world.count('resolutions')).toBe(3)
      })

      it('sees holdings and limits that came after it had started', async () => {
        const body: IssueBody = {
          provisions: [{ holder: 'user:new', source: null, resource: 'cyclades.vm', quantity: 1 }],
        }
        expect((await cyclades.issue(body)).status).toBe(404)
        await world.hand.query(
          `insert into holdings (holder, source, resource, "limit") values ('user:new', null, 'cyclades.vm', 1)`,
        )
        expect((await cyclades.issue(body)).status).toBe(201)
        expect((await cyclades.issue(body)).status).toBe(413)
        await world.hand.query(`update holdings set "limit" = 2 where holder = 'user:new'`)
        expect((await cyclades.issue(body)).status).toBe(201)
      })
    })

    describe('size', () => {
      const COUNT = 20_000
      const holder = (number: number): string => `user:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
      const source = 'project:00000000-0000-4000-8000-000000000000'
      const all = (quantity: number): Provision[] =>
        Array.from({ length: COUNT }, (_, number) => ({
          holder: holder(number),
          source,
          resource: 'cyclades.network.private',
          quantity,
        }))
      const totals = async (): Promise<unknown> =>
        (
          await world.hand.query(
            `select count(*)::integer, sum(usage_min)::integer as min, sum(usage_max)::integer as max
               from holdings
              where source = $1`,
            [source],
          )
        ).rows[0]

      it('thousands of provisions in megabytes are one commission', async () => {
        await world.hand.query(
          `insert into holdings (holder, source, resource, "limit")
           select 'user:00000000-0000-4000-8000-' || lpad(n::text, 12, '0'), $1, 'cyclades.network.private', 5
             from generate_series(0, $2::integer - 1) as n`,
          [source, COUNT],
        )
        const body = JSON.stringify({ provisions: all(3) })
        expect(body.length).toBeGreaterThan(3_000_000)
        const first = await cyclades.issued(body, 'huge')
        expect(await totals()).toEqual({ count: COUNT, min: 0, max: 3 * COUNT })
        expect(serialOf(await cyclades.issue(body, 'huge'))).toBe(first)
        const shown = (await cyclades.show(first)).json as { provisions: Provision[] }
        expect(shown.provisions).toEqual(all(3))

        const refused = all(3).with(COUNT - 1, { ...all(3)[0], quantity: -1, holder: holder(COUNT - 1) } as Provision)
        expect((await cyclades.issue({ provisions: refused.toReversed() })).status).toBe(413)
        expect(await totals()).toEqual({ count: COUNT, min: 0, max: 3 * COUNT })

        // Together with small ones, none of which waits for another reason than its turn.
        const second = await world.together([
          () => cyclades.issue(one()),
          () => cyclades.issue({ provisions: all(2) }),
          () => cyclades.accept(first),
          () => cyclades.issue(one()),
        ])
        expect(statuses(second)).toEqual([201, 201, 200, 201])
        expect(await totals()).toEqual({ count: COUNT, min: 3 * COUNT, max: 5 * COUNT })
        expect((await cyclades.reject(serialOf(second[1] as Reply))).status).toBe(200)
        expect(await totals()).toEqual({ count: COUNT, min: 3 * COUNT, max: 3 * COUNT })
      })

      it('thousands of provisions of one holding are one provision', async () => {
        const provisions = Array.from({ length: COUNT + 5 }, (_, number) => ({
          ...world.member('alice'),
          quantity: number % 2 ? -1 : 1,
        }))
        const serial = await cyclades.issued({ provisions })
        expect((await cyclades.show(serial)).json).toMatchObject({
          provisions: [{ ...world.member('alice'), quantity: 1 }],
        })
      })

      it('thousands of serials are resolved at once', async () => {
        await world.setLimit('alice', 3000)
        const { rows } = await world.hand.query<{ serial: number }>(
          `with h as (update holdings set usage_max = 2000 where holder = $1 and resource = 'cyclades.vm' returning id)
           insert into commissions (serial, component, name, issue_time, holdings, quantities)
           select nextval('serials'), 'cyclades', '', now(), array[h.id], array[1]
             from h, generate_series(1, 2000)
           returning serial::integer`,
          [world.member('alice').holder],
        )
        const serials = rows.map(({ serial }) => serial)
        const { status, json } = await cyclades.resolve({ accept: serials.slice(0, 1500), reject: serials.slice(1500) })
        expect(status).toBe(200)
        expect(json).toMatchObject({ failed: [] })
        expect(await world.counters(world.member('alice'))).toMatchObject({ min: 1500, max: 1500 })
        expect(await world.count('resolutions')).toBe(2000)
        expect(await cyclades.pending()).toEqual([])
      })
    })

    it('close finishes what was begun, and refuses what is new', async () => {
      await using closing = await QuotaWorld.open(database)
      const component = closing.component('cyclades')
      const body = { provisions: closing.charge('alice', 1) }
      const goOn = await closing.stall()
      const begun = [component.issue(body, 'a'), component.issue(body, 'b'), component.issue(body)]
      await untilQueued(closing.service, begun.length)
      const closed = closing.service.service.engine.close()
      expectBusy(await component.issue(body, 'c'))
      await goOn()
      expect(statuses(await Promise.all(begun))).toEqual([201, 201, 201])
      await closed
      expectBusy(await component.issue(body, 'c'))
      expect(await closing.usage('alice')).toEqual([0, 3])
      expect(await closing.count('idempotency_keys')).toBe(2)
      await until(async () => {
        const { rows } = await closing.hand.query(
          `select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
        )
        return rows.length === 0
      })
    })
  })
}
