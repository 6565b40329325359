import { describe, expect, it } from 'vitest'
import { operations } from '../src/admin/operations/index.ts'
import { allows, SCOPES } from '../src/admin/scopes.ts'
import { adminWorld, testCases, type Case } from './support/admin-cases.ts'
import { send } from './support/http.ts'

const cases: readonly Case[] = [
  {
    title: 'a token is shown once and works',
    operation: 'admin-token-add',
    input: { name: 'deploy', scopes: ['users:read', 'audit:write'] },
    output: {
      name: 'deploy',
      scopes: ['users:read', 'audit:write'],
      expires: null,
      token: expect.any(String) as string,
    },
    audit: [
      { subject: 'admin-token:deploy', before: null, after: { scopes: ['users:read', 'audit:write'], expires: null } },
    ],
    async effect({ service, query }, output) {
      const { token } = output as { token: string }
      const url = `${service.origin}${service.basePath}/admin/v1`
      expect((await send('GET', url, { headers: { 'x-auth-token': token } })).status).toBe(200)
      expect(await query('select * from audit where after::text like $1', [`%${token}%`])).toEqual([])
    },
  },
  {
    title: 'one that is over opens nothing',
    operation: 'admin-token-add',
    input: { name: 'old', scopes: ['users:read'], expires: '2020-01-01T00:00:00+02:00' },
    output: { expires: '2019-12-31T22:00:00.000Z' },
    audit: [{ subject: 'admin-token:old', before: null, after: { expires: '2019-12-31T22:00:00.000Z' } }],
    async effect({ service }, output) {
      const { token } = output as { token: string }
      const url = `${service.origin}${service.basePath}/admin/v1`
      expect((await send('GET', url, { headers: { 'x-auth-token': token } })).status).toBe(401)
    },
  },
  {
    title: 'a name that is taken',
    operation: 'admin-token-add',
    given: ({ call }) => call('admin-token-add', { name: 'deploy', scopes: ['users:read'] }),
    input: { name: 'deploy', scopes: ['users:read'] },
    refused: { kind: 'conflict', message: 'name: there is already an admin token deploy' },
  },
  {
    title: 'an end in a year that many programs do not know',
    operation: 'admin-token-add',
    input: { name: 'x', scopes: ['users:read'], expires: '9999-12-31T23:59:59-23:59' },
    refused: { kind: 'malformed', message: 'expires: must be in the years 1 to 9999' },
  },
  {
    title: 'a scope twice is one',
    operation: 'admin-token-add',
    input: { name: 'twice', scopes: ['users:read', 'users:read'] },
    output: { scopes: ['users:read'] },
    audit: [{ subject: 'admin-token:twice', before: null, after: { scopes: ['users:read'] } }],
  },
  {
    title: 'no name',
    operation: 'admin-token-add',
    input: { scopes: ['users:read'] },
    refused: { kind: 'malformed', message: 'name: is missing' },
  },
  {
    title: 'no scopes',
    operation: 'admin-token-add',
    input: { name: 'x', scopes: [] },
    refused: { kind: 'malformed', message: 'scopes: must not be empty' },
  },
  {
    title: 'a scope that there is not',
    operation: 'admin-token-add',
    input: { name: 'x', scopes: ['users:read', 'everything'] },
    refused: { kind: 'malformed', message: `scopes.1: must be some of ${SCOPES.join(', ')}` },
  },
  {
    title: 'a field that there is not',
    operation: 'admin-token-add',
    input: { name: 'x', scopes: ['users:read'], scope: 1 },
    refused: { kind: 'malformed', message: 'scope: there is no such field' },
  },
  {
    title: 'no token and no hash is told',
    operation: 'admin-token-list',
    given: ({ call }) => call('admin-token-add', { name: 'deploy', scopes: ['users:read'] }),
    output: { items: [{ name: 'all' }, { name: 'deploy', scopes: ['users:read'], expires: null }] },
    async effect(_, output) {
      expect(Object.keys((output as { items: object[] }).items[1] ?? {})).toEqual([
        'name',
        'scopes',
        'created',
        'expires',
      ])
    },
  },
  {
    title: 'it opens nothing any more',
    operation: 'admin-token-remove',
    given: ({ call }) => call('admin-token-add', { name: 'deploy', scopes: ['users:read'] }),
    input: { name: 'deploy' },
    audit: [{ subject: 'admin-token:deploy', before: { scopes: ['users:read'] }, after: null }],
    async effect({ call }) {
      expect(await call('admin-token-list')).toMatchObject({ items: [{ name: 'all' }] })
    },
  },
  {
    title: 'one that there is not',
    operation: 'admin-token-remove',
    input: { name: 'nobody' },
    refused: { kind: 'unknown', message: 'name: there is no admin token nobody' },
  },
]

