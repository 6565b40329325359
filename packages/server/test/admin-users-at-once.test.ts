import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Mail } from '../src/mail/mail.ts'
import { Refused } from '../src/projects/refused.ts'
import { asUser, join, openProject, quotasWith, vmLimit } from './support/account.ts'
import { adminWorld, type AdminWorld, type Setup } from './support/admin-cases.ts'
import { send } from './support/http.ts'

/** Operators who decide at the same time, and what people get to know of it. Identity specification, 1.2 and 1.3. */

const mails: Mail[] = []
const mailer = {
  send: (mail: Mail): Promise<void> => {
    mails.push(mail)
    return Promise.resolve()
  },
}
beforeEach(() => void (mails.length = 0))
afterAll(() => void (mails.length = 0))

/** Of each call `done`, or the sentence that it was refused with; anything else is none of ours. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const settled = await Promise.allSettled(calls)
  return settled.map((one) => {
    if (one.status === 'fulfilled') return 'done'
    if (one.reason instanceof Refused) return one.reason.message
    throw one.reason
  })
}

const times = <T>(count: number, body: () => Promise<T>): Promise<T>[] => Array.from({ length: count }, body)
const systemProjects = async ({ query, names }: AdminWorld, user: string): Promise<number> =>
  (await query('select from projects where uuid = $1', [names[`uuid:${user}`]])).length
const statusOf = async ({ call, names }: AdminWorld, user: string): Promise<unknown> =>
  ((await call('user-show', { user: names[`uuid:${user}`] })) as { status: unknown }).status

function rowsOf({ query }: AdminWorld, operation: string): Promise<unknown[]> {
  return query('select id from audit where operation = $1', [operation])
}

describe('with moderation', () => {
  const setup: Setup = adminWorld({ mailer })
  const [erin, trent, alice] = ['erin@example.org', 'trent@example.org', 'alice@example.org']

  it('accepts an account once', async () => {
    const world = setup.world()
    const all = await outcomes(times(4, () => world.call('user-accept', { user: trent })))
    expect(all.toSorted()).toEqual([
      ...Array<string>(3).fill('Failed to accept: This account is already moderated.'),
      'done',
    ])
    expect([await systemProjects(world, 'trent'), await rowsOf(world, 'user-accept')]).toEqual([1, [expect.anything()]])
    expect(await vmLimit(world, world.names['uuid:trent'] ?? '')).toBe(2)
  })

  it('accepts or rejects, and who was rejected first may still be accepted', async () => {
    const world = setup.world()
    const [accepted, rejected] = await outcomes([
      world.call('user-accept', { user: trent }),
      world.call('user-reject', { user: trent }),
    ])
    expect(accepted).toBe('done')
    expect(['done', 'Failed to reject: This account is already moderated.']).toContain(rejected)
    expect(await statusOf(world, 'trent')).toBe('Accepted/Active (manually accepted)')
  })

  it('rejects an account once', async () => {
    const { call } = setup.world()
    const all = await outcomes(times(3, () => call('user-reject', { user: trent })))
    expect(all.toSorted()).toEqual([
      ...Array<string>(2).fill('Failed to reject: This account is already moderated.'),
      'done',
    ])
  })

  it('activates once what it deactivated, however often', async () => {
    const world = setup.world()
    expect(await outcomes(times(3, () => world.call('user-deactivate', { user: alice })))).toEqual([
      'done',
      'done',
      'done',
    ])
    const all = await outcomes(times(3, () => world.call('user-activate', { user: alice })))
    expect(all.toSorted()).toEqual([
      ...Array<string>(2).fill('Failed to activate: This account is already active.'),
      'done',
    ])
    expect(await vmLimit(world, world.names['uuid:alice'] ?? '')).toBe(2)
  })

  it('deactivates who is just accepted, or tells that it is too early', async () => {
    const world = setup.world()
    const [accepted, deactivated] = await outcomes([
      world.call('user-accept', { user: trent }),
      world.call('user-deactivate', { user: trent, reason: 'left' }),
    ])
    expect(accepted).toBe('done')
    expect(['done', 'Failed to deactivate: User account is not moderated.']).toContain(deactivated)
    const limit = await vmLimit(world, world.names['uuid:trent'] ?? '')
    expect(limit).toBe(deactivated === 'done' ? 0 : 2)
  })

  it('makes one account of an address', async () => {
    const { call, query } = setup.world()
    const account = {
      email: 'new@example.org',
      first_name: 'A',
      last_name: 'B',
      password: 'a good long one',
      groups: ['x', 'y'],
    }
    const all = await outcomes(times(3, () => call('user-add', account)))
    expect(all).toContain('done')
    for (const one of all) expect(['done', 'A user with this email address already exists.']).toContain(one)
    expect(await query("select from users where username = 'new@example.org'")).toHaveLength(1)
  })

  it('gives an address to one of two', async () => {
    const { call } = setup.world()
    const all = await outcomes([
      call('user-set-email', { user: alice, email: 'both@example.org' }),
      call('user-set-email', { user: 'bob@example.org', email: 'BOTH@example.org' }),
    ])
    expect(all.toSorted()).toEqual(['A user with this email address already exists.', 'done'])
  })

  it('lets nobody into a group that is just removed', async () => {
    const { call, query } = setup.world()
    await call('group-add', { name: 'brief' })
    const users = ['alice', 'bob', 'carol', 'dave'].map((name) => `${name}@example.org`)
    const all = await outcomes([
      ...users.map((user) => call('user-add-group', { user, group: 'brief' })),
      call('group-remove', { name: 'brief', force: true }),
    ])
    expect(all.at(-1)).toBe('done')
    for (const one of all) expect(['done', 'Group named brief does not exist']).toContain(one)
    expect(await query("select from groups where name = 'brief'")).toEqual([])
  })

  it('deletes an account that is just verified, or finds none to verify', async () => {
    const { call, query, names } = setup.world()
    const [deleted, verified] = await outcomes([
      call('user-delete', { user: erin }),
      call('user-verify', { user: erin }),
    ])
    expect(deleted).toBe('done')
    expect(['done', "Unknown user with email 'erin@example.org'"]).toContain(verified)
    expect(await query('select from users where uuid = $1', [names['uuid:erin']])).toEqual([])
  })

  it('keeps no metadata that the database could not hold', async () => {
    const run = setup.channel('command')
    for (const metadata of [{ a: ['\0'] }, { '\uD800': 1 }])
      await expect(run('user-modify', { user: alice, metadata })).rejects.toThrow(
        'metadata: must have at most 16384 characters and 20 levels, without NUL or half a surrogate pair',
      )
  })

  it('tells a user which projects follow the account, and takes their quotas away and gives them back', async () => {
    const world = setup.world()
    const { call, names } = world
    const project = await openProject(world, 'own.example.org')
    await join(world, 'bob', project)
    const stateOf = async (): Promise<unknown> =>
      ((await asUser(world, 'carol', 'GET', `projects/${project}`)).json as { state: unknown }).state
    const limitOf = async (): Promise<unknown> =>
      (await quotasWith(world, names['token:bob'] ?? ''))[project]?.['cyclades.vm']?.limit
    expect([await stateOf(), await limitOf()]).toEqual(['active', 3])
    await call('user-deactivate', { user: alice, reason: 'gone' })
    expect([await stateOf(), await limitOf()]).toEqual(['suspended', 0])
    await call('user-activate', { user: alice })
    expect([await stateOf(), await limitOf()]).toEqual(['active', 3])
    const told = (): Mail[] => mails.filter(({ subject }) => subject.startsWith('Your projects'))
    await vi.waitFor(
      () =>
        expect(told().map(({ subject }) => subject)).toEqual(['Your projects: suspend', 'Your projects: unsuspend']),
      10_000,
    )
    expect(told()[0]).toMatchObject({ to: [alice], text: expect.stringContaining('own.example.org') as string })
  })
})

describe('without moderation', () => {
  const setup: Setup = adminWorld({ mailer, settings: { isModerated: false } })
  const erin = 'erin@example.org'

  it('accepts an account with the proof of its address', async () => {
    const world = setup.world()
    expect(await world.call('user-verify', { user: erin })).toMatchObject({
      result: 'ACCEPTED',
      status: 'Accepted/Active (accepted policy: auto_moderation)',
    })
    expect(await vmLimit(world, world.names['uuid:erin'] ?? '')).toBe(2)
  })

  it('verifies or deletes', async () => {
    const world = setup.world()
    const [deleted, verified] = await outcomes([
      world.call('user-delete', { user: erin }),
      world.call('user-verify', { user: erin }),
    ])
    expect([
      ['done', "Unknown user with email 'erin@example.org'"],
      ['Cannot delete. User erin@example.org is accepted.', 'done'],
    ]).toContainEqual([deleted, verified])
    expect(await systemProjects(world, 'erin')).toBe(verified === 'done' ? 1 : 0)
  })

  const codes = async (count: number): Promise<string[]> => {
    const found = (): string[] =>
      mails.flatMap(({ to, text }) => (to?.[0] === erin ? [/auth=(\S+)/.exec(text)?.[1] ?? ''] : []))
    await vi.waitFor(() => expect(found()).toHaveLength(count), 10_000)
    return found()
  }
  const open = async (code: string): Promise<number> => {
    const { origin, basePath } = setup.world().service
    return (await send('GET', `${origin}${basePath}/ui/activate?auth=${code}`)).status
  }

  it('mails a code that is good, and ends the one before', async () => {
    const world = setup.world()
    await world.call('user-activation-send', { user: erin })
    await codes(1)
    await world.call('user-activation-send', { user: erin })
    const [first = '', second = ''] = await codes(2)
    expect([await open(first), await open(second), await open(second)]).toEqual([400, 302, 400])
    expect(await statusOf(world, 'erin')).toBe('Accepted/Active (accepted policy: auto_moderation)')
  })

  it('lets in once who opens the mail while an operator verifies', async () => {
    const world = setup.world()
    await world.call('user-activation-send', { user: erin })
    const [code = ''] = await codes(1)
    const [opened, [verified]] = await Promise.all([open(code), outcomes([world.call('user-verify', { user: erin })])])
    expect([
      [302, 'Failed to verify: This account is already verified.'],
      [400, 'done'],
    ]).toContainEqual([opened, verified])
    expect(await systemProjects(world, 'erin')).toBe(1)
  })

  it('mails no code to an address that was changed meanwhile', async () => {
    const world = setup.world()
    await world.call('user-activation-send', { user: erin })
    const [code = ''] = await codes(1)
    await world.call('user-set-email', { user: erin, email: 'other@example.org' })
    expect(await open(code)).toBe(400)
  })
})
