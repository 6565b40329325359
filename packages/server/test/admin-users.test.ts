import { expect } from 'vitest'
import { accessWith, openProject, quotasWith, seenWith, vmLimit } from './support/account.ts'
import { testCases, type AdminWorld, type Case } from './support/admin-cases.ts'
import { Browser } from './support/browser.ts'

/** Accounts: how they come, who lets them in, and how they go. Administration specification, 1.2; identity specification, 1.2. */

type Document = Record<string, unknown>

const uuid =
  (name: string) =>
  ({ names }: AdminWorld): string =>
    names[`uuid:${name}`] ?? ''
const subject = (name: string, world: AdminWorld): string => `user:${uuid(name)(world)}`
const show = async ({ call }: AdminWorld, user: string, more: object = {}): Promise<Document> =>
  (await call('user-show', { user, ...more })) as Document
const idOf = async (world: AdminWorld, user: string): Promise<unknown> => (await show(world, user))['id']
const item = (list: unknown): Document[] => (list as { items: Document[] }).items
const anyUser = expect.stringMatching(/^user:/) as string
const nobody = { kind: 'unknown', message: "Unknown user with email 'nobody@example.org'" } as const

const coming: readonly Case[] = [
  {
    title: 'an account comes in by adding, verifying and accepting, with its quotas, and its password is good',
    operation: 'user-add',
    input: {
      email: 'New@Example.org',
      first_name: 'New',
      last_name: 'Comer',
      is_admin: true,
      groups: ['default', 'staff'],
    },
    output: { email: 'New@Example.org', password: expect.stringMatching(/^[\w-]{20}$/) as string },
    audit: [
      { subject: 'group:staff', before: null, after: { name: 'staff' } },
      {
        subject: anyUser,
        before: null,
        after: { email: 'New@Example.org', is_admin: true, groups: ['default', 'staff'], has_signed_terms: true },
      },
    ],
    async effect(world, output) {
      const { password, uuid: own } = output as { password: string; uuid: string }
      const { call, query, service } = world
      expect(await query('select * from audit where after::text like $1', [`%${password}%`])).toEqual([])
      expect(await show(world, own)).toMatchObject({
        username: 'new@example.org',
        status: 'Pending email verification',
        providers: ['local'],
        last_login: null,
        default_project: null,
      })
      const browser = new Browser(service.origin + service.basePath)
      expect((await browser.signIn('new@example.org', password)).status).toBe(200)
      expect(await call('user-verify', { user: own })).toMatchObject({ result: 'PENDING_MODERATION' })
      expect(await vmLimit(world, own)).toBe(null)
      expect(await call('user-accept', { user: own })).toMatchObject({ status: 'Accepted/Active (manually accepted)' })
      expect(await vmLimit(world, own)).toBe(2)
      const { token } = (await call('user-renew-token', { user: own })) as { token: string }
      expect((await quotasWith(world, token))[own]?.['cyclades.vm']).toMatchObject({ limit: 2, project_limit: 2 })
      const { user, token: told } = await accessWith(world, token)
      expect([user.projects, told.tenant.id]).toEqual([[own], own])
      expect(user.roles.map(({ name }) => name)).toEqual(['default', 'staff'])
      expect((await browser.signIn('NEW@example.org', password)).status).toBe(302)
      expect((await show(world, own))['last_login']).not.toBe(null)
    },
  },
  {
    title: 'an account that was never verified makes room; terms that there are have to be signed',
    operation: 'user-add',
    given: ({ query }) => query("insert into terms (body) values ('Be nice.')"),
    input: { email: 'ERIN@example.org', first_name: 'Erin', last_name: 'Second', password: 'a good long one' },
    audit: (world) => [
      { subject: subject('erin', world), before: { email: 'erin@example.org', email_verified: false }, after: null },
      { subject: anyUser, before: null, after: { email: 'ERIN@example.org', has_signed_terms: false, groups: [] } },
    ],
    async effect(world, output) {
      expect(output).not.toHaveProperty('password')
      expect(await show(world, 'erin@example.org')).toMatchObject({
        uuid: (output as Document)['uuid'],
        last_name: 'Second',
      })
      expect(await seenWith(world, world.names['token:erin'] ?? '')).toBe('refused')
    },
  },
  {
    title: 'an address that is verified, in another case',
    operation: 'user-add',
    input: { email: 'ALICE@example.org', first_name: 'A', last_name: 'B' },
    refused: { kind: 'conflict', message: 'A user with this email address already exists.' },
  },
  {
    title: 'what is no address',
    operation: 'user-add',
    input: { email: 'somebody', first_name: 'A', last_name: 'B', groups: ['new'] },
    refused: { kind: 'malformed', message: 'Invalid email' },
  },
  {
    title: 'a password that is tried first',
    operation: 'user-add',
    input: { email: 'a@example.org', first_name: 'A', last_name: 'B', password: 'password' },
    refused: {
      kind: 'malformed',
      message: 'password: This password is one of those that are tried first. Choose another one.',
    },
  },
  {
    title: 'a name that is too long',
    operation: 'user-add',
    input: { email: 'a@example.org', first_name: 'A'.repeat(31), last_name: 'B' },
    refused: { kind: 'malformed', message: 'first_name: must have at most 30 characters' },
  },
  {
    title: 'an account that was rejected',
    operation: 'user-delete',
    input: { user: 'ivan@example.org' },
    audit: (world) => [
      { subject: subject('ivan', world), before: { email: 'ivan@example.org', rejected_reason: 'spam' }, after: null },
    ],
    async effect({ call, names }) {
      await expect(call('user-show', { user: names['uuid:ivan'] })).rejects.toThrow('Invalid user UUID')
    },
  },
  {
    title: 'an account that was accepted, though it does not work',
    operation: 'user-delete',
    input: { user: 'frank@example.org' },
    refused: { kind: 'conflict', message: 'Cannot delete. User frank@example.org is accepted.' },
  },
  {
    title: 'an account that projects know, by whatever way',
    operation: 'user-delete',
    given: ({ query }) =>
      query(`insert into memberships (user_id, project_id, state)
             select u.id, p.id, 'requested' from users as u, projects as p where u.username = 'ivan@example.org' limit 1`),
    input: { user: 'ivan@example.org' },
    refused: { kind: 'conflict', message: 'Cannot delete. User ivan@example.org has been a part of projects.' },
  },
  { title: 'nobody', operation: 'user-delete', input: { user: 'nobody@example.org' }, refused: nobody },
  {
    title: 'a new code goes out',
    operation: 'user-activation-send',
    input: { user: 'erin@example.org' },
    output: { email: 'erin@example.org', activation_sent: expect.any(String) as string },
    audit: (world) => [
      {
        subject: subject('erin', world),
        before: { activation_sent: null },
        after: { activation_sent: expect.any(String) as string },
      },
    ],
  },
  {
    title: 'an address that is verified',
    operation: 'user-activation-send',
    input: { user: 'judy.mixed@example.org' },
    refused: { kind: 'conflict', message: "User email already verified 'Judy.Mixed@Example.org'" },
  },
  {
    title: 'nobody',
    operation: 'user-activation-send',
    input: { user: 77 },
    refused: { kind: 'unknown', message: "Unknown user '77'" },
  },
]

