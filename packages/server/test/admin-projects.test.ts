import { describe, expect, it } from 'vitest'
import { apply, asUser, openProject, quotaOf, uuidOf } from './support/admin-api.ts'
import { adminWorld, testCases, type AdminWorld, type Case } from './support/admin-cases.ts'

const INFINITE = 2n ** 63n - 1n
const ONE = 'one.example.org'
const NOBODY = '00000000-0000-0000-0000-000000000000'
/** The number of the first application, and of the first membership behind those of the world. */
const FIRST = 50_001
const TEXT = expect.any(String) as unknown

const idOf = async ({ query }: AdminWorld, name: string): Promise<string> =>
  (await query<{ uuid: string }>('select uuid from projects where realname = $1 order by id desc limit 1', [name]))[0]
    ?.uuid ?? ''
const named =
  (name: string, more: object = {}) =>
  async (world: AdminWorld): Promise<object> => ({ project: await idOf(world, name), ...more })
const one = (more: object = {}): ((world: AdminWorld) => Promise<object>) => named(ONE, more)
const opened = (world: AdminWorld): Promise<string> => openProject(world, 'alice', ONE)
const applied = (world: AdminWorld): Promise<unknown> => apply(world, 'alice', ONE)
const act = async (world: AdminWorld, action: string, more: object = {}): Promise<unknown> =>
  world.call(`project-${action}`, { ...(await one()(world)), ...more })
const audited =
  (before: unknown, after: unknown) =>
  async (world: AdminWorld): Promise<{ subject: string; before: unknown; after: unknown }[]> => [
    { subject: `project:${await idOf(world, ONE)}`, before, after },
  ]
const vms = async (world: AdminWorld): Promise<unknown> => {
  const quota = await quotaOf(world, 'alice', 'cyclades.vm', await idOf(world, ONE))
  return [quota?.limit, quota?.project_limit]
}
const isSynced = async ({ call }: AdminWorld): Promise<void> =>
  expect(await call('quota-verify', { unexpected: true })).toMatchObject({ inconsistencies: 0 })
const namesIn = (output: unknown): string[] => (output as { items: { name: string }[] }).items.map(({ name }) => name)

/** One of each kind: pending, denied, dismissed, active, with a change that is asked for, suspended, terminated. */
const allKinds = async (world: AdminWorld): Promise<void> => {
  await apply(world, 'alice', 'pending.example.org')
  for (const name of ['denied', 'dismissed']) {
    // oxlint-disable-next-line no-await-in-loop -- in this order
    const { application } = await apply(world, 'bob', `${name}.example.org`)
    // oxlint-disable-next-line no-await-in-loop
    await world.call('project-deny', { application })
    // oxlint-disable-next-line no-await-in-loop
    if (name === 'dismissed') await world.call('project-dismiss', { application })
  }
  for (const name of ['active', 'changing', 'suspended', 'terminated']) {
    // oxlint-disable-next-line no-await-in-loop
    const project = await openProject(world, 'bob', `${name}.example.org`)
    // oxlint-disable-next-line no-await-in-loop
    if (name === 'changing') await asUser(world, 'bob', 'PUT', `projects/${project}`, { description: 'x' })
    // oxlint-disable-next-line no-await-in-loop
    if (name === 'suspended') await world.call('project-suspend', { project })
    // oxlint-disable-next-line no-await-in-loop
    if (name === 'terminated') await world.call('project-terminate', { project })
  }
}
const listed = (title: string, input: object, names: readonly string[]): Case => ({
  title,
  operation: 'project-list',
  given: allKinds,
  input,
  effect: async (_, output) => expect(namesIn(output)).toEqual(names.map((name) => `${name}.example.org`)),
})

