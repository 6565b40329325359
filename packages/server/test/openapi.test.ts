import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { parseExact } from 'astakosclient/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import type { World } from '../scripts/world.ts'
import { migrate } from '../src/db/migrate.ts'
import { sql } from '../src/db/statement.ts'
import { noMail, type Mailer } from '../src/mail/mail.ts'
import { findCode, issueCode } from '../src/oauth2/codes.ts'
import { redeemCode } from '../src/oauth2/tokens.ts'
import { openapiDocument } from '../src/openapi/document.ts'
import { routes } from '../src/routes/index.ts'
import { databases, freshDatabase, startServer, type Connection } from './support/postgres.ts'

interface Content {
  readonly schema: object
  readonly example?: unknown
}
interface Reference {
  readonly $ref: string
}
interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly security: readonly Record<string, readonly string[]>[]
  readonly parameters?: readonly (Reference | { readonly name: string; readonly in: string; readonly schema: object })[]
  readonly requestBody?: { readonly content: Record<string, Content> }
  readonly responses: Record<
    string,
    {
      readonly description: string
      readonly headers?: Record<string, Reference>
      readonly content?: Record<string, Content>
    }
  >
}
interface Document {
  readonly openapi: string
  readonly info: { readonly title: string; readonly version: string }
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: Record<'schemas' | 'headers' | 'parameters' | 'securitySchemes', Record<string, object>>
}

const BASE = 'http://127.0.0.1:8000/astakos'
const document = JSON.parse(JSON.stringify(openapiDocument(BASE))) as Document

const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

/** Every object below a value, the value included. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  yield value as Record<string, unknown>
  for (const member of Object.values(value)) yield* objectsIn(member)
}

function resolve(reference: string): unknown {
  const names = reference.replace(/^#\//, '').split('/')
  return names.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], document)
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
ajv.addFormat('int64', { type: 'number', validate: Number.isInteger })
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?(?:Z|\+00:00)$/)

/** With nothing that is not described: what is missing in the document is seen as well. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([name, member]) => [name, closed(member)]))
  return 'properties' in copy && !('additionalProperties' in copy) ? { ...copy, additionalProperties: false } : copy
}

ajv.addSchema({ $id: 'open', components: document.components })
ajv.addSchema({ $id: 'closed', components: closed(document.components) as object })

function validatorOf(schema: object, root: 'open' | 'closed'): ValidateFunction {
  const text = JSON.stringify(root === 'closed' ? closed(schema) : schema)
  return ajv.compile(JSON.parse(text.replaceAll('"#/components/', `"${root}#/components/`)) as object)
}

function expectValid(schema: object, value: unknown, root: 'open' | 'closed' = 'open'): void {
  const validate = validatorOf(schema, root)
  validate(value)
  expect(validate.errors ?? [], JSON.stringify(value)).toEqual([])
}

interface XmlName {
  readonly name: string
  readonly namespace: string
}

/** A fault's element with its name, and what it holds as JSON would have it. */
function xmlFault(text: string): { xml: XmlName; value: object } {
  const match =
    /^<\?xml [^>]+\?>\s*<(\w+) xmlns="([^"]+)" code="(\d+)">\s*<message>([^<]*)<\/message>\s*<details>([^<]*)<\/details>\s*<\/\1>\s*$/.exec(
      text,
    )
  const [, name = '', namespace = '', code, message, details] = match ?? []
  return { xml: { name, namespace }, value: { code: Number(code), message, details } }
}

