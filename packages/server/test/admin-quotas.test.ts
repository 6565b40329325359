import { describe, expect, it } from 'vitest'
import { apply, asUser, charge, component, openProject, quotaOf, uuidOf } from './support/admin-api.ts'
import { adminWorld, testCases, type AdminWorld, type Case } from './support/admin-cases.ts'

const INFINITE = 2n ** 63n - 1n
const ANY = expect.anything() as unknown

const member = (world: AdminWorld, user: string): string => {
  const uuid = uuidOf(world, user)
  return `holding:user:${uuid}/project:${uuid}/cyclades.vm`
}
const setHolding = ({ query }: AdminWorld, set: string, holder: string, resource = 'cyclades.vm'): Promise<unknown[]> =>
  query(`update holdings set ${set} where holder = $1 and resource = $2`, [holder, resource])

const NOTHING = {
  holder: 'user:nobody',
  source: 'project:nothing',
  resource: 'cyclades.vm',
} as const
/** A holding that corresponds to nothing. */
const addNothing = ({ query }: AdminWorld, usage = 0): Promise<unknown[]> =>
  query(
    `insert into holdings (holder, source, resource, "limit", usage_min, usage_max) values ($1, $2, $3, 5, $4, $4)`,
    [NOTHING.holder, NOTHING.source, NOTHING.resource, usage],
  )
const NOTHING_FOUND = { ...NOTHING, computed: null, stored: 5 }

const lists: readonly Case[] = [
  {
    title: 'what accepted members hold, with plain uuids',
    operation: 'quota-list',
    given: (world) => component(world, 'cyclades').issued({ provisions: charge(world, 'alice', 2) }),
    input: (world) => ({ user: uuidOf(world, 'alice'), source: uuidOf(world, 'alice'), resource: 'cyclades.vm' }),
    output: (world: AdminWorld) => ({
      items: [
        {
          holder: uuidOf(world, 'alice'),
          email: 'alice@example.org',
          source: uuidOf(world, 'alice'),
          resource: 'cyclades.vm',
          limit: 2,
          usage: 2,
          pending: 2,
        },
      ],
      next: null,
    }),
  },
  {
    title: 'the greatest limit comes unharmed',
    operation: 'quota-list',
    input: { resource: 'cyclades.network.private', limit_min: '9223372036854775807', limit: 1 },
    output: { items: [{ limit: INFINITE }], next: ANY },
  },
  {
    title: 'all of them, page by page',
    operation: 'quota-list',
    input: { resource: 'cyclades.vm', limit: 3 },
    async effect({ call, query }, output) {
      const seen: unknown[] = []
      let page = output as { items: { id: bigint }[]; next: bigint | null }
      for (;;) {
        seen.push(...page.items.map(({ id }) => BigInt(id)))
        if (page.next === null) break
        // oxlint-disable-next-line no-await-in-loop -- page after page
        page = (await call('quota-list', { resource: 'cyclades.vm', limit: 3, after: page.next })) as typeof page
      }
      const all = await query(
        "select id from holdings where resource = 'cyclades.vm' and source is not null order by id",
      )
      expect(seen).toEqual(all.map(({ id }) => id as unknown))
    },
  },
  {
    title: 'what is over its limit',
    operation: 'quota-list',
    given: (world) => setHolding(world, 'usage_min = 7, usage_max = 9', `user:${uuidOf(world, 'bob')}`),
    input: { overlimit: true },
    output: (world: AdminWorld) => ({ items: [{ holder: uuidOf(world, 'bob'), limit: 2, usage: 9, pending: 2 }] }),
    effect: async (_, output) => expect((output as { items: unknown[] }).items).toHaveLength(1),
  },
  {
    title: 'bounds are quantities with units',
    operation: 'quota-list',
    input: { limit_min: '4GiB', limit_max: '8 GiB', resource: 'cyclades.ram' },
    effect: async (_, output) => expect((output as { items: unknown[] }).items.length).toBeGreaterThan(3),
  },
  {
    title: 'usage within bounds, of which there is none',
    operation: 'quota-list',
    input: { usage_min: 1, usage_max: 'inf' },
    output: { items: [], next: null },
  },
  {
    title: 'what a project holds',
    operation: 'quota-list',
    input: (world) => ({ holder: 'project', source: uuidOf(world, 'alice'), resource: 'cyclades.vm' }),
    output: (world: AdminWorld) => ({
      items: [{ holder: uuidOf(world, 'alice'), source: null, limit: 2, usage: 0 }],
      next: null,
    }),
    effect: async (_, output) => expect((output as { items: unknown[] }).items).toHaveLength(1),
  },
  {
    title: 'a user of what projects hold',
    operation: 'quota-list',
    input: (world) => ({ holder: 'project', user: uuidOf(world, 'alice') }),
    refused: { kind: 'malformed', message: "user: projects' own holdings have none" },
  },
  {
    title: 'a holder of another kind',
    operation: 'quota-list',
    input: { holder: 'group' },
    refused: { kind: 'malformed', message: "holder: must be 'user' or 'project'" },
  },
]