const seeing: readonly Case[] = [
  {
    title: 'pages and filters',
    operation: 'user-list',
    input: { limit: 2 },
    output: { items: [{ displayname: 'alice@example.org' }, { displayname: 'bob@example.org' }] },
    async effect({ call }, output) {
      expect(item(output)[1]).toMatchObject({
        realname: expect.stringContaining(' ') as string,
        active: true,
        admin: false,
        verified: true,
        moderated: true,
        rejected: false,
        providers: ['local'],
        groups: ['default', 'helpdesk'],
        activation_sent: null,
        last_login: null,
        last_login_details: [],
      })
      const listed = async (filter: object): Promise<string[]> =>
        item(await call('user-list', filter)).map(({ displayname }) => String(displayname).split('@')[0] ?? '')
      expect(await listed({ after: (output as { next: number }).next, limit: 2 })).toEqual(['carol', 'dave'])
      expect(await listed({ active: false })).toEqual(['erin', 'frank', 'ivan', 'trent'])
      expect(await listed({ pending_moderation: true })).toEqual(['trent'])
      expect(await listed({ pending_verification: true })).toEqual(['erin'])
      expect(await listed({ pending_verification: false, active: false, rejected: false })).toEqual(['frank', 'trent'])
      expect(await listed({ rejected: true })).toEqual(['ivan'])
      expect(await listed({ groups: ['helpdesk'] })).toEqual(['bob'])
      expect(await listed({ groups: ['helpdesk', 'default'] })).toEqual(['bob', 'carol'])
      expect(await listed({ email: 'Judy.' })).toEqual(['judy.mixed'])
      expect(await listed({ email: '%' })).toEqual([])
    },
  },
  {
    title: 'a group that there is not',
    operation: 'user-list',
    input: { groups: ['default', 'nobodies'] },
    refused: { kind: 'unknown', message: 'Group named nobodies does not exist' },
  },
  {
    title: 'by address in any case, uuid and id; with holdings and projects',
    operation: 'user-show',
    given: async (world) => void (await openProject(world, 'own.example.org')),
    input: { user: 'ALICE@example.org', quota: true, projects: true },
    output: ({ names }: AdminWorld) => ({
      uuid: names['uuid:alice'],
      status: 'Accepted/Active (accepted policy: auto_moderation)',
      admin: false,
      terms: { signed: true },
      default_project: names['uuid:alice'],
      projects: {
        owned: [{ name: 'own.example.org', status: 'Active', pending_application: null }],
        memberships: [{ id: names['uuid:alice'], status: 'accepted' }],
      },
    }),
    async effect(world, output) {
      const { names, call } = world
      const { quota, id, ...shown } = output as Document & { quota: object[] }
      expect(quota).toContainEqual({
        source: names['uuid:alice'],
        resource: 'cyclades.total_ram',
        limit: 8589934592,
        usage: 0,
      })
      expect(JSON.stringify(shown)).not.toContain(names['token:alice'])
      expect(Object.keys(shown).filter((name) => /password|hash|sealed/.test(name))).toEqual([])
      for (const user of [id, String(id), names['uuid:alice']])
        expect(await call('user-show', { user })).toMatchObject({ id, email: 'alice@example.org' })
      const statuses = ['erin', 'trent', 'ivan', 'frank'].map(
        async (name) => (await show(world, `${name}@example.org`))['status'],
      )
      expect(await Promise.all(statuses)).toEqual([
        'Pending email verification',
        'Pending moderation',
        'Rejected (spam)',
        'Accepted/Inactive (left) (accepted policy: auto_moderation)',
      ])
      await expect(call('user-show', { user: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(
        'Invalid user UUID',
      )
      await expect(call('user-show', { user: 4711 })).rejects.toThrow('Invalid user ID')
      await expect(call('user-show', {})).rejects.toThrow('user: is missing')
      await expect(call('user-show', { user: true })).rejects.toThrow(
        'user: must be an id, an e-mail address or a uuid',
      )
    },
  },
  { title: 'nobody', operation: 'user-show', input: { user: 'nobody@example.org' }, refused: nobody },
]

const refusal = (operation: string, who: string, message: string): Case => ({
  title: `${who} is refused`,
  operation,
  input: { user: `${who}@example.org` },
  refused: { kind: 'conflict', message },
})
const UNVERIFIED = 'User account does not have a verified email address.'

const deciding: readonly Case[] = [
  {
    title: 'the address is proved; an operator decides about the rest',
    operation: 'user-verify',
    input: async (world) => ({ user: await idOf(world, 'erin@example.org') }),
    output: { status: 'Pending moderation', result: 'PENDING_MODERATION' },
    audit: (world) => [
      {
        subject: subject('erin', world),
        before: { email_verified: false },
        after: { email_verified: true, moderated: false, is_active: false },
      },
    ],
  },
  refusal('user-verify', 'ivan', 'Failed to verify: This account is already verified.'),
  {
    title: 'one that was rejected comes in after all',
    operation: 'user-accept',
    input: ({ names }) => ({ user: names['uuid:ivan'] }),
    output: { status: 'Accepted/Active (manually accepted)' },
    audit: (world) => [
      {
        subject: subject('ivan', world),
        before: { is_rejected: true, rejected_reason: 'spam', is_active: false, default_project: null },
        after: {
          is_rejected: false,
          rejected_reason: null,
          accepted_policy: 'manual',
          is_active: true,
          default_project: uuid('ivan')(world),
        },
      },
    ],
    async effect(world) {
      expect(await vmLimit(world, uuid('ivan')(world))).toBe(2)
      expect(await seenWith(world, world.names['token:ivan'] ?? '')).toBe('works')
    },
  },
  refusal('user-accept', 'frank', 'Failed to accept: This account is already moderated.'),
  refusal('user-accept', 'erin', `Failed to accept: ${UNVERIFIED}`),
  {
    title: 'with a reason',
    operation: 'user-reject',
    input: { user: 'trent@example.org', reason: 'unknown here' },
    output: { status: 'Rejected (unknown here)' },
    audit: (world) => [
      {
        subject: subject('trent', world),
        before: { moderated: false, is_rejected: false },
        after: { moderated: true, is_rejected: true, rejected_reason: 'unknown here', is_active: false },
      },
    ],
    async effect(world) {
      expect(await vmLimit(world, uuid('trent')(world))).toBe(null)
    },
  },
  refusal('user-reject', 'ivan', 'Failed to reject: This account is already moderated.'),
  refusal('user-reject', 'erin', `Failed to reject: ${UNVERIFIED}`),
  {
    title: 'limits come back, and the token is good again',
    operation: 'user-activate',
    input: { user: 'frank@example.org' },
    output: { status: 'Accepted/Active (accepted policy: auto_moderation)' },
    audit: (world) => [
      {
        subject: subject('frank', world),
        before: { is_active: false, deactivated_reason: 'left' },
        after: { is_active: true, deactivated_reason: null },
      },
    ],
    async effect(world) {
      expect(await vmLimit(world, uuid('frank')(world))).toBe(2)
      expect(await seenWith(world, world.names['token:frank'] ?? '')).toBe('works')
    },
  },
  refusal('user-activate', 'alice', 'Failed to activate: This account is already active.'),
  refusal('user-activate', 'erin', `Failed to activate: ${UNVERIFIED}`),
  refusal('user-activate', 'trent', 'Failed to activate: User account is not moderated.'),
  refusal('user-activate', 'ivan', 'Failed to activate: This account has been rejected.'),
  {
    title: 'limits become 0, and the token opens nothing',
    operation: 'user-deactivate',
    input: { user: 'bob@example.org', reason: 'gone' },
    output: { status: 'Accepted/Inactive (gone) (accepted policy: auto_moderation)' },
    audit: (world) => [
      {
        subject: subject('bob', world),
        before: { is_active: true, deactivated_reason: null },
        after: { is_active: false, deactivated_reason: 'gone' },
      },
    ],
    async effect(world) {
      expect(await vmLimit(world, uuid('bob')(world))).toBe(0)
      expect(await seenWith(world, world.names['token:bob'] ?? '')).toBe('refused')
      await world.call('user-deactivate', { user: 'bob@example.org' })
      expect(await show(world, 'bob@example.org')).toMatchObject({
        status: 'Accepted/Inactive (accepted policy: auto_moderation)',
      })
    },
  },
  refusal('user-deactivate', 'trent', 'Failed to deactivate: User account is not moderated.'),
  { title: 'nobody', operation: 'user-deactivate', input: { user: 'nobody@example.org' }, refused: nobody },
]

testCases('accounts', [...coming, ...seeing, ...deciding])
