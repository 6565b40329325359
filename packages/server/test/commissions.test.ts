import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Component, Provision } from './support/component.ts'
import type { Reply } from './support/http.ts'
import { databases } from './support/postgres.ts'
import { QuotaWorld } from './support/quota-world.ts'

/** What the recordings of the original do not hold, or the original does otherwise. Quota specification, 4 to 6. */

const INT64_MAX = 2n ** 63n - 1n
const NOWHERE = { holder: 'user:nobody', source: null, resource: 'cyclades.vm' }

const badRequest = (message: unknown): unknown => ({ badRequest: { code: 400, message, details: '' } })
const malformed = badRequest(expect.stringMatching(/^Malformed provision /) as unknown)

function expectAnswer({ status, json }: Reply, expectedStatus: number, document: unknown): void {
  expect(json).toEqual(document)
  expect(status).toBe(expectedStatus)
}

for (const database of databases) {
  describe(`commissions on ${database.name}`, () => {
    let world: QuotaWorld
    let cyclades: Component
    let member: { holder: string; source: string | null; resource: string }
    let project: typeof member

    beforeAll(async () => {
      world = await QuotaWorld.open(database)
    })
    beforeEach(async () => {
      await world.reset()
      cyclades = world.component('cyclades')
      member = world.member('alice')
      project = world.project('alice')
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    const issue = (...provisions: readonly Provision[]): Promise<Reply> => cyclades.issue({ provisions })
    const force = (...provisions: readonly Provision[]): Promise<Reply> => cyclades.issue({ provisions, force: true })

    const noHolding = (key: string, provision: unknown): unknown => ({
      itemNotFound: {
        message: `There is no such holding ${key}`,
        code: 404,
        data: { name: 'NoHoldingError', provision },
      },
    })
    const noCapacity = (provision: Provision, limit: number | bigint, usage: number | bigint): unknown => ({
      overLimit: {
        message: `${String(provision.holder)} has not enough capacity of ${String(provision.resource)}.`,
        code: 413,
        data: { name: 'NoCapacityError', provision, limit, usage },
      },
    })
    const noQuantity = (provision: Provision, usage: number): unknown => ({
      overLimit: {
        message: `${String(provision.holder)} attempts to release more ${String(provision.resource)} than it contains.`,
        code: 413,
        data: { name: 'NoQuantityError', provision, limit: 0, usage },
      },
    })

    describe('refusals', () => {
      it('over the limit: limit and usage are those of the holding, in the worse case', async () => {
        await cyclades.accept(await cyclades.issued({ provisions: [{ ...member, quantity: 3 }] }))
        await cyclades.issued({ provisions: [{ ...member, quantity: 2 }] })
        await cyclades.issued({ provisions: [{ ...member, quantity: -1 }] })
        const provision = { ...member, quantity: 6 }
        expectAnswer(await issue(provision), 413, noCapacity(provision, 10, 5))
        const ofProject = { ...project, quantity: 11 }
        expectAnswer(await issue(ofProject), 413, noCapacity(ofProject, 10, 0))
        expect((await issue({ ...member, quantity: 5 })).status).toBe(201)
      })

      it('more than is held: the limit is 0, and the usage that of the better case', async () => {
        await cyclades.accept(await cyclades.issued({ provisions: [{ ...member, quantity: 3 }] }))
        await cyclades.issued({ provisions: [{ ...member, quantity: 2 }] })
        await cyclades.issued({ provisions: [{ ...member, quantity: -1 }] })
        const provision = { ...member, quantity: -3 }
        expectAnswer(await issue(provision), 413, noQuantity(provision, 2))
        expectAnswer(await force(provision), 413, noQuantity(provision, 2))
        expect((await issue({ ...member, quantity: -2 })).status).toBe(201)
      })

      it('Q-6: no holding: name and provision alone, also after another refusal', async () => {
        expect((await issue({ ...member, quantity: 11 })).status).toBe(413)
        const provision = { ...NOWHERE, quantity: 1 }
        expectAnswer(await issue(provision), 404, noHolding(`('user:nobody', None, 'cyclades.vm')`, provision))
      })

      it('Q-7: the key is written as a triple', async () => {
        const provision = { holder: 'user:a', source: 'project:b', resource: 'c', quantity: -1 }
        expectAnswer(await issue(provision), 404, noHolding(`('user:a', 'project:b', 'c')`, provision))
        for (const near of [
          { ...member, source: null },
          { ...member, source: member.holder },
          { ...member, resource: 'Cyclades.vm' },
          { ...project, source: project.holder },
          { ...member, holder: ` ${member.holder}` },
          { ...project, source: '' },
          { ...project, source: 'None' },
        ]) {
          const { status, json } = await issue({ ...near, quantity: 0 })
          expect(status).toBe(404)
          expect(json).toMatchObject({ itemNotFound: { data: { provision: { ...near, quantity: 0 } } } })
        }
      })

      it('a name of another type is no holding, and is repeated', async () => {
        for (const part of [null, 1, -1, true, false, 10n ** 23n]) {
          for (const provision of [
            { ...member, holder: part, quantity: 1 },
            { ...member, resource: part, quantity: 1 },
            ...(part === null ? [] : [{ ...member, source: part, quantity: 1 }]),
          ]) {
            const { status, json } = await issue(provision)
            expect(json).toEqual({
              itemNotFound: {
                code: 404,
                message: expect.stringMatching(/^There is no such holding \(/) as unknown,
                data: { name: 'NoHoldingError', provision },
              },
            })
            expect(status).toBe(404)
          }
        }
      })

      it('an empty source is another one than none, whatever was asked for before', async () => {
        const none = { ...project, quantity: 1 }
        const empty = { ...none, source: '' }
        const refused = noHolding(`('${project.holder}', '', 'cyclades.vm')`, empty)
        expectAnswer(await issue(empty), 404, refused)
        expect((await issue(none)).status).toBe(201)
        expectAnswer(await issue(empty), 404, refused)
        expectAnswer(await issue({ ...none, quantity: 0 }, empty), 404, refused)
      })

      it('a number with a fraction as a name is no holding either', async () => {
        const { holder, source, resource } = member
        const written = (part: string): string =>
          `{"provisions": [{"holder": ${part}, "source": "${source ?? ''}", "resource": "${resource}", "quantity": 1}]}`
        expect((await cyclades.issue(written(JSON.stringify(holder)))).status).toBe(201)
        expect((await cyclades.issue(written('1.5'))).status).toBe(404)
      })

      it('O-7: a list or an object as a name is malformed', async () => {
        for (const part of [[], {}, [member.holder], { holder: member.holder }])
          for (const place of ['holder', 'source', 'resource'])
            expectAnswer(await issue({ ...member, quantity: 1, [place]: part }), 400, malformed)
      })

      it('provisions of no holding are merged as well', async () => {
        const provision = { holder: 10n ** 23n, source: null, resource: 'r', quantity: 1 }
        const { json } = await issue(provision, provision, { ...provision, quantity: 10n ** 23n })
        expect(json).toMatchObject({
          itemNotFound: { data: { provision: { ...provision, quantity: 10n ** 23n + 2n } } },
        })
      })

      it('the first provision of the request that fails decides', async () => {
        const above = { ...member, quantity: 11 }
        const below = { ...world.member('bob'), quantity: -1 }
        const nowhere = { ...NOWHERE, quantity: 1 }
        const fits = { ...project, quantity: 1 }
        const answers = new Map<Provision, unknown>([
          [above, noCapacity(above, 10, 0)],
          [below, noQuantity(below, 0)],
          [nowhere, noHolding(`('user:nobody', None, 'cyclades.vm')`, nowhere)],
        ])
        for (const order of [
          [above, below, nowhere],
          [above, nowhere, below],
          [below, above, nowhere],
          [below, nowhere, above],
          [nowhere, above, below],
          [nowhere, below, above],
        ]) {
          const { json } = await issue(fits, ...order)
          expect(json).toEqual(answers.get(order[0] as Provision))
        }
        expect(await world.usage('alice')).toEqual([0, 0])
        expect(await cyclades.pending()).toEqual([])
      })

      it('of merged provisions the first place counts, and the sum is what is refused', async () => {
        const below = { ...world.member('bob'), quantity: -1 }
        const { json } = await issue({ ...member, quantity: 6 }, below, { ...member, quantity: 6 })
        expect(json).toEqual(noCapacity({ ...member, quantity: 12 }, 10, 0))
        const other = await issue({ ...member, quantity: 6 }, below, { ...member, quantity: 3 })
        expect(other.json).toEqual(noQuantity(below, 0))
      })
    })

    describe('quantities', () => {
      it('one of 10^23 is refused exactly, in both directions', async () => {
        for (const quantity of [10n ** 23n, 2n ** 63n, INT64_MAX, 2n ** 53n + 1n]) {
          const above = { ...member, quantity }
          expectAnswer(await issue(above), 413, noCapacity(above, 10, 0))
          const below = { ...member, quantity: -quantity }
          expectAnswer(await issue(below), 413, noQuantity(below, 0))
        }
        const { text } = await issue({ ...member, quantity: 10n ** 23n })
        expect(text).toContain('"quantity":100000000000000000000000')
      })

      it('I12: the sum counts, however large its parts', async () => {
        const serial = await cyclades.issued({
          provisions: [
            { ...member, quantity: 10n ** 23n },
            { ...project, quantity: 0 },
            { ...member, quantity: -(10n ** 23n) + 2n },
          ],
        })
        expect((await cyclades.show(serial)).json).toMatchObject({
          provisions: [
            { ...member, quantity: 2 },
            { ...project, quantity: 0 },
          ],
        })
        expect(await world.counters(member)).toMatchObject({ min: 0, max: 2 })
        expectAnswer(
          await issue({ ...member, quantity: 10n ** 23n }, { ...member, quantity: 1 }),
          413,
          noCapacity({ ...member, quantity: 10n ** 23n + 1n }, 10, 2),
        )
      })

      it('Q-8: with force, what no holding can count is 400, and the largest that it can is admitted', async () => {
        const outOfRange = badRequest('Quantity out of range')
        expectAnswer(await force({ ...member, quantity: 2n ** 63n }), 400, outOfRange)
        expectAnswer(await force({ ...member, quantity: 10n ** 23n }), 400, outOfRange)
        const serial = await cyclades.issued({ provisions: [{ ...member, quantity: INT64_MAX }], force: true })
        expectAnswer(await force({ ...member, quantity: 1 }), 400, outOfRange)
        expectAnswer(
          await issue({ ...member, quantity: 1 }),
          413,
          noCapacity({ ...member, quantity: 1 }, 10, INT64_MAX),
        )
        expect((await force({ ...member, quantity: 0 })).status).toBe(201)
        const shown = await cyclades.show(serial)
        expect(shown.json).toMatchObject({ provisions: [{ ...member, quantity: INT64_MAX }] })
        expect((await cyclades.accept(serial)).status).toBe(200)
        const { rows } = await world.hand.query(
          'select usage_min, usage_max, delta_quantity from provision_log where serial = $1',
          [serial],
        )
        const max = String(INT64_MAX)
        expect(rows).toEqual([{ usage_min: max, usage_max: max, delta_quantity: max }])
      })

      it('Q-8: without force it is over the limit, also where there is none', async () => {
        await world.setLimit('alice', INT64_MAX)
        await cyclades.issued({ provisions: [{ ...member, quantity: INT64_MAX - 1n }] })
        const provision = { ...member, quantity: 2 }
        expectAnswer(await issue(provision), 413, noCapacity(provision, INT64_MAX, INT64_MAX - 1n))
        expect((await issue({ ...member, quantity: 1 })).status).toBe(201)
      })

      it('Q-4: nothing at all is too much above the limit, and force or giving back is not', async () => {
        await cyclades.accept(await cyclades.issued({ provisions: [{ ...member, quantity: 5 }] }))
        await world.set(member, 'limit', 3)
        const zero = { ...member, quantity: 0 }
        expectAnswer(await issue(zero), 413, noCapacity(zero, 3, 5))
        expectAnswer(await issue({ ...member, quantity: 2 }, { ...member, quantity: -2 }), 413, noCapacity(zero, 3, 5))
        expect((await force(zero)).status).toBe(201)
        expect((await issue({ ...member, quantity: -1 })).status).toBe(201)
        await world.set(member, 'limit', 5)
        expect((await issue(zero)).status).toBe(201)
      })

      it('O-10: what is no integer is malformed', async () => {
        const { holder, source, resource } = member
        const rest = `"holder": "${holder}", "source": "${source ?? ''}", "resource": "${resource}"`
        for (const quantity of ['true', 'false', 'null', '"1"', '[1]', '{}', '1.0', '1e2', '-0.0', '1E400']) {
          const reply = await cyclades.issue(`{"provisions": [{${rest}, "quantity": ${quantity}}]}`)
          expectAnswer(reply, 400, malformed)
        }
        expect((await cyclades.issue(`{"provisions": [{${rest}, "quantity": -0}]}`)).status).toBe(201)
        expect((await cyclades.issue(`{"provisions": [{${rest}}]}`)).json).toEqual(malformed)
      })
    })

    describe('names', () => {
      it('O-12: have up to 4096 characters, and an emoji is one', async () => {
        for (const character of ['n', 'é', '😀', '\\', '"', '\u0001']) {
          const name = character.repeat(4096)
          const serial = await cyclades.issued({ provisions: [], name })
          expect((await cyclades.show(serial)).json).toMatchObject({ name })
          const { status, json } = await cyclades.issue({ provisions: [], name: name + character })
          expect(status).toBe(400)
          expect(json).toEqual(badRequest(expect.any(String)))
        }
      })

      it('O-12: a holder, source or resource longer than any holding is just not there', async () => {
        const long = 'h'.repeat(100_000)
        for (const place of ['holder', 'source', 'resource'])
          expect((await issue({ ...member, quantity: 1, [place]: long })).status).toBe(404)
      })

      it('text that no database holds is 400', async () => {
        for (const escape of ['\\u0000', '\\ud800', '\\udc00x', '\\udc00\\ud800']) {
          const written = [
            `{"provisions": [], "name": "${escape}"}`,
            `{"provisions": [{"holder": "${escape}", "source": null, "resource": "r", "quantity": 1}]}`,
          ]
          for (const body of written) expect((await cyclades.issue(body)).status, body).toBe(400)
        }
      })
    })

    describe('resolving', () => {
      it('Q-10: a serial in both lists is left alone, however often it is there', async () => {
        const [a, b, c] = [
          await cyclades.issued({ provisions: [{ ...member, quantity: 1 }] }),
          await cyclades.issued({ provisions: [{ ...member, quantity: 1 }] }),
          await cyclades.issued({ provisions: [{ ...member, quantity: 1 }] }),
        ]
        const conflict = (serial: unknown): unknown => [
          serial,
          { badRequest: { code: 400, message: `cannot both accept and reject serial ${String(serial)}` } },
        ]
        const { json } = await cyclades.resolve({ accept: [a, b, b, c, c], reject: [a, a, b, c, c, c] })
        expect(json).toEqual({ accepted: [], rejected: [], failed: [conflict(a), conflict(b), conflict(c)] })
        expect(await cyclades.pending()).toEqual([a, b, c])
        expect(await world.counters(member)).toMatchObject({ min: 0, max: 3 })
      })

      it('partly done: every serial once, what is not found before what conflicts', async () => {
        const pithos = world.component('pithos')
        const body = { provisions: [{ ...member, quantity: 1 }] }
        const [accepted, rejected, both] = [
          await cyclades.issued(body),
          await cyclades.issued(body),
          await cyclades.issued(body),
        ]
        const [foreign, over] = [await pithos.issued(body), await cyclades.issued(body)]
        await cyclades.accept(over)
        const huge = 10n ** 23n
        const { status, json } = await cyclades.resolve({
          accept: [both, accepted, foreign, accepted, huge, -1],
          reject: [0, over, rejected, 7, both, rejected, 7],
        })
        expect(status).toBe(200)
        const { failed, ...done } = json as { failed: [unknown, object][] }
        expect(done).toEqual({ accepted: [accepted], rejected: [rejected] })
        expect(failed).toHaveLength(7)
        expect(failed.at(-1)).toEqual([
          both,
          { badRequest: { code: 400, message: `cannot both accept and reject serial ${both}` } },
        ])
        const notFound = [foreign, huge, -1, 0, over, 7].map((serial) => [
          serial,
          { itemNotFound: { code: 404, message: `serial ${serial} does not exist` } },
        ])
        expect(failed.slice(0, -1)).toEqual(expect.arrayContaining(notFound))
        expect(await pithos.pending()).toEqual([foreign])
        expect(await cyclades.pending()).toEqual([both])
        expect(await world.counters(member)).toMatchObject({ min: 2, max: 4 })
      })

      it('O-10: a serial that is no integer is refused, and nothing is done', async () => {
        const serial = await cyclades.issued({ provisions: [] })
        for (const element of ['true', 'false', 'null', '"1"', '1.0', '1e2', '[1]', '{}']) {
          for (const body of [
            `{"accept": [${serial}, ${element}]}`,
            `{"accept": [${serial}], "reject": [${element}]}`,
          ]) {
            const reply = await cyclades.call('POST', '/action', body)
            expectAnswer(reply, 400, badRequest('Serials should be integer.'))
          }
        }
        expect(await cyclades.pending()).toEqual([serial])
      })

      it('a serial in the path that no commission can have is an empty 404', async () => {
        for (const serial of ['0', '9223372036854775807', '9223372036854775808', '1'.repeat(300), '00']) {
          const shown = await cyclades.call('GET', `/${serial}`)
          const acted = await cyclades.call('POST', `/${serial}/action`, '{"accept": null}')
          expect([shown.status, shown.text, acted.status, acted.text]).toEqual([404, '', 404, ''])
        }
      })

      it('I10: can be done whatever became of the limit', async () => {
        const [accepted, rejected] = [
          await cyclades.issued({ provisions: world.charge('alice', 4) }),
          await cyclades.issued({ provisions: world.charge('alice', 5) }),
        ]
        await world.setLimit('alice', 0)
        expect((await cyclades.accept(accepted)).status).toBe(200)
        expect(await world.usage('alice')).toEqual([4, 9])
        expect((await cyclades.reject(rejected)).status).toBe(200)
        expect(await world.usage('alice')).toEqual([4, 4])
        const [given, kept] = [
          await cyclades.issued({ provisions: world.charge('alice', -1) }),
          await cyclades.issued({ provisions: world.charge('alice', -3) }),
        ]
        expect(await world.usage('alice')).toEqual([0, 4])
        await cyclades.accept(given)
        expect(await world.usage('alice')).toEqual([0, 3])
        await cyclades.reject(kept)
        expect(await world.usage('alice')).toEqual([3, 3])
      })
    })

    describe('the provision log', () => {
      const log = async (): Promise<unknown[]> => {
        const { rows } = await world.hand.query<Record<string, unknown>>(
          `select serial::integer, component, name, holder, source, resource, "limit"::integer, usage_min::integer,
                  usage_max::integer, delta_quantity::integer, reason, issue_time <= log_time as in_order,
                  log_time > now() - interval '1 minute' as is_recent
             from provision_log
            order by log_time, serial, source nulls last`,
        )
        return rows
      }
      const entry = (
        key: typeof member,
        [serial, reason]: readonly [number, string],
        [usage_min, usage_max, delta_quantity]: readonly [number, number, number],
        name = '',
      ): unknown => ({
        ...key,
        serial,
        component: 'cyclades',
        name,
        limit: 10,
        usage_min,
        usage_max,
        delta_quantity,
        reason,
        in_order: true,
        is_recent: true,
      })

      it('has a row for each provision that was resolved, with the counters right after', async () => {
        const first = await cyclades.issued({ provisions: world.charge('alice', 3), name: 'ναι' })
        const second = await cyclades.issued({ provisions: world.charge('alice', 2) })
        expect(await log()).toEqual([])
        await cyclades.accept(first)
        await cyclades.reject(second)
        const third = await cyclades.issued({ provisions: world.charge('alice', -1), auto_accept: true })
        const fourth = await cyclades.issued({ provisions: [{ ...member, quantity: -2 }] })
        await cyclades.resolve({ reject: [fourth] })
        expect(await log()).toEqual([
          entry(member, [first, 'ACCEPT:'], [3, 5, 3], 'ναι'),
          entry(project, [first, 'ACCEPT:'], [3, 5, 3], 'ναι'),
          entry(member, [second, 'REJECT:'], [3, 3, 2]),
          entry(project, [second, 'REJECT:'], [3, 3, 2]),
          entry(member, [third, 'ACCEPT:'], [2, 2, -1]),
          entry(project, [third, 'ACCEPT:'], [2, 2, -1]),
          entry(member, [fourth, 'REJECT:'], [2, 2, -2]),
        ])
        expect(await world.count('commissions')).toBe(0)
      })

      it('shows the steps of one call one after the other', async () => {
        const serials = [
          await cyclades.issued({ provisions: [{ ...member, quantity: 1 }] }),
          await cyclades.issued({ provisions: [{ ...member, quantity: 2 }] }),
          await cyclades.issued({ provisions: [{ ...member, quantity: 4 }] }),
        ] as const
        await cyclades.resolve({ accept: [serials[0], serials[2]], reject: [serials[1]] })
        const rows = (await log()) as { serial: number; usage_min: number; usage_max: number }[]
        // Whichever order they were settled in, the last step leaves what the holding shows.
        expect(await world.counters(member)).toMatchObject({ min: 5, max: 5 })
        expect(rows.map(({ serial }) => serial)).toEqual([...serials])
        expect(rows.filter(({ usage_min, usage_max }) => usage_min === 5 && usage_max === 5)).toHaveLength(1)
        for (const { usage_min, usage_max } of rows) expect(usage_min).toBeLessThanOrEqual(usage_max)
      })

      it('I3: the accepted sums are what the holdings count, less what is pending', async () => {
        for (const [quantity, end] of [
          [4, 'accept'],
          [3, 'reject'],
          [-2, 'accept'],
          [-1, 'reject'],
          [5, 'accept'],
        ] as const)
          await cyclades[end](await cyclades.issued({ provisions: world.charge('alice', quantity) }))
        await cyclades.issued({ provisions: world.charge('alice', 2) })
        await cyclades.issued({ provisions: world.charge('alice', -3) })
        const { rows } = await world.hand.query(
          `select holder, sum(delta_quantity)::integer as sum
             from provision_log
            where reason like 'ACCEPT:%'
            group by holder
            order by holder = $1 desc`,
          [member.holder],
        )
        expect(rows).toEqual([
          { holder: member.holder, sum: 7 },
          { holder: project.holder, sum: 7 },
        ])
        expect(await world.usage('alice')).toEqual([7 - 3, 7 + 2])
      })
    })

    it('Q-5: any holding may be charged by any component, and one half alone', async () => {
      const pithos = world.component('pithos')
      const serial = await pithos.issued({ provisions: [{ ...project, quantity: 4 }] })
      expect(await world.counters(project)).toMatchObject({ max: 4 })
      expect(await world.counters(member)).toMatchObject({ max: 0 })
      expect(await cyclades.pending()).toEqual([])
      expect((await cyclades.accept(serial)).status).toBe(404)
      expect(await pithos.pending()).toEqual([serial])
    })

    it('an empty commission is one like any other', async () => {
      const serial = await cyclades.issued({ provisions: [] })
      expect((await cyclades.show(serial)).json).toMatchObject({ serial, name: '', provisions: [] })
      expect((await cyclades.accept(serial)).status).toBe(200)
      expect((await cyclades.show(serial, '?resolved=true')).json).toMatchObject({ state: 'accepted', provisions: [] })
      const settled = await cyclades.issued({ provisions: [], auto_accept: true })
      expect(settled).toBeGreaterThan(serial)
      expect(await cyclades.pending()).toEqual([])
    })
  })
}