const looks: readonly Case[] = [
  {
    ...listed('those that go on, with their status', {}, ['pending', 'denied', 'active', 'changing', 'suspended']),
    output: {
      items: [
        { status: 'Pending', owner: 'alice@example.org', pending_app: FIRST, end_date: TEXT, deactivation_date: null },
        { status: 'Denied', owner: 'bob@example.org', pending_app: null },
        { status: 'Active', deactivation_date: null },
        { status: 'Active', pending_app: FIRST + 5 },
        { status: 'Suspended', deactivation_date: TEXT },
      ],
      next: null,
    },
  },
  listed('with a change that is asked for', { modified: true }, ['changing']),
  listed('new ones', { new: true }, ['pending']),
  listed('of an address, deleted and terminated ones too', { owner: 'Bob@example.org', deleted: true }, [
    'denied',
    'dismissed',
    'active',
    'changing',
    'suspended',
    'terminated',
  ]),
  {
    title: 'page by page, with a pending application',
    operation: 'project-list',
    given: allKinds,
    input: { pending: true, limit: 1 },
    output: { items: [{ name: 'pending.example.org' }], next: expect.any(Number) as unknown },
    effect: async ({ call }, output) => {
      const { next: after } = output as { next: number }
      const rest = await call('project-list', { pending: true, after })
      expect(namesIn(rest)).toEqual(['changing.example.org'])
      expect(rest).toMatchObject({ next: null })
    },
  },
  {
    title: 'system projects, by name and by the uuid of an owner',
    operation: 'project-list',
    given: opened,
    input: (world) => ({ system_projects: true, name: `system:${uuidOf(world, 'alice')}` }),
    output: (world: AdminWorld) => ({ items: [{ id: uuidOf(world, 'alice'), owner: null, status: 'Active' }] }),
    async effect(world, output) {
      expect(namesIn(output)).toHaveLength(1)
      expect(namesIn(await world.call('project-list', { owner: uuidOf(world, 'alice') }))).toEqual([ONE])
      expect(namesIn(await world.call('project-list', { owner: NOBODY }))).toEqual([])
    },
  },
  {
    title: 'all there is to see',
    operation: 'project-show',
    given: async (world) => {
      const project = await opened(world)
      await asUser(world, 'alice', 'PUT', `projects/${project}`, {
        resources: { 'cyclades.ram': { project_capacity: 5, member_capacity: 1 } },
      })
    },
    input: one({ members: true, pending_app: true, quota: true }),
    output: (world: AdminWorld) => ({
      name: ONE,
      status: 'Active',
      owner: uuidOf(world, 'alice'),
      owner_email: 'alice@example.org',
      system_project: false,
      join_policy: 'automatically accepted',
      leave_policy: 'automatically accepted',
      max_members: INFINITE,
      total_members: 1,
      members: [{ uuid: uuidOf(world, 'alice'), email: 'alice@example.org', status: 'accepted' }],
      pending_app: {
        id: FIRST + 1,
        applicant_email: 'alice@example.org',
        limits: [{ resource: 'cyclades.ram', member: 1, project: 5 }],
      },
    }),
    effect: async (_, output) => {
      const { quota } = output as { quota: { resource: string }[] }
      expect(quota.find(({ resource }) => resource === 'cyclades.vm')).toMatchObject({
        member: 2,
        project: 3,
        usage: 0,
      })
      expect(quota).toHaveLength(7)
    },
  },
  {
    title: 'one that there is not',
    operation: 'project-show',
    input: { project: NOBODY },
    refused: { kind: 'unknown', message: `Project with id ${NOBODY} not found.` },
  },
  {
    title: 'who is in it, and who asked',
    operation: 'membership-list',
    given: async (world) => {
      const project = await openProject(world, 'alice', ONE, { join_policy: 'moderated' })
      await asUser(world, 'bob', 'POST', 'projects/memberships', { join: { project } })
    },
    input: one({ status: 'requested', limit: 1 }),
    output: (world: AdminWorld) => ({
      items: [{ user: uuidOf(world, 'alice'), email: 'alice@example.org', status: 'requested' }],
      next: expect.any(Number) as unknown,
    }),
  },
  {
    title: 'of none',
    operation: 'membership-list',
    input: { project: NOBODY },
    refused: { kind: 'unknown', message: `Project with id ${NOBODY} not found.` },
  },
]

