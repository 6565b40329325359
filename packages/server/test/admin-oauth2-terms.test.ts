import { describe, expect, it } from 'vitest'
import { adminWorld, testCases, type AdminWorld, type Case } from './support/admin-cases.ts'
import { testRefusals } from './support/admin-refusals.ts'
import { Browser, TLS } from './support/browser.ts'
import { send, type Reply } from './support/http.ts'

/** OAuth2 clients and terms of use. Administration specification, 1.6 and 1.7. */

const CALLBACK = 'https://new.example.org/callback'
const SECRET = 'a secret of theirs'

async function signedIn({ service }: AdminWorld, user = 'alice'): Promise<Browser> {
  const browser = new Browser(service.origin + service.basePath)
  expect((await browser.signIn(user)).status).toBe(302)
  return browser
}

async function codeFor(browser: Browser, client: string): Promise<string> {
  const { headers } = await browser.get(`/oauth2/auth?response_type=code&client_id=${client}`)
  return new URL(headers.location ?? '').searchParams.get('code') ?? ''
}

function redeem({ service }: AdminWorld, code: string, client: string, secret: string): Promise<Reply> {
  return send('POST', `${service.origin}${service.basePath}/oauth2/token`, {
    headers: {
      ...TLS,
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${client}:${secret}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'authorization_code', code }).toString(),
  })
}

const validate = ({ service }: AdminWorld, token: string): Promise<Reply> =>
  send('GET', `${service.origin}${service.basePath}/identity/v2.0/tokens/${token}`)

