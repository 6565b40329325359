import { AstakosClient, KeyReused, NotFound, QuotaLimit } from 'astakosclient'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../src/db/statement.ts'
import { cleanUpKeys } from '../src/quotas/cleanup.ts'
import type { Component, IssueBody } from './support/component.ts'
import { send, type Reply } from './support/http.ts'
import { databases } from './support/postgres.ts'
import { QuotaWorld, until, untilQueued } from './support/quota-world.ts'
import { startTcpProxy, type TcpProxy } from './support/tcp-proxy.ts'

/** The numbers are those of the contract: docs, "Exactly-once issuing". */

const COMMIT = sql('commit').name
const DAY_MS = 24 * 3600 * 1000

const UNAVAILABLE = expect.objectContaining({ code: 503 }) as unknown
const OTHER_REQUEST =
  '{"unprocessableEntity":{"code":422,"message":"Idempotency-Key was used for another request","details":""}}'

function expectDecided({ status, headers }: Reply, expected: number, key: string, replayed: boolean): void {
  expect(status).toBe(expected)
  expect(headers['idempotency-key']).toBe(key)
  expect(headers['idempotency-replayed']).toBe(replayed ? 'true' : undefined)
}

/** Decided now, for the first time. */
const expectFresh = (reply: Reply, status: number, key: string): void => expectDecided(reply, status, key, false)
const expectReplay = (reply: Reply, status: number, key: string): void => expectDecided(reply, status, key, true)

const expectReused = ({ status, json }: Reply): void => {
  expect(status).toBe(422)
  expect(json).toEqual(JSON.parse(OTHER_REQUEST))
}

