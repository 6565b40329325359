import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { hashPassword } from '../src/identity/passwords.ts'
import { signUp } from '../src/operations/sign-up.ts'
import { startSession } from '../src/signin/sessions.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

interface User {
  readonly id: string
  readonly email: string
  readonly first_name: string
  readonly is_active: boolean
  readonly accepted_policy: string | null
  readonly auth_token: string
  readonly password: string
  readonly default_project: string | null
  readonly authentication_methods: readonly Record<string, unknown>[]
}

interface Audit {
  readonly actor: string
  readonly operation: string
  readonly subject: string
  readonly before: unknown
  readonly after: unknown
}

for (const database of databases.slice(0, 1)) {
  describe(`the administration of users on ${database.name}`, () => {
    let service: WorldService
    let pool: pg.Pool
    let names: Record<string, string>

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection, { settings: { userAdminGroups: ['nobody', 'helpdesk'] } })
      pool = new pg.Pool({ ...connection, max: 1 })
      // It is stopped under it.
      pool.on('error', () => undefined)
    })
    afterAll(async () => {
      await service[Symbol.asyncDispose]()
      await pool.end()
    })
    beforeEach(async () => {
      await pool.query('truncate audit')
      names = await service.load(WORLD)
    })

    const of = (name: string): string => names[name] ?? name
    const call = (method: string, path: string, body?: unknown, token: string | null = 'bob'): Promise<Reply> =>
      send(method, `${service.origin}${service.basePath}/identity/v2.0/users${path}`, {
        headers: {
          ...(token === null ? {} : { 'x-auth-token': of(`token:${token}`) }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
    const userOf = ({ json, status, text }: Reply): User => {
      expect(status, text).toBe(200)
      return (json as { user: User }).user
    }
    const messageOf = ({ json, status }: Reply): [number, string] => {
      const [fault] = Object.values(json as Record<string, { message: string; code: number }>)
      expect(fault?.code).toBe(status)
      return [status, fault?.message ?? '']
    }
    const create = (user: object): Promise<Reply> =>
      call('POST', '', { user: { username: 'new@example.org', first_name: 'Nina', last_name: 'New', ...user } })
    const put = (name: string, user: object): Promise<Reply> => call('PUT', `/${of(`uuid:${name}`)}`, { user })
    const act = (name: string, body: object): Promise<Reply> => call('POST', `/${of(`uuid:${name}`)}/action`, body)
    const show = async (name: string): Promise<User> => userOf(await call('GET', `/${of(`uuid:${name}`)}`))
    const audit = async (): Promise<Audit[]> =>
      (await pool.query<Audit>('select actor, operation, subject, before, after from audit order by id')).rows
    const signedIn = (name: string): Promise<unknown> =>
      service.service.database.transaction(async (tx) => {
        const [user] = await tx.query<{ id: bigint }>(sql('select id from users where uuid = $1'), [of(`uuid:${name}`)])
        return startSession(tx, user?.id ?? 0n, new Date(Date.now() + 60_000))
      })
    const sessions = async (): Promise<number> => (await pool.query('select from sessions')).rows.length
    const enter = (name: string, password: string): Promise<string | null> =>
      service.service.desk.enter({ name, password, address: '127.0.0.1', replaces: '' }).then(({ refusal }) => refusal)

    it('is not there where no group may call it', async () => {
      service.allowUserAdmin([])
      for (const [method, path] of [
        ['GET', ''],
        ['DELETE', ''],
        ['POST', '/x/action.json'],
      ] as const)
        expect(messageOf(await call(method, path, undefined, null))).toEqual([400, 'API endpoint not found'])
    })

    describe('looks at', () => {
      const wrong = '{'
      it('the method first, then the token, the group, the body and what is in it', async () => {
        expect(messageOf(await call('PATCH', '', wrong, null))).toEqual([405, 'Method not allowed'])
        expect((await call('PATCH', '.json', wrong, null)).headers.allow).toBe('GET,POST')
        expect((await call('POST', '/detail', wrong, null)).headers.allow).toBe('GET')
        expect((await call('POST', '/x', wrong, null)).headers.allow).toBe('GET,PUT')
        expect((await call('PUT', '/x/action.xml', wrong, null)).headers.allow).toBe('POST')
        expect(messageOf(await call('POST', '', wrong, null))).toEqual([401, 'Access denied. No authentication token'])
        expect(messageOf(await call('POST', '', wrong, 'nonsense'))).toEqual([401, 'Invalid X-Auth-Token'])
        expect(messageOf(await call('POST', '', wrong, 'frank'))).toEqual([401, 'User inactive'])
        expect(messageOf(await call('POST', '', wrong, 'alice'))).toEqual([403, ''])
        expect(messageOf(await call('POST', '', wrong))).toEqual([400, 'Could not decode request body as JSON'])
        expect(messageOf(await call('POST', '', {}))[0]).toBe(400)
        expect(messageOf(await call('PUT', '/nobody', wrong))).toEqual([400, 'Could not decode request body as JSON'])
        expect(messageOf(await call('POST', '/nobody/action', []))).toEqual([404, 'User not found'])
      })

      it('no format but JSON', async () => {
        const reply = await call('GET', '/nobody.xml?format=xml')
        expect(reply.headers['content-type']).toBe('application/json; charset=UTF-8')
        expect(messageOf(reply)).toEqual([404, 'User not found'])
        expect(messageOf(await call('GET', '.xml', undefined, null))[0]).toBe(401)
        expect(userOf(await call('GET', `/${of('uuid:alice')}.xml`)).email).toBe('alice@example.org')
      })
    })

    it('lists any number of accounts, each once', async () => {
      await pool.query(`
        insert into users (uuid, email, username, first_name)
        select 'many-' || n, 'many' || n || '@example.org', 'many' || n || '@example.org', '"\\' || n
          from generate_series(1, 1700) as n`)
      const { users } = (await call('GET', '/detail.json')).json as { users: User[] }
      expect(users).toHaveLength(1711)
      expect(new Set(users.map(({ id }) => id)).size).toBe(1711)
      expect(users.at(-1)).toMatchObject({
        id: 'many-1700',
        first_name: '"\\1700',
        authentication_methods: [],
        moderated_at: null,
        auth_token_expires: null,
      })
    })

    it('shows other ways to sign in behind the password', async () => {
      await pool.query(
        `insert into sign_in_methods (user_id, module, identifier, active, affiliation, backend, metadata)
         select id, 'shibboleth', 'alice@uni', false, 'student', 'shibboleth', '{"n": 12345678901234567890.5}' from users where uuid = $1`,
        [of('uuid:alice')],
      )
      const { text } = await call('GET', `/${of('uuid:alice')}`)
      expect(text).toContain('12345678901234567890.5')
      const methods = (await show('alice')).authentication_methods
      expect(methods.map(({ identifier }) => identifier)).toEqual(['alice@example.org', 'alice@uni'])
      expect(methods[1]).toMatchObject({ active: false, affiliation: 'student', backend: 'shibboleth' })
    })

    describe('creates:', () => {
      it('an account that works at once, though an operator decides who comes in (X-12)', async () => {
        expect(service.service.settings.isModerated).toBe(true)
        const { id, password, auth_token: token } = userOf(await create({ username: 'New@example.org' }))
        expect(password).toMatch(/^[\w-]{16}$/)
        expect(await enter('new@example.org', password)).toBeNull()
        const quotas = await send('GET', `${service.origin}${service.basePath}/account/v1.0/quotas`, {
          headers: { 'x-auth-token': token },
        })
        expect(quotas.status).toBe(200)
        expect(quotas.json).toMatchObject({ [id]: { 'cyclades.vm': { limit: 2 } } })
        expect(userOf(await call('GET', `/${id}`))).toMatchObject({
          email: 'New@example.org',
          is_active: true,
          accepted_policy: 'auto_moderation',
          roles: [],
        })
        const rows = await audit()
        expect(rows).toEqual([
          {
            actor: `user:${of('uuid:bob')}`,
            operation: 'user-admin:create',
            subject: `user:${id}`,
            before: null,
            after: {
              email: 'New@example.org',
              first_name: 'Nina',
              last_name: 'New',
              affiliation: null,
              metadata: {},
            },
          },
        ])
        for (const secret of [password, token]) expect(JSON.stringify(rows)).not.toContain(secret)
      })

      it('one with the password, affiliation and metadata that are sent (X-12)', async () => {
        const sent = { password: 'correct horse', affiliation: 'staff', metadata: { n: 2 ** 60, list: [1.5, null] } }
        const { id, password } = userOf(await create(sent))
        expect(password).toBe('correct horse')
        expect(await enter('new@example.org', 'correct horse')).toBeNull()
        expect(userOf(await call('GET', `/${id}`)).authentication_methods).toEqual([
          {
            identifier: 'new@example.org',
            active: true,
            affiliation: 'staff',
            backend: 'astakos',
            metadata: { n: 1152921504606847000n, list: [1.5, null] },
          },
        ])
        const other = userOf(await create({ username: 'other@example.org', affiliation: 'staff' }))
        expect(userOf(await call('GET', `/${other.id}`)).authentication_methods[0]).toMatchObject({
          affiliation: 'staff',
          metadata: {},
        })
      })

      it('one in the place of an account that was never verified', async () => {
        const hashed = await hashPassword('something else')
        await service.service.database.transaction((tx) =>
          signUp(tx, service.secretKey, {
            email: 'new@example.org',
            firstName: 'x',
            lastName: 'y',
            hashed,
            hasAgreed: false,
            tokenExpires: new Date(),
          }),
        )
        const { id } = userOf(await create({}))
        expect((await audit()).map(({ subject, after }) => [subject === `user:${id}`, after !== null])).toEqual([
          [false, false],
          [true, true],
        ])
        expect(userOf(await call('GET', `/${id}`)).first_name).toBe('Nina')
      })

      it('one account of two that come at once', async () => {
        const replies = await Promise.all(
          ['new@example.org', 'NEW@example.org', 'New@Example.org'].map((username) => create({ username })),
        )
        expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409])
        expect(messageOf(replies.find(({ status }) => status === 409) as Reply)[1]).toMatch(
          /^User 'new@example\.org' already exists$/i,
        )
        const { rows } = await pool.query("select uuid from users where username = 'new@example.org'")
        expect(rows).toHaveLength(1)
        expect(await audit()).toHaveLength(1)
      })

      it('nothing of what is wrong, and says so in this order', async () => {
        const refused = async (user: unknown): Promise<[number, string]> =>
          messageOf(await call('POST', '', user === undefined ? {} : { user }))
        const bad = { first_name: '', last_name: 1, password: 'short', affiliation: 1, metadata: [] }
        expect(await refused(undefined)).toEqual([400, 'Invalid username (email format required)'])
        expect(await refused([])).toEqual([400, 'Malformed request: user must be an object'])
        expect(await refused({ ...bad, username: 'bob' })).toEqual([400, 'Invalid username (email format required)'])
        expect(await refused({ ...bad, username: `${'b'.repeat(250)}@example.org` })).toEqual([
          400,
          'Invalid username (email format required)',
        ])
        expect(await refused({ ...bad, username: 'BOB@example.org' })).toEqual([
          409,
          "User 'BOB@example.org' already exists",
        ])
        const username = 'new@example.org'
        expect(await refused({ ...bad, username })).toEqual([400, 'Invalid first_name'])
        expect(await refused({ ...bad, username, first_name: 'x'.repeat(31) })).toEqual([400, 'Invalid first_name'])
        expect(await refused({ ...bad, username, first_name: 'x' })).toEqual([400, 'Invalid last_name'])
        const named = { ...bad, username, first_name: 'x', last_name: 'y' }
        expect(await refused(named)).toEqual([400, 'A password has at least 8 characters.'])
        expect((await refused({ ...named, password: null }))[1]).toMatch(/^Invalid affiliation: /)
        expect((await refused({ ...named, password: null, affiliation: 'x'.repeat(256) }))[1]).toMatch(/^Invalid aff/)
        const last = { ...named, password: null, affiliation: null }
        for (const metadata of [[], null, 'x', 1.5, { x: 'x'.repeat(70_000) }])
          expect((await refused({ ...last, metadata }))[1]).toMatch(/^Invalid metadata: /)
        const huge = '{"user":{"username":"n@example.org","first_name":"x","last_name":"y","metadata":{"n":1e999}}}'
        expect(messageOf(await call('POST', '', huge))[1]).toMatch(/^Invalid metadata: /)
        expect(await audit()).toEqual([])
      })
    })

    describe('changes:', () => {
      it('the address and with it the login name, also to another spelling of the same (X-12)', async () => {
        expect(userOf(await put('alice', { username: 'ALICE@example.org' })).email).toBe('ALICE@example.org')
        expect(await enter('alice@example.org', 'alice-pass-1')).toBeNull()
        expect(userOf(await put('alice', { username: 'Liddell@example.org' })).authentication_methods).toMatchObject([
          { identifier: 'Liddell@example.org' },
        ])
        expect(await enter('liddell@example.org', 'alice-pass-1')).toBeNull()
        expect(await enter('alice@example.org', 'alice-pass-1')).toBe('wrong')
        expect((await audit())[1]).toMatchObject({
          actor: `user:${of('uuid:bob')}`,
          operation: 'user-admin:change',
          subject: `user:${of('uuid:alice')}`,
          before: { email: 'ALICE@example.org' },
          after: { email: 'Liddell@example.org' },
        })
      })

      it('the address once where two accounts want it at the same moment', async () => {
        const replies = await Promise.all(
          ['alice', 'carol', 'dave'].map((name) => put(name, { username: 'wanted@example.org' })),
        )
        expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409])
      })

      it('an address so that codes on their way to the old one are void', async () => {
        await pool.query(`insert into password_resets (code_hash, user_id, expires)
                          select sha256(username::bytea), id, now() + interval '1 hour' from users where username in ('alice@example.org', 'dave@example.org')`)
        await pool.query("update users set verification_hash = sha256('b') where username = 'erin@example.org'")
        userOf(await put('alice', { username: 'liddell@example.org', last_name: 'x' }))
        userOf(await put('erin', { username: 'late@example.org' }))
        expect((await pool.query('select from users where verification_hash is not null')).rows).toHaveLength(0)
        const { rows } = await pool.query('select username from password_resets join users on users.id = user_id')
        expect(rows).toEqual([{ username: 'dave@example.org' }])
      })

      it('affiliation and metadata, and clears them (X-12)', async () => {
        const method = async (user: object): Promise<unknown> =>
          userOf(await put('alice', user)).authentication_methods[0]
        expect(await method({ affiliation: 'staff', metadata: { a: 1 } })).toMatchObject({
          affiliation: 'staff',
          metadata: { a: 1 },
        })
        expect(await method({ affiliation: null })).toMatchObject({ affiliation: null, metadata: { a: 1 } })
        expect(await method({ metadata: {} })).toMatchObject({ affiliation: null, metadata: {} })
      })

      it('a password, which renews the token and so ends sessions', async () => {
        await signedIn('alice')
        await signedIn('dave')
        expect(userOf(await put('alice', { password: 'correct horse' })).id).toBe(of('uuid:alice'))
        expect(await sessions()).toBe(1)
        expect(await enter('alice@example.org', 'alice-pass-1')).toBe('wrong')
        expect(await enter('alice@example.org', 'correct horse')).toBeNull()
        const rows = await audit()
        expect(rows).toMatchObject([{ after: { password_changed: true } }])
        expect(JSON.stringify(rows)).not.toContain('horse')
        expect(messageOf(await call('GET', '', undefined, 'alice'))).toEqual([401, 'Invalid X-Auth-Token'])
      })

      it('nothing where nothing is sent', async () => {
        expect(userOf(await put('alice', {})).first_name).toBe('Alice')
        expect(userOf(await call('PUT', `/${of('uuid:alice')}.json`, {})).first_name).toBe('Alice')
        expect(await audit()).toEqual([])
      })

      it('nothing of what is wrong, and says so in this order', async () => {
        const bad = { username: 'x', first_name: null, last_name: '', password: null, affiliation: 1, metadata: null }
        expect(messageOf(await call('PUT', '/nobody', { user: bad }))).toEqual([404, 'User not found'])
        const steps: [object, number, string | RegExp][] = [
          [{}, 400, 'Invalid username (email format required)'],
          [{ username: 'Bob@Example.org' }, 409, "User 'Bob@Example.org' already exists"],
          [{ username: 'alice@example.org' }, 400, 'Invalid first_name'],
          [{ first_name: 'x' }, 400, 'Invalid last_name'],
          [{ last_name: 'x' }, 400, /^Invalid affiliation/],
          [{ affiliation: null }, 400, /^Invalid metadata/],
          [{ metadata: {} }, 400, 'A password is a text.'],
          [{ password: 'alice@example.org' }, 400, 'A password is not your e-mail address.'],
        ]
        let user: object = bad
        for (const [change, status, message] of steps) {
          user = { ...user, ...change }
          // oxlint-disable-next-line no-await-in-loop -- each goes on from the one before
          const [got, said] = messageOf(await put('alice', user))
          expect(got).toBe(status)
          expect(said).toMatch(
            typeof message === 'string' ? new RegExp(`^${message.replaceAll(/[().]/g, '\\$&')}$`) : message,
          )
        }
        expect((await show('alice')).first_name).toBe('Alice')
        expect(await audit()).toEqual([])
      })
    })

    describe('acts:', () => {
      it('deactivates with a reason and what follows, and activates again', async () => {
        await signedIn('alice')
        expect(userOf(await act('alice', { deactivate: { reason: 'why' } }))).toEqual({
          id: of('uuid:alice'),
          is_active: false,
        })
        expect(await sessions()).toBe(0)
        const state = async (): Promise<string> =>
          (await pool.query<{ state: string }>('select state from projects where uuid = $1', [of('uuid:alice')]))
            .rows[0]?.state ?? ''
        expect(await state()).toBe('suspended')
        expect(userOf(await act('alice', { activate: null })).is_active).toBe(true)
        expect(await state()).toBe('active')
        // Once more changes nothing, and nothing is said of it.
        expect(userOf(await act('alice', { activate: {} })).is_active).toBe(true)
        expect(await audit()).toMatchObject([
          {
            operation: 'user-admin:deactivate',
            before: { is_active: true, deactivated_reason: null },
            after: { is_active: false, deactivated_reason: 'why' },
          },
          { operation: 'user-admin:activate', after: { is_active: true, deactivated_reason: null } },
        ])
      })

      it('leaves accounts that were not accepted as they are', async () => {
        for (const name of ['erin', 'trent', 'ivan'])
          for (const action of [{ activate: {} }, { deactivate: {} }])
            // oxlint-disable-next-line no-await-in-loop -- one after the other
            expect(userOf(await act(name, action))).toEqual({ id: of(`uuid:${name}`), is_active: false })
        expect(await audit()).toEqual([])
      })

      it('renews a token, which ends sessions', async () => {
        await signedIn('alice')
        const { auth_token: token } = userOf(await act('alice', { renewToken: {} }))
        expect(await sessions()).toBe(0)
        expect(messageOf(await call('GET', '', undefined, 'alice'))).toEqual([401, 'Invalid X-Auth-Token'])
        names['token:alice'] = token
        expect(messageOf(await call('GET', '', undefined, 'alice'))).toEqual([403, ''])
        const [row] = await audit()
        expect(row).toMatchObject({
          operation: 'user-admin:renew-token',
          after: { token_created: expect.stringMatching(/^\d{4}-/) as string },
        })
        expect(JSON.stringify(row)).not.toContain(token)
      })

      it('signs the terms', async () => {
        expect(userOf(await act('heidi', { signTerms: '' }))).toEqual({ id: of('uuid:heidi'), has_signed_terms: true })
        expect(await audit()).toMatchObject([
          {
            operation: 'user-admin:sign-terms',
            before: { has_signed_terms: false },
            after: { has_signed_terms: true },
          },
        ])
      })

      it('sets the default project as the user could (X-12)', async () => {
        const set = (name: string, project_id: unknown): Promise<Reply> =>
          act(name, { setDefaultProject: { project_id } })
        expect(userOf(await set('alice', of('uuid:alice')))).toEqual({
          id: of('uuid:alice'),
          default_project: of('uuid:alice'),
        })
        expect((await audit()).map(({ operation }) => operation)).toEqual(['user-admin:set-default-project'])
        expect(messageOf(await set('alice', of('uuid:bob')))).toEqual([404, 'This is not a valid membership request.'])
        expect(messageOf(await set('alice', 'x'))).toEqual([404, 'There is no project identified by x.'])
        expect(messageOf(await set('alice', 7))).toEqual([404, 'There is no project identified by 7.'])
        expect(messageOf(await set('alice', null))).toEqual([400, 'Project id not specified'])
        expect(messageOf(await set('frank', of('uuid:frank')))).toEqual([409, 'User account is not active.'])
        expect(messageOf(await set('trent', of('uuid:trent')))).toEqual([409, 'User account is not moderated.'])
        expect(await audit()).toHaveLength(1)
      })

      it('refuses what is no action, and what is set to nothing that fits (X-12)', async () => {
        const invalid = [400, 'Invalid action']
        for (const body of [
          {},
          [],
          1,
          '"activate"',
          null,
          { Activate: {} },
          { activate: {}, renewToken: {} },
          { toString: {} },
        ])
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          expect(messageOf(await act('alice', body as object))).toEqual(invalid)
        for (const value of ['why', null, 1, [], true])
          for (const action of ['deactivate', 'setDefaultProject'])
            // oxlint-disable-next-line no-await-in-loop -- one after the other
            expect(messageOf(await act('alice', { [action]: value }))).toEqual([
              400,
              `Invalid ${action}: an object is expected`,
            ])
        expect(messageOf(await act('alice', { deactivate: { reason: 1 } }))[1]).toMatch(/^Invalid reason/)
        expect(messageOf(await act('alice', { deactivate: { reason: 'x'.repeat(4097) } }))[1]).toMatch(
          /^Invalid reason/,
        )
        expect((await show('alice')).is_active).toBe(true)
        expect(await audit()).toEqual([])
      })
    })
  })
}