const stale = async (world: AdminWorld): Promise<void> => {
  await setHolding(world, '"limit" = 77', `user:${uuidOf(world, 'alice')}`)
  await world.query('delete from holdings where holder = $1 and resource = $2', [
    `user:${uuidOf(world, 'bob')}`,
    'cyclades.cpu',
  ])
}

const verifies: readonly Case[] = [
  {
    title: 'everything is in sync',
    operation: 'quota-verify',
    given: (world) => openProject(world, 'alice', 'one.example.org'),
    output: { inconsistencies: 0, items: [] },
    async effect({ query }, output) {
      const [row] = await query<{ count: bigint }>('select count(*) as count from holdings')
      expect(BigInt((output as { compared: number }).compared)).toBe(row?.count)
    },
  },
  {
    title: 'a stale limit and a missing holding',
    operation: 'quota-verify',
    given: async (world) => {
      await stale(world)
      await addNothing(world)
    },
    output: (world: AdminWorld) => {
      const [alice, bob] = [uuidOf(world, 'alice'), uuidOf(world, 'bob')]
      const found = [
        { holder: `user:${alice}`, source: `project:${alice}`, resource: 'cyclades.vm', computed: 2, stored: 77 },
        { holder: `user:${bob}`, source: `project:${bob}`, resource: 'cyclades.cpu', computed: 8, stored: null },
      ]
      return { inconsistencies: 2, items: found.toSorted((a, b) => (a.holder < b.holder ? -1 : 1)) }
    },
  },
  {
    title: 'what corresponds to nothing, where it is asked for',
    operation: 'quota-verify',
    given: (world) => addNothing(world),
    input: { unexpected: true },
    output: { inconsistencies: 1, items: [NOTHING_FOUND] },
  },
  {
    title: 'all are counted, few are listed',
    operation: 'quota-verify',
    given: ({ query }) => query('update holdings set "limit" = 9223372036854775806'),
    input: { limit: 2 },
    output: { items: [{ stored: INFINITE - 1n }, { stored: INFINITE - 1n }] },
    async effect(_, output) {
      const { compared, inconsistencies, items } = output as Record<string, unknown>
      expect(inconsistencies).toBe(compared)
      expect(items).toHaveLength(2)
    },
  },
]

