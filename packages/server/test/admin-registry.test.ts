import { stringifyExact } from 'astakosclient/wire'
import { describe, expect, it } from 'vitest'
import { definitionsOf } from '../src/operations/companions.ts'
import { adminWorld, testCases, type AdminWorld, type Case } from './support/admin-cases.ts'
import { testRefusals } from './support/admin-refusals.ts'
import { send, type Reply } from './support/http.ts'

/** Components, services and resources. Administration specification, 1.3. */

const INF = 2n ** 63n - 1n
const TOKEN = 'a-token-of-22-letters!'
const CYCLADES_URL = 'https://cyclades.example.org/cyclades'

/** A call of the service's API. */
function call(
  { service, names }: AdminWorld,
  method: string,
  path: string,
  { as, body }: { readonly as?: string; readonly body?: object } = {},
): Promise<Reply> {
  return send(method, `${service.origin}${service.basePath}${path}`, {
    headers: { 'content-type': 'application/json', ...(as === undefined ? {} : { 'x-auth-token': names[as] ?? as }) },
    ...(body === undefined ? {} : { body: stringifyExact(body) }),
  })
}

async function catalog(world: AdminWorld): Promise<Map<string, Record<string, unknown>>> {
  world.service.forget()
  const { json } = await call(world, 'POST', '/identity/v2.0/tokens')
  const { access } = json as { access: { serviceCatalog: { name: string }[] } }
  return new Map(access.serviceCatalog.map((service) => [service.name, service]))
}

async function resources(world: AdminWorld): Promise<Record<string, unknown>> {
  world.service.forget()
  return (await call(world, 'GET', '/account/v1.0/resources')).json as Record<string, unknown>
}

async function quotas(world: AdminWorld, user = 'alice'): Promise<Record<string, Record<string, unknown>>> {
  world.service.forget()
  return (await call(world, 'GET', '/account/v1.0/quotas', { as: `token:${user}` })).json as never
}

/** What a component may ask for. */
const statusOf = async (world: AdminWorld, token: string): Promise<number> =>
  (await call(world, 'GET', '/account/v1.0/commissions', { as: token })).status

const issue = (world: AdminWorld, token = 'token:component:cyclades', resource = 'cyclades.vm'): Promise<Reply> => {
  const [holder, source] = [`user:${world.names['uuid:alice']}`, `project:${world.names['uuid:alice']}`]
  const provisions = [
    { holder, source, resource, quantity: 1 },
    { holder: source, source: null, resource, quantity: 1 },
  ]
  return call(world, 'POST', '/account/v1.0/commissions', { as: token, body: { provisions } })
}

/** An ordinary project of alice's, with bob. */
async function project(world: AdminWorld, name = 'lab.example.org'): Promise<string> {
  const asked = { name, end_date: '2040-01-01T00:00:00Z', join_policy: 'auto', max_members: 9 }
  const { json } = await call(world, 'POST', '/account/v1.0/projects', { as: 'token:alice', body: asked })
  const { id, application } = json as { id: string; application: number }
  const approve = { approve: { app_id: application, reason: '' } }
  const path = `/account/v1.0/projects/${id}/action`
  expect((await call(world, 'POST', path, { as: 'token:carol', body: approve })).status).toBe(200)
  const join = { join: { project: id } }
  expect(
    (await call(world, 'POST', '/account/v1.0/projects/memberships', { as: 'token:bob', body: join })).status,
  ).toBe(200)
  return id
}

const text = expect.any(String) as string
const gone = (name: string): object => ({ subject: `service:${name}`, after: null })