const decisions: readonly Case[] = [
  {
    title: 'the project is there, and its members have what was asked for',
    operation: 'project-approve',
    given: applied,
    input: { application: FIRST, reason: 'welcome' },
    output: { application: FIRST, status: 'approved', project_status: 'active' },
    audit: async (world) => {
      const project = await idOf(world, ONE)
      return [
        {
          subject: `application:${FIRST}`,
          before: { state: 'pending', project },
          after: { state: 'approved', project, reason: 'welcome' },
        },
        {
          subject: `project:${project}`,
          before: { state: 'uninitialized' },
          after: { state: 'active', limits: { 'cyclades.network.private': { member: 5, project: 5 } } },
        },
      ]
    },
    async effect(world) {
      await asUser(world, 'alice', 'POST', 'projects/memberships', { join: { project: await idOf(world, ONE) } })
      expect(await vms(world)).toEqual([2, 3])
      expect(await world.query("select reason from project_log where to_state = 'active' and reason <> ''")).toEqual([
        { reason: 'welcome' },
      ])
      await isSynced(world)
    },
  },
  {
    title: 'a change counts at once',
    operation: 'project-approve',
    given: async (world) => {
      const project = await opened(world)
      await asUser(world, 'alice', 'PUT', `projects/${project}`, {
        resources: { 'cyclades.vm': { project_capacity: 9, member_capacity: 8 } },
      })
    },
    input: { application: FIRST + 1 },
    audit: async (world) => [
      { subject: `application:${FIRST + 1}`, before: { state: 'pending' }, after: { state: 'approved', reason: '' } },
      {
        subject: `project:${await idOf(world, ONE)}`,
        before: { limits: { 'cyclades.vm': { member: 2, project: 3 } } },
        after: { limits: { 'cyclades.vm': { member: 8, project: 9 } } },
      },
    ],
    effect: async (world) => expect(await vms(world)).toEqual([8, 9]),
  },
  {
    title: 'a name that is taken',
    operation: 'project-approve',
    given: async (world) => {
      await opened(world)
      await apply(world, 'bob', ONE)
    },
    input: { application: FIRST + 1 },
    refused: async ({ query }) => {
      const [taken] = await query<{ uuid: string }>('select uuid from projects where name = $1', [ONE])
      const message = `cannot approve: project with name '${ONE}' already exists (id: ${taken?.uuid})`
      return { kind: 'conflict', message }
    },
  },
  ...['approve', 'deny', 'dismiss', 'cancel'].map((action): Case => {
    const state = action === 'dismiss' ? 'Pending review' : 'Denied'
    return {
      title: 'in another state',
      operation: `project-${action}`,
      given: async (world) => {
        await applied(world)
        if (action !== 'dismiss') await world.call('project-deny', { application: FIRST })
      },
      input: { application: FIRST },
      refused: { kind: 'conflict', message: `Cannot ${action} application ${FIRST} in state '${state}'` },
    }
  }),
  {
    title: 'one that there is not',
    operation: 'project-approve',
    input: { application: 1 },
    refused: { kind: 'unknown', message: 'There is no project application identified by 1.' },
  },
  {
    title: 'one that was replaced',
    operation: 'project-deny',
    given: async (world) => {
      const project = await opened(world)
      for (const description of ['x', 'y'])
        // oxlint-disable-next-line no-await-in-loop -- one replaces the other
        await asUser(world, 'alice', 'PUT', `projects/${project}`, { description })
    },
    input: { application: FIRST + 1 },
    refused: async (world) => ({
      kind: 'conflict',
      message: `${FIRST + 1} is not a pending application for project ${await idOf(world, ONE)}.`,
    }),
  },
  {
    title: 'the applicant may ask again',
    operation: 'project-deny',
    given: applied,
    input: { application: FIRST, reason: 'too large' },
    output: { status: 'denied', project_status: 'uninitialized' },
    audit: [
      {
        subject: `application:${FIRST}`,
        before: { state: 'pending' },
        after: { state: 'denied', reason: 'too large' },
      },
    ],
    effect: async ({ call, query }) => {
      expect(await query('select response from applications')).toEqual([{ response: 'too large' }])
      expect(await call('reconcile-pending-applications')).toMatchObject({ unsynced: 0 })
    },
  },
  ...(['dismiss', 'cancel'] as const).map((action): Case => ({
    title: 'a new project is deleted',
    operation: `project-${action}`,
    given: async (world) => {
      await applied(world)
      if (action === 'dismiss') await world.call('project-deny', { application: FIRST })
    },
    input: { application: FIRST, reason: 'over' },
    output: { project_status: 'deleted' },
    audit: async (world) => [
      {
        subject: `application:${FIRST}`,
        before: { state: action === 'dismiss' ? 'denied' : 'pending' },
        after: { state: action === 'dismiss' ? 'dismissed' : 'cancelled', reason: 'over' },
      },
      {
        subject: `project:${await idOf(world, ONE)}`,
        before: { state: 'uninitialized' },
        after: { state: 'deleted' },
      },
    ],
  })),
]