testCases('admin tokens', cases)

describe('the admin API', () => {
  const setup = adminWorld()
  const post = (
    operation: string,
    token: string | null,
    body = '{}',
    type = 'application/json',
  ): ReturnType<typeof send> => {
    const { origin, basePath } = setup.world().service
    const headers = { 'content-type': type, ...(token === null ? {} : { 'x-auth-token': token }) }
    return send('POST', `${origin}${basePath}/admin/v1/${operation}`, { headers, body })
  }

  it('lets a token do what its scopes say, for every operation and every scope', async () => {
    const before = await setup.digest()
    for (const scope of SCOPES) {
      const token = await setup.token(scope, [scope])
      for (const operation of operations.values()) {
        // Behind the check of the scope it is refused for what it is.
        const { status, text } = await post(operation.name, token, '{"no such field":1}')
        const isAllowed = allows(new Set([scope]), operation.scope)
        expect([operation.name, scope, status]).toEqual([operation.name, scope, isAllowed ? 400 : 403])
        if (!isAllowed) expect(text).toContain(`This token lacks the scope ${operation.scope}`)
      }
    }
    expect({ ...(await setup.digest()), admin_tokens: '' }).toEqual({ ...before, admin_tokens: '' })
  })

  it('takes no other kind of token, and none from the address', async () => {
    const { names, service } = setup.world()
    for (const token of [names['token:alice'], names['token:cyclades'], 'nonsense'])
      expect((await post('audit', token ?? '')).status).toBe(401)
    expect((await post('audit', null)).status).toBe(401)
    const all = await setup.token('another', SCOPES)
    const url = `${service.origin}${service.basePath}/admin/v1/audit?X-Auth-Token=${all}`
    expect((await send('POST', url, { headers: { 'content-type': 'application/json' }, body: '{}' })).status).toBe(401)
  })

  it('opens nothing else', async () => {
    const all = await setup.token('another', SCOPES)
    const { service } = setup.world()
    const headers = { 'x-auth-token': all }
    for (const path of ['/account/v1.0/quotas', '/account/v1.0/service_quotas'])
      expect((await send('GET', service.origin + service.basePath + path, { headers })).status).toBe(401)
  })

  it('refuses what is no operation and what is no JSON', async () => {
    const all = await setup.token('another', SCOPES)
    expect((await post('nonsense', all)).text).toContain('There is no operation nonsense')
    expect((await post('audit', all, '{')).status).toBe(400)
    expect((await post('audit', all, '[]')).status).toBe(400)
    expect((await post('audit', all, '{}', 'text/plain')).status).toBe(400)
    expect((await post('audit', all, '{"limit":1.5}')).text).toContain('limit: must be an integer from 1 to 1000')
    expect((await post('audit', all, '')).status).toBe(200)
  })

  it('gives no token more than the one that makes it has', async () => {
    const token = await setup.token('maker', ['tokens:write', 'users:read'])
    expect((await post('admin-token-add', token, '{"name":"a","scopes":["users:read"]}')).status).toBe(200)
    const { status, text } = await post('admin-token-add', token, '{"name":"b","scopes":["users:write"]}')
    expect([status, text]).toEqual([403, expect.stringContaining('scopes: this token lacks users:write itself')])
  })

  it('lists every operation with its fields', async () => {
    const { service } = setup.world()
    const all = await setup.token('another', SCOPES)
    const { json } = await send('GET', `${service.origin}${service.basePath}/admin/v1`, {
      headers: { 'x-auth-token': all },
    })
    const { operations: listed } = json as { operations: { name: string; fields: { description: string }[] }[] }
    expect(listed.map(({ name }) => name)).toEqual([...operations.keys()])
    for (const { name, fields } of listed)
      for (const { description } of fields) expect([name, description]).not.toEqual([name, ''])
  })
})