const components: readonly Case[] = [
  {
    title: 'its token is shown once, and works',
    operation: 'component-add',
    input: { name: 'storage', base_url: 'https://s.example.org', ui_url: 'https://s.example.org/ui' },
    output: {
      name: 'storage',
      base_url: 'https://s.example.org',
      ui_url: 'https://s.example.org/ui',
      token_expires: null,
      token: expect.stringMatching(/^[\w-]{43}$/) as string,
    },
    audit: [
      {
        subject: 'component:storage',
        before: null,
        after: { base_url: 'https://s.example.org', ui_url: 'https://s.example.org/ui', token_expires: null },
      },
    ],
    async effect(world, output) {
      const { token } = output as { token: string }
      expect(await statusOf(world, token)).toBe(200)
      expect(await world.query('select 1 from audit where after::text like $1', [`%${token}%`])).toEqual([])
      expect(JSON.stringify(await world.call('component-list'))).not.toContain(token)
      const ui = await call(world, 'GET', '/ui/get_services')
      expect(ui.text).toContain('https://s.example.org/ui')
    },
  },
  {
    title: 'its token may be chosen, and be over',
    operation: 'component-add',
    input: { name: 'storage', auth_token: TOKEN, token_expires: '2020-01-01T00:00:00Z' },
    output: { base_url: null, ui_url: null, token: TOKEN, token_expires: '2020-01-01T00:00:00.000Z' },
    audit: [
      {
        subject: 'component:storage',
        before: null,
        after: { base_url: null, token_expires: '2020-01-01T00:00:00.000Z' },
      },
    ],
    effect: async (world) => expect(await statusOf(world, TOKEN)).toBe(401),
  },
  {
    title: 'another one has that token',
    operation: 'component-add',
    input: ({ names }) => ({ name: 'x', auth_token: names['token:component:cyclades'] }),
    refused: { kind: 'conflict', message: 'auth_token: is the token of another component' },
  },
  {
    title: 'they are listed without tokens, a page at a time',
    operation: 'component-list',
    input: { after: 1, limit: 2 },
    output: {
      items: [
        { id: 2, name: 'cyclades', base_url: CYCLADES_URL },
        { id: 3, name: 'pithos' },
      ],
      next: 3,
    },
    async effect({ call: operate }, output) {
      const columns = ['id', 'name', 'base_url', 'ui_url', 'token_created', 'token_expires']
      expect(Object.keys((output as { items: object[] }).items[0] ?? {})).toEqual(columns)
      expect(await operate('component-list', { after: 3 })).toMatchObject({ items: [{ name: 'legacy' }], next: null })
    },
  },
  ...[{ component: 'pithos' }, { component: 3 }].map((input): Case => ({
    title: `by ${typeof input.component}, with its services`,
    operation: 'component-show',
    input,
    output: {
      id: 3,
      name: 'pithos',
      ui_url: 'https://pithos.example.org/pithos/ui',
      token_created: text,
      token_expires: null,
      services: [
        { id: 8, name: 'pithos_object-store', type: 'object-store' },
        { id: 9, name: 'pithos_public', type: 'pithos_public' },
      ],
    },
  })),
  {
    title: 'its addresses, which the catalog tells',
    operation: 'component-modify',
    input: { component: 'pithos', base_url: 'https://p.example.org', ui_url: null },
    output: { name: 'pithos', base_url: 'https://p.example.org', ui_url: null },
    audit: [
      {
        subject: 'component:pithos',
        before: { base_url: 'https://pithos.example.org/pithos', ui_url: 'https://pithos.example.org/pithos/ui' },
        after: { base_url: 'https://p.example.org', ui_url: null },
      },
    ],
    async effect(world) {
      expect((await catalog(world)).get('pithos_object-store')).toMatchObject({ endpoints: [{ 'SNF:uiURL': null }] })
      expect(await statusOf(world, 'token:component:pithos')).toBe(200)
    },
  },
  {
    title: 'its token, which ends the old one',
    operation: 'component-modify',
    input: { component: 'cyclades', auth_token: TOKEN, token_expires: '2040-01-01T00:00:00Z' },
    output: { token_expires: '2040-01-01T00:00:00.000Z' },
    audit: [
      {
        subject: 'component:cyclades',
        before: { base_url: CYCLADES_URL, token_expires: null },
        after: { base_url: CYCLADES_URL, token_expires: '2040-01-01T00:00:00.000Z' },
      },
    ],
    async effect(world, output) {
      expect(JSON.stringify(output)).not.toContain(TOKEN)
      expect(await statusOf(world, 'token:component:cyclades')).toBe(401)
      expect(await statusOf(world, TOKEN)).toBe(200)
      const audit = await world.query<{ is_new: boolean }>(
        "select before ->> 'token_created' < after ->> 'token_created' as is_new from audit where after::text not like $1",
        [`%${TOKEN}%`],
      )
      expect(audit).toEqual([{ is_new: true }])
    },
  },
  {
    title: 'when its token ends: at once, and never',
    operation: 'component-modify',
    given: ({ call: operate }) => operate('component-modify', { component: 2, token_expires: '2020-01-01T00:00:00Z' }),
    input: { component: 2, token_expires: null },
    audit: [
      {
        subject: 'component:cyclades',
        before: { token_expires: '2020-01-01T00:00:00.000Z' },
        after: { token_expires: null },
      },
    ],
    effect: async (world) => expect(await statusOf(world, 'token:component:cyclades')).toBe(200),
  },
  {
    title: 'a token of another one',
    operation: 'component-modify',
    input: ({ names }) => ({ component: 'cyclades', auth_token: names['token:component:pithos'] }),
    refused: { kind: 'conflict', message: 'auth_token: is the token of another component' },
  },
  {
    title: 'a new token ends the old one',
    operation: 'component-renew-token',
    input: { component: 'cyclades' },
    output: { name: 'cyclades', token: expect.stringMatching(/^[\w-]{43}$/) as string },
    audit: [{ subject: 'component:cyclades', before: { token_created: text }, after: { token_created: text } }],
    async effect(world, output) {
      const { token } = output as { token: string }
      expect(await statusOf(world, 'token:component:cyclades')).toBe(401)
      expect(await statusOf(world, token)).toBe(200)
      expect(await world.query('select 1 from audit where after::text like $1', [`%${token}%`])).toEqual([])
    },
  },
  {
    title: 'its services go, resources and quotas stay',
    operation: 'component-purge-services',
    input: { component: 'pithos' },
    output: { name: 'pithos', services: ['pithos_object-store', 'pithos_public'] },
    audit: [
      {
        subject: 'service:pithos_object-store',
        before: { component: 'pithos', type: 'object-store', endpoints: [{ versionId: 'v1' }] },
        after: null,
      },
      { subject: 'service:pithos_public', before: { type: 'pithos_public', endpoints: [] }, after: null },
    ],
    async effect(world) {
      expect([...(await catalog(world)).keys()]).not.toContain('pithos_object-store')
      expect(await resources(world)).toHaveProperty(['pithos.diskspace'])
      expect((await quotas(world))[world.names['uuid:alice'] ?? '']).toHaveProperty(['pithos.diskspace'])
      expect((await call(world, 'GET', '/account/v1.0/service_quotas', { as: 'token:component:pithos' })).json).toEqual(
        {},
      )
    },
  },
  {
    title: 'X-4: resources, quotas and pending commissions stay, and are there again for the next one of that name',
    operation: 'component-remove',
    given: async (world) => expect((await issue(world)).status).toBe(201),
    input: { component: 'cyclades' },
    output: { id: 2, name: 'cyclades', services: ['cyclades_compute', 'cyclades_network', 'cyclades_plankton'] },
    audit: [
      gone('cyclades_compute') as never,
      gone('cyclades_network') as never,
      gone('cyclades_plankton') as never,
      { subject: 'component:cyclades', before: { base_url: CYCLADES_URL }, after: null },
    ],
    async effect(world) {
      expect(await statusOf(world, 'token:component:cyclades')).toBe(401)
      expect([...(await catalog(world)).keys()]).not.toContain('cyclades_compute')
      expect(await resources(world)).toHaveProperty(['cyclades.vm'])
      const pending = { limit: 2, usage: 1, pending: 1 }
      const alice = world.names['uuid:alice'] ?? ''
      expect((await quotas(world))[alice]).toMatchObject({ 'cyclades.vm': pending })

      const input = { companion: 'cyclades', base_url: CYCLADES_URL, auth_token: TOKEN }
      const { resources: listed } = (await world.call('component-register-standard', input)) as {
        resources: { name: string; is_new: boolean }[]
      }
      expect(listed).toContainEqual({ name: 'cyclades.vm', is_new: false })
      const serials = (await call(world, 'GET', '/account/v1.0/commissions', { as: TOKEN })).json as number[]
      expect(serials).toHaveLength(1)
      const body = { accept: serials, reject: [] }
      expect((await call(world, 'POST', '/account/v1.0/commissions/action', { as: TOKEN, body })).json).toMatchObject({
        accepted: serials,
      })
      expect((await quotas(world))[alice]).toMatchObject({ 'cyclades.vm': { ...pending, pending: 0 } })
    },
  },
]