const ACTIONS = [
  ['suspend', null, 'active', 'suspended', [0, 0]],
  ['unsuspend', 'suspend', 'suspended', 'active', [2, 3]],
  ['terminate', null, 'active', 'terminated', [0, 0]],
  ['reinstate', 'terminate', 'terminated', 'active', [2, 3]],
] as const

const actions: readonly Case[] = [
  ...ACTIONS.map(([action, first, from, to, limits]): Case => ({
    title: `${from} becomes ${to}`,
    operation: `project-${action}`,
    given: async (world) => {
      await opened(world)
      if (first !== null) await act(world, first)
    },
    input: one({ reason: 'for a reason' }),
    output: { name: ONE, status: to },
    audit: audited({ state: from }, { state: to, reason: 'for a reason' }),
    async effect(world) {
      expect(await vms(world)).toEqual(limits)
      const [log] = await world.query('select to_state, actor_id, reason from project_log order by id desc limit 1')
      expect(log).toEqual({ to_state: to, actor_id: null, reason: 'for a reason' })
      await isSynced(world)
    },
  })),
  ...(
    [
      ['suspend', 'suspend', 'is suspended'],
      ['unsuspend', null, 'is not suspended'],
      ['terminate', 'terminate', 'is not alive'],
      ['reinstate', null, 'is not terminated'],
    ] as const
  ).map(([action, first, rule]): Case => ({
    title: 'in another state',
    operation: `project-${action}`,
    given: async (world) => {
      await opened(world)
      if (first !== null) await act(world, first)
    },
    input: one(),
    refused: async (world) => ({ kind: 'conflict', message: `Project ${await idOf(world, ONE)} ${rule}.` }),
  })),
  {
    title: 'one that there is not',
    operation: 'project-suspend',
    input: { project: NOBODY },
    refused: { kind: 'unknown', message: `There is no project identified by ${NOBODY}.` },
  },
  {
    title: 'a system project',
    operation: 'project-terminate',
    input: (world) => ({ project: uuidOf(world, 'alice') }),
    refused: (world) => ({
      kind: 'conflict',
      message: `Cannot terminate: ${uuidOf(world, 'alice')} is a system project.`,
    }),
  },
  {
    title: 'a name that somebody else has by now',
    operation: 'project-reinstate',
    given: async (world) => {
      await opened(world)
      await act(world, 'terminate')
      await openProject(world, 'bob', 'two.example.org')
      await world.query(`update projects set realname = '${ONE}', name = '${ONE}' where realname = 'two.example.org'`)
    },
    input: async ({ query }) => {
      const [gone] = await query<{ uuid: string }>("select uuid from projects where state = 'terminated'")
      return { project: gone?.uuid }
    },
    refused: async (world) => ({
      kind: 'conflict',
      message: `cannot approve: project with name '${ONE}' already exists (id: ${await idOf(world, ONE)})`,
    }),
  },
]