const clients: readonly Case[] = [
  {
    title: 'people sign in to it, and its secret is told nowhere',
    operation: 'oauth2-client-add',
    input: {
      identifier: 'new-app',
      secret: SECRET,
      is_trusted: true,
      redirect_urls: [CALLBACK, `https://new.example.org/${'x'.repeat(4976)}`, CALLBACK, 'app:back'],
    },
    output: {
      id: 6,
      identifier: 'new-app',
      type: 'confidential',
      is_trusted: true,
      redirect_urls: [CALLBACK, 'app:back'],
      messages: ['Client created successfully'],
      warnings: ['Skipped a redirect URI of 5000 characters: it must have fewer than 5000'],
    },
    audit: [
      {
        subject: 'oauth2-client:new-app',
        before: null,
        after: { type: 'confidential', is_trusted: true, redirect_urls: [CALLBACK, 'app:back'] },
      },
    ],
    async effect(world, output) {
      const browser = await signedIn(world)
      expect((await redeem(world, await codeFor(browser, 'new-app'), 'new-app', 'wrong')).status).toBe(400)
      const { status, json } = await redeem(world, await codeFor(browser, 'new-app'), 'new-app', SECRET)
      expect(status).toBe(200)
      expect((await validate(world, (json as { access_token: string }).access_token)).status).toBe(200)
      const told = [output, await world.call('oauth2-client-list'), await world.query('select after::text from audit')]
      expect(
        JSON.stringify(told, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      ).not.toContain(SECRET)
    },
  },
  {
    title: 'a public one needs no secret',
    operation: 'oauth2-client-add',
    input: { identifier: 'open', type: 'public', redirect_urls: [CALLBACK] },
    output: { type: 'public', is_trusted: false, redirect_urls: [CALLBACK], warnings: [] },
    audit: [
      {
        subject: 'oauth2-client:open',
        before: null,
        after: { type: 'public', is_trusted: false, redirect_urls: [CALLBACK] },
      },
    ],
  },
  {
    title: 'without their secrets, a page at a time',
    operation: 'oauth2-client-list',
    input: { type: 'confidential', limit: 1 },
    output: {
      items: [
        {
          id: 1,
          identifier: 'conf-app',
          type: 'confidential',
          is_trusted: false,
          redirect_urls: ['https://conf.example.org/callback', 'https://conf.example.org/other'],
        },
      ],
      next: 1,
    },
    async effect({ call }, output) {
      const columns = ['id', 'identifier', 'type', 'is_trusted', 'redirect_urls']
      expect(Object.keys((output as { items: object[] }).items[0] ?? {})).toEqual(columns)
      const listed = async (input: object): Promise<string[]> =>
        ((await call('oauth2-client-list', input)) as { items: { identifier: string }[] }).items.map(
          ({ identifier }) => identifier,
        )
      expect(await listed({ type: 'public' })).toEqual(['public-app', 'public-trusted'])
      expect(await listed({ is_trusted: false })).toEqual(['conf-app', 'public-app'])
      expect(await listed({ type: 'public', is_trusted: true })).toEqual(['public-trusted'])
      expect(await listed({ after: 4 })).toEqual(['no-uri-app'])
    },
  },
  {
    title: 'by id',
    operation: 'oauth2-client-remove',
    input: { client: 5 },
    output: { id: 5, identifier: 'no-uri-app' },
    audit: [
      {
        subject: 'oauth2-client:no-uri-app',
        before: { type: 'confidential', is_trusted: true, redirect_urls: [] },
        after: null,
      },
    ],
  },
]

testCases('OAuth2 clients', clients)

const NO_CLIENT = 'Client does not exist. You may run oauth2-client-list for available client IDs.'

describe('an OAuth2 client that is removed', () => {
  const setup = adminWorld()

  it('takes its codes and tokens along', async () => {
    const world = setup.world()
    const [browser, secret] = [await signedIn(world), 'trusted-app-secret']
    const { json } = await redeem(world, await codeFor(browser, 'trusted-app'), 'trusted-app', secret)
    const { access_token: token } = json as { access_token: string }
    expect((await validate(world, token)).status).toBe(200)
    const code = await codeFor(browser, 'trusted-app')
    await world.call('oauth2-client-remove', { client: 'trusted-app' })
    expect((await validate(world, token)).status).toBe(404)
    expect((await redeem(world, code, 'trusted-app', secret)).text).toContain('No such client found')
    for (const table of ['oauth2_codes', 'oauth2_tokens'])
      expect(await world.query(`select 1 from ${table}`)).toEqual([])
    // One of the same name later begins anew.
    const again = { identifier: 'trusted-app', secret, is_trusted: true, redirect_urls: [CALLBACK] }
    await world.call('oauth2-client-add', again)
    expect((await redeem(world, code, 'trusted-app', secret)).text).toContain('No such authorization code')
  })

  it('refuses who asks at that moment, without a fault', async () => {
    const world = setup.world()
    const browser = await signedIn(world)
    const replies: Reply[] = []
    const asking = Array.from({ length: 4 }, async () => {
      for (;;) {
        const reply = await browser.get('/oauth2/auth?response_type=code&client_id=trusted-app')
        replies.push(reply)
        if (reply.status !== 302) return
        const code = new URL(reply.headers.location ?? '').searchParams.get('code') ?? ''
        replies.push(await redeem(world, code, 'trusted-app', 'trusted-app-secret'))
      }
    })
    await world.call('oauth2-client-remove', { client: 'trusted-app' })
    await Promise.all(asking)
    for (const { status, text } of replies)
      if (status !== 302 && status !== 200)
        expect([status, text]).toEqual([400, expect.stringMatching(/No such (client|authorization code)/)])
    expect(await world.query('select 1 from oauth2_codes union all select 1 from oauth2_tokens')).toEqual([])
  })
})

const quotas = ({ service, names }: AdminWorld, user: string): Promise<Reply> =>
  send('GET', `${service.origin}${service.basePath}/account/v1.0/quotas`, {
    headers: { 'x-auth-token': names[`token:${user}`] ?? '' },
  })

const terms: readonly Case[] = [
  {
    title: 'everybody has to agree before going on',
    operation: 'term-add',
    given: ({ call }) => call('term-add', { text: 'Be kind.' }),
    input: { text: 'Be <b>kinder</b>.\n\nTwice.' },
    output: { id: 2, published: expect.any(String) as string, withdrawn: 0, messages: ['Created term id 2'] },
    audit: [{ subject: 'terms:2', before: null, after: { published: expect.any(String) as string, withdrawn: 0 } }],
    async effect(world) {
      const refused = await quotas(world, 'alice')
      expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('Pending approval terms')])
      const browser = new Browser(world.service.origin + world.service.basePath)
      await browser.signIn('alice')
      const page = await browser.get('/ui/approval_terms')
      expect(page.text).toContain('<p>Be &#60;b&#62;kinder&#60;/b&#62;.</p><p>Twice.</p>')
      await browser.submit(page, { has_signed_terms: 'on' })
      expect((await quotas(world, 'alice')).status).toBe(200)
      expect((await quotas(world, 'bob')).status).toBe(401)
    },
  },
  {
    title: 'it is counted who had agreed',
    operation: 'term-add',
    input: { text: 'Be kind.' },
    // All of the recorded world but heidi.
    output: { id: 1, withdrawn: 10 },
    audit: [{ subject: 'terms:1', before: null, after: { withdrawn: 10 } }],
    effect: async ({ query }) =>
      expect(await query('select 1 from users where has_signed_terms or date_signed_terms is not null')).toEqual([]),
  },
  {
    title: 'without their text',
    operation: 'term-list',
    async given({ call }) {
      for (const text of ['one', 'two', 'three']) await call('term-add', { text })
    },
    input: { after: 1, limit: 1 },
    output: { items: [{ id: 2, published: expect.any(String) as string }], next: 2 },
    effect: async (_, output) =>
      expect(Object.keys((output as { items: object[] }).items[0] ?? {})).toEqual(['id', 'published']),
  },
  {
    title: 'the latest ones, and those before',
    operation: 'term-show',
    async given({ call }) {
      for (const text of ['one\n\ntwo', 'three']) await call('term-add', { text })
    },
    output: { id: 2, text: 'three', published: expect.any(String) as string },
    effect: async ({ call }) => expect(await call('term-show', { id: 1 })).toMatchObject({ id: 1, text: 'one\n\ntwo' }),
  },
]

