import { beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../src/db/statement.ts'
import { cleanUpKeys } from '../src/quotas/cleanup.ts'
import { charge, component, quotaOf, uuidOf } from './support/admin-api.ts'
import { adminWorld, testCases, type AdminWorld, type Case } from './support/admin-cases.ts'
import type { Component } from './support/component.ts'

/** The serial that a world begins with. */
const FIRST = 90_001
const A_SERIAL = expect.any(Number) as unknown

const issue = (world: AdminWorld, quantity = 1, name = 'build'): Promise<number> =>
  component(world, 'cyclades').issued({ provisions: charge(world, 'alice', quantity), name })
const provisionsOf = (world: AdminWorld, quantity: number): object[] =>
  charge(world, 'alice', quantity).map((provision) => ({ ...provision }))

const cases: readonly Case[] = [
  {
    title: 'pending ones of all components, the oldest first',
    operation: 'commission-list',
    given: async (world) => {
      await issue(world)
      await component(world, 'pithos').issued({ provisions: charge(world, 'bob', 1) })
      await component(world, 'cyclades').issued({ provisions: charge(world, 'bob', 1), auto_accept: true })
    },
    output: {
      items: [
        {
          serial: FIRST,
          name: 'build',
          component: 'cyclades',
          issue_time: expect.any(String) as unknown,
          age: A_SERIAL,
        },
        { serial: FIRST + 1, name: '', component: 'pithos' },
      ],
      next: null,
    },
    effect: async (_, output) => expect((output as { items: unknown[] }).items).toHaveLength(2),
  },
  {
    title: 'of a component, page by page',
    operation: 'commission-list',
    given: async (world) => {
      for (const name of ['cyclades', 'pithos', 'cyclades', 'cyclades'])
        // oxlint-disable-next-line no-await-in-loop -- their serials are in this order
        await component(world, name).issued({ provisions: [] })
    },
    input: { component: 'cyclades', limit: 2 },
    output: { items: [{ serial: FIRST }, { serial: FIRST + 2 }], next: FIRST + 2 },
    effect: async ({ call }) =>
      expect(await call('commission-list', { component: 'cyclades', limit: 2, after: FIRST + 2 })).toMatchObject({
        items: [{ serial: FIRST + 3 }],
        next: null,
      }),
  },
  {
    title: 'those that are overdue',
    operation: 'commission-list',
    given: async (world) => {
      await issue(world)
      await issue(world)
      await world.query(`update commissions set issue_time = now() - interval '1 hour' where serial = ${FIRST}`)
    },
    input: { overdue: 3599 },
    output: { items: [{ serial: FIRST }], next: null },
    async effect(_, output) {
      const [item, ...more] = (output as { items: { age: number }[] }).items
      expect(more).toEqual([])
      expect(item?.age).toBeGreaterThanOrEqual(3600)
    },
  },
  {
    title: 'overdue by less than nothing',
    operation: 'commission-list',
    input: { overdue: -1 },
    refused: { kind: 'malformed', message: 'overdue: must be a number of seconds from 0 to 1000000000' },
  },
  {
    title: 'what it reserves',
    operation: 'commission-show',
    given: (world) => issue(world, 2),
    input: { serial: FIRST },
    output: (world: AdminWorld) => ({
      serial: FIRST,
      name: 'build',
      component: 'cyclades',
      provisions: provisionsOf(world, 2),
    }),
  },
  {
    title: 'quantities are exact',
    operation: 'commission-show',
    given: (world) =>
      component(world, 'cyclades').issued({
        provisions: [
          {
            holder: `user:${uuidOf(world, 'alice')}`,
            source: `project:${uuidOf(world, 'alice')}`,
            resource: 'cyclades.network.private',
            quantity: 2n ** 63n - 1n,
          },
        ],
      }),
    input: { serial: FIRST },
    output: { provisions: [{ quantity: 2n ** 63n - 1n }] },
  },
  {
    title: 'one that is resolved',
    operation: 'commission-show',
    given: async (world) => component(world, 'cyclades').accept(await issue(world)),
    input: { serial: FIRST },
    refused: { kind: 'unknown', message: `There is no pending commission with serial ${FIRST}.` },
  },
  {
    title: 'it counts as used, and its component finds it accepted',
    operation: 'commission-accept',
    given: (world) => issue(world),
    input: { serial: FIRST, reason: 'the server runs' },
    output: { serial: FIRST, component: 'cyclades', state: 'accepted', reason: 'the server runs' },
    audit: (world) => [
      {
        subject: `commission:${FIRST}`,
        before: { component: 'cyclades', name: 'build', state: 'pending', provisions: provisionsOf(world, 1) },
        after: {
          component: 'cyclades',
          state: 'accepted',
          provisions: provisionsOf(world, 1),
          reason: 'the server runs',
        },
      },
    ],
    async effect(world) {
      const cyclades = component(world, 'cyclades')
      expect(await quotaOf(world, 'alice', 'cyclades.vm')).toMatchObject({ usage: 1, pending: 0, project_usage: 1 })
      expect((await cyclades.accept(FIRST)).status).toBe(404)
      expect((await cyclades.reject(FIRST)).status).toBe(404)
      expect(await cyclades.pending()).toEqual([])
      expect((await cyclades.show(FIRST, '?resolved=true')).json).toMatchObject({
        state: 'accepted',
        reason: 'the server runs',
      })
      expect((await component(world, 'pithos').show(FIRST, '?resolved=true')).status).toBe(404)
      const log = await world.query('select component, reason, delta_quantity, usage_min, usage_max from provision_log')
      const entry = { component: 'cyclades', reason: 'ACCEPT:the server runs', delta_quantity: 1n }
      expect(log).toEqual([1, 2].map(() => ({ ...entry, usage_min: 1n, usage_max: 1n })))
    },
  },
  {
    title: 'what it reserved is free again',
    operation: 'commission-reject',
    given: (world) => issue(world, 2),
    input: { serial: FIRST, reason: 'never built' },
    output: { state: 'rejected', reason: 'never built' },
    audit: (world) => [
      {
        subject: `commission:${FIRST}`,
        before: { state: 'pending', provisions: provisionsOf(world, 2) },
        after: { state: 'rejected', reason: 'never built' },
      },
    ],
    async effect(world) {
      expect(await quotaOf(world, 'alice', 'cyclades.vm')).toMatchObject({ usage: 0, pending: 0, project_usage: 0 })
      expect((await component(world, 'cyclades').accept(FIRST)).status).toBe(404)
      const log = await world.query('select distinct reason, usage_max from provision_log')
      expect(log).toEqual([{ reason: 'REJECT:never built', usage_max: 0n }])
    },
  },
  ...['commission-accept', 'commission-reject'].flatMap((operation): Case[] => [
    {
      title: 'one that there is not',
      operation,
      input: { serial: 5, reason: 'x' },
      refused: { kind: 'unknown', message: 'There is no pending commission with serial 5.' },
    },
    {
      title: 'no reason',
      operation,
      given: (world) => issue(world),
      input: { serial: FIRST },
      refused: { kind: 'malformed', message: 'reason: is missing' },
    },
  ]),
]

testCases('commissions', cases)

describe('an operator and the component at the same commission', () => {
  const setup = adminWorld()
  let world: AdminWorld
  let cyclades: Component
  beforeEach(() => {
    world = setup.world()
    cyclades = component(world, 'cyclades')
  })

  it('exactly one of them resolves it', async () => {
    const winners = new Set<string>()
    const operator = async (serial: number, how: 'accept' | 'reject'): Promise<string | null> => {
      try {
        await world.call(`commission-${how}`, { serial, reason: 'by hand' })
        return `operator ${how}`
      } catch (error) {
        expect((error as Error).message).toBe(`There is no pending commission with serial ${serial}.`)
        return null
      }
    }
    const owner = async (serial: number, how: 'accept' | 'reject'): Promise<string | null> => {
      const { status, text } = await cyclades[how](serial)
      if (status === 200) return `component ${how}`
      expect([status, text]).toEqual([404, ''])
      return null
    }
    let usage = 0
    for (let round = 0; round < 40; round += 1) {
      const [one, other] = round % 2 === 0 ? (['accept', 'reject'] as const) : (['reject', 'accept'] as const)
      // oxlint-disable-next-line no-await-in-loop -- round after round
      const serial = await cyclades.issued({ provisions: charge(world, 'alice', 1), force: true })
      const racers =
        round % 4 < 2 ? [operator(serial, one), owner(serial, other)] : [owner(serial, one), operator(serial, other)]
      // oxlint-disable-next-line no-await-in-loop
      const [winner, ...more] = (await Promise.all(racers)).filter((name) => name !== null)
      expect(more).toEqual([])
      if (winner === undefined) throw new Error('Nobody resolved it')
      winners.add(winner.split(' ')[0] ?? '')
      if (winner.endsWith('accept')) usage += 1
      // oxlint-disable-next-line no-await-in-loop
      expect(await quotaOf(world, 'alice', 'cyclades.vm')).toMatchObject({ usage, pending: 0, project_usage: usage })
    }
    // Both get their turn, or the race was none.
    expect([...winners].toSorted()).toEqual(['component', 'operator'])
    const [log] = await world.query('select count(*) as rows, count(distinct serial) as serials from provision_log')
    expect(log).toEqual({ rows: 80n, serials: 40n })
  })

  it('a key keeps its answer, and how its commission ended can be asked', async () => {
    const body = { provisions: charge(world, 'alice', 1) }
    const serial = await cyclades.issued(body, 'key')
    await world.call('commission-reject', { serial, reason: 'lost' })
    const again = await cyclades.issue(body, 'key')
    expect([again.status, again.json]).toEqual([201, { serial }])
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(await quotaOf(world, 'alice', 'cyclades.vm')).toMatchObject({ usage: 0, pending: 0 })
    expect((await cyclades.accept(serial)).status).toBe(404)
    const ended = { serial, state: 'rejected', reason: 'lost', provisions: body.provisions }
    expect((await cyclades.show(serial, '?resolved=true')).json).toMatchObject(ended)
    // Its life begins when it ended, as if the component had ended it.
    const { database } = world.service.service
    await database.query(sql("update idempotency_keys set decided_at = now() - interval '2 days'"))
    expect(await cleanUpKeys(database, 24 * 3600 * 1000)).toBe(0)
    await database.query(sql("update resolutions set resolve_time = now() - interval '2 days'"))
    expect(await cleanUpKeys(database, 24 * 3600 * 1000)).toBe(1)
  })
})