const fixes: readonly Case[] = [
  {
    title: 'nothing to do',
    operation: 'quota-fix',
    given: (world) => addNothing(world),
    output: { changed: 0, created: 0, deleted: 0, kept: 0, items: [] },
  },
  {
    title: 'limits are right again, and usage stays',
    operation: 'quota-fix',
    given: async (world) => {
      await stale(world)
      await setHolding(world, 'usage_min = 7, usage_max = 9', `user:${uuidOf(world, 'alice')}`)
    },
    output: { changed: 1, created: 1, deleted: 0, kept: 0 },
    audit: (world) => {
      const bob = uuidOf(world, 'bob')
      return [
        { subject: member(world, 'alice'), before: { limit: 77 }, after: { limit: 2 } },
        { subject: `holding:user:${bob}/project:${bob}/cyclades.cpu`, before: null, after: { limit: 8 } },
      ].toSorted((one, other) => (one.subject < other.subject ? -1 : 1))
    },
    async effect(world) {
      expect(await quotaOf(world, 'alice', 'cyclades.vm')).toMatchObject({ limit: 2, usage: 9, pending: 2 })
      expect(await quotaOf(world, 'bob', 'cyclades.cpu')).toMatchObject({ limit: 8, usage: 0 })
      expect(await world.call('quota-verify', { unexpected: true })).toMatchObject({ inconsistencies: 0 })
    },
  },
  {
    title: 'what corresponds to nothing goes',
    operation: 'quota-fix',
    given: (world) => addNothing(world),
    input: { unexpected: true },
    output: { changed: 0, created: 0, deleted: 1, kept: 0, items: [NOTHING_FOUND] },
    audit: [{ subject: 'holding:user:nobody/project:nothing/cyclades.vm', before: { limit: 5 }, after: null }],
    effect: async ({ call }) =>
      expect(await call('quota-verify', { unexpected: true })).toMatchObject({ inconsistencies: 0 }),
  },
  {
    title: 'but not with usage',
    operation: 'quota-fix',
    given: (world) => addNothing(world, 3),
    input: { unexpected: true },
    output: { deleted: 0, kept: 1, items: [] },
  },
  {
    title: 'nor what a pending commission names',
    operation: 'quota-fix',
    given: async (world) => {
      await addNothing(world)
      await component(world, 'cyclades').issued({ provisions: [{ ...NOTHING, quantity: 0 }] })
    },
    input: { unexpected: true },
    output: { deleted: 0, kept: 1 },
  },
  {
    title: 'nor what the provision log tells of',
    operation: 'quota-fix',
    given: async (world) => {
      await addNothing(world)
      await component(world, 'cyclades').issued({ provisions: [{ ...NOTHING, quantity: 0 }], auto_accept: true })
    },
    input: { unexpected: true },
    output: { deleted: 0, kept: 1 },
    effect: async ({ query }) =>
      expect(await query('select holder from provision_log')).toEqual([{ holder: NOTHING.holder }]),
  },
  {
    title: 'of very many a row tells the numbers',
    operation: 'quota-fix',
    given: ({ query }) =>
      query(
        `insert into holdings (holder, source, resource, "limit") select 'user:' || i, 'project:' || i, 'cyclades.vm', 1 from generate_series(1, 1001) as i`,
      ),
    input: { unexpected: true, limit: 3 },
    output: { deleted: 1001 },
    audit: [{ subject: 'holdings', before: null, after: { changed: 0, created: 0, deleted: 1001 } }],
    effect: async (_, output) => expect((output as { items: unknown[] }).items).toHaveLength(3),
  },
]

const pendingApp = (world: AdminWorld, user: string): Promise<object[]> =>
  world.query(
    'select usage_min, usage_max from holdings where (holder = $1 or holder = $2) and resource = $3 order by id',
    [`user:${uuidOf(world, user)}`, `project:${uuidOf(world, user)}`, 'astakos.pending_app'],
  )
/** One application of hers is counted as none, and one that there is not as one of his. */
const unsynced = async (world: AdminWorld): Promise<void> => {
  await apply(world, 'alice', 'one.example.org')
  await setHolding(world, 'usage_min = 0, usage_max = 0', `user:${uuidOf(world, 'alice')}`, 'astakos.pending_app')
  await setHolding(world, 'usage_min = 1, usage_max = 1', `user:${uuidOf(world, 'bob')}`, 'astakos.pending_app')
}
const half = (world: AdminWorld, user: string): string =>
  `holding:user:${uuidOf(world, user)}/project:${uuidOf(world, user)}/astakos.pending_app`