describe('the OpenAPI document', () => {
  it('has what OpenAPI 3.1 asks for', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/)
    expect(document.info).toMatchObject({ title: expect.any(String) as string, version: expect.any(String) as string })
    expect(document.servers).toEqual([{ url: BASE }])
    for (const { path, method, operation } of operations) {
      expect(path).toMatch(/^\//)
      expect(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']).toContain(method)
      expect(operation.summary).not.toBe('')
      expect(Object.keys(operation.responses).length).toBeGreaterThan(0)
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(status).toMatch(/^[1-5]\d\d$/)
        expect(response.description).not.toBe('')
      }
    }
  })

  it('names each operation once', () => {
    const ids = operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('declares each parameter of a path, and no other', () => {
    for (const { path, operation } of operations) {
      const declared = (operation.parameters ?? []).flatMap((parameter) =>
        'name' in parameter && parameter.in === 'path' ? [parameter.name] : [],
      )
      const named = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
      expect(declared).toEqual(named)
    }
  })

  it('refers to nothing that is not there', () => {
    const references = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []))
    expect(references.length).toBeGreaterThan(100)
    for (const reference of references) expect(resolve(reference), reference).toBeDefined()
    for (const { operation } of operations)
      for (const name of operation.security.flatMap((choice) => Object.keys(choice)))
        expect(Object.keys(document.components.securitySchemes)).toContain(name)
  })

  it('uses all of its components', () => {
    const text = JSON.stringify(document)
    for (const kind of ['schemas', 'headers', 'parameters'] as const)
      for (const name of Object.keys(document.components[kind]))
        expect(text, name).toContain(`"#/components/${kind}/${name}"`)
  })

  it('holds schemas that are valid JSON Schema', () => {
    for (const [name, schema] of Object.entries(document.components.schemas))
      expect(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`).toBe(true)
  })

  it('has examples that its schemas accept', () => {
    const contents = operations.flatMap(({ operation }) => [
      ...Object.values(operation.requestBody?.content ?? {}),
      ...Object.values(operation.responses).flatMap(({ content = {} }) => Object.values(content)),
    ])
    const withExample = contents.filter((content) => 'example' in content)
    expect(withExample.length).toBeGreaterThan(50)
    for (const { schema, example } of withExample) expectValid(schema, example)
  })

  it('writes quantities as 64-bit integers', () => {
    expect(document.components.schemas['Quotas']).toMatchObject({
      additionalProperties: { additionalProperties: { properties: { limit: { type: 'integer', format: 'int64' } } } },
    })
    expect(document.components.schemas['Issue']).toMatchObject({
      properties: { provisions: { items: { properties: { quantity: { type: 'integer', format: 'int64' } } } } },
      required: ['provisions'],
    })
  })

  it('describes the routes that there are, and no others', () => {
    const described = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`)
    const served = routes
      .filter(({ kind, path }) => kind === 'api' || path.startsWith('/ui/get_'))
      .flatMap(({ path, methods }) => {
        const template = path.replaceAll(/:(\w+)(?:\([^)]*\))?/g, '{$1}').replace(/\*$/, '{token}')
        return Object.keys(methods).flatMap((method) => (method === 'HEAD' ? [] : [`${method} ${template}`]))
      })
    expect(described.toSorted()).toEqual(served.toSorted())
  })

  it('asks for a token exactly where the routes do', () => {
    for (const { path, methods } of routes) {
      const template = path.replaceAll(/:(\w+)(?:\([^)]*\))?/g, '{$1}').replace(/\*$/, '{token}')
      for (const [method, { caller }] of Object.entries(methods)) {
        const operation = document.paths[template]?.[method.toLowerCase()]
        const schemes = operation?.security.flatMap((choice) => Object.keys(choice))
        if (schemes) expect(schemes).toEqual(caller === 'nobody' ? [] : [`${caller}Token`, `${caller}TokenInQuery`])
      }
    }
  })
})

interface Exchange {
  readonly token?: string
  readonly body?: unknown
  readonly form?: string
  readonly query?: string
  readonly path?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly status: number
}

const world = parseExact(readFileSync('fixtures/golden/world.json', 'utf8')) as World
const prepare = async (connection: Connection): Promise<void> => void (await migrate(connection))