testCases('components', components)

const NO_URL = 'must be an address that starts with http:// or https://, without a user and a password'
const NO_REFERENCE = 'must be a name of at most 255 characters, or an id'
const unknown = [
  [{ component: '3' }, 'No component found named 3.', 'unknown'],
  [{ component: 99 }, 'Component does not exist. You may run component-list for available component IDs.', 'unknown'],
  [{ component: [] }, `component: ${NO_REFERENCE}`],
  [{ component: '' }, `component: ${NO_REFERENCE}`],
  [{ component: 0 }, `component: ${NO_REFERENCE}`],
  [{}, 'component: is missing'],
] as const

const volume = (more: object = {}): object => ({
  component: 'cyclades',
  type: 'volume',
  endpoints: [],
  ...more,
})
const disk = (more: object = {}): object => ({
  name: 'cyclades.disk',
  service_type: 'volume',
  service_origin: 'cyclades_volume',
  ...more,
})
const withDisk = (more: object): object => ({ cyclades_volume: volume({ resources: { d: disk(more) } }) })

const refusals: readonly (readonly [services: unknown, message: string, kind?: 'unknown' | 'conflict'])[] = [
  ['{}', 'Input should be a JSON dict mapping service names to definitions.'],
  [[], 'Input should be a JSON dict mapping service names to definitions.'],
  [null, 'Input should be a JSON dict mapping service names to definitions.'],
  [{ x: volume({ component: 'nobody' }) }, "Component 'nobody' is not registered.", 'unknown'],
  [{ x: 1 }, 'Malformed service definition. services.x: must be an object'],
  [{ x: volume({ component: null }) }, 'Malformed service definition. services.x.component: is missing'],
  [{ x: { component: 'cyclades', endpoints: [] } }, 'Malformed service definition. services.x.type: is missing'],
  [{ x: { component: 'cyclades', type: 'x' } }, 'Malformed service definition. services.x.endpoints: is missing'],
  [{ x: volume({ endpoints: {} }) }, 'Malformed service definition. services.x.endpoints: must be a list of objects'],
  [{ x: volume({ endpoints: [1] }) }, 'Malformed service definition. services.x.endpoints.0: must be an object'],
  [
    { x: volume({ endpoints: [{}, { publicURL: ['x'] }] }) },
    'Malformed service definition. services.x.endpoints.1.publicURL: must be a text of at most 1024 characters, an integer, true or false',
  ],
  [
    { x: volume({ endpoints: [{ publicURL: 'x'.repeat(1025) }] }) },
    'Malformed service definition. services.x.endpoints.0.publicURL: must have at most 1024 characters',
  ],
  [{ '': volume() }, 'Malformed service definition. services.: must not be empty'],
  [{ x: volume({ resources: [] }) }, 'Malformed service definition. services.x.resources: must be an object'],
  [withDisk({ name: null }), 'Malformed resource dict. services.cyclades_volume.resources.d.name: is missing'],
  [
    withDisk({ service_type: null }),
    'Malformed resource dict. services.cyclades_volume.resources.d.service_type: is missing',
  ],
  [
    withDisk({ service_origin: null }),
    'Malformed resource dict. services.cyclades_volume.resources.d.service_origin: is missing',
  ],
  [
    withDisk({ ui_visible: 'yes' }),
    'Malformed resource dict. services.cyclades_volume.resources.d.ui_visible: must be true or false',
  ],
  [
    withDisk({ service_origin: 'cyclades_compute' }),
    'service_origin mismatch. services.cyclades_volume.resources.d: is cyclades_compute in the service cyclades_volume',
  ],
  [
    withDisk({ api_visible: false }),
    "Flag 'ui_visible' should entail 'api_visible'. services.cyclades_volume.resources.d: cyclades.disk has the one alone",
  ],
  [
    { 'pithos_object-store': volume() },
    'There is already a service named pithos_object-store registered by pithos.',
    'conflict',
  ],
  [
    withDisk({ name: 'pithos.diskspace' }),
    'There already exists a resource named pithos.diskspace with service type object-store.',
    'conflict',
  ],
  [
    withDisk({ name: 'pithos.diskspace', service_type: 'object-store' }),
    'There already exists a resource named pithos.diskspace registered for service pithos_object-store.',
    'conflict',
  ],
  // All or nothing: the good one before it is not there either.
  [{ ...withDisk({}), y: volume({ component: 'nobody' }) }, "Component 'nobody' is not registered.", 'unknown'],
]