const over = ({ query }: AdminWorld): Promise<unknown> =>
  query("update projects set end_date = '2020-01-01' where realname = $1", [ONE])

const expiry: readonly Case[] = [
  {
    title: 'what is over goes on by itself',
    operation: 'project-expired-list',
    given: async (world) => {
      await opened(world)
      await openProject(world, 'alice', 'two.example.org')
      await over(world)
    },
    output: { items: [{ id: TEXT, name: ONE, status: 'Active', end_date: '2020-01-01T00:00:00.000Z' }], next: null },
    effect: async (_, output) => expect(namesIn(output)).toEqual([ONE]),
  },
  {
    title: 'it ends, and what goes on is left alone',
    operation: 'project-terminate-expired',
    given: async (world) => {
      await opened(world)
      await openProject(world, 'alice', 'two.example.org')
      await over(world)
    },
    output: { items: [{ name: ONE, status: 'Terminated' }], message: '1 projects have been terminated.' },
    audit: audited({ state: 'active' }, { state: 'terminated' }),
    async effect(world) {
      expect(await vms(world)).toEqual([0, 0])
      const [log] = await world.query('select to_state, actor_id, reason from project_log order by id desc limit 1')
      expect(log).toEqual({ to_state: 'terminated', actor_id: null, reason: null })
      expect(namesIn(await world.call('project-list'))).toEqual(['two.example.org'])
    },
  },
  {
    title: 'nothing is over',
    operation: 'project-terminate-expired',
    given: opened,
    output: { items: [], message: 'No expired projects.' },
  },
]

const LIMITS = [{ resource: 'cyclades.vm', member: '1k', project: 'inf' }]

