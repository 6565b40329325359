import type { Json } from './transcripts.ts'

/** A method that can produce the recorded request, with the arguments that make it do so. */
export interface Invocation {
  readonly method: string
  readonly args: readonly unknown[]
  /** The recorded body with the method's defaults filled in; undefined without a body. */
  readonly body?: unknown
}

/** A recorded request, placeholders filled in. */
export interface Recorded {
  readonly method: string
  /** Below the base path. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: { readonly kind: 'none' | 'json' | 'form' | 'raw'; readonly value: unknown }
  readonly headers: Readonly<Record<string, string>>
}

/** Invocations, or the rule by which the exchange is left out. */
export type Recognised = readonly Invocation[] | string

export const RULES = {
  refused: 'an argument that the client refuses before sending: null, wrong type, empty, beyond 64 bits',
  shape: 'a body of a shape that no method sends',
  raw: 'a body that is no JSON, or no JSON that a serialiser writes',
  path: 'a path that no method asks for',
  verb: 'a method that no call uses on that path',
  slash: 'a slash at the end of the path',
  query: 'a query that no method sends',
  type: 'another content type than the method sends',
} as const

const isDict = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isId = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isSerial = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)
const hasOnly = (value: Json, ...names: string[]): boolean => Object.keys(value).every((name) => names.includes(name))
const isQuantity = (value: unknown): boolean =>
  isSerial(value) || (typeof value === 'bigint' && value >= -(2n ** 63n) && value < 2n ** 63n)

export function recognise(request: Recorded): Recognised {
  if (request.path.length > 1 && request.path.endsWith('/')) return RULES.slash
  const route = routes.find(([pattern]) => pattern.test(request.path))
  if (!route) return RULES.path
  const names = (route[0].exec(request.path) as RegExpExecArray).slice(1).map(decodeURIComponent)
  const handler = route[1][request.method]
  return handler ? handler(request, names) : RULES.verb
}

type Handler = (request: Recorded, names: string[]) => Recognised

/** A call without a body, whose query has only these members, each at most once. */
const read =
  (build: (query: (name: string) => string | null, names: string[]) => Recognised, ...members: string[]): Handler =>
  ({ query, body }, names) => {
    if (body.kind !== 'none') return RULES.shape
    if (![...query.keys()].every((name) => members.includes(name) && query.getAll(name).length === 1))
      return RULES.query
    if ([...query.values()].some((value) => value.split(',').includes(''))) return RULES.refused
    return build((name) => query.get(name), names)
  }

const write =
  (build: (body: unknown, names: string[]) => Recognised): Handler =>
  ({ query, body, headers }, names) => {
    if (query.size > 0) return RULES.query
    if (body.kind !== 'json') return body.kind === 'raw' ? RULES.raw : RULES.shape
    return headers['content-type'] === 'application/json' ? build(body.value, names) : RULES.type
  }

const ids = (value: string | null): unknown => (value?.includes(',') ? value.split(',') : value)

const catalogs =
  (service: boolean): Handler =>
  (request, names) =>
    write((body) => {
      if (!isDict(body) || Object.keys(body).length !== 1) return RULES.shape
      const { uuids, displaynames } = body
      const prefix = service ? 'serviceGet' : 'get'
      if (service && uuids === null) return [{ method: 'serviceGetUsernames', args: [null], body }]
      const list = uuids ?? displaynames
      if (!('uuids' in body) && !('displaynames' in body)) return RULES.shape
      if (!Array.isArray(list) || !list.every(isId)) return RULES.refused
      const [one, many] = 'uuids' in body ? ['Username', 'Usernames'] : ['Uuid', 'Uuids']
      const several = { method: `${prefix}${many}`, args: [list], body }
      const exact = (service ? 'service' : '') + (service ? `Get${one}` : `get${one}`)
      return list.length === 1 ? [several, { method: exact, args: [list[0]], body }] : [several]
    })(request, names)

const tokens: Handler = ({ body, query, headers }) => {
  if (query.size > 0) return RULES.query
  if (body.kind === 'none') return [{ method: 'getEndpoints', args: [] }]
  if (body.kind !== 'json') return body.kind === 'raw' ? RULES.raw : RULES.shape
  if (headers['content-type'] !== 'application/json') return RULES.type
  const auth = isDict(body.value) && hasOnly(body.value, 'auth') ? body.value['auth'] : null
  if (!isDict(auth) || !hasOnly(auth, 'token', 'tenantName') || !isDict(auth['token']) || !hasOnly(auth['token'], 'id'))
    return RULES.shape
  const { id } = auth['token']
  if (!isId(id) || /[^\x21-\x7e]/.test(id)) return RULES.refused
  if (!('tenantName' in auth)) return [{ method: 'authenticate', args: [{}], body: body.value }]
  if (typeof auth['tenantName'] !== 'string') return RULES.refused
  return [{ method: 'authenticate', args: [{ tenantName: auth['tenantName'] }], body: body.value }]
}