const services: readonly Case[] = [
  {
    title: 'in the order of the catalog, of one component',
    operation: 'service-list',
    input: { component: 'cyclades', limit: 2 },
    output: {
      items: [
        { id: 5, name: 'cyclades_compute', component: 'cyclades', type: 'compute' },
        { id: 6, name: 'cyclades_network', component: 'cyclades', type: 'network' },
      ],
      next: 6,
    },
    async effect({ call: operate }) {
      expect(await operate('service-list', { component: 2, after: 6 })).toMatchObject({
        items: [{ id: 7 }],
        next: null,
      })
      const { items } = (await operate('service-list')) as { items: { name: string }[] }
      expect(items.map(({ name }) => name).slice(-2)).toEqual(['pithos_object-store', 'pithos_public'])
    },
  },
  ...['cyclades_network', 6].map((service): Case => ({
    title: `by ${typeof service}, with endpoints and resources`,
    operation: 'service-show',
    input: { service },
    output: {
      id: 6,
      name: 'cyclades_network',
      component: 'cyclades',
      type: 'network',
      endpoints: [{ id: 7, data: { publicURL: `${CYCLADES_URL}/network`, 'SNF:exposeVersion': 'False' } }],
      resources: ['cyclades.network.private'],
    },
  })),
  {
    title: 'a new service is in the catalog, its new resource in all quotas',
    operation: 'service-import',
    given: (world) => project(world),
    input: {
      services: {
        cyclades_volume: volume({
          prefix: 'volume',
          public: true,
          whatever: [1.5],
          endpoints: [
            {
              versionId: 'v2.0',
              publicURL: `${CYCLADES_URL}/volume`,
              'SNF:exposeVersion': false,
              other: true,
              size: INF,
              empty: null,
            },
          ],
          resources: {
            one: disk({ desc: 'Disks', unit: 'bytes' }),
            two: disk({ name: 'cyclades.snapshots', ui_visible: false, api_visible: false }),
          },
        }),
      },
    },
    output: {
      services: [{ name: 'cyclades_volume', is_new: true }],
      resources: [
        { name: 'cyclades.disk', is_new: true },
        { name: 'cyclades.snapshots', is_new: true },
      ],
      messages: [
        'Added service cyclades_volume.',
        "Resource 'cyclades.disk' created in database with unlimited quota.",
        "Resource 'cyclades.snapshots' created in database with unlimited quota.",
      ],
      warnings: [],
    },
    audit: [
      {
        subject: 'service:cyclades_volume',
        before: null,
        after: { component: 'cyclades', type: 'volume', endpoints: [{ versionId: 'v2.0' }] },
      },
      {
        subject: 'resource:cyclades.disk',
        before: null,
        after: { system_default: INF, project_default: 0, unit: 'bytes', ui_visible: true },
      },
      {
        subject: 'resource:cyclades.snapshots',
        before: null,
        after: { system_default: INF, project_default: INF, description: null, api_visible: false },
      },
    ],
    async effect(world) {
      const listed = await catalog(world)
      expect([...listed.keys()].at(-1)).toBe('cyclades_volume')
      expect(listed.get('cyclades_volume')).toMatchObject({ type: 'volume' })
      expect((listed.get('cyclades_volume') as { endpoints: object[] }).endpoints).toEqual([
        {
          versionId: 'v2.0',
          publicURL: `${CYCLADES_URL}/volume`,
          'SNF:exposeVersion': 'False',
          other: 'True',
          size: String(INF),
          'SNF:uiURL': `${CYCLADES_URL}/ui`,
          region: 'default',
        },
      ])
      expect(await resources(world)).toMatchObject({
        'cyclades.disk': {
          service: 'cyclades_volume',
          description: 'Disks',
          unit: 'bytes',
          ui_visible: true,
          api_visible: true,
        },
      })
      const alice = world.names['uuid:alice'] ?? ''
      const all = { limit: INF, usage: 0, pending: 0, project_limit: INF, project_usage: 0, project_pending: 0 }
      expect((await quotas(world))[alice]?.['cyclades.disk']).toEqual(all)
      const [id] = Object.keys(await quotas(world, 'bob')).filter((uuid) => uuid !== world.names['uuid:bob'])
      expect((await quotas(world, 'bob'))[id ?? '']?.['cyclades.disk']).toMatchObject({ limit: 0, project_limit: 0 })
      const seen = await call(world, 'GET', `/account/v1.0/service_quotas?user=${world.names['uuid:bob']}`, {
        as: 'token:component:cyclades',
      })
      expect(seen.json).toMatchObject({
        [world.names['uuid:bob'] ?? '']: { [id ?? '']: { 'cyclades.snapshots': { limit: INF, project_limit: INF } } },
      })
      expect((await issue(world, 'token:component:cyclades', 'cyclades.disk')).status).toBe(201)
    },
  },
  {
    title: 'again: endpoints are replaced and resources updated, and nothing else',
    operation: 'service-import',
    given: async (world) => {
      expect((await issue(world)).status).toBe(201)
      await world.call('resource-modify', { name: 'cyclades.ram', ui_visible: false, system_default: '5 GiB' })
    },
    input: {
      services: {
        cyclades_compute: {
          component: 'cyclades',
          type: 'compute2',
          endpoints: [{ publicURL: 'https://elsewhere.example.org/v3' }],
          resources: {
            vm: { name: 'cyclades.vm', service_type: 'compute3', service_origin: 'cyclades_compute', unit: 'machines' },
            ram: { name: 'cyclades.ram', service_type: 'compute', service_origin: 'cyclades_compute', desc: 'RAM' },
            // Within a component it moves.
            net: {
              name: 'cyclades.network.private',
              service_type: 'compute',
              service_origin: 'cyclades_compute',
              desc: null,
            },
          },
        },
      },
    },
    output: {
      services: [{ name: 'cyclades_compute', is_new: false }],
      messages: [
        'Updated service cyclades_compute.',
        "Resource 'cyclades.vm' updated in database.",
        "Resource 'cyclades.ram' updated in database.",
        "Resource 'cyclades.network.private' updated in database.",
      ],
      warnings: [
        `Warning: Endpoint URL 'https://elsewhere.example.org/v3' does not start with assumed component base URL '${CYCLADES_URL}'.`,
        "Warning: Service cyclades_compute keeps its type 'compute'.",
      ],
    },
    audit: [
      {
        subject: 'service:cyclades_compute',
        before: { type: 'compute', endpoints: [{ versionId: 'v2.0' }, { versionId: 'v2.1' }] },
        after: { type: 'compute', endpoints: [{ publicURL: 'https://elsewhere.example.org/v3' }] },
      },
      {
        subject: 'resource:cyclades.vm',
        before: { unit: null, service_type: 'compute', description: 'Virtual machines' },
        after: { unit: 'machines', service_type: 'compute3', description: 'Virtual machines' },
      },
      {
        subject: 'resource:cyclades.ram',
        before: { description: 'Memory in use' },
        after: { description: 'RAM', unit: 'bytes', ui_visible: false, system_default: 5 * 1024 ** 3 },
      },
      {
        subject: 'resource:cyclades.network.private',
        before: { service_origin: 'cyclades_network' },
        after: { service_origin: 'cyclades_compute', description: 'Isolated networks', ui_visible: false },
      },
    ] as never,
    async effect(world) {
      const listed = await catalog(world)
      expect([...listed.keys()].indexOf('cyclades_compute')).toBe(4)
      expect(listed.get('cyclades_compute')).toMatchObject({ type: 'compute' })
      expect((listed.get('cyclades_compute') as { endpoints: object[] }).endpoints).toHaveLength(1)
      expect(await resources(world)).toMatchObject({
        'cyclades.vm': { unit: 'machines', description: 'Virtual machines', service: 'cyclades_compute' },
        'cyclades.ram': { ui_visible: false },
        'cyclades.network.private': { service: 'cyclades_compute' },
      })
      expect((await quotas(world))[world.names['uuid:alice'] ?? '']).toMatchObject({
        'cyclades.vm': { limit: 2, usage: 1, pending: 1 },
        'cyclades.ram': { limit: 4294967296 },
      })
    },
  },
  {
    title: 'a resource of two services of a component belongs to the later one',
    operation: 'service-import',
    input: {
      services: {
        ...withDisk({ desc: 'first' }),
        cyclades_more: volume({ type: 'more', resources: { d: disk({ service_origin: 'cyclades_more', unit: 'x' }) } }),
      },
    },
    output: {
      resources: [{ name: 'cyclades.disk', is_new: true }],
      messages: [
        'Added service cyclades_volume.',
        "Resource 'cyclades.disk' created in database with unlimited quota.",
        'Added service cyclades_more.',
        "Resource 'cyclades.disk' updated in database.",
      ],
    },
    audit: [
      { subject: 'service:cyclades_volume', before: null, after: {} },
      { subject: 'service:cyclades_more', before: null, after: {} },
      {
        subject: 'resource:cyclades.disk',
        before: null,
        after: { service_origin: 'cyclades_more', description: 'first', unit: 'x' },
      },
    ],
  },
  {
    title: 'none is fine',
    operation: 'service-import',
    input: { services: {} },
    output: { services: [], resources: [], messages: [], warnings: [] },
  },
  {
    title: 'what the service prints of itself is what it has',
    operation: 'service-export-astakos',
    output: ({ service }: AdminWorld) => ({
      services: {
        astakos_account: {
          component: 'astakos',
          type: 'account',
          prefix: 'account',
          public: true,
          endpoints: [
            {
              versionId: 'v1.0',
              publicURL: `${service.origin}/astakos/account/v1.0`,
              'SNF:exposeVersion': true,
            },
          ],
          resources: {
            pending_app: {
              name: 'astakos.pending_app',
              desc: 'Number of pending project applications',
              service_type: 'account',
              service_origin: 'astakos_account',
              ui_visible: false,
              api_visible: false,
            },
          },
        },
        astakos_weblogin: { endpoints: [{ versionId: '', publicURL: `${service.origin}/astakos/weblogin` }] },
      },
    }),
    async effect(world, output) {
      const before = await catalog(world)
      expect(await world.call('service-import', output as object)).toMatchObject({
        services: ['astakos_account', 'astakos_identity', 'astakos_weblogin', 'astakos_oauth2'].map((name) => ({
          name,
          is_new: false,
        })),
        warnings: [],
      })
      expect(await catalog(world)).toEqual(before)
    },
  },
  {
    title: 'where it is not known where it is',
    operation: 'service-export-astakos',
    given: ({ call: operate }) => operate('component-modify', { component: 'astakos', base_url: null }),
    refused: { kind: 'conflict', message: 'The component named astakos has no base URL.' },
  },
  {
    title: 'is fed to the import',
    operation: 'service-export-companion',
    input: { companion: 'cyclades', base_url: `${CYCLADES_URL}//` },
    output: { services: definitionsOf('cyclades', CYCLADES_URL) },
    async effect(world, output) {
      const { services: printed } = output as { services: Record<string, { endpoints: { publicURL: string }[] }> }
      expect(Object.entries(printed).map(([name, { endpoints }]) => [name, endpoints[0]?.publicURL])).toEqual([
        ['cyclades_compute', `${CYCLADES_URL}/compute/v2.0`],
        ['cyclades_plankton', `${CYCLADES_URL}/image`],
        ['cyclades_network', `${CYCLADES_URL}/network`],
        ['cyclades_vmapi', `${CYCLADES_URL}/vmapi/v1.0`],
        ['cyclades_admin', `${CYCLADES_URL}/admin`],
        ['cyclades_volume', `${CYCLADES_URL}/volume`],
      ])
      expect(await world.call('service-import', output as object)).toMatchObject({
        services: [
          { name: 'cyclades_compute', is_new: false },
          { name: 'cyclades_plankton', is_new: false },
          { name: 'cyclades_network', is_new: false },
          { name: 'cyclades_vmapi', is_new: true },
          { name: 'cyclades_admin', is_new: true },
          { name: 'cyclades_volume', is_new: true },
        ],
        warnings: [],
      })
    },
  },
  {
    title: 'is there with its services, resources and token',
    operation: 'component-register-standard',
    given: ({ call: operate }) => operate('component-remove', { component: 'pithos' }),
    input: { companion: 'pithos', base_url: 'https://p.example.org', ui_url: 'https://p.example.org/ui' },
    output: {
      name: 'pithos',
      token: text,
      services: [{ name: 'pithos_object-store', is_new: true }],
      resources: [{ name: 'pithos.diskspace', is_new: false }],
      warnings: [],
    },
    audit: [
      { subject: 'component:pithos', before: null, after: { base_url: 'https://p.example.org' } },
      { subject: 'service:pithos_object-store', before: null, after: { type: 'object-store' } },
      {
        subject: 'resource:pithos.diskspace',
        before: { description: 'Room for files – objects and images' },
        after: { description: 'Pithos account diskspace', system_default: 53687091200 },
      },
    ],
    async effect(world, output) {
      const { token } = output as { token: string }
      expect(await world.query('select 1 from audit where after::text like $1', [`%${token}%`])).toEqual([])
      const seen = await call(world, 'GET', '/account/v1.0/service_quotas', { as: token })
      const alice = world.names['uuid:alice'] ?? ''
      expect(seen.json).toMatchObject({ [alice]: { [alice]: { 'pithos.diskspace': { limit: 53687091200 } } } })
      expect((await catalog(world)).get('pithos_object-store')).toMatchObject({
        endpoints: [{ publicURL: 'https://p.example.org/object-store/v1', 'SNF:exposeVersion': 'True' }],
      })
    },
  },
  {
    title: 'refuses what belongs to another component, and is not half there',
    operation: 'component-register-standard',
    async given({ call: operate }) {
      await operate('component-remove', { component: 'pithos' })
      await operate('service-import', {
        services: { 'pithos_object-store': volume({ type: 'object-store' }) },
      })
    },
    input: { companion: 'pithos', base_url: 'https://p.example.org' },
    refused: {
      kind: 'conflict',
      message: 'There is already a service named pithos_object-store registered by cyclades.',
    },
  },
]