const modifications: readonly Case[] = [
  {
    title: 'everything at once',
    operation: 'project-modify',
    given: opened,
    input: async (world) => ({
      ...(await one()(world)),
      name: 'no domain',
      owner: uuidOf(world, 'bob'),
      homepage: 'https://example.org',
      description: '',
      end_date: '2020-01-01T02:00:00+02:00',
      join_policy: 'closed',
      leave_policy: 'moderated',
      max_members: 7,
      private: true,
      limits: [...LIMITS, { resource: 'cyclades.total_ram', member: 0, project: 0 }],
    }),
    output: (world: AdminWorld) => ({
      name: 'no domain',
      owner: uuidOf(world, 'bob'),
      end_date: '2020-01-01T00:00:00.000Z',
    }),
    audit: async (world) => [
      {
        subject: `project:${await idOf(world, 'no domain')}`,
        before: { name: ONE, owner: uuidOf(world, 'alice'), limits: { 'cyclades.vm': { member: 2, project: 3 } } },
        after: {
          name: 'no domain',
          owner: uuidOf(world, 'bob'),
          homepage: 'https://example.org',
          end_date: '2020-01-01T00:00:00.000Z',
          join_policy: 'closed',
          leave_policy: 'moderated',
          max_members: 7,
          private: true,
          limits: {
            'cyclades.vm': { member: 1024, project: INFINITE },
            'cyclades.total_ram': { member: 0, project: 0 },
          },
        },
      },
    ],
    async effect(world) {
      const project = await idOf(world, 'no domain')
      const quota = await quotaOf(world, 'alice', 'cyclades.vm', project)
      expect(quota).toMatchObject({ limit: 1024, project_limit: INFINITE })
      expect((await asUser(world, 'bob', 'GET', `projects/${project}`)).json).toMatchObject({
        name: 'no domain',
        owner: uuidOf(world, 'bob'),
        max_members: 7,
        private: true,
        resources: { 'cyclades.vm': { project_capacity: INFINITE, member_capacity: 1024 } },
      })
      await isSynced(world)
    },
  },
  {
    title: 'what is not named stays',
    operation: 'project-modify',
    given: opened,
    input: one({ max_members: 'inf', private: true }),
    audit: audited({ private: false }, { private: true }),
    effect: async (world) => expect(await vms(world)).toEqual([2, 3]),
  },
  {
    title: 'limits of a suspended project count when it goes on',
    operation: 'project-modify',
    given: async (world) => {
      await opened(world)
      await act(world, 'suspend')
    },
    input: one({ limits: [{ resource: 'cyclades.vm', member: 5, project: 6 }] }),
    audit: audited({}, { limits: { 'cyclades.vm': { member: 5, project: 6 } } }),
    async effect(world) {
      expect(await vms(world)).toEqual([0, 0])
      await act(world, 'unsuspend')
      expect(await vms(world)).toEqual([5, 6])
    },
  },
  {
    title: 'the quota of a user',
    operation: 'project-modify',
    input: (world) => ({ project: uuidOf(world, 'bob'), limits: LIMITS }),
    audit: (world) => [
      {
        subject: `project:${uuidOf(world, 'bob')}`,
        before: { limits: { 'cyclades.vm': { member: 2, project: 2 } } },
        after: { limits: { 'cyclades.vm': { member: 1024, project: INFINITE } } },
      },
    ],
    effect: async (world) => expect(await quotaOf(world, 'bob', 'cyclades.vm')).toMatchObject({ limit: 1024 }),
  },
  {
    title: 'one that there is not',
    operation: 'project-modify',
    input: { project: NOBODY, private: true },
    refused: { kind: 'unknown', message: `Project with id ${NOBODY} not found.` },
  },
  {
    title: 'one that was never approved',
    operation: 'project-modify',
    given: applied,
    input: one({ private: true }),
    refused: async (world) => ({
      kind: 'conflict',
      message: `Cannot modify: project ${await idOf(world, ONE)} is not initialized.`,
    }),
  },
  {
    title: 'what a system project keeps',
    operation: 'project-modify',
    input: (world) => ({ project: uuidOf(world, 'bob'), name: 'x', description: '' }),
    refused: { kind: 'conflict', message: "Cannot modify field(s) 'name', 'description' of system projects." },
  },
  {
    title: 'an owner who was not accepted',
    operation: 'project-modify',
    given: opened,
    input: async (world) => ({ ...(await one()(world)), owner: uuidOf(world, 'trent') }),
    refused: (world) => ({ kind: 'unknown', message: `owner: there is no accepted user ${uuidOf(world, 'trent')}` }),
  },
  {
    title: 'a name that is reserved',
    operation: 'project-modify',
    given: async (world) => {
      await opened(world)
      await openProject(world, 'bob', 'two.example.org')
    },
    input: named('two.example.org', { name: ONE }),
    refused: async (world) => ({
      kind: 'conflict',
      message: `name: project ${await idOf(world, ONE)} has reserved it`,
    }),
  },
  {
    title: 'a resource that there is not',
    operation: 'project-modify',
    given: opened,
    input: one({ private: true, limits: [{ resource: 'no.such', member: 1, project: 1 }] }),
    refused: { kind: 'unknown', message: 'limits: Resource no.such does not exist.' },
  },
  ...(
    [
      ['nothing', {}, 'input: names nothing to change'],
      [
        'more for a member than for all',
        { limits: [{ resource: 'cyclades.vm', member: 2, project: 1 }] },
        "Project quota limit is less than member limit for resource 'cyclades.vm'",
      ],
      ['a resource twice', { limits: [...LIMITS, ...LIMITS] }, 'limits: names cyclades.vm twice'],
      [
        'a limit that is none',
        { limits: [{ resource: 'cyclades.vm', member: '1 x', project: 1 }] },
        "limits.0.member: must be an integer from 0 to 9223372036854775807, optionally followed by a unit, or 'inf'",
      ],
      ['a limit without a resource', { limits: [{ member: 1, project: 1 }] }, 'limits.0.resource: is missing'],
      [
        'an end without a zone',
        { end_date: '2030-01-01T00:00:00' },
        'end_date: must be a time such as 2030-01-01T00:00:00Z',
      ],
    ] as const
  ).map(([title, given, message]): Case => ({
    title,
    operation: 'project-modify',
    input: (world) => ({ project: uuidOf(world, 'bob'), ...given }),
    refused: { kind: 'malformed', message },
  })),
]