interface ProvisionFields {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  readonly quantity: number | bigint
}

const issue = write((body) => {
  if (
    !isDict(body) ||
    !hasOnly(body, 'provisions', 'name', 'force', 'auto_accept') ||
    !Array.isArray(body['provisions'])
  )
    return RULES.shape
  const { provisions, name = '', force = false, auto_accept = false } = body
  if (typeof name !== 'string' || typeof force !== 'boolean' || typeof auto_accept !== 'boolean') return RULES.refused
  const items = provisions as unknown[]
  if (
    !items.every(
      (item) =>
        isDict(item) && Object.keys(item).length === 4 && hasOnly(item, 'holder', 'source', 'resource', 'quantity'),
    )
  )
    return RULES.shape
  const list = items as unknown as ProvisionFields[]
  if (!list.every(({ holder, resource, quantity }) => isId(holder) && isId(resource) && isQuantity(quantity)))
    return RULES.refused
  const users = list.filter(({ source }) => source !== null)
  const projects = list.filter(({ source }) => source === null)
  const wellFormed =
    users.every(({ holder, source }) => /^user:./s.test(holder) && /^project:./s.test(source as string)) &&
    projects.every(({ holder }) => /^project:./s.test(holder))
  if (!wellFormed) return RULES.shape
  const options = { name, force, autoAccept: auto_accept }
  const filled = { provisions, name, force, auto_accept }
  const bare = (text: string | null): string => (text as string).replace(/^(user|project):/, '')
  const found: Invocation[] = []
  if (list.every((item, index) => (item.source === null) === index >= users.length)) {
    found.push({
      method: 'issueCommissionGeneric',
      args: [
        users.map(({ holder, source, resource, quantity }) => ({
          user: bare(holder),
          project: bare(source),
          resource,
          quantity,
        })),
        projects.map(({ holder, resource, quantity }) => ({ project: bare(holder), resource, quantity })),
        options,
      ],
      body: filled,
    })
  }
  const pairs = pairsOf(list)
  const [first] = pairs ?? []
  if (pairs && first && pairs.every(({ holder }) => holder === first.holder)) {
    const user = bare(first.holder)
    found.push({
      method: 'issueOneCommission',
      args: [
        user,
        pairs.map(({ source, resource, quantity }) => ({ project: bare(source), resource, quantity })),
        options,
      ],
      body: filled,
    })
    const resources = pairs.map(({ resource }) => resource)
    if (
      pairs.every(({ source }) => source === first.source) &&
      new Set(resources).size === resources.length &&
      !resources.some((resource) => /^\d+$/.test(resource))
    ) {
      found.push({
        method: 'issueOneCommission',
        args: [
          user,
          bare(first.source),
          Object.fromEntries(pairs.map(({ resource, quantity }) => [resource, quantity])),
          options,
        ],
        body: filled,
      })
    }
    const moves = movesOf(pairs)
    if (moves) found.push({ method: 'issueResourceReassignment', args: [user, moves, options], body: filled })
  }
  return found.length > 0 ? found : 'an order of provisions that no method sends'
})

/** Member's half, project's half, and so on. */
function pairsOf(list: readonly ProvisionFields[]): ProvisionFields[] | null {
  if (list.length === 0 || list.length % 2 !== 0) return null
  const members = list.filter((_, index) => index % 2 === 0)
  const matched = members.every((member, index) => {
    const half = list[index * 2 + 1] as ProvisionFields
    return (
      member.source !== null &&
      half.source === null &&
      half.holder === member.source &&
      half.resource === member.resource &&
      half.quantity === member.quantity
    )
  })
  return matched ? members : null
}

function movesOf(pairs: readonly ProvisionFields[]): Json[] | null {
  if (pairs.length % 2 !== 0) return null
  const moves: Json[] = []
  for (let index = 0; index < pairs.length; index += 2) {
    const [from, to] = [pairs[index] as ProvisionFields, pairs[index + 1] as ProvisionFields]
    if (from.resource !== to.resource || BigInt(from.quantity) !== -BigInt(to.quantity)) return null
    moves.push({
      from: (from.source as string).slice(8),
      to: (to.source as string).slice(8),
      resource: to.resource,
      quantity: to.quantity,
    })
  }
  return moves
}