testCases('services', services)

const LIMIT = "Quota limit should be an integer, optionally followed by a unit, or 'inf'."

const resourceCases: readonly Case[] = [
  {
    title: 'exactly, hidden ones too',
    operation: 'resource-list',
    input: { limit: 2 },
    output: {
      items: [
        {
          id: 1,
          name: 'astakos.pending_app',
          system_default: 3,
          project_default: INF,
          api_visible: false,
          ui_visible: false,
          service_type: 'account',
          service_origin: 'astakos_account',
          unit: null,
          description: 'Applications awaiting a decision',
        },
        { name: 'cyclades.vm' },
      ],
      next: 2,
    },
    effect: async ({ call: operate }) =>
      expect(await operate('resource-list', { after: 6 })).toMatchObject({
        items: [{ name: 'pithos.diskspace' }],
        next: null,
      }),
  },
  {
    title: 'Q-1: defaults are for what comes, existing projects keep theirs',
    operation: 'resource-modify',
    input: { name: 'cyclades.ram', system_default: '1.5 GiB', project_default: '9223372036854775807' },
    output: { name: 'cyclades.ram', system_default: 1610612736, project_default: INF, messages: [] },
    audit: [
      {
        subject: 'resource:cyclades.ram',
        before: { system_default: 4294967296, project_default: 2147483648 },
        after: { system_default: 1610612736, project_default: INF, api_visible: true, ui_visible: true },
      },
    ],
    async effect(world) {
      expect((await quotas(world))[world.names['uuid:alice'] ?? '']).toMatchObject({
        'cyclades.ram': { limit: 4294967296, project_limit: 4294967296 },
      })
      const id = await project(world)
      expect((await quotas(world, 'bob'))[id]).toMatchObject({ 'cyclades.ram': { limit: INF, project_limit: INF } })
    },
  },
  {
    title: 'as JSON integers of 64 bits',
    operation: 'resource-modify',
    input: { name: 'cyclades.vm', system_default: INF, project_default: INF - 1n },
    output: { system_default: INF, project_default: INF - 1n },
    audit: [
      {
        subject: 'resource:cyclades.vm',
        before: { system_default: 2, project_default: 0 },
        after: { system_default: INF, project_default: INF - 1n },
      },
    ],
  },
  {
    title: 'hidden from the API, hidden from the UI',
    operation: 'resource-modify',
    input: { name: 'cyclades.vm', api_visible: false },
    output: { api_visible: false, ui_visible: false, messages: ["Also resetting 'ui_visible' for consistency."] },
    audit: [
      {
        subject: 'resource:cyclades.vm',
        before: { api_visible: true, ui_visible: true },
        after: { api_visible: false, ui_visible: false, system_default: 2 },
      },
    ],
    async effect(world) {
      expect(await resources(world)).not.toHaveProperty(['cyclades.vm'])
      expect((await quotas(world))[world.names['uuid:alice'] ?? '']).not.toHaveProperty(['cyclades.vm'])
      expect((await issue(world)).status).toBe(201)
    },
  },
  {
    title: 'shown in the UI, shown by the API',
    operation: 'resource-modify',
    input: { name: 'cyclades.total_ram', ui_visible: true },
    output: { api_visible: true, ui_visible: true, messages: ["Also setting 'api_visible' for consistency."] },
    audit: [
      {
        subject: 'resource:cyclades.total_ram',
        before: { api_visible: false, ui_visible: false },
        after: { api_visible: true, ui_visible: true },
      },
    ],
    async effect(world) {
      expect(await resources(world)).toMatchObject({ 'cyclades.total_ram': { ui_visible: true, api_visible: true } })
      expect((await quotas(world))[world.names['uuid:alice'] ?? '']).toMatchObject({
        'cyclades.total_ram': { limit: 8589934592 },
      })
    },
  },
  {
    title: 'both as asked, without more words',
    operation: 'resource-modify',
    input: { name: 'cyclades.vm', api_visible: true, ui_visible: false },
    output: { api_visible: true, ui_visible: false, messages: [] },
    audit: [
      {
        subject: 'resource:cyclades.vm',
        before: { api_visible: true, ui_visible: true },
        after: { api_visible: true, ui_visible: false },
      },
    ],
  },
]

