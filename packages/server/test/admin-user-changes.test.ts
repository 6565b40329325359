import { parseExact } from 'astakosclient/wire'
import { expect } from 'vitest'
import { accessWith, join, openProject, seenWith } from './support/account.ts'
import { testCases, type AdminWorld, type Case } from './support/admin-cases.ts'
import { Browser } from './support/browser.ts'

/** Credentials, data and groups of accounts. Administration specification, 1.2. */

const subject = (name: string, { names }: AdminWorld): string => `user:${names[`uuid:${name}`]}`
const signIn = async ({ service }: AdminWorld, user: string, password?: string): Promise<Browser | null> => {
  const browser = new Browser(service.origin + service.basePath)
  return (await browser.signIn(user, password)).status === 302 ? browser : null
}
const isSignedIn = async (browser: Browser): Promise<boolean> => (await browser.get('/ui/landing')).status === 200

/** Signs in before, and finds everything ended after. */
let before: Browser | null = null
const signedInBefore = async (world: AdminWorld): Promise<void> => {
  before = await signIn(world, 'bob')
  await world.query(
    `insert into oauth2_codes (code_hash, user_id, client_id, redirect_uri, scope, expires)
     select sha256('x'), u.id, c.id, 'x', 'x', now() + interval '1 hour'
       from users as u, oauth2_clients as c where u.username = 'bob@example.org' limit 1`,
  )
  expect(before && (await isSignedIn(before))).toBe(true)
}
async function allEnded(world: AdminWorld): Promise<void> {
  expect(await seenWith(world, world.names['token:bob'] ?? '')).toBe('refused')
  expect(before && (await isSignedIn(before))).toBe(false)
  expect(await world.query('select from oauth2_codes')).toEqual([])
}
const renewed = (world: AdminWorld): readonly { subject: string; before: unknown; after: unknown }[] => [
  {
    subject: subject('bob', world),
    before: { token_created: expect.any(String) as string },
    after: { token_created: expect.any(String) as string },
  },
]
const noTrace = async ({ query }: AdminWorld, secret: string): Promise<void> =>
  expect(await query('select * from audit as a where a::text like $1', [`%${secret}%`])).toEqual([])

const credentials: readonly Case[] = [
  {
    title: 'sessions and grants end with the old one',
    operation: 'user-renew-token',
    given: signedInBefore,
    input: { user: 'bob@example.org' },
    output: { token: expect.stringMatching(/^[\w-]{43}$/) as string },
    audit: renewed,
    async effect(world, output) {
      await allEnded(world)
      const { token } = output as { token: string }
      expect(await seenWith(world, token)).toBe('works')
      await noTrace(world, token)
    },
  },
  {
    title: 'the old one, sessions, grants and codes that were mailed are worth nothing',
    operation: 'user-set-password',
    async given(world) {
      await signedInBefore(world)
      await world.query(
        "insert into password_resets (code_hash, user_id, expires) select sha256('y'), id, now() + interval '1 hour' from users where username = 'bob@example.org'",
      )
    },
    input: { user: 'bob@example.org', password: 'a rather new one' },
    audit: renewed,
    async effect(world, output) {
      await allEnded(world)
      expect(Object.keys(output as object)).toEqual(['id', 'uuid', 'email', 'token_expires'])
      expect(await world.query('select from password_resets')).toEqual([])
      expect(await signIn(world, 'bob')).toBe(null)
      expect(await signIn(world, 'bob', 'a rather new one')).not.toBe(null)
      await noTrace(world, 'a rather new one')
    },
  },
  {
    title: 'one that is the address',
    operation: 'user-set-password',
    input: { user: 'bob@example.org', password: 'Bob@example.org' },
    refused: { kind: 'malformed', message: 'password: A password is not your e-mail address.' },
  },
  {
    title: 'is shown once, and good',
    operation: 'user-renew-password',
    given: signedInBefore,
    input: { user: 'bob@example.org' },
    output: { password: expect.stringMatching(/^[\w-]{20}$/) as string },
    audit: renewed,
    async effect(world, output) {
      await allEnded(world)
      const { password } = output as { password: string }
      expect(await signIn(world, 'bob', password)).not.toBe(null)
      await noTrace(world, password)
    },
  },
]