testCases('terms', terms)

testRefusals('OAuth2 clients and terms', {
  'oauth2-client-add': [
    [{ redirect_urls: [CALLBACK] }, 'identifier: is missing'],
    [{ identifier: 'x', secret: SECRET }, 'There should be at least one redirect URI'],
    [
      { identifier: 'x', secret: SECRET, redirect_urls: [`https://x/${'x'.repeat(5000)}`] },
      'There should be at least one redirect URI',
    ],
    [{ identifier: 'x', redirect_urls: [CALLBACK] }, 'Confidential clients require a secret'],
    [{ identifier: 'x', secret: '', redirect_urls: [CALLBACK] }, 'secret: must not be empty'],
    [{ identifier: 'x', type: 'secret', redirect_urls: [CALLBACK] }, 'type: must be confidential or public'],
    [{ identifier: 'x', is_trusted: 1, redirect_urls: [CALLBACK] }, 'is_trusted: must be true or false'],
    [{ identifier: 'x', secret: SECRET, redirect_urls: CALLBACK }, 'redirect_urls: must be a list of addresses'],
    [{ identifier: 'x', secret: SECRET, redirect_urls: [1] }, 'redirect_urls.0: must be a text'],
    [
      { identifier: 'a:b', secret: SECRET, redirect_urls: [CALLBACK] },
      'An identifier is of 1 to 255 visible ASCII characters without a colon',
    ],
    [
      { identifier: 'x', secret: SECRET, redirect_urls: [CALLBACK, 'javascript:alert(1)'] },
      'No absolute URI without a fragment: javascript:alert(1)',
    ],
    [
      { identifier: 'x', secret: SECRET, redirect_urls: ['https://x.example.org/a/../b'] },
      'A redirect URI has no dot segments: https://x.example.org/a/../b',
    ],
    [
      { identifier: 'conf-app', secret: SECRET, redirect_urls: [CALLBACK] },
      'identifier: there is already a client conf-app',
      'conflict',
    ],
  ],
  'oauth2-client-remove': [
    [{ client: 'nobody' }, NO_CLIENT, 'unknown'],
    [{ client: '1' }, NO_CLIENT, 'unknown'],
    [{ client: 99 }, NO_CLIENT, 'unknown'],
    [{}, 'client: is missing'],
    [{ client: 1.5 }, 'client: must be a name of at most 255 characters, or an id'],
  ],
  'term-add': [
    [{}, 'text: is missing'],
    [{ text: '' }, 'text: must not be empty'],
    [{ text: ' \n\n ' }, 'text: must not be blank'],
    [{ text: 'x'.repeat(500_001) }, 'text: must have at most 500000 characters'],
  ],
  'term-show': [
    [{}, 'There are no terms of use.', 'unknown'],
    [{ id: 7 }, 'id: there are no terms 7', 'unknown'],
    [{ id: 'x' }, 'id: must be a positive integer'],
  ],
})