for (const database of databases) {
  describe(`exactly-once issuing on ${database.name}`, () => {
    let world: QuotaWorld
    let cyclades: Component
    let pithos: Component

    beforeAll(async () => {
      world = await QuotaWorld.open(database)
    })
    beforeEach(async () => {
      await world.reset()
      cyclades = world.component('cyclades')
      pithos = world.component('pithos')
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    const one = (user = 'alice', quantity: unknown = 1): { provisions: unknown[] } => ({
      provisions: world.charge(user, quantity),
    })

    describe('1: who has it', () => {
      const FEATURES = 'idempotent-commissions, resolved-commissions'
      const tokens = (body?: string, headers: Record<string, string> = {}): Promise<Reply> =>
        send('POST', `${world.service.authUrl}/tokens`, {
          headers: { 'content-type': 'application/json', ...headers },
          ...(body === undefined ? {} : { body }),
        })

      it('1: names the features to whoever asks for the catalog, with a token and without', async () => {
        const token = JSON.stringify({ auth: { token: { id: world.binding('token:alice') } } })
        for (const reply of [await tokens(), await tokens(token), await tokens(token, { accept: 'application/xml' })]) {
          expect(reply.status).toBe(200)
          expect(reply.headers['astakos-features']).toBe(FEATURES)
        }
      })

      it('1: names the features in refusals too', async () => {
        const refused = [
          await tokens('{"auth": {"token": {"id": "nobody"}}}'),
          await tokens('no JSON'),
          await tokens('[]'),
          await tokens('{}', { 'content-type': 'text/plain' }),
        ]
        expect(refused.map(({ status }) => status)).toEqual([401, 400, 400, 400])
        for (const { headers } of refused) expect(headers['astakos-features']).toBe(FEATURES)
      })

      it('1: echoes the key with every decision, and without a key there is nothing to echo', async () => {
        expectFresh(await cyclades.issue(one(), 'admitted'), 201, 'admitted')
        expectFresh(await cyclades.issue(one('alice', 1000), 'too-much'), 413, 'too-much')
        expectFresh(await cyclades.issue(one('alice', -1000), 'too-little'), 413, 'too-little')
        const nowhere = { provisions: [{ holder: 'user:nobody', source: null, resource: 'cyclades.vm', quantity: 1 }] }
        expectFresh(await cyclades.issue(nowhere, 'nowhere'), 404, 'nowhere')
        const huge = { ...one('alice', 2n ** 63n - 1n), force: true }
        expectFresh(await cyclades.issue(huge, 'out-of-range'), 400, 'out-of-range')

        const { status, headers } = await cyclades.issue(one())
        expect(status).toBe(201)
        expect(headers).not.toHaveProperty('idempotency-key')
        expect(headers).not.toHaveProperty('idempotency-replayed')
      })
    })

    describe('2: the key', () => {
      it('2: takes 1 to 255 characters from ! to ~', async () => {
        const all = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 0x21 + index))
        for (const key of ['!', '~', all, 'k'.repeat(255)]) {
          expectFresh(await cyclades.issue(one('alice', 0), key), 201, key)
          expectReplay(await cyclades.issue(one('alice', 0), key), 201, key)
        }
      })

      it('2: refuses every other key, and names the header', async () => {
        const malformed = ['', ' ', 'a b', 'k'.repeat(256), 'é', 'a\tb', ['a', 'b'], ['a', 'a'], ['', '']]
        for (const key of malformed) {
          const { status, json, headers } = await cyclades.issue(one(), key)
          expect(status, JSON.stringify(key)).toBe(400)
          expect(json).toEqual({
            badRequest: { code: 400, message: expect.stringContaining('Idempotency-Key') as unknown, details: '' },
          })
          expect(headers).not.toHaveProperty('idempotency-key')
        }
        expect(await world.usage('alice')).toEqual([0, 0])
        expect(await world.count('idempotency_keys')).toBe(0)
      })

      it('2: ignores the header on all other calls', async () => {
        const serial = await cyclades.issued(one(), 'issue')
        const headers = { 'idempotency-key': ['not', 'one'] }
        const calls = [
          await cyclades.call('GET', '', undefined, headers),
          await cyclades.call('GET', `/${serial}`, undefined, headers),
          await cyclades.call('POST', '/action', '{}', headers),
          await cyclades.call('POST', `/${serial}/action`, '{"accept": ""}', { 'idempotency-key': 'issue' }),
          await send('POST', `${world.service.authUrl}/tokens`, { headers }),
        ]
        for (const reply of calls) {
          expect(reply.status).toBe(200)
          expect(reply.headers).not.toHaveProperty('idempotency-key')
          expect(reply.headers).not.toHaveProperty('idempotency-replayed')
        }
        expect(await world.usage('alice')).toEqual([1, 1])
        // A second accept is no copy of the first.
        const again = await cyclades.call('POST', `/${serial}/action`, '{"accept": ""}', { 'idempotency-key': 'issue' })
        expect(again.status).toBe(404)
      })
    })

    describe('3: order of checks, and what the same request is', () => {
      it('3: looks at method, token, content type, form of the key, form of the body, the key, the quota', async () => {
        expectFresh(await cyclades.issue(one('alice', 10), 'used'), 201, 'used')
        const bad = { 'idempotency-key': 'a b', 'content-type': 'text/plain' }

        expect((await cyclades.call('PUT', '', 'x', { ...bad, 'x-auth-token': 'nobody' })).status).toBe(405)
        expect((await cyclades.call('POST', '', 'x', { ...bad, 'x-auth-token': 'nobody' })).status).toBe(401)

        const byType = await cyclades.call('POST', '', 'x', bad)
        expect(byType.status).toBe(400)
        expect(byType.text).toContain('Unsupported Content-type')
        const withoutType = await cyclades.call('POST', '', 'x', { ...bad, 'content-type': undefined })
        expect(withoutType.text).toContain('Missing Content-Type')

        const byKey = await cyclades.issue('no JSON', 'a b')
        expect(byKey.status).toBe(400)
        expect(byKey.text).toContain('Idempotency-Key')

        const byBody = await cyclades.issue({ provisions: null }, 'used')
        expect(byBody.status).toBe(400)
        expect(byBody.text).toContain('Provisions are missing.')

        // Over the limit as well.
        expectReused(await cyclades.issue(one('alice', 11), 'used'))
        expectFresh(await cyclades.issue(one('alice', 11), 'new'), 413, 'new')
      })

      it('3: a key belongs to the component', async () => {
        expectFresh(await cyclades.issue(one(), 'shared'), 201, 'shared')
        expectFresh(await pithos.issue(one('bob'), 'shared'), 201, 'shared')
        expectReplay(await cyclades.issue(one(), 'shared'), 201, 'shared')
        expectReplay(await pithos.issue(one('bob'), 'shared'), 201, 'shared')
        expectReused(await pithos.issue(one(), 'shared'))
        expect([await world.usage('alice'), await world.usage('bob')]).toEqual([
          [0, 1],
          [0, 1],
        ])
      })

      it('3: another spelling is the same request', async () => {
        const { holder, source, resource } = world.member('alice')
        const provision = { holder, source, resource, quantity: 1 }
        const written = JSON.stringify({ provisions: [provision], name: 'é😀/', force: false, auto_accept: false })
        const { status, text } = await cyclades.issue(written, 'spelt')
        expect(status).toBe(201)

        const escaped = written.replace('é😀/', '\\u00e9\\uD83D\\ude00\\/').replace('user:', '\\u0075ser\\u003A')
        const backwards = { quantity: 1, resource, source, holder }
        const others: IssueBody[] = [
          JSON.stringify(JSON.parse(written), null, 4),
          ` \r\n\t${written}\n`,
          escaped,
          JSON.stringify({ auto_accept: false, name: 'é😀/', provisions: [backwards], force: false }),
          JSON.stringify({ provisions: [provision], name: 'é😀/' }),
          JSON.stringify({ provisions: [{ ...provision, note: 'ignored' }], name: 'é😀/', another: [1] }),
          written.replace('"name":', '"name":"the last one counts","name":'),
        ]
        for (const other of others) {
          const reply = await cyclades.issue(other, 'spelt')
          expectReplay(reply, 201, 'spelt')
          expect(reply.text).toBe(text)
        }
        const charset = await cyclades.issue(written, 'spelt', { 'content-type': 'application/json; charset=utf-8' })
        expectReplay(charset, 201, 'spelt')
        expect((await world.counters(world.member('alice'))).max).toBe(1)
        expect(await world.count('commissions')).toBe(1)
      })

      it('3: another meaning is another request', async () => {
        const [member, project] = world.charge('alice', 2)
        const provisions = [member, project]
        expectFresh(await cyclades.issue({ provisions }, 'meant'), 201, 'meant')
        const others: IssueBody[] = [
          { provisions: [project, member] },
          { provisions: world.charge('alice', 1) },
          { provisions: world.charge('alice', 2n ** 64n) },
          { provisions: world.charge('alice', -2) },
          { provisions: world.charge('bob', 2) },
          { provisions: world.charge('alice', 2, 'cyclades.cpu') },
          { provisions: [member] },
          { provisions: [member, project, member] },
          // The same when it is merged, but another journal entry.
          { provisions: [...world.charge('alice', 1), ...world.charge('alice', 1)] },
          { provisions: [{ ...member, source: null }, project] },
          { provisions, name: 'a name' },
          { provisions, force: true },
          { provisions, auto_accept: true },
          { provisions: [] },
        ]
        for (const other of others) expectReused(await cyclades.issue(other, 'meant'))
        expectReplay(await cyclades.issue({ provisions }, 'meant'), 201, 'meant')
        expect(await world.usage('alice')).toEqual([0, 2])
        expect(await world.count('commissions')).toBe(1)
      })

      it('3: parts of one text can not pass for parts of another', async () => {
        const at = (holder: unknown, source: unknown): IssueBody => ({
          provisions: [{ holder, source, resource: 'r', quantity: 1 }],
        })
        expectFresh(await cyclades.issue(at('a', 'b,c'), 'parts'), 404, 'parts')
        for (const other of [at('a,b', 'c'), at('a","b', 'c'), at('a', null), at('a', 'null')])
          expectReused(await cyclades.issue(other, 'parts'))
        expectFresh(await cyclades.issue(at('1', null), 'types'), 404, 'types')
        expectReused(await cyclades.issue(at(1, null), 'types'))
        expectFresh(await cyclades.issue(at(10n ** 23n, null), 'large'), 404, 'large')
        expectReplay(await cyclades.issue(at(10n ** 23n, null), 'large'), 404, 'large')
        expectReused(await cyclades.issue(at(10n ** 23n + 1n, null), 'large'))
      })
    })

    describe('4: what is stored', () => {
      it('4: an admission is, with status and body', async () => {
        const first = await cyclades.issue(one(), 'admitted')
        expectFresh(first, 201, 'admitted')
        const { rows } = await world.hand.query(
          `select component, key, length(fingerprint) as length, status, body, serial from idempotency_keys`,
        )
        const { serial } = first.json as { serial: number }
        expect(rows).toEqual([
          { component: 'cyclades', key: 'admitted', length: 32, status: 201, body: first.text, serial: String(serial) },
        ])
        expectReplay(await cyclades.issue(one(), 'admitted'), 201, 'admitted')
        expect(await cyclades.pending()).toEqual([serial])
      })

      it('4: refusals are, so that a copy that comes late can not reserve', async () => {
        const nowhere: IssueBody = {
          provisions: [{ holder: 'user:late', source: null, resource: 'cyclades.vm', quantity: 1 }],
        }
        const refusals: [string, IssueBody, number][] = [
          ['above', one('alice', 11), 413],
          ['below', one('alice', -1), 413],
          ['nowhere', nowhere, 404],
          ['range', { ...one('alice', 2n ** 63n), force: true }, 400],
        ]
        const texts: string[] = []
        for (const [key, body, status] of refusals) {
          const reply = await cyclades.issue(body, key)
          expectFresh(reply, status, key)
          texts.push(reply.text)
        }
        // Now all of them would be admitted, or refused for another reason.
        await world.setLimit('alice', 1000)
        for (const key of [world.member('alice'), world.project('alice')]) {
          await world.set(key, 'usage_max', 5)
          await world.set(key, 'usage_min', 5)
        }
        await world.hand.query(
          `insert into holdings (holder, source, resource, "limit") values ('user:late', null, 'cyclades.vm', 5)`,
        )
        for (const [index, [key, body, status]] of refusals.entries()) {
          const reply = await cyclades.issue(body, key)
          expectReplay(reply, status, key)
          expect(reply.text).toBe(texts[index])
        }
        expect(await world.usage('alice')).toEqual([5, 5])
        expect(await cyclades.pending()).toEqual([])
        expectFresh(await cyclades.issue(nowhere, 'another'), 201, 'another')
      })

      it('4: what was not decided is not, and the next attempt is decided afresh', async () => {
        const body = JSON.stringify(one())
        const undecided = [
          await cyclades.issue('no JSON', 'again'),
          await cyclades.issue({ provisions: [{}] }, 'again'),
          await cyclades.issue(body, 'again', { 'content-type': 'text/plain' }),
          await cyclades.issue(body, 'again', { 'x-auth-token': 'nobody' }),
          await cyclades.call('PATCH', '', body, { 'idempotency-key': 'again' }),
        ]
        expect(undecided.map(({ status }) => status)).toEqual([400, 400, 400, 401, 405])
        await world.hand.query(`alter table commissions add constraint refused check (name <> '')`)
        try {
          expect((await cyclades.issue(body, 'again')).status).toBe(500)
        } finally {
          await world.hand.query('alter table commissions drop constraint refused')
        }
        expect(await world.count('idempotency_keys')).toBe(0)
        expect(await world.usage('alice')).toEqual([0, 0])
        expectFresh(await cyclades.issue(body, 'again'), 201, 'again')
        expectReused(await cyclades.issue(one('bob'), 'again'))
        expectReplay(await cyclades.issue(body, 'again'), 201, 'again')
        expect(await world.usage('alice')).toEqual([0, 1])
      })
    })

    describe('5: one transaction', () => {
      /** Somebody else is deciding this key, and has not committed. */
      const deciding = async (key: string): Promise<{ commit(): Promise<void>; rollback(): Promise<void> }> => {
        const first = await cyclades.issue(one(), key)
        expectFresh(first, 201, key)
        const { rows } = await world.hand.query<Record<string, unknown>>('delete from idempotency_keys returning *')
        const held = await world.begin()
        const { component, fingerprint, status, body, serial } = rows[0] ?? {}
        await held.query(
          `insert into idempotency_keys (component, key, fingerprint, status, body, serial) values ($1, $2, $3, $4, $5, $6)`,
          [component, key, fingerprint, status, body, serial],
        )
        return held
      }

      it('5: a copy waits for the transaction that decides, and takes its answer', async () => {
        const held = await deciding('other')
        const copy = cyclades.issue(one(), 'other')
        await world.untilWaiting()
        await held.commit()
        const reply = await copy
        expectReplay(reply, 201, 'other')
        const [serial] = (await cyclades.pending()) as number[]
        expect(reply.json).toEqual({ serial })
        expect(await world.usage('alice')).toEqual([0, 1])
      })

      it('5: what waits is compared too', async () => {
        const held = await deciding('other')
        const copy = cyclades.issue(one('bob'), 'other')
        await world.untilWaiting()
        await held.commit()
        expectReused(await copy)
        expect(await world.usage('bob')).toEqual([0, 0])
      })

      it('5: when that transaction is rolled back, the copy is decided', async () => {
        const held = await deciding('other')
        const copy = cyclades.issue(one(), 'other')
        await world.untilWaiting()
        await held.rollback()
        expectFresh(await copy, 201, 'other')
        // The one that was deciding here is still pending, without its key.
        expect(await world.usage('alice')).toEqual([0, 2])
      })

      it('5: a copy waits for another process, too', async () => {
        const another = world.component('cyclades', await world.another())
        const held = await world.lock(world.member('alice'))
        const first = cyclades.issue(one(), 'two')
        await world.untilWaiting(1)
        const second = another.issue(one(), 'two')
        await world.untilWaiting(2)
        await held.rollback()
        const [fresh, replay] = [await first, await second]
        expectFresh(fresh, 201, 'two')
        expectReplay(replay, 201, 'two')
        expect(replay.text).toBe(fresh.text)
        expect(await world.usage('alice')).toEqual([0, 1])
      })

      it('5: a wait that takes too long ends with 503 and Retry-After: 1, and decides nothing', async () => {
        const held = await deciding('other')
        const tired = await cyclades.issue(one(), 'other')
        expect(tired.status).toBe(503)
        expect(tired.headers['retry-after']).toBe('1')
        expect(tired.json).toEqual({ serviceUnavailable: UNAVAILABLE })
        expect(tired.headers).not.toHaveProperty('idempotency-replayed')
        await held.commit()
        expectReplay(await cyclades.issue(one(), 'other'), 201, 'other')
        expect(await world.usage('alice')).toEqual([0, 1])
      })

      it('5: of copies in one batch the first is decided, and the others take its answer', async () => {
        const [first, second, other, third] = await world.together([
          () => cyclades.issue(one(), 'copies'),
          () => cyclades.issue(one(), 'copies'),
          () => cyclades.issue(one('bob'), 'copies'),
          () => cyclades.issue(one(), 'copies'),
        ])
        expectFresh(first as Reply, 201, 'copies')
        expectReplay(second as Reply, 201, 'copies')
        expectReused(other as Reply)
        expectReplay(third as Reply, 201, 'copies')
        expect(second?.text).toBe(first?.text)
        expect(third?.text).toBe(first?.text)
        expect([await world.usage('alice'), await world.usage('bob')]).toEqual([
          [0, 1],
          [0, 0],
        ])
      })

      it('5: of refused copies in one batch all take the first answer, although room came free between them', async () => {
        await world.setLimit('alice', 2)
        const full = await cyclades.issued(one('alice', 2))
        const [refused, , copy, fresh] = await world.together([
          () => cyclades.issue(one(), 'late'),
          () => cyclades.reject(full),
          () => cyclades.issue(one(), 'late'),
          () => cyclades.issue(one(), 'new'),
        ])
        expectFresh(refused as Reply, 413, 'late')
        expectReplay(copy as Reply, 413, 'late')
        expectFresh(fresh as Reply, 201, 'new')
      })

      it('5: many copies on two processes reserve once', async () => {
        const another = world.component('cyclades', await world.another())
        const keys = Array.from({ length: 8 }, (_, index) => `key-${index}`)
        const copies = keys.flatMap((key) => [0, 1, 2, 3].map((copy) => ({ key, by: copy % 2 ? cyclades : another })))
        // In opposite orders, which must not end in a deadlock.
        const sent = [...copies, ...copies.toReversed()]
        const replies = await Promise.all(sent.map(({ key, by }) => by.issue(one(), key)))
        expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]))
        expect(replies.filter(({ headers }) => headers['idempotency-replayed'] === undefined)).toHaveLength(keys.length)
        expect(new Set(replies.map(({ text }) => text)).size).toBe(keys.length)
        expect(await world.usage('alice')).toEqual([0, keys.length])
      })
    })

    describe('6: same key, same request', () => {
      it('6: replays after accept, after reject and after auto_accept, and reserves nothing', async () => {
        const accepted = await cyclades.issued(one(), 'accepted')
        const rejected = await cyclades.issued(one(), 'rejected')
        await cyclades.accept(accepted)
        await cyclades.reject(rejected)
        const auto = { ...one(), auto_accept: true }
        const settled = await cyclades.issued(auto, 'auto')
        expect(await world.usage('alice')).toEqual([2, 2])
        for (const [key, body, serial] of [
          ['accepted', one(), accepted],
          ['rejected', one(), rejected],
          ['auto', auto, settled],
        ] as const) {
          const reply = await cyclades.issue(body, key)
          expectReplay(reply, 201, key)
          expect(reply.text).toBe(`{"serial":${serial}}`)
        }
        expect(await world.usage('alice')).toEqual([2, 2])
        expect(await cyclades.pending()).toEqual([])
      })

      it('6: replays without a look at the quota', async () => {
        const serial = await cyclades.issued(one('alice', 10), 'before')
        await world.setLimit('alice', 0)
        const held = await world.lock(world.member('bob'))
        const reply = await cyclades.issue(one('alice', 10), 'before')
        expectReplay(reply, 201, 'before')
        expect(reply.json).toEqual({ serial })
        await held.rollback()
      })
    })

    it('7: same key, other request: 422, and nothing changes', async () => {
      const serial = await cyclades.issued(one(), 'mine')
      const { status, json, headers } = await cyclades.issue(one('bob'), 'mine')
      expect(status).toBe(422)
      expect(json).toEqual({
        unprocessableEntity: {
          code: 422,
          message: 'Idempotency-Key was used for another request',
          details: '',
        },
      })
      expect(headers).not.toHaveProperty('idempotency-replayed')
      expect([await world.usage('alice'), await world.usage('bob')]).toEqual([
        [0, 1],
        [0, 0],
      ])
      expect(await cyclades.pending()).toEqual([serial])
      expectReplay(await cyclades.issue(one(), 'mine'), 201, 'mine')
    })

    describe('8: life of a key', () => {
      const cleanUp = (): Promise<number> => cleanUpKeys(world.service.service.database, DAY_MS)
      /** As if the key had been decided, or its commission had ended, so many hours earlier. */
      const age = async (key: string, hours: { decided: number; resolved?: number }): Promise<void> => {
        await world.hand.query(
          `update idempotency_keys set decided_at = now() - $2 * interval '1 hour' where key = $1`,
          [key, hours.decided],
        )
        if (hours.resolved !== undefined)
          await world.hand.query(
            `update resolutions set resolve_time = now() - $2 * interval '1 hour'
              where serial = (select serial from idempotency_keys where key = $1)`,
            [key, hours.resolved],
          )
      }
      const keys = async (): Promise<string[]> =>
        (await world.hand.query<{ key: string }>('select key from idempotency_keys order by key')).rows.map(
          ({ key }) => key,
        )

      it('8: is kept while the commission is pending, however old', async () => {
        await cyclades.issued(one(), 'pending')
        await age('pending', { decided: 10_000 })
        expect(await cleanUp()).toBe(0)
        expectReplay(await cyclades.issue(one(), 'pending'), 201, 'pending')
      })

      it('8: counts from the later of decision and resolution', async () => {
        for (const key of ['both-old', 'resolved-late', 'both-new', 'rejected-old'])
          await cyclades[key.startsWith('rejected') ? 'reject' : 'accept'](await cyclades.issued(one('alice', 0), key))
        for (const key of ['refused-old', 'refused-new'])
          expect((await cyclades.issue(one('alice', 11), key)).status).toBe(413)
        await age('both-old', { decided: 30, resolved: 25 })
        await age('rejected-old', { decided: 30, resolved: 25 })
        await age('resolved-late', { decided: 30, resolved: 23 })
        await age('both-new', { decided: 23, resolved: 23 })
        await age('refused-old', { decided: 25 })
        await age('refused-new', { decided: 23 })
        expect(await cleanUp()).toBe(3)
        expect(await keys()).toEqual(['both-new', 'refused-new', 'resolved-late'])
        expect(await cleanUp()).toBe(0)
      })

      it('8: after that the key is new, for any request', async () => {
        await cyclades.accept(await cyclades.issued(one(), 'old'))
        await age('old', { decided: 30, resolved: 30 })
        expectReused(await cyclades.issue(one('bob'), 'old'))
        expect(await cleanUp()).toBe(1)
        expectFresh(await cyclades.issue(one('bob'), 'old'), 201, 'old')
      })

      it('8: deletes more than one step takes, and leaves what is locked', async () => {
        await world.hand.query(
          `insert into idempotency_keys (component, key, fingerprint, status, body, decided_at)
           select 'cyclades', 'k' || n, sha256('x'), 413, '{}', now() - interval '2 days' from generate_series(1, 2500) as n`,
        )
        const held = await world.begin()
        await held.query(`select from idempotency_keys where key = 'k7' for update`)
        expect(await cleanUp()).toBe(2499)
        await held.rollback()
        expect(await cleanUp()).toBe(1)
      })

      it('8: a key that is deleted while a copy of its request waits is new to that copy', async () => {
        await cyclades.accept(await cyclades.issued(one(), 'gone'))
        await age('gone', { decided: 30, resolved: 30 })
        const held = await world.lock(world.member('alice'))
        const copy = cyclades.issue(one(), 'gone')
        await world.untilWaiting()
        expect(await cleanUp()).toBe(1)
        await held.rollback()
        expectFresh(await copy, 201, 'gone')
        expect(await world.usage('alice')).toEqual([1, 2])
      })
    })

    describe('9: how did it end', () => {
      const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00$/) as unknown

      it('9: tells of pending, accepted and rejected ones to whoever asks for resolved', async () => {
        const body = { ...one('alice', 2), name: 'mine' }
        const pending = await cyclades.issued(body)
        const accepted = await cyclades.issued(body)
        const rejected = await cyclades.issued(body)
        const settled = await cyclades.issued({ ...body, auto_accept: true })
        await cyclades.accept(accepted)
        await cyclades.reject(rejected)
        for (const [serial, state] of [
          [pending, 'pending'],
          [accepted, 'accepted'],
          [rejected, 'rejected'],
          [settled, 'accepted'],
        ] as const) {
          const { status, json } = await cyclades.show(serial, '?resolved=true')
          expect(status).toBe(200)
          expect(json).toEqual({
            serial,
            issue_time: time,
            name: 'mine',
            provisions: body.provisions,
            state,
            resolve_time: state === 'pending' ? null : time,
            reason: state === 'pending' ? null : '',
          })
        }
      })

      it('9: without the query, what has ended is an empty 404, and what is pending shows no state', async () => {
        const pending = await cyclades.issued(one())
        const accepted = await cyclades.issued(one())
        await cyclades.accept(accepted)
        for (const query of ['', '?resolved=false', '?resolved=', '?resolved=True', '?resolved=1']) {
          const gone = await cyclades.show(accepted, query)
          expect([gone.status, gone.text], query).toEqual([404, ''])
          const { status, json } = await cyclades.show(pending, query)
          expect(status).toBe(200)
          expect(Object.keys(json as object).toSorted()).toEqual(['issue_time', 'name', 'provisions', 'serial'])
        }
      })

      it('9: tells the component alone that issued it', async () => {
        const serial = await cyclades.issued(one())
        expect((await pithos.show(serial, '?resolved=true')).status).toBe(404)
        await cyclades.accept(serial)
        const { status, text } = await pithos.show(serial, '?resolved=true')
        expect([status, text]).toEqual([404, ''])
        const unknown = await cyclades.show(123_456_789, '?resolved=true')
        expect([unknown.status, unknown.text]).toEqual([404, ''])
      })

      it('9: is known for longer than the key', async () => {
        const serial = await cyclades.issued(one(), 'short')
        await cyclades.reject(serial)
        await world.hand.query(`update idempotency_keys set decided_at = now() - interval '2 days'`)
        await world.hand.query(`update resolutions set resolve_time = now() - interval '2 days'`)
        expect(await cleanUpKeys(world.service.service.database, DAY_MS)).toBe(1)
        expect((await cyclades.show(serial, '?resolved=true')).json).toMatchObject({ serial, state: 'rejected' })
      })
    })

    it('10: a member of a batch that the database refuses fails alone', async () => {
      await world.hand.query(`alter table commissions add constraint refused check (name <> 'poison')`)
      try {
        const serial = await cyclades.issued(one('bob'))
        const replies = await world.together([
          () => cyclades.issue(one(), 'good'),
          () => cyclades.issue({ ...one(), name: 'poison' }, 'bad'),
          () => cyclades.issue(one('alice', 100), 'large'),
          () => cyclades.accept(serial),
          () => cyclades.issue(one(), 'good'),
          () => cyclades.issue(one('bob'), 'good'),
          () => cyclades.issue(one()),
        ])
        expect(replies.map(({ status }) => status)).toEqual([201, 500, 413, 200, 201, 422, 201])
        expectReplay(replies[4] as Reply, 201, 'good')
        expect(await world.usage('alice')).toEqual([0, 2])
        expect(await world.usage('bob')).toEqual([1, 1])
        const { rows } = await world.hand.query('select key, status from idempotency_keys order by key')
        expect(rows).toEqual([
          { key: 'good', status: 201 },
          { key: 'large', status: 413 },
        ])
      } finally {
        await world.hand.query('alter table commissions drop constraint refused')
      }
      expectFresh(await cyclades.issue({ ...one(), name: 'poison' }, 'bad'), 201, 'bad')
    })

    it('10: the connection is lost before the COMMIT: 503 with Retry-After, since nothing was decided', async () => {
      const held = await world.lock(world.member('alice'))
      const reply = cyclades.issue(one(), 'early')
      await world.untilWaiting()
      await world.hand.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`,
      )
      const { status, headers } = await reply
      expect([status, headers['retry-after']]).toEqual([503, '1'])
      await held.rollback()
      expectFresh(await cyclades.issue(one(), 'early'), 201, 'early')
      expect(await world.usage('alice')).toEqual([0, 1])
    })

    describe('12: recovery of an unknown outcome', () => {
      it('12: the same request with the same key, and a 201 is rejected', async () => {
        const lost = await cyclades.issued(one(), 'journal')
        const again = await cyclades.issue(one(), 'journal')
        expectReplay(again, 201, 'journal')
        expect(again.json).toEqual({ serial: lost })
        expect((await cyclades.reject(lost)).status).toBe(200)
        expect(await world.usage('alice')).toEqual([0, 0])
        // The copy that was delayed the most changes nothing any more.
        expectReplay(await cyclades.issue(one(), 'journal'), 201, 'journal')
        expect(await world.usage('alice')).toEqual([0, 0])
        expect(await cyclades.pending()).toEqual([])
      })

      it('12: a request that never came is decided by the recovery, which rejects it', async () => {
        const reply = await cyclades.issue(one(), 'journal')
        expectFresh(reply, 201, 'journal')
        await cyclades.reject((reply.json as { serial: number }).serial)
        expectReplay(await cyclades.issue(one(), 'journal'), 201, 'journal')
        expect(await world.usage('alice')).toEqual([0, 0])
      })

      it('12: after a refusal nothing is reserved, and never will be by a copy that comes late', async () => {
        await world.setLimit('alice', 0)
        expectFresh(await cyclades.issue(one(), 'journal'), 413, 'journal')
        await world.setLimit('alice', 10)
        expectReplay(await cyclades.issue(one(), 'journal'), 413, 'journal')
        expect(await world.usage('alice')).toEqual([0, 0])
        expect(await cyclades.pending()).toEqual([])
      })
    })

    it('14: offers no leases: no header names them, and a body that asks for one is another spelling', async () => {
      const { headers } = await send('POST', `${world.service.authUrl}/tokens`)
      expect(headers['astakos-features']).not.toContain('commission-leases')
      const leased = JSON.stringify({ ...one(), lease_seconds: 1 })
      const serial = await cyclades.issued(leased, 'leased')
      expect((await cyclades.show(serial, '?resolved=true')).json).toMatchObject({ state: 'pending' })
      expectReplay(await cyclades.issue(one(), 'leased'), 201, 'leased')
    })
  })

  describe(`a lost connection at the COMMIT on ${database.name}`, () => {
    let world: QuotaWorld
    let proxy: TcpProxy
    let cyclades: Component
    const one = (): IssueBody => ({ provisions: world.charge('alice', 1) })

    beforeAll(async () => {
      ;({ world, proxy } = await QuotaWorld.openBehindProxy(database))
    })
    beforeEach(async () => {
      await world.reset()
      cyclades = world.component('cyclades')
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    const expectUnknown = ({ status, json, headers }: Reply): void => {
      expect(status).toBe(503)
      expect(json).toEqual({ serviceUnavailable: UNAVAILABLE })
      expect(headers).not.toHaveProperty('retry-after')
      expect(headers).not.toHaveProperty('idempotency-replayed')
    }

    it('10: the COMMIT did not arrive: the next attempt decides', async () => {
      const cut = proxy.loseRequest(COMMIT)
      expectUnknown(await cyclades.issue(one(), 'lost'))
      await cut
      // The server needs a moment to see that its client is gone.
      await until(async () => (await world.count('idempotency_keys')) === 0)
      expectFresh(await cyclades.issue(one(), 'lost'), 201, 'lost')
      expect(await world.usage('alice')).toEqual([0, 1])
      expect(await world.count('commissions')).toBe(1)
    })

    it('10: the COMMIT arrived and its answer did not: the next attempt takes the decision', async () => {
      const cut = proxy.loseAnswer(COMMIT, 'COMMIT\0')
      expectUnknown(await cyclades.issue(one(), 'lost'))
      await cut
      const [serial] = (await cyclades.pending()) as number[]
      const again = await cyclades.issue(one(), 'lost')
      expectReplay(again, 201, 'lost')
      expect(again.json).toEqual({ serial })
      expect(await world.usage('alice')).toEqual([0, 1])
    })

    it('10: a refusal whose COMMIT had no answer is a refusal', async () => {
      await world.setLimit('alice', 0)
      const cut = proxy.loseAnswer(COMMIT, 'COMMIT\0')
      expectUnknown(await cyclades.issue(one(), 'lost'))
      await cut
      await world.setLimit('alice', 10)
      expectReplay(await cyclades.issue(one(), 'lost'), 413, 'lost')
      expect(await world.usage('alice')).toEqual([0, 0])
    })

    it('10: while nobody knows, the next attempt waits', async () => {
      const cut = proxy.loseRequest(COMMIT, { isSilent: true })
      expectUnknown(await cyclades.issue(one(), 'lost'))
      await cut
      const again = cyclades.issue(one(), 'lost')
      await world.untilWaiting()
      proxy.hangUp()
      expectFresh(await again, 201, 'lost')
      expect(await world.usage('alice')).toEqual([0, 1])
    })

    it('10: all of a batch are told that nobody knows, and each learns its answer afterwards', async () => {
      const pending = await cyclades.issued(one())
      const large = { provisions: world.charge('alice', 100) }
      const goOn = await world.stall()
      const replies: Promise<Reply>[] = []
      for (const request of [
        () => cyclades.issue(one(), 'a'),
        () => cyclades.issue(large, 'b'),
        () => cyclades.accept(pending),
        () => cyclades.issue(one(), 'c'),
      ]) {
        replies.push(request())
        await untilQueued(world.service, replies.length)
      }
      // The first COMMIT is that of the request which they wait behind.
      const first = proxy.loseAnswer(COMMIT, 'COMMIT\0')
      const gone = goOn()
      await first
      const cut = proxy.loseAnswer(COMMIT, 'COMMIT\0')
      for (const reply of await Promise.all(replies)) expectUnknown(reply)
      await Promise.all([gone, cut])
      expectReplay(await cyclades.issue(one(), 'a'), 201, 'a')
      expectReplay(await cyclades.issue(large, 'b'), 413, 'b')
      expect((await cyclades.accept(pending)).status).toBe(404)
      expectReplay(await cyclades.issue(one(), 'c'), 201, 'c')
      expect(await world.usage('alice')).toEqual([1, 3])
    })

    it('10: an accept whose COMMIT had no answer was done, and 9 tells', async () => {
      const serial = await cyclades.issued(one())
      const cut = proxy.loseAnswer(COMMIT, 'COMMIT\0')
      expectUnknown(await cyclades.accept(serial))
      await cut
      expect((await cyclades.accept(serial)).status).toBe(404)
      expect((await cyclades.show(serial, '?resolved=true')).json).toMatchObject({ state: 'accepted' })
      expect(await world.usage('alice')).toEqual([1, 1])
    })
  })

  describe(`astakosclient against the service on ${database.name}`, () => {
    let world: QuotaWorld
    let proxy: TcpProxy
    let client: AstakosClient
    let uuid: string

    beforeAll(async () => {
      world = await QuotaWorld.open(database)
      proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(new URL(world.service.origin).port) })
    })
    beforeEach(async () => {
      await world.reset()
      uuid = world.binding('uuid:alice')
      // The catalog leads to the proxy, so that every call passes it.
      const { origin } = world.service
      const proxied = `http://127.0.0.1:${proxy.port}`
      await world.hand.query(`update endpoints set data = replace(data::text, $1, $2)::jsonb`, [origin, proxied])
      world.service.forget()
      client = new AstakosClient(
        world.binding('token:component:cyclades'),
        world.service.authUrl.replace(origin, proxied),
        { retry: 3 },
      )
    })
    afterAll(async () => {
      await proxy.close()
      await world[Symbol.asyncDispose]()
    })

    const issue = (options?: { idempotencyKey?: string; retry?: number }): Promise<number> =>
      client.issueOneCommission(uuid, uuid, { 'cyclades.vm': 1n }, options)
    const ACTION = '/action HTTP/1.1'
    const ISSUE = '/commissions HTTP/1.1'

    it('11: a lost answer to an issue is asked for again, and reserves once', async () => {
      await client.getEndpoints()
      const cut = proxy.loseAnswer(ISSUE, 'HTTP/1.1 201')
      const serial = await issue()
      await cut
      expect(await client.getPendingCommissions()).toEqual([serial])
      expect(await world.usage('alice')).toEqual([0, 1])
    })

    it('11: a lost request for an issue is sent again', async () => {
      await client.getEndpoints()
      const cut = proxy.loseRequest(ISSUE)
      const serial = await issue()
      await cut
      expect(await client.getPendingCommissions()).toEqual([serial])
    })

    it('12: a call that ended without an answer is recovered with its key', async () => {
      await client.getEndpoints()
      const first = proxy.loseAnswer(ISSUE, 'HTTP/1.1 201')
      const failed = issue({ retry: 0 }).catch((failure: unknown) => failure)
      await first
      // A kept connection that closes costs no retry, so the attempt on a new one has to fail too.
      await proxy.loseAnswer(ISSUE, 'HTTP/1.1 201')
      const error = await failed
      expect(error).toMatchObject({ name: 'ConnectionError', outcome: 'unknown' })
      const { idempotencyKey } = error as { idempotencyKey: string }
      const serial = await issue({ idempotencyKey })
      expect(await client.getPendingCommissions()).toEqual([serial])
      await client.rejectCommission(serial)
      expect(await issue({ idempotencyKey })).toBe(serial)
      expect(await world.usage('alice')).toEqual([0, 0])
    })

    it('12: the refusals of the service are those of the client', async () => {
      await expect(client.issueOneCommission(uuid, uuid, { 'cyclades.vm': 11n })).rejects.toBeInstanceOf(QuotaLimit)
      await issue({ idempotencyKey: 'mine' })
      const other = client.issueOneCommission(uuid, uuid, { 'cyclades.vm': 2n }, { idempotencyKey: 'mine' })
      await expect(other).rejects.toBeInstanceOf(KeyReused)
    })

    it('13: accept and reject after a lost answer succeed, when the state is as wanted', async () => {
      const accepted = await issue()
      const first = proxy.loseAnswer(ACTION, 'HTTP/1.1 200')
      await client.acceptCommission(accepted)
      await first
      expect(await world.usage('alice')).toEqual([1, 1])

      const rejected = await issue()
      const second = proxy.loseAnswer(ACTION, 'HTTP/1.1 200')
      await client.rejectCommission(rejected)
      await second
      expect(await world.usage('alice')).toEqual([1, 1])
      expect(await client.getPendingCommissions()).toEqual([])
    })

    it('13: accept and reject after a lost request succeed', async () => {
      const serial = await issue()
      const cut = proxy.loseRequest(ACTION)
      await client.acceptCommission(serial)
      await cut
      expect(await world.usage('alice')).toEqual([1, 1])
    })

    it('13: a commission that ended the other way is NotFound with outcome "none"', async () => {
      const [accepted, rejected] = [await issue(), await issue()]
      await world.component('cyclades').resolve({ accept: [accepted], reject: [rejected] })
      const first = proxy.loseRequest(ACTION)
      await expect(client.acceptCommission(rejected)).rejects.toMatchObject({ name: 'NotFound', outcome: 'none' })
      await first
      const second = proxy.loseRequest(ACTION)
      await expect(client.rejectCommission(accepted)).rejects.toMatchObject({ name: 'NotFound', outcome: 'none' })
      await second
      expect(await world.usage('alice')).toEqual([1, 1])
    })

    it('13: without a lost answer a second accept is NotFound', async () => {
      const serial = await issue()
      await client.acceptCommission(serial)
      await expect(client.acceptCommission(serial)).rejects.toBeInstanceOf(NotFound)
    })

    it('13: resolveCommissions does the same for each serial', async () => {
      const [accepted, rejected] = [await issue(), await issue()]
      const cut = proxy.loseAnswer(ACTION, 'HTTP/1.1 200')
      const resolution = await client.resolveCommissions([accepted], [rejected, 123_456_789])
      await cut
      expect(resolution).toMatchObject({ accepted: [accepted], rejected: [rejected] })
      expect(resolution.failed.map(([serial]) => serial)).toEqual([123_456_789])
      expect(await world.usage('alice')).toEqual([1, 1])
    })

    it('13: a pending commission has its state, and a resolved one too', async () => {
      const serial = await issue()
      expect(await client.getCommissionInfo(serial, { resolved: true })).toMatchObject({ serial, state: 'pending' })
      await client.acceptCommission(serial)
      expect(await client.getCommissionInfo(serial, { resolved: true })).toMatchObject({ serial, state: 'accepted' })
    })
  })
}