const data: readonly Case[] = [
  {
    title: 'the login name follows; codes for the old address are worth nothing; the token stays',
    operation: 'user-set-email',
    given: ({ query }) =>
      query(
        "insert into password_resets (code_hash, user_id, expires) select sha256('y'), id, now() + interval '1 hour' from users where username = 'bob@example.org'",
      ),
    input: { user: 'bob@example.org', email: 'Robert@Example.org' },
    output: { email: 'Robert@Example.org', username: 'robert@example.org' },
    audit: (world) => [
      {
        subject: subject('bob', world),
        before: { email: 'bob@example.org', username: 'bob@example.org' },
        after: { email: 'Robert@Example.org', username: 'robert@example.org' },
      },
    ],
    async effect(world) {
      expect(await world.query('select from password_resets')).toEqual([])
      expect(await seenWith(world, world.names['token:bob'] ?? '')).toBe('works')
      expect(await signIn(world, 'robert@example.org', 'bob-pass-1')).not.toBe(null)
      await world.call('user-set-email', { user: 'robert@example.org', email: 'ROBERT@example.org' })
    },
  },
  {
    title: 'one that is taken, in another case',
    operation: 'user-set-email',
    input: { user: 'bob@example.org', email: 'ALICE@example.org' },
    refused: { kind: 'conflict', message: 'A user with this email address already exists.' },
  },
  {
    title: 'what is none',
    operation: 'user-set-email',
    input: { user: 'bob@example.org', email: 'a b@example.org' },
    refused: { kind: 'malformed', message: 'Invalid email address.' },
  },
  {
    title: 'what is given, and nothing else',
    operation: 'user-modify',
    input: {
      user: 'bob@example.org',
      first_name: 'Robert',
      affiliation: 'Lab',
      is_admin: true,
      metadata: { room: [7, { big: 2n ** 63n - 1n }] },
    },
    output: {
      first_name: 'Robert',
      affiliation: 'Lab',
      is_admin: true,
      metadata: { room: [7, { big: 2n ** 63n - 1n }] },
    },
    audit: (world) => [
      {
        subject: subject('bob', world),
        before: { first_name: expect.any(String) as string, affiliation: null, is_admin: false, metadata: {} },
        after: { first_name: 'Robert', affiliation: 'Lab', is_admin: true },
      },
    ],
    async effect(world) {
      const { token } = await accessWith(world, world.names['token:bob'] ?? '')
      expect(token.tenant.name).toMatch(/^Robert \S/)
      const cleared = await world.call('user-modify', { user: 'bob@example.org', affiliation: null, is_admin: false })
      expect(cleared).toMatchObject({ affiliation: null, is_admin: false })
    },
  },
  {
    title: 'nothing',
    operation: 'user-modify',
    input: { user: 'bob@example.org' },
    refused: { kind: 'malformed', message: 'No option specified.' },
  },
  ...['no object', { a: 'x'.repeat(16_385) }, parseExact(`{"a":${'['.repeat(40)}${']'.repeat(40)}}`)].map(
    (metadata): Case => ({
      title: `metadata that can not be kept (${JSON.stringify(metadata).slice(0, 15)})`,
      operation: 'user-modify',
      input: { user: 'bob@example.org', metadata },
      refused: {
        kind: 'malformed',
        message:
          typeof metadata === 'string'
            ? 'metadata: must be an object'
            : 'metadata: must have at most 16384 characters and 20 levels, without NUL or half a surrogate pair',
      },
    }),
  ),
  {
    title: 'the tokens API names it',
    operation: 'user-set-default-project',
    async given(world) {
      await join(world, 'bob', await openProject(world, 'ours.example.org'))
    },
    input: async ({ query }) => ({
      user: 'bob@example.org',
      project: (await query<{ uuid: string }>("select uuid from projects where name = 'ours.example.org'"))[0]?.uuid,
    }),
    audit: (world) => [
      {
        subject: subject('bob', world),
        before: { default_project: world.names['uuid:bob'] },
        after: { default_project: expect.any(String) as string },
      },
    ],
    async effect(world, output) {
      const { token } = await accessWith(world, world.names['token:bob'] ?? '')
      expect(token.tenant.id).toBe((output as { default_project: string }).default_project)
      expect(token.tenant.id).not.toBe(world.names['uuid:bob'])
    },
  },
  ...(
    [
      [
        'bob',
        '00000000-0000-4000-8000-000000000000',
        'unknown',
        'There is no project identified by 00000000-0000-4000-8000-000000000000.',
      ],
      ['bob', 'alice', 'unknown', 'This is not a valid membership request.'],
      ['erin', 'alice', 'conflict', 'User account does not have a verified email address.'],
      ['trent', 'alice', 'conflict', 'User account is not moderated.'],
      ['ivan', 'alice', 'conflict', 'This account has been rejected.'],
      ['frank', 'frank', 'conflict', 'User account is not active.'],
    ] as const
  ).map(([user, project, kind, message]): Case => ({
    title: `${user} and the project ${project}`,
    operation: 'user-set-default-project',
    input: ({ names }) => ({ user: `${user}@example.org`, project: names[`uuid:${project}`] ?? project }),
    refused: { kind, message },
  })),
  {
    title: 'the token is good again',
    operation: 'user-sign-terms',
    input: { user: 'heidi@example.org' },
    output: { has_signed_terms: true },
    audit: (world) => [
      { subject: subject('heidi', world), before: { has_signed_terms: false }, after: { has_signed_terms: true } },
    ],
    async effect(world) {
      expect(await seenWith(world, world.names['token:heidi'] ?? '')).toBe('works')
    },
  },
]