const bulk: readonly Case[] = [
  {
    title: 'all but one, and all limits with it',
    operation: 'project-modify-system',
    given: opened,
    input: (world) => ({
      exclude: [uuidOf(world, 'bob')],
      limits: [{ resource: 'cyclades.vm', member: 4, project: '9223372036854775807' }],
    }),
    output: { projects: 7 },
    audit: async ({ query, names }) => {
      const projects = await query<{ uuid: string }>(
        'select uuid from projects where is_system and uuid <> $1 order by id',
        [names['uuid:bob']],
      )
      return projects.map(({ uuid }) => ({
        subject: `project:${uuid}`,
        before: { limits: { 'cyclades.vm': { member: 2, project: 2 } } },
        after: { limits: { 'cyclades.vm': { member: 4, project: INFINITE } } },
      }))
    },
    async effect(world) {
      expect(await quotaOf(world, 'alice', 'cyclades.vm')).toMatchObject({ limit: 4, project_limit: INFINITE })
      expect(await quotaOf(world, 'bob', 'cyclades.vm')).toMatchObject({ limit: 2, project_limit: 2 })
      expect(await vms(world)).toEqual([2, 3])
      await isSynced(world)
    },
  },
  {
    title: 'of very many a row tells the number',
    operation: 'project-modify-system',
    given: ({ query }) =>
      query(
        `insert into projects (uuid, name, realname, is_system, state, end_date, join_policy, leave_policy, max_members)
         select i, 'system:' || i, 'system:' || i, true, 'active', now(), 'closed', 'closed', 1 from generate_series(1, 1000) as i`,
      ),
    input: { max_members: 'inf' },
    output: { projects: 1008 },
    audit: [
      { subject: 'system-projects', before: null, after: { projects: 1008, exclude: [], max_members: INFINITE } },
    ],
    effect: async ({ query }) =>
      expect(await query('select distinct max_members from projects where is_system')).toEqual([
        { max_members: INFINITE },
      ]),
  },
  ...['name', 'description'].map((field): Case => ({
    title: `no ${field}`,
    operation: 'project-modify-system',
    input: { [field]: 'x', private: true },
    refused: { kind: 'malformed', message: `Cannot modify field '${field}' in bulk` },
  })),
  {
    title: 'without one that there is not',
    operation: 'project-modify-system',
    given: opened,
    input: async (world) => ({ exclude: [await idOf(world, ONE)], private: false }),
    refused: async (world) => ({
      kind: 'unknown',
      message: `exclude: there is no system project ${await idOf(world, ONE)}`,
    }),
  },
]

const bond = async (world: AdminWorld, user: string): Promise<{ project: string; user: string }> => ({
  project: await idOf(world, ONE),
  user: uuidOf(world, user),
})