const reconciliations: readonly Case[] = [
  {
    title: 'all are counted',
    operation: 'reconcile-pending-applications',
    given: (world) => apply(world, 'alice', 'one.example.org'),
    input: { fix: true },
    output: { unsynced: 0, items: [] },
    effect: async (_, output) => expect((output as { compared: number }).compared).toBeGreaterThan(10),
  },
  {
    title: 'a look changes nothing',
    operation: 'reconcile-pending-applications',
    given: unsynced,
    output: (world: AdminWorld) => ({
      unsynced: 2,
      items: [
        { holder: `user:${uuidOf(world, 'alice')}`, usage: 0, pending: 0, applications: 1 },
        { holder: `user:${uuidOf(world, 'bob')}`, usage: 1, pending: 0, applications: 0 },
      ],
    }),
  },
  {
    title: 'a commission corrects them, and the provision log tells of it',
    operation: 'reconcile-pending-applications',
    given: unsynced,
    input: { fix: true },
    output: { unsynced: 2, message: 'Fixed unsynced resources', serial: ANY, fixed: 2 },
    audit: (world) => [
      { subject: half(world, 'alice'), before: { usage: 0 }, after: { usage: 1 } },
      { subject: half(world, 'bob'), before: { usage: 1 }, after: { usage: 0 } },
    ],
    async effect(world) {
      expect(await pendingApp(world, 'alice')).toEqual([1, 2].map(() => ({ usage_min: 1n, usage_max: 1n })))
      expect(await pendingApp(world, 'bob')).toEqual([1, 2].map(() => ({ usage_min: 0n, usage_max: 0n })))
      const log = await world.query(
        "select component, delta_quantity from provision_log where name like 'reconc%' order by holder = $1 desc",
        [`user:${uuidOf(world, 'alice')}`],
      )
      expect(log).toEqual([
        { component: 'astakos', delta_quantity: 1n },
        { component: 'astakos', delta_quantity: -1n },
      ])
      expect(await world.call('reconcile-pending-applications')).toMatchObject({ unsynced: 0 })
    },
  },
  {
    title: 'of one user',
    operation: 'reconcile-pending-applications',
    given: unsynced,
    input: (world) => ({ user: uuidOf(world, 'bob'), fix: true }),
    output: { compared: 2, unsynced: 1 },
    audit: (world) => [{ subject: half(world, 'bob'), before: { usage: 1 }, after: { usage: 0 } }],
  },
  {
    title: 'of one project',
    operation: 'reconcile-pending-applications',
    given: unsynced,
    input: (world) => ({ project: uuidOf(world, 'alice'), fix: true }),
    output: { compared: 2, unsynced: 1 },
    audit: (world) => [{ subject: half(world, 'alice'), before: { usage: 0 }, after: { usage: 1 } }],
  },
  {
    title: 'a limit is in the way',
    operation: 'reconcile-pending-applications',
    given: async (world) => {
      await unsynced(world)
      await setHolding(world, '"limit" = 0', `user:${uuidOf(world, 'alice')}`, 'astakos.pending_app')
    },
    input: { fix: true },
    refused: {
      kind: 'conflict',
      message: 'Reconciling failed because a limit has been reached. Use --force to ignore the check.',
    },
  },
  {
    title: 'a limit is passed by force',
    operation: 'reconcile-pending-applications',
    given: async (world) => {
      await unsynced(world)
      await setHolding(world, '"limit" = 0', `user:${uuidOf(world, 'alice')}`, 'astakos.pending_app')
    },
    input: (world) => ({ fix: true, force: true, user: uuidOf(world, 'alice') }),
    audit: (world) => [{ subject: half(world, 'alice'), before: { usage: 0 }, after: { usage: 1 } }],
  },
  {
    title: 'what waits for a commission is told and left alone',
    operation: 'reconcile-pending-applications',
    given: (world) => component(world, 'pithos').issued({ provisions: charge(world, 'bob', 1, 'astakos.pending_app') }),
    input: { fix: true },
    output: { unsynced: 2, items: [{ pending: 1 }, { pending: 1 }] },
  },
  {
    title: 'somebody without quota',
    operation: 'reconcile-pending-applications',
    input: { user: '00000000-0000-0000-0000-000000000000' },
    refused: { kind: 'unknown', message: 'user: has no quota of astakos.pending_app' },
  },
  {
    title: 'a project without quota',
    operation: 'reconcile-pending-applications',
    input: { project: '00000000-0000-0000-0000-000000000000' },
    refused: { kind: 'unknown', message: 'project: has no quota of astakos.pending_app' },
  },
]