testCases('resources', resourceCases)

testRefusals('registry', {
  'component-add': [
    [{ name: 'cyclades' }, "There already exists a component named 'cyclades'.", 'conflict'],
    [{}, 'name: is missing'],
    [{ name: '' }, 'name: must not be empty'],
    [{ name: 'x'.repeat(256) }, 'name: must have at most 255 characters'],
    [{ name: 'x', auth_token: 'short' }, 'auth_token: A token has 22 to 64 characters'],
    [{ name: 'x', auth_token: `${TOKEN} ä` }, 'auth_token: A token consists of visible ASCII characters'],
    [{ name: 'x', base_url: 'ftp://x' }, `base_url: ${NO_URL}`],
    [{ name: 'x', base_url: 'https://user:secret@example.org/x' }, `base_url: ${NO_URL}`],
    [{ name: 'x', base_url: 'https://' }, `base_url: ${NO_URL}`],
    [{ name: 'x', ui_url: 'javascript:alert(1)' }, `ui_url: ${NO_URL}`],
  ],
  'component-show': unknown,
  'component-renew-token': unknown,
  'component-purge-services': unknown,
  'component-remove': [...unknown, [{ component: 1 }, 'The component named astakos cannot be removed.', 'conflict']],
  'component-modify': [
    ...unknown.map(([input, ...rest]) => [{ base_url: null, ...input }, ...rest] as const),
    [{ component: 'cyclades' }, 'No option specified.'],
    [{ component: 'cyclades', auth_token: TOKEN.slice(1) }, 'auth_token: A token has 22 to 64 characters'],
    [{ component: 'cyclades', ui_url: 'x' }, `ui_url: ${NO_URL}`],
  ],
  'service-list': [[{ component: 'nobody' }, 'No component found named nobody.', 'unknown']],
  'service-show': [
    [{ service: 'nothing' }, 'service: there is no service nothing', 'unknown'],
    [{ service: 99 }, 'service: there is no service 99', 'unknown'],
    [{ service: null }, `service: ${NO_REFERENCE}`],
  ],
  'service-import': [
    [{}, 'services: is missing'],
    ...refusals.map(([input, ...rest]) => [{ services: input }, ...rest] as const),
  ],
  'service-export-companion': [
    [{ companion: 'constructor', base_url: 'https://x' }, 'Unrecognized component constructor'],
    [{ companion: 'pithos' }, 'base_url: is missing'],
    [{ companion: 'pithos', base_url: 'x' }, `base_url: ${NO_URL}`],
  ],
  'component-register-standard': [
    [{ companion: 'x', base_url: 'https://x' }, 'Unrecognized component x'],
    [{ companion: 'pithos' }, 'base_url: is missing'],
    [{ companion: 'pithos', base_url: 'https://x' }, "There already exists a component named 'pithos'.", 'conflict'],
    [{ companion: 'astakos', base_url: 'https://x' }, "There already exists a component named 'astakos'.", 'conflict'],
    [{ companion: 'pithos', base_url: 'https://x', auth_token: 'x' }, 'auth_token: A token has 22 to 64 characters'],
  ],
  'resource-modify': [
    [{ name: 'x.y', ui_visible: true }, 'Resource x.y does not exist.', 'unknown'],
    [{ name: 'cyclades.vm' }, 'No option specified.'],
    [{ ui_visible: true }, 'name: is missing'],
    [{ name: 'cyclades.vm', system_default: '5 x' }, `system_default: ${LIMIT}`],
    [{ name: 'cyclades.vm', system_default: 1.5 }, `system_default: ${LIMIT}`],
    [{ name: 'cyclades.vm', system_default: true }, `system_default: ${LIMIT}`],
    [{ name: 'cyclades.vm', project_default: '-5' }, `project_default: ${LIMIT}`],
    [{ name: 'cyclades.vm', project_default: -5 }, `project_default: must be from 0 to ${INF}`],
    [{ name: 'cyclades.vm', project_default: INF + 1n }, `project_default: must be from 0 to ${INF}`],
    [{ name: 'cyclades.vm', system_default: '8192P' }, `system_default: must be from 0 to ${INF}`],
    [{ name: 'cyclades.vm', api_visible: 'yes' }, 'api_visible: Expecting a boolean value.'],
    [{ name: 'cyclades.vm', ui_visible: 1 }, 'ui_visible: Expecting a boolean value.'],
    [{ name: 'cyclades.vm', ui_visible: true, api_visible: false }, "Flag 'ui_visible' should entail 'api_visible'."],
  ],
})