const actOnCommission: Handler = (request, names) =>
  write((body) => {
    const serial = Number(names[0])
    if (!isDict(body) || Object.keys(body).length !== 1) return RULES.shape
    const [[action, value]] = Object.entries(body) as [[string, unknown]]
    if (value !== '') return RULES.shape
    if (action === '' || !Number.isSafeInteger(serial) || String(serial) !== names[0]) return RULES.refused
    const found: Invocation[] = [{ method: 'commissionAction', args: [serial, action], body }]
    if (action === 'accept' || action === 'reject') found.push({ method: `${action}Commission`, args: [serial], body })
    return found
  })(request, names)

const resolve = write((body) => {
  if (!isDict(body) || !hasOnly(body, 'accept', 'reject')) return RULES.shape
  const { accept = [], reject = [] } = body
  for (const list of [accept, reject]) if (!Array.isArray(list) || !list.every(isSerial)) return RULES.refused
  return [{ method: 'resolveCommissions', args: [accept, reject], body: { accept, reject } }]
})

const specs =
  (build: (specs: Json, names: string[]) => Invocation): Handler =>
  (request, names) =>
    write((body) => {
      if (!isDict(body)) return RULES.refused
      const { max_members: members, resources } = body
      if (members !== undefined && typeof members !== 'string' && !isQuantity(members)) return RULES.refused
      if (isDict(resources)) {
        for (const capacities of Object.values(resources)) {
          if (
            isDict(capacities) &&
            ['project_capacity', 'member_capacity'].some((name) => name in capacities && !isQuantity(capacities[name]))
          )
            return RULES.refused
        }
      }
      return [{ ...build(body, names), body }]
    })(request, names)

const actOnProject: Handler = (request, names) =>
  write((body) => {
    if (!isDict(body) || Object.keys(body).length !== 1) return RULES.shape
    const [[action, value]] = Object.entries(body) as [[string, unknown]]
    if (action === '') return RULES.refused
    const fields = value === '' ? {} : value
    if (!isDict(fields) || !hasOnly(fields, 'reason', 'app_id')) return RULES.shape
    const { reason = '', app_id: app } = fields
    if (typeof reason !== 'string') return RULES.refused
    if (!('app_id' in fields))
      return [{ method: 'projectAction', args: [names[0], action, { reason }], body: { [action]: { reason } } }]
    if (!isSerial(app)) return RULES.refused
    return [
      {
        method: 'applicationAction',
        args: [names[0], app, action, { reason }],
        body: { [action]: { reason, app_id: app } },
      },
    ]
  })(request, names)

const createMembership = write((body) => {
  if (!isDict(body) || Object.keys(body).length !== 1) return RULES.shape
  const { join, enroll } = body
  if (isDict(join) && hasOnly(join, 'project') && 'project' in join)
    return isId(join['project']) ? [{ method: 'joinProject', args: [join['project']], body }] : RULES.refused
  if (isDict(enroll) && hasOnly(enroll, 'project', 'user') && 'project' in enroll && 'user' in enroll) {
    return isId(enroll['project']) && isId(enroll['user'])
      ? [{ method: 'enrollMember', args: [enroll['project'], enroll['user']], body }]
      : RULES.refused
  }
  return RULES.shape
})

const actOnMembership: Handler = (request, names) =>
  write((body) => {
    const id = Number(names[0])
    if (!isDict(body) || Object.keys(body).length !== 1) return RULES.shape
    const [[action, reason]] = Object.entries(body) as [[string, unknown]]
    if (action === '' || typeof reason !== 'string' || !Number.isSafeInteger(id) || String(id) !== names[0])
      return RULES.refused
    return [{ method: 'membershipAction', args: [id, action, { reason }], body }]
  })(request, names)

const form =
  (build: (fields: URLSearchParams, request: Recorded) => Recognised): Handler =>
  (request) => {
    if (request.query.size > 0) return RULES.query
    if (request.body.kind !== 'form') return request.body.kind === 'raw' ? RULES.raw : RULES.shape
    if (request.headers['content-type'] !== 'application/x-www-form-urlencoded') return RULES.type
    return build(request.body.value as URLSearchParams, request)
  }

const feedback = form((fields) => {
  if ([...fields.keys()].sort().join() !== 'feedback_data,feedback_msg') return RULES.shape
  const [message, data] = [fields.get('feedback_msg'), fields.get('feedback_data')]
  return message === ''
    ? RULES.refused
    : [{ method: 'sendFeedback', args: [message, data], body: Object.fromEntries(fields) }]
})

const exchange = form((fields, { headers }) => {
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(headers['authorization'] ?? '')
  if (!basic) return 'no credentials in a call that always has them'
  const credentials = Buffer.from(basic[1] as string, 'base64').toString()
  const colon = credentials.indexOf(':')
  const grant = fields.get('grant_type')
  if (colon < 1 || Buffer.from(credentials).toString('base64') !== basic[1]) return RULES.refused
  if (grant === null || grant === '' || new Set(fields.keys()).size !== fields.size) return RULES.shape
  const { grant_type: _, ...params } = Object.fromEntries(fields)
  return [
    {
      method: 'getToken',
      args: [grant, credentials.slice(0, colon), credentials.slice(colon + 1), params],
      body: Object.fromEntries(fields),
    },
  ]
})