for (const database of databases.slice(0, 1)) {
  describe(`the answers of the service on ${database.name}`, () => {
    let service: WorldService
    let bindings: Record<string, string>
    const acceptAll: Mailer = { send: () => Promise.resolve() }
    let mail = acceptAll
    const seen = new Set<string>()

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), prepare)
      service = await startWorldService(connection, {
        mailer: { send: (letter) => mail.send(letter) },
        settings: { userAdminGroups: ['helpdesk'], statsGroups: ['helpdesk'] },
      })
      bindings = await service.load(world)
    })
    afterAll(() => service[Symbol.asyncDispose]())

    const bound = (name: string): string => bindings[name] ?? ''

    /** Makes a call and holds the answer against what the document says of its status. */
    async function call(id: string, exchange: Exchange): Promise<unknown> {
      const found = operations.find(({ operation }) => operation.operationId === id)
      if (!found) throw new Error(`No operation ${id}`)
      const path = found.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => exchange.path?.[name] ?? '')
      const { token, body, form, query = '' } = exchange
      const response = await fetch(service.origin + service.basePath + path + query, {
        method: found.method.toUpperCase(),
        redirect: 'manual',
        headers: {
          ...(token === undefined ? {} : { 'x-auth-token': bound(`token:${token}`) }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          ...exchange.headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(form === undefined ? {} : { body: form }),
      })
      const text = await response.text()
      expect(response.status, `${id}: ${text}`).toBe(exchange.status)
      const described = found.operation.responses[response.status]
      expect(described, `${id} may answer ${response.status}`).toBeDefined()
      seen.add(`${id} ${response.status}`)
      const asked = found.operation.requestBody?.content['application/json']
      // What is served is described.
      if (response.ok && asked && body !== undefined) expectValid(asked.schema, body)
      const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? ''
      for (const name of Object.keys(described?.headers ?? {}))
        if (!['Idempotency-Key', 'Idempotency-Replayed'].includes(name))
          expect(response.headers.has(name), name).toBe(true)
      if (!described?.content) {
        expect(text).toBe('')
        return null
      }
      const content = described.content[type]
      expect(content, `${id} may answer ${type}`).toBeDefined()
      if (type === 'application/xml') {
        const { xml, value } = xmlFault(text)
        expect(content?.schema).toMatchObject({ xml })
        if (content) expectValid(content.schema, value, 'closed')
        return value
      }
      const document = JSON.parse(text) as unknown
      if (content) expectValid(content.schema, document, 'closed')
      return document
    }

    const provisions = (quantity: number): object[] => [
      {
        holder: `user:${bound('uuid:alice')}`,
        source: `project:${bound('uuid:alice')}`,
        resource: 'cyclades.vm',
        quantity,
      },
    ]
    const issue = async (body: object = {}, headers: Record<string, string> = {}): Promise<string> => {
      const answer = await call('issueCommission', {
        token: 'component:cyclades',
        body: { provisions: provisions(1), ...body },
        headers,
        status: 201,
      })
      return String((answer as { serial: number }).serial)
    }

    it('are versions', async () => {
      for (const suffix of ['', '2']) await call(`listVersions${suffix}`, { status: 200 })
      for (const suffix of ['', '2', '3']) await call(`showVersion${suffix}`, { status: 200 })
    })

    it('are authentications', async () => {
      await call('authenticate', { status: 200 })
      const auth = { token: { id: bound('token:bob') }, tenantName: bound('uuid:bob') }
      await call('authenticate', { body: { auth }, status: 200 })
      const passwordCredentials = { username: bound('uuid:alice'), password: bound('token:alice') }
      await call('authenticate', { body: { auth: { passwordCredentials } }, status: 200 })
      await call('authenticate', { body: { auth: {} }, status: 400 })
      await call('authenticate', { body: { auth: { token: { id: 'x' } } }, status: 401 })
      await call('authenticate', { body: [], headers: { accept: 'application/xml' }, status: 400 })
    })

    it('are validations of access tokens', async () => {
      const { database: on } = service.service
      const [ids] = await on.query<{ userId: bigint; clientId: bigint }>(
        sql(
          'select u.id as "userId", c.id as "clientId" from users as u, oauth2_clients as c where u.uuid = $1 limit 1',
        ),
        [bound('uuid:bob')],
      )
      const redirectUri = 'https://conf.example.org/callback'
      const grant = { userId: 0n, clientId: 0n, ...ids, redirectUri, scope: redirectUri, challenge: null }
      const token = await on.transaction(async (tx) => {
        const found = await findCode(tx, await issueCode(tx, grant, 60_000))
        return found ? redeemCode(tx, found, 60_000) : null
      })
      await call('validateToken', { path: { token: token ?? '' }, status: 200 })
      await call('validateToken', { path: { token: token ?? '' }, query: '?belongsTo=x', status: 404 })
      await call('validateToken', { path: { token: 'x' }, status: 404 })
    })

    it('are names', async () => {
      const body = { uuids: [bound('uuid:alice')], displaynames: ['BOB@example.org', 'nobody'] }
      await call('getUsernames', { token: 'alice', body, status: 200 })
      await call('getUsernames', { token: 'alice', body: { uuids: 1 }, status: 400 })
      await call('getUsernames', { body, status: 401 })
      await call('serviceGetUsernames', { token: 'component:pithos', body: { uuids: null }, status: 200 })
      await call('serviceGetUsernames', { token: 'component:pithos', body: { displaynames: [1] }, status: 400 })
      await call('serviceGetUsernames', { token: 'alice', body, status: 401 })
    })

    it('are those to feedback, with and without a mail server', async () => {
      await call('sendFeedback', { token: 'alice', form: 'feedback_msg=hello', status: 200 })
      await call('sendFeedback', { token: 'alice', form: 'feedback_data=x', status: 400 })
      await call('sendFeedback', { form: 'feedback_msg=hello', status: 401 })
      mail = noMail
      await call('sendFeedback', { token: 'alice', form: 'feedback_msg=hello', status: 502 })
      mail = acceptAll
    })

    it('are those to a default project', async () => {
      const set = (project_id: unknown, status: number): Promise<unknown> =>
        call('setDefaultProject', { token: 'alice', body: { project_id }, status })
      await set(bound('uuid:alice'), 200)
      await set(null, 403)
      await set('x', 404)
      await call('setDefaultProject', { token: 'alice', body: [], status: 400 })
      await call('setDefaultProject', { token: 'grace', body: {}, status: 401 })
    })

    it('are quotas', async () => {
      await issue()
      await call('listResources', { status: 200 })
      await call('listQuotas', { token: 'alice', status: 200 })
      await call('listQuotas', { token: 'component:cyclades', status: 401 })
      await call('listServiceQuotas', { token: 'component:cyclades', status: 200 })
      await call('listServiceQuotas', { token: 'component:cyclades', query: '?user=x', status: 404 })
      await call('listServiceQuotas', { token: 'component:cyclades', query: '?user=%00', status: 400 })
      await call('listServiceQuotas', { token: 'component:legacy', status: 401 })
      await call('listServiceProjectQuotas', { token: 'component:cyclades', status: 200 })
      await call('listServiceProjectQuotas', { token: 'component:cyclades', query: '?project=x', status: 404 })
      await call('listServiceProjectQuotas', { query: '?project=x', status: 401 })
    })

    it('are commissions', async () => {
      await service.load(world).then((fresh) => (bindings = fresh))
      const token = 'component:cyclades'
      const first = await issue({ name: 'n' }, { 'idempotency-key': 'k' })
      expect(await issue({ name: 'n' }, { 'idempotency-key': 'k' })).toBe(first)
      const refused = (body: unknown, status: number, headers = {}): Promise<unknown> =>
        call('issueCommission', { token, body, headers, status })
      await refused({ provisions: provisions(1) }, 422, { 'idempotency-key': 'k' })
      await refused({}, 400)
      await refused({ provisions: provisions(100) }, 413)
      await refused({ provisions: provisions(-100) }, 413)
      await refused({ provisions: [{ holder: 1, source: null, resource: 'x', quantity: 0 }] }, 404)
      await call('issueCommission', { body: {}, status: 401 })
      await call('getPendingCommissions', { token, status: 200 })
      await call('getPendingCommissions', { status: 401 })
      await call('getCommission', { token, path: { serial: first }, status: 200 })
      await call('getCommission', { token, path: { serial: '1' }, status: 404 })
      await call('getCommission', { path: { serial: first }, status: 401 })
      await call('resolveCommission', { token, path: { serial: first }, body: { accept: '', reject: '' }, status: 400 })
      await call('resolveCommission', { token, path: { serial: first }, body: { accept: '' }, status: 200 })
      await call('resolveCommission', { token, path: { serial: first }, body: { accept: '' }, status: 404 })
      await call('resolveCommission', { path: { serial: first }, body: {}, status: 401 })
      await call('getCommission', { token, path: { serial: first }, query: '?resolved=true', status: 200 })
      const second = Number(await issue())
      await call('resolveCommissions', { token, body: { accept: [second, 7, 8], reject: [8] }, status: 200 })
      await call('resolveCommissions', { token, body: { accept: null }, status: 400 })
      await call('resolveCommissions', { token: 'alice', body: {}, status: 401 })
    })

    const later = '2040-01-01T00:00:00Z'
    const resources = { 'cyclades.vm': { project_capacity: 10, member_capacity: 2 } }
    const submit = async (token: string, body: object): Promise<{ id: string; application: number }> =>
      (await call('createProject', { token, body, status: 201 })) as { id: string; application: number }
    const decide = (token: string, id: string, body: object, status: number): Promise<unknown> =>
      call('projectAction', { token, path: { id }, body, status })

    it('are projects', async () => {
      await service.load(world).then((fresh) => (bindings = fresh))
      const { id, application } = await submit('alice', { name: 'first.example.org', end_date: later, resources })
      const show = (token: string, status: number): Promise<unknown> =>
        call('getProject', { token, path: { id }, status })
      await show('alice', 200)
      await show('bob', 403)
      await show('grace', 401)
      await call('getProject', { token: 'alice', path: { id: 'x' }, status: 404 })
      await call('createProject', { token: 'alice', body: { name: 'first', end_date: later }, status: 400 })
      await call('createProject', {
        token: 'alice',
        body: { name: 1 },
        headers: { accept: 'application/xml' },
        status: 400,
      })
      await call('createProject', { body: {}, status: 401 })

      await decide('alice', id, { approve: { app_id: application } }, 403)
      await decide('carol', id, { approve: {} }, 400)
      await decide('carol', id, { approve: { app_id: String(application), reason: ['fine'] }, other: 1 }, 200)
      await decide('carol', id, { deny: { app_id: application } }, 409)
      await decide('carol', id, { deny: { app_id: 7 } }, 404)
      await decide('grace', id, {}, 401)
      await show('bob', 200)

      const change = (token: string, body: object, status: number, of = id): Promise<unknown> =>
        call('modifyProject', { token, path: { id: of }, body, status })
      const changes = { owner: null, name: null, max_members: '1.5 KiB', start_date: '2020-1-1T0:0Z', resources }
      await change('alice', changes, 201)
      await change('alice', { resources: null }, 400)
      await change('bob', {}, 403)
      await change('bob', {}, 404, 'x')
      await change('carol', { name: 'system.example.org' }, 409, bound('uuid:alice'))
      await change('grace', {}, 401)
      await decide('carol', id, { suspend: { reason: '' } }, 200)
      await show('alice', 200)

      const others = ['a', 'b'].map((label) => ({ name: `${label}.example.org`, end_date: later, max_members: 'inf' }))
      for (const body of others) await submit('alice', body)
      await call('createProject', { token: 'alice', body: { name: 'c.example.org', end_date: later }, status: 409 })
      await call('listProjects', { token: 'alice', status: 200 })
      await call('listProjects', { token: 'carol', query: '?mode=member', status: 200 })
      await call('listProjects', { token: 'carol', query: '?state=active&name=x&owner=y', status: 200 })
      await call('listProjects', { token: 'alice', query: '?mode=all', status: 400 })
      await call('listProjects', { status: 401 })
    })

    it('are memberships', async () => {
      await service.load(world).then((fresh) => (bindings = fresh))
      const body = { name: 'first.example.org', end_date: later, leave_policy: 'moderated', max_members: 2 }
      const { id: project, application } = await submit('alice', body)
      const begin = (token: string, asked: object, status: number): Promise<unknown> =>
        call('joinOrEnroll', { token, body: asked, status })
      await begin('bob', { join: { project } }, 409)
      await decide('carol', project, { approve: { app_id: application } }, 200)
      await begin('bob', { join: { project: 1 } }, 404)
      await begin('bob', { join: {} }, 400)
      await begin('bob', { enroll: { project, user: 'dave@example.org' } }, 403)
      await begin('grace', {}, 401)
      await begin('alice', { enroll: { project, user: 'dave@example.org' } }, 200)
      const { id } = (await begin('bob', { join: { project } }, 200)) as { id: number }

      const of = (number: number): { path: { membership: string } } => ({ path: { membership: String(number) } })
      const show = (token: string, status: number, number = id): Promise<unknown> =>
        call('getMembership', { token, ...of(number), status })
      const act = (token: string, asked: object, status: number, number = id): Promise<unknown> =>
        call('membershipAction', { token, ...of(number), body: asked, status })
      await show('bob', 200)
      await show('judy', 403)
      await show('bob', 404, 7)
      await show('grace', 401)
      await act('bob', { cancel: '' }, 200)
      await act('bob', { cancel: '' }, 409)
      await begin('bob', { join: { project } }, 200)
      await act('judy', { accept: '' }, 403)
      await act('judy', { accept: '', reject: '' }, 400)
      await act('judy', { accept: '' }, 404, 7)
      await act('grace', {}, 401)
      await act('alice', { accept: { any: ['thing'] } }, 200)
      await act('bob', { leave: null }, 200)
      await show('carol', 200)

      await call('listMemberships', { token: 'alice', query: `?project=${project}`, status: 200 })
      await call('listMemberships', { token: 'carol', status: 200 })
      await call('listMemberships', { token: 'alice', query: '?project=%ff', status: 400 })
      await call('listMemberships', { status: 401 })
    })

    it('are users, for a helpdesk', async () => {
      await service.load(world).then((fresh) => (bindings = fresh))
      const token = 'bob'
      for (const id of ['listUsers', 'listUsersDetailed']) {
        await call(id, { token, status: 200 })
        await call(id, { token: 'alice', status: 403 })
        await call(id, { headers: { accept: 'application/xml' }, status: 401 })
      }
      const user = { username: 'new@example.org', first_name: 'Nina', last_name: 'New' }
      const make = (body: object, status: number): Promise<unknown> => call('createUser', { token, body, status })
      const { user: made } = (await make({ user }, 200)) as { user: { id: string } }
      await make({ user }, 409)
      await make({}, 400)
      await call('createUser', { token: 'alice', body: {}, status: 403 })
      const one = (id: string): { token: string; path: { id: string } } => ({ token, path: { id } })
      await call('getUser', { ...one(made.id), status: 200 })
      await call('getUser', { ...one(bound('uuid:erin')), status: 200 })
      await call('getUser', { ...one('x'), status: 404 })
      await call('getUser', { ...one('x'), token: 'alice', status: 403 })
      const change = (asked: object, status: number, id = made.id): Promise<unknown> =>
        call('modifyUser', { ...one(id), body: { user: asked }, status })
      await change({ ...user, affiliation: null, metadata: { a: [] }, password: 'correct horse' }, 200)
      await change({ username: 'bob@example.org' }, 409)
      await change({ username: 1 }, 400)
      await change({}, 404, 'x')
      await call('modifyUser', { ...one('x'), token: 'alice', body: {}, status: 403 })
      const act = (body: object, status: number, id = made.id): Promise<unknown> =>
        call('userAction', { ...one(id), body, status })
      await act({ setDefaultProject: { project_id: made.id } }, 200)
      await act({ renewToken: '' }, 200)
      await act({ signTerms: {}, other: 1 }, 200)
      await act({ deactivate: { reason: 'left' } }, 200)
      await act({ setDefaultProject: { project_id: made.id } }, 409)
      await act({ activate: null }, 200)
      await act({ deactivate: 'left' }, 400)
      await act({ activate: null }, 404, 'x')
      await call('userAction', { ...one('x'), token: 'alice', body: {}, status: 403 })
    })

    it('are statistics', async () => {
      await call('getStatistics', { status: 200 })
      await call('getStatistics', { query: '?callback=1', status: 400 })
      await call('getDetailedStatistics', { token: 'bob', status: 200 })
      await call('getDetailedStatistics', { token: 'alice', status: 403 })
      await call('getDetailedStatistics', { status: 401 })
    })

    it('are what pages show', async () => {
      await call('getServices', { status: 200 })
      await call('getServices', { query: '?callback=1', status: 400 })
      await call('getMenu', { status: 200 })
      await call('getMenu', { headers: { cookie: '_pithos2_a=x' }, status: 302 })
    })

    it('were each seen to succeed and to be refused', () => {
      for (const { operation } of operations) {
        const { operationId: id, responses } = operation
        const documented = (isFault: boolean): boolean =>
          Object.keys(responses).some((status) => Number(status) >= 400 === isFault && seen.has(`${id} ${status}`))
        expect(documented(false), id).toBe(true)
        if (!/^(?:list|show)(?:Version|Resources)|^getMenu/.test(id)) expect(documented(true), id).toBe(true)
      }
    })

    it('is the document itself', async () => {
      const response = await fetch(`${service.origin}${service.basePath}/openapi.json`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(await response.json()).toEqual(
        JSON.parse(JSON.stringify(openapiDocument(service.origin + service.basePath))),
      )
    })
  })
}