testCases('quotas', [...lists, ...verifies, ...fixes, ...reconciliations])

describe('repairs while the service works', () => {
  const setup = adminWorld()

  it('a holding that was deleted and made again is charged at once', async () => {
    const world = setup.world()
    const provisions = [{ ...NOTHING, quantity: 0 }]
    await addNothing(world)
    // It is known from now on, and named by nothing.
    const cyclades = component(world, 'cyclades')
    await cyclades.issued({ provisions })
    await world.query('truncate commissions')
    await world.call('quota-fix', { unexpected: true })
    expect((await cyclades.issue({ provisions })).status).toBe(404)
    await addNothing(world)
    expect((await cyclades.issue({ provisions })).status).toBe(201)
    await world.query('truncate commissions')
    await world.call('quota-fix', { unexpected: true })
    await addNothing(world)
    expect((await cyclades.issue({ provisions })).status).toBe(201)
  })

  it('corrections and applications that come together are both counted', async () => {
    const world = setup.world()
    for (let round = 0; round < 10; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- round after round
      await unsynced(world)
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all([
        world.call('reconcile-pending-applications', { fix: true, force: true }),
        apply(world, 'carol', `carol${round}.example.org`),
        world.call('reconcile-pending-applications', { fix: true, force: true }),
        apply(world, 'carol', `other${round}.example.org`),
      ])
      // oxlint-disable-next-line no-await-in-loop
      expect(await world.call('reconcile-pending-applications')).toMatchObject({ unsynced: 0 })
      // oxlint-disable-next-line no-await-in-loop
      await world.query("update applications set state = 'denied' where state = 'pending'")
      // oxlint-disable-next-line no-await-in-loop
      await world.call('reconcile-pending-applications', { fix: true, force: true })
    }
  })

  it('joining, leaving and fixing at once leaves every limit right', async () => {
    const world = setup.world()
    const project = await openProject(world, 'alice', 'one.example.org')
    const change = async (action: string): Promise<void> => {
      const { json } = await asUser(world, 'bob', 'GET', `projects/memberships?project=${project}`)
      const [own] = (json as { id: number; user: string }[]).filter(({ user }) => user === uuidOf(world, 'bob'))
      await (action === 'join'
        ? asUser(world, 'bob', 'POST', 'projects/memberships', { join: { project } })
        : asUser(world, 'bob', 'POST', `projects/memberships/${own?.id}/action`, { leave: '' }))
    }
    for (let round = 0; round < 10; round += 1) {
      // oxlint-disable-next-line no-await-in-loop -- round after round
      await world.query('update holdings set "limit" = "limit" - 1 where "limit" > 0 and source = $1', [
        `project:${project}`,
      ])
      // oxlint-disable-next-line no-await-in-loop
      await Promise.all([
        change(round % 2 === 0 ? 'join' : 'leave'),
        world.call('quota-fix', { unexpected: true }),
        world.call('quota-fix'),
      ])
      // oxlint-disable-next-line no-await-in-loop
      expect(await world.call('quota-verify', { unexpected: true })).toMatchObject({ inconsistencies: 0 })
      // oxlint-disable-next-line no-await-in-loop
      expect(await quotaOf(world, 'alice', 'cyclades.vm', project)).toMatchObject({ limit: 2, project_limit: 3 })
    }
  })
})