const noGroup = { kind: 'unknown', message: 'Group named nobodies does not exist' } as const
const rolesOf = async (world: AdminWorld, user: string): Promise<string[]> =>
  (await accessWith(world, world.names[`token:${user}`] ?? '')).user.roles.map(({ name }) => name)

const groups: readonly Case[] = [
  {
    title: 'the API tells it as a role',
    operation: 'user-add-group',
    input: { user: 'alice@example.org', group: 'helpdesk' },
    output: { groups: ['helpdesk'] },
    audit: (world) => [{ subject: subject('alice', world), before: { groups: [] }, after: { groups: ['helpdesk'] } }],
    async effect(world) {
      expect(await rolesOf(world, 'alice')).toEqual(['helpdesk'])
    },
  },
  {
    title: 'one that the user is in',
    operation: 'user-add-group',
    input: { user: 'bob@example.org', group: 'default' },
    refused: { kind: 'conflict', message: 'group: bob@example.org is in default already' },
  },
  {
    title: 'one that there is not',
    operation: 'user-add-group',
    input: { user: 'bob@example.org', group: 'nobodies' },
    refused: noGroup,
  },
  {
    title: 'the role is gone',
    operation: 'user-remove-group',
    input: { user: 'bob@example.org', group: 'default' },
    output: { groups: ['helpdesk'] },
    audit: (world) => [
      { subject: subject('bob', world), before: { groups: ['default', 'helpdesk'] }, after: { groups: ['helpdesk'] } },
    ],
    async effect(world) {
      expect(await rolesOf(world, 'bob')).toEqual(['helpdesk'])
    },
  },
  {
    title: 'one that the user is not in',
    operation: 'user-remove-group',
    input: { user: 'alice@example.org', group: 'default' },
    refused: { kind: 'conflict', message: 'group: alice@example.org is not in default' },
  },
  {
    title: 'one that there is not',
    operation: 'user-remove-group',
    input: { user: 'bob@example.org', group: 'nobodies' },
    refused: noGroup,
  },
  {
    title: 'it is there',
    operation: 'group-add',
    input: { name: 'Staff' },
    output: { name: 'Staff' },
    audit: [{ subject: 'group:Staff', before: null, after: { name: 'Staff' } }],
  },
  {
    title: 'a name that is taken',
    operation: 'group-add',
    input: { name: 'default' },
    refused: { kind: 'conflict', message: "There already exists a group named 'default'." },
  },
  {
    title: 'with the number of their users',
    operation: 'group-list',
    output: {
      items: [
        { name: 'default', users_count: 2 },
        { name: 'helpdesk', users_count: 1 },
      ],
      next: null,
    },
  },
  {
    title: 'one that nobody is in',
    operation: 'group-remove',
    given: ({ call }) => call('group-add', { name: 'staff' }),
    input: { name: 'staff' },
    output: { name: 'staff', users_count: 0 },
    audit: [{ subject: 'group:staff', before: { name: 'staff', users: [] }, after: null }],
  },
  {
    title: 'one that users are in',
    operation: 'group-remove',
    input: { name: 'default' },
    refused: { kind: 'conflict', message: 'Group named default has 2 users; force removes it nevertheless' },
  },
  {
    title: 'that one by force: its users lose the role',
    operation: 'group-remove',
    input: { name: 'default', force: true },
    output: { users_count: 2 },
    audit: ({ names }) => [
      { subject: 'group:default', before: { users: [names['uuid:bob'], names['uuid:carol']] }, after: null },
    ],
    async effect(world) {
      expect(await rolesOf(world, 'bob')).toEqual(['helpdesk'])
    },
  },
  { title: 'one that there is not', operation: 'group-remove', input: { name: 'nobodies' }, refused: noGroup },
]

testCases('changes of accounts', [...credentials, ...data, ...groups])