const serial = (text: string | undefined): number | null =>
  String(Number(text)) === text && Number.isSafeInteger(Number(text)) ? Number(text) : null

const ACCOUNT = '/account/v1\\.0'
const at = (pattern: string): RegExp => new RegExp(`^${pattern}$`)

/** In the order in which the service looks: `projects/memberships` is no project. */
const routes: readonly [RegExp, Readonly<Record<string, Handler>>][] = [
  [at('/identity/v2\\.0/tokens'), { POST: tokens }],
  [
    at('/identity/v2\\.0/tokens/([^/]+)'),
    {
      GET: ({ query, body }, [id]) => {
        if (body.kind !== 'none') return RULES.shape
        if (![...query.keys()].every((name) => name === 'belongsTo')) return RULES.query
        return [{ method: 'validateToken', args: [id, { belongsTo: query.get('belongsTo') }] }]
      },
    },
  ],
  [at('/ui/get_services'), { GET: read(() => [{ method: 'getServices', args: [] }]) }],
  [at('/oauth2/token'), { POST: exchange }],
  [at(`${ACCOUNT}/user_catalogs`), { POST: catalogs(false) }],
  [at(`${ACCOUNT}/service/user_catalogs`), { POST: catalogs(true) }],
  [at(`${ACCOUNT}/feedback`), { POST: feedback }],
  [
    at(`${ACCOUNT}/myaccount/default_project`),
    {
      POST: write((body) => {
        if (!isDict(body) || !hasOnly(body, 'project_id')) return RULES.shape
        return isId(body['project_id'])
          ? [{ method: 'setDefaultProject', args: [body['project_id']], body }]
          : RULES.refused
      }),
    },
  ],
  [at(`${ACCOUNT}/resources`), { GET: read(() => [{ method: 'getResources', args: [] }]) }],
  [at(`${ACCOUNT}/quotas`), { GET: read(() => [{ method: 'getQuotas', args: [] }]) }],
  [
    at(`${ACCOUNT}/service_quotas`),
    {
      GET: read(
        (query) => [
          { method: 'serviceGetQuotas', args: [{ user: ids(query('user')), projectId: ids(query('project')) }] },
        ],
        'user',
        'project',
      ),
    },
  ],
  [
    at(`${ACCOUNT}/service_project_quotas`),
    {
      GET: read(
        (query) => [{ method: 'serviceGetProjectQuotas', args: [{ projectId: ids(query('project')) }] }],
        'project',
      ),
    },
  ],
  [at(`${ACCOUNT}/commissions`), { GET: read(() => [{ method: 'getPendingCommissions', args: [] }]), POST: issue }],
  [at(`${ACCOUNT}/commissions/action`), { POST: resolve }],
  [
    at(`${ACCOUNT}/commissions/([^/]+)`),
    {
      GET: read((_, [id]) =>
        serial(id) === null ? RULES.refused : [{ method: 'getCommissionInfo', args: [serial(id)] }],
      ),
    },
  ],
  [at(`${ACCOUNT}/commissions/([^/]+)/action`), { POST: actOnCommission }],
  [
    at(`${ACCOUNT}/projects`),
    {
      GET: read(
        (query) => [
          {
            method: 'getProjects',
            args: [{ name: query('name'), state: query('state'), owner: query('owner'), mode: query('mode') }],
          },
        ],
        'name',
        'state',
        'owner',
        'mode',
      ),
      POST: specs((body) => ({ method: 'createProject', args: [body] })),
    },
  ],
  [
    at(`${ACCOUNT}/projects/memberships`),
    {
      GET: read((query) => [{ method: 'getMemberships', args: [{ projectId: query('project') }] }], 'project'),
      POST: createMembership,
    },
  ],
  [
    at(`${ACCOUNT}/projects/memberships/([^/]+)`),
    {
      GET: read((_, [id]) => (serial(id) === null ? RULES.refused : [{ method: 'getMembership', args: [serial(id)] }])),
    },
  ],
  [at(`${ACCOUNT}/projects/memberships/([^/]+)/action`), { POST: actOnMembership }],
  [
    at(`${ACCOUNT}/projects/([^/]+)`),
    {
      GET: read((_, [id]) => [{ method: 'getProject', args: [id] }]),
      PUT: specs((body, [id]) => ({ method: 'modifyProject', args: [id, body] })),
    },
  ],
  [at(`${ACCOUNT}/projects/([^/]+)/action`), { POST: actOnProject }],
]