const members: readonly Case[] = [
  {
    title: 'somebody who did not ask',
    operation: 'project-enroll',
    given: opened,
    input: (world) => bond(world, 'bob'),
    output: { status: 'accepted' },
    audit: async (world) => {
      const [row] = await world.query<{ id: bigint }>('select max(id) as id from memberships')
      return [
        { subject: `membership:${row?.id}`, before: null, after: { ...(await bond(world, 'bob')), state: 'accepted' } },
      ]
    },
    async effect(world) {
      const project = await idOf(world, ONE)
      expect(await quotaOf(world, 'bob', 'cyclades.vm', project)).toMatchObject({ limit: 2, project_limit: 3 })
      await isSynced(world)
    },
  },
  {
    title: 'a member',
    operation: 'project-enroll',
    given: opened,
    input: (world) => bond(world, 'alice'),
    refused: { kind: 'conflict', message: 'Membership already exists.' },
  },
  {
    title: 'somebody unknown',
    operation: 'project-enroll',
    given: opened,
    input: one({ user: NOBODY }),
    refused: { kind: 'conflict', message: `Unknown users: ${NOBODY}` },
  },
  {
    title: 'in a system project',
    operation: 'project-enroll',
    input: (world) => ({ project: uuidOf(world, 'bob'), user: uuidOf(world, 'alice') }),
    refused: { kind: 'conflict', message: "The Project's member join policy is closed." },
  },
  {
    title: 'in none',
    operation: 'project-enroll',
    input: (world) => ({ project: NOBODY, user: uuidOf(world, 'alice') }),
    refused: { kind: 'conflict', message: `There is no project identified by ${NOBODY}.` },
  },
  {
    title: 'the limit is gone, usage would stay',
    operation: 'project-remove-member',
    given: opened,
    input: async (world) => ({ ...(await bond(world, 'alice')), reason: 'left' }),
    output: { status: 'removed' },
    audit: async (world) => {
      const [row] = await world.query<{ id: bigint }>('select max(id) as id from memberships')
      const { project, user } = await bond(world, 'alice')
      return [
        {
          subject: `membership:${row?.id}`,
          before: { project, user, state: 'accepted' },
          after: { project, user, state: 'removed', reason: 'left' },
        },
      ]
    },
    async effect(world) {
      expect(await quotaOf(world, 'alice', 'cyclades.vm', await idOf(world, ONE))).toBeUndefined()
      expect(await world.query("select reason from membership_log where to_state = 'removed'")).toEqual([
        { reason: 'left' },
      ])
      await isSynced(world)
    },
  },
  {
    title: 'who never was one',
    operation: 'project-remove-member',
    given: opened,
    input: (world) => bond(world, 'bob'),
    refused: { kind: 'unknown', message: 'This is not a valid membership request.' },
  },
  {
    title: 'of none',
    operation: 'project-remove-member',
    input: (world) => ({ project: NOBODY, user: uuidOf(world, 'alice') }),
    refused: { kind: 'unknown', message: `There is no project identified by ${NOBODY}.` },
  },
]

testCases('projects', [...looks, ...decisions, ...actions, ...expiry, ...modifications, ...bulk, ...members])

describe('mails of what operators decide', () => {
  const setup = adminWorld()

  it('tell whom it concerns', async () => {
    const world = setup.world()
    // What is sent is gone from the outbox.
    await world.query('create table told (subject text)')
    await world.query(`
      create function tell() returns trigger language plpgsql as
      $$ begin insert into told values (new.subject || ' to ' || array_to_string(new.recipients, ',')); return null; end $$`)
    await world.query('create trigger told after insert on outbox for each row execute function tell()')
    await applied(world)
    await world.call('project-approve', { application: FIRST })
    for (const action of ['suspend', 'unsuspend', 'terminate', 'reinstate'])
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await act(world, action)
    await act(world, 'enroll', { user: uuidOf(world, 'bob') })
    await act(world, 'remove-member', { user: uuidOf(world, 'bob') })
    await over(world)
    await world.call('project-terminate-expired')
    await apply(world, 'bob', 'two.example.org')
    await world.call('project-deny', { application: FIRST + 1 })
    const told = await world.query<{ subject: string }>('select subject from told')
    const ofProject = (what: string, whom: string): string => `Project ${ONE}: ${what} to ${whom}@example.org`
    expect(told.map(({ subject }) => subject)).toEqual([
      `Application ${FIRST} for project ${ONE}: approved to alice@example.org`,
      ...['suspend', 'unsuspend', 'terminate', 'reinstate'].map((action) => ofProject(action, 'alice')),
      ofProject('accepted', 'bob'),
      ofProject('removed', 'bob'),
      ofProject('terminate', 'alice'),
      `Application ${FIRST + 1} for project two.example.org: denied to bob@example.org`,
    ])
  })
})