describe('a token that is set by hand', () => {
  const setup = adminWorld()

  it('comes by standard input only', async () => {
    const { service } = setup.world()
    const headers = { 'x-auth-token': await setup.token('another', ['components:read']) }
    const { json } = await send('GET', `${service.origin}${service.basePath}/admin/v1`, { headers })
    const { operations } = json as { operations: { name: string; fields: { name: string; isSecret: boolean }[] }[] }
    const secret = operations.flatMap(({ name, fields }) =>
      fields.filter(({ isSecret }) => isSecret).map((field) => `${name} ${field.name}`),
    )
    for (const name of ['component-add', 'component-modify', 'component-register-standard'])
      expect(secret).toContain(`${name} auth_token`)
  })
})

describe('at once', () => {
  const setup = adminWorld()

  it('imports of one service run one after the other: the first one adds, the others update', async () => {
    const world = setup.world()
    const done = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        world.call('service-import', {
          services: { cyclades_volume: volume({ endpoints: [{ i }], resources: { d: disk({ desc: `${i}` }) } }) },
        }),
      ),
    )
    const messages = done.map((output) => (output as { messages: string[] }).messages[0])
    expect(messages.filter((message) => message === 'Added service cyclades_volume.')).toHaveLength(1)
    expect(messages.filter((message) => message === 'Updated service cyclades_volume.')).toHaveLength(5)
    const shown = (await world.call('service-show', { service: 'cyclades_volume' })) as {
      endpoints: { data: { i: string } }[]
    }
    expect(shown.endpoints).toHaveLength(1)
    // The one that was the last with its endpoint was it with its resource.
    expect((await resources(world))['cyclades.disk']).toMatchObject({ description: shown.endpoints[0]?.data.i })
    expect(await world.query("select 1 from resources where name = 'cyclades.disk'")).toHaveLength(1)
  })

  it('of two components of one name one is registered', async () => {
    const world = setup.world()
    const done = await Promise.allSettled(
      Array.from({ length: 4 }, () => world.call('component-add', { name: 'storage' })),
    )
    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const result of done)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({
          kind: 'conflict',
          message: "There already exists a component named 'storage'.",
        })
  })

  it('a component that is removed while it imports or issues: done before, or refused; never half', async () => {
    const world = setup.world()
    const issueOne = (): Promise<Reply> => issue(world, 'token:component:cyclades', 'cyclades.network.private')
    const replies = [await issueOne()]
    const issuing = Array.from({ length: 4 }, async () => {
      for (;;) {
        const reply = await issueOne()
        replies.push(reply)
        if (reply.status !== 201) return
      }
    })
    const importing = Array.from({ length: 4 }, (_, i) =>
      world.call('service-import', { services: { [`cyclades_${i}`]: volume() } }).then(
        () => 'done',
        (error: unknown) => (error as Error).message,
      ),
    )
    await world.call('component-remove', { component: 'cyclades' })
    await Promise.all(issuing)
    for (const outcome of await Promise.all(importing))
      expect(['done', "Component 'cyclades' is not registered."]).toContain(outcome)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201, 401]))
    const { items } = (await world.call('service-list', { limit: 1000 })) as { items: { component: string }[] }
    expect(items.filter(({ component }) => component === 'cyclades')).toEqual([])

    await world.call('component-add', { name: 'cyclades', auth_token: TOKEN })
    const pending = (await call(world, 'GET', '/account/v1.0/commissions', { as: TOKEN })).json as number[]
    const serials = replies
      .filter(({ status }) => status === 201)
      .map(({ json }) => (json as { serial: number }).serial)
    expect(pending).toEqual(serials.toSorted((one, other) => one - other))
  })
})
