import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AstakosClient } from '../src/client.ts'
import { entriesOf, METHODS } from './support/methods.ts'
import { isDiscovery, serve, type Received, type Service } from './support/service.ts'
import { clientOf, TOKEN, transports } from './support/transports.ts'

/** What each method sends, to the byte, and what it makes of an ordinary answer. Client specification, 3 and 7. */

const ACCOUNT = '/account/v1.0'
/** All that a path or a query has to encode: a slash, a blank, a question mark, a letter of two bytes, a percent sign. */
const ODD = 'a/b ?ü%'
const ODD_IN_PATH = 'a%2Fb%20%3F%C3%BC%25'
const ODD_IN_QUERY = 'a%2Fb+%3F%C3%BC%25'
const MOST = 9223372036854775807n
const LEAST = -9223372036854775808n

interface Row {
  readonly method: string
  /** What is special about this row. */
  readonly of?: string
  readonly call: (client: AstakosClient) => Promise<unknown>
  readonly sends: {
    readonly method: 'GET' | 'POST' | 'PUT'
    readonly path: string
    readonly query?: string
    readonly type?: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  }
  /** The answer's body, written by hand: numbers stay as they are. */
  readonly answer?: string
  readonly result: unknown
}

const JSON_TYPE = 'application/json'
const FORM_TYPE = 'application/x-www-form-urlencoded'

function get(path: string, query?: string): Row['sends'] {
  return { method: 'GET', path, ...(query === undefined ? {} : { query }) }
}

function post(path: string, body: string): Row['sends'] {
  return { method: 'POST', path, type: JSON_TYPE, body }
}

function issue(provisions: string, terms = '"force":false,"auto_accept":false,"name":""'): Row['sends'] {
  return post(`${ACCOUNT}/commissions`, `{${terms},"provisions":[${provisions}]}`)
}

const IDENTITY = '/identity/v2.0'
const CATALOG_ANSWER = '{"access":{"serviceCatalog":[]}}'
const QUOTA = `{"limit":${MOST},"usage":1,"pending":0,"project_limit":${MOST},"project_usage":2,"project_pending":0}`
const QUOTA_RESULT = {
  limit: MOST,
  usage: 1n,
  pending: 0n,
  project_limit: MOST,
  project_usage: 2n,
  project_pending: 0n,
}
const PROJECT_QUOTA = `{"project_limit":${MOST},"project_usage":2,"project_pending":0}`
const PROJECT_QUOTA_RESULT = { project_limit: MOST, project_usage: 2n, project_pending: 0n }

const rows: readonly Row[] = [
  // ---------------------------------------------------------------- identity
  {
    method: 'authenticate',
    call: (client) => client.authenticate(),
    sends: post(`${IDENTITY}/tokens`, `{"auth":{"token":{"id":"${TOKEN}"}}}`),
    answer: CATALOG_ANSWER,
    result: { access: { serviceCatalog: [] } },
  },
  {
    method: 'authenticate',
    of: 'a tenant',
    call: (client) => client.authenticate({ tenantName: 'ü"' }),
    sends: post(`${IDENTITY}/tokens`, `{"auth":{"token":{"id":"${TOKEN}"},"tenantName":"ü\\""}}`),
    answer: CATALOG_ANSWER,
    result: { access: { serviceCatalog: [] } },
  },
  {
    method: 'authenticate',
    of: 'null for a tenant',
    call: (client) => client.authenticate({ tenantName: null }),
    sends: post(`${IDENTITY}/tokens`, `{"auth":{"token":{"id":"${TOKEN}"}}}`),
    answer: CATALOG_ANSWER,
    result: { access: { serviceCatalog: [] } },
  },
  {
    method: 'getEndpoints',
    call: (client) => client.getEndpoints(),
    sends: { method: 'POST', path: `${IDENTITY}/tokens`, type: JSON_TYPE, body: '' },
    answer: CATALOG_ANSWER,
    result: { access: { serviceCatalog: [] } },
  },
  {
    method: 'validateToken',
    call: (client) => client.validateToken(ODD),
    sends: get(`${IDENTITY}/tokens/${ODD_IN_PATH}`),
    answer: '{"access":{}}',
    result: { access: {} },
  },
  {
    method: 'validateToken',
    of: 'a scope',
    call: (client) => client.validateToken('t', { belongsTo: ODD }),
    sends: get(`${IDENTITY}/tokens/t`, `belongsTo=${ODD_IN_QUERY}`),
    answer: '{"access":{}}',
    result: { access: {} },
  },
  {
    method: 'validateToken',
    of: 'null for a scope',
    call: (client) => client.validateToken('t', { belongsTo: null }),
    sends: get(`${IDENTITY}/tokens/t`),
    answer: '{"access":{}}',
    result: { access: {} },
  },
  {
    method: 'getToken',
    call: (client) =>
      client.getToken('authorization_code', 'my id', 's€cret', {
        code: 'c&d=ü',
        redirect_uri: 'https://x.example.com/?a=b c',
        state: undefined,
      }),
    sends: {
      method: 'POST',
      path: '/oauth2/token',
      type: FORM_TYPE,
      headers: { authorization: `Basic ${Buffer.from('my id:s€cret').toString('base64')}` },
      body: 'code=c%26d%3D%C3%BC&redirect_uri=https%3A%2F%2Fx.example.com%2F%3Fa%3Db+c&grant_type=authorization_code',
    },
    answer: '{"access_token":"a","token_type":"Bearer","expires_in":20}',
    result: { access_token: 'a', token_type: 'Bearer', expires_in: 20 },
  },
  {
    method: 'getToken',
    of: 'a public client',
    call: (client) => client.getToken('password', 'id', '', {}),
    sends: {
      method: 'POST',
      path: '/oauth2/token',
      type: FORM_TYPE,
      headers: { authorization: 'Basic aWQ6' },
      body: 'grant_type=password',
    },
    answer: '{"access_token":"a","token_type":"Bearer","expires_in":20}',
    result: { access_token: 'a', token_type: 'Bearer', expires_in: 20 },
  },
  ...catalogRows('user_catalogs', {
    names: (client, ...args) => client.getUsernames(...args),
    name: (client, ...args) => client.getUsername(...args),
    uuids: (client, ...args) => client.getUuids(...args),
    uuid: (client, ...args) => client.getUuid(...args),
    methods: ['getUsernames', 'getUsername', 'getUuids', 'getUuid'],
  }),
  ...catalogRows('service/user_catalogs', {
    names: (client, ...args) => client.serviceGetUsernames(...args),
    name: (client, ...args) => client.serviceGetUsername(...args),
    uuids: (client, ...args) => client.serviceGetUuids(...args),
    uuid: (client, ...args) => client.serviceGetUuid(...args),
    methods: ['serviceGetUsernames', 'serviceGetUsername', 'serviceGetUuids', 'serviceGetUuid'],
  }),
  {
    method: 'serviceGetUsernames',
    of: 'all users',
    call: (client) => client.serviceGetUsernames(null),
    sends: post(`${ACCOUNT}/service/user_catalogs`, '{"uuids":null}'),
    answer: '{"uuid_catalog":{"u":"n"}}',
    result: { u: 'n' },
  },
  {
    method: 'getServices',
    call: (client) => client.getServices(),
    sends: get('/ui/get_services'),
    answer: '[{"name":"cloud"}]',
    result: [{ name: 'cloud' }],
  },
  {
    method: 'getResources',
    call: (client) => client.getResources(),
    sends: get(`${ACCOUNT}/resources`),
    answer: '{"cyclades.vm":{"unit":null}}',
    result: { 'cyclades.vm': { unit: null } },
  },
  {
    method: 'sendFeedback',
    call: (client) => client.sendFeedback('Καλημέρα & more', 'a=b\r\nc+d'),
    sends: {
      method: 'POST',
      path: `${ACCOUNT}/feedback`,
      type: FORM_TYPE,
      body: 'feedback_msg=%CE%9A%CE%B1%CE%BB%CE%B7%CE%BC%CE%AD%CF%81%CE%B1+%26+more&feedback_data=a%3Db%0D%0Ac%2Bd',
    },
    result: undefined,
  },
  {
    method: 'setDefaultProject',
    call: (client) => client.setDefaultProject(ODD),
    sends: post(`${ACCOUNT}/myaccount/default_project`, `{"project_id":"${ODD}"}`),
    result: undefined,
  },

  // ---------------------------------------------------------------- quotas
  {
    method: 'getQuotas',
    call: (client) => client.getQuotas(),
    sends: get(`${ACCOUNT}/quotas`),
    answer: `{"p":{"cyclades.vm":${QUOTA}}}`,
    result: { p: { 'cyclades.vm': QUOTA_RESULT } },
  },
  ...[
    {
      method: 'serviceGetQuotas',
      call: (client: AstakosClient, filter?: object) => client.serviceGetQuotas(filter),
      result: { u: { p: { vm: QUOTA_RESULT } } },
    },
    {
      method: 'serviceQuotasEntries',
      call: (client: AstakosClient, filter?: object) => entriesOf(client.serviceQuotasEntries(filter)),
      result: [['u', { p: { vm: QUOTA_RESULT } }]],
    },
  ].flatMap(({ method, call, result }) =>
    filters([
      ['all', undefined, undefined],
      ['nulls', { user: null, projectId: null }, undefined],
      ['one user', { user: ODD }, `user=${ODD_IN_QUERY}`],
      ['several users', { user: ['u 1', 'ü'] }, 'user=u+1%2C%C3%BC'],
      ['one project', { projectId: 'p,q' }, 'project=p%2Cq'],
      [
        'users and projects',
        { user: ['u1', 'u2'], projectId: ['p1', 'p2', 'p3'] },
        'user=u1%2Cu2&project=p1%2Cp2%2Cp3',
      ],
    ]).map(([of, filter, query]): Row => ({
      method,
      of,
      call: (client) => call(client, filter),
      sends: get(`${ACCOUNT}/service_quotas`, query),
      answer: `{"u":{"p":{"vm":${QUOTA}}}}`,
      result,
    })),
  ),
  ...[
    {
      method: 'serviceGetProjectQuotas',
      call: (client: AstakosClient, filter?: object) => client.serviceGetProjectQuotas(filter),
      result: { p: { vm: PROJECT_QUOTA_RESULT } },
    },
    {
      method: 'serviceProjectQuotasEntries',
      call: (client: AstakosClient, filter?: object) => entriesOf(client.serviceProjectQuotasEntries(filter)),
      result: [['p', { vm: PROJECT_QUOTA_RESULT }]],
    },
  ].flatMap(({ method, call, result }) =>
    filters([
      ['all', undefined, undefined],
      ['null', { projectId: null }, undefined],
      ['one project', { projectId: ODD }, `project=${ODD_IN_QUERY}`],
      ['several projects', { projectId: ['p 1', 'p2'] }, 'project=p+1%2Cp2'],
    ]).map(([of, filter, query]): Row => ({
      method,
      of,
      call: (client) => call(client, filter),
      sends: get(`${ACCOUNT}/service_project_quotas`, query),
      answer: `{"p":{"vm":${PROJECT_QUOTA}}}`,
      result,
    })),
  ),

  // ---------------------------------------------------------------- commissions
  {
    method: 'issueCommissionGeneric',
    call: (client) =>
      client.issueCommissionGeneric(
        [
          { user: 'u2', project: 'p2', resource: 'vm', quantity: MOST },
          { user: 'u1', project: 'p1', resource: 'a "b" ü', quantity: -1 },
        ],
        [{ project: 'p1', resource: 'vm', quantity: LEAST }],
        { name: 'a "note"\n', force: true, autoAccept: true },
      ),
    sends: issue(
      [
        `{"holder":"user:u2","source":"project:p2","resource":"vm","quantity":9223372036854775807}`,
        `{"holder":"user:u1","source":"project:p1","resource":"a \\"b\\" ü","quantity":-1}`,
        `{"holder":"project:p1","source":null,"resource":"vm","quantity":-9223372036854775808}`,
      ].join(),
      '"force":true,"auto_accept":true,"name":"a \\"note\\"\\n"',
    ),
    answer: '{"serial":57}',
    result: 57,
  },
  {
    method: 'issueCommissionGeneric',
    of: 'nothing at all, which the service judges',
    call: (client) => client.issueCommissionGeneric([], []),
    sends: issue(''),
    answer: '{"serial":1}',
    result: 1,
  },
  {
    method: 'issueOneCommission',
    of: 'one project',
    call: (client) => client.issueOneCommission('u', 'p', { vm: MOST, 'é.b': -2, none: -0 }),
    sends: issue(
      [
        `{"holder":"user:u","source":"project:p","resource":"vm","quantity":9223372036854775807}`,
        `{"holder":"project:p","source":null,"resource":"vm","quantity":9223372036854775807}`,
        `{"holder":"user:u","source":"project:p","resource":"é.b","quantity":-2}`,
        `{"holder":"project:p","source":null,"resource":"é.b","quantity":-2}`,
        `{"holder":"user:u","source":"project:p","resource":"none","quantity":0}`,
        `{"holder":"project:p","source":null,"resource":"none","quantity":0}`,
      ].join(),
    ),
    answer: '{"serial":2}',
    result: 2,
  },
  {
    method: 'issueOneCommission',
    of: 'several projects',
    call: (client) =>
      client.issueOneCommission(
        'u',
        [
          { project: 'p1', resource: 'vm', quantity: LEAST },
          { project: 'p2', resource: 'vm', quantity: Number.MAX_SAFE_INTEGER },
        ],
        { autoAccept: true },
      ),
    sends: issue(
      [
        `{"holder":"user:u","source":"project:p1","resource":"vm","quantity":-9223372036854775808}`,
        `{"holder":"project:p1","source":null,"resource":"vm","quantity":-9223372036854775808}`,
        `{"holder":"user:u","source":"project:p2","resource":"vm","quantity":9007199254740991}`,
        `{"holder":"project:p2","source":null,"resource":"vm","quantity":9007199254740991}`,
      ].join(),
      '"force":false,"auto_accept":true,"name":""',
    ),
    answer: '{"serial":3}',
    result: 3,
  },
  {
    method: 'issueResourceReassignment',
    call: (client) =>
      client.issueResourceReassignment('u', [{ from: 'p1', to: 'p2', resource: 'disk', quantity: MOST }], {
        name: 'move',
        force: true,
      }),
    sends: issue(
      [
        `{"holder":"user:u","source":"project:p1","resource":"disk","quantity":-9223372036854775807}`,
        `{"holder":"project:p1","source":null,"resource":"disk","quantity":-9223372036854775807}`,
        `{"holder":"user:u","source":"project:p2","resource":"disk","quantity":9223372036854775807}`,
        `{"holder":"project:p2","source":null,"resource":"disk","quantity":9223372036854775807}`,
      ].join(),
      '"force":true,"auto_accept":false,"name":"move"',
    ),
    answer: '{"serial":4}',
    result: 4,
  },
  {
    method: 'getPendingCommissions',
    call: (client) => client.getPendingCommissions(),
    sends: get(`${ACCOUNT}/commissions`),
    answer: '[1,2]',
    result: [1, 2],
  },
  {
    method: 'getCommissionInfo',
    call: (client) => client.getCommissionInfo(57),
    sends: get(`${ACCOUNT}/commissions/57`),
    answer: `{"serial":57,"name":"","provisions":[{"holder":"user:u","source":null,"resource":"vm","quantity":${LEAST}}]}`,
    result: {
      serial: 57,
      name: '',
      provisions: [{ holder: 'user:u', source: null, resource: 'vm', quantity: LEAST }],
    },
  },
  {
    method: 'getCommissionInfo',
    of: 'resolved ones, which the original would not know',
    call: (client) => client.getCommissionInfo(-1, { resolved: true }),
    sends: get(`${ACCOUNT}/commissions/-1`),
    answer: '{"serial":-1}',
    result: { serial: -1 },
  },
  {
    method: 'commissionAction',
    call: (client) => client.commissionAction(57, 'reject'),
    sends: post(`${ACCOUNT}/commissions/57/action`, '{"reject":""}'),
    result: undefined,
  },
  {
    method: 'commissionAction',
    of: 'a word that only the service can judge',
    call: (client) => client.commissionAction(0, '__proto__ "ü"' as 'accept'),
    sends: post(`${ACCOUNT}/commissions/0/action`, '{"__proto__ \\"ü\\"":""}'),
    result: undefined,
  },
  {
    method: 'acceptCommission',
    call: (client) => client.acceptCommission(Number.MAX_SAFE_INTEGER),
    sends: post(`${ACCOUNT}/commissions/9007199254740991/action`, '{"accept":""}'),
    result: undefined,
  },
  {
    method: 'rejectCommission',
    call: (client) => client.rejectCommission(-3),
    sends: post(`${ACCOUNT}/commissions/-3/action`, '{"reject":""}'),
    result: undefined,
  },
  {
    method: 'resolveCommissions',
    call: (client) => client.resolveCommissions([56, 57], [58, -1]),
    sends: post(`${ACCOUNT}/commissions/action`, '{"accept":[56,57],"reject":[58,-1]}'),
    answer: '{"accepted":[56,57],"rejected":[58],"failed":[]}',
    result: { accepted: [56, 57], rejected: [58], failed: [] },
  },
  {
    method: 'resolveCommissions',
    of: 'nothing',
    call: (client) => client.resolveCommissions([], []),
    sends: post(`${ACCOUNT}/commissions/action`, '{"accept":[],"reject":[]}'),
    answer: '{"accepted":[],"rejected":[],"failed":[]}',
    result: { accepted: [], rejected: [], failed: [] },
  },

  // ---------------------------------------------------------------- projects and memberships
  ...filters([
    ['all', undefined, undefined],
    ['nulls', { name: null, state: null, owner: null, mode: null }, undefined],
    [
      'everything',
      { mode: 'member', owner: 'o', state: 'of a newer service', name: ODD },
      `name=${ODD_IN_QUERY}&state=of+a+newer+service&owner=o&mode=member`,
    ],
  ]).map(([of, filter, query]): Row => ({
    method: 'getProjects',
    of,
    call: (client) => client.getProjects(filter),
    sends: get(`${ACCOUNT}/projects`, query),
    answer: `[{"id":"p","max_members":${MOST}}]`,
    result: [{ id: 'p', max_members: MOST }],
  })),
  {
    method: 'getProject',
    call: (client) => client.getProject(ODD),
    sends: get(`${ACCOUNT}/projects/${ODD_IN_PATH}`),
    answer: `{"id":"p","resources":{"vm":{"project_capacity":${MOST},"member_capacity":0}}}`,
    result: { id: 'p', resources: { vm: { project_capacity: MOST, member_capacity: 0n } } },
  },
  {
    method: 'createProject',
    call: (client) =>
      client.createProject({
        name: 'n ü',
        end_date: '2027-01-01T00:00:00+00:00',
        max_members: MOST,
        homepage: null,
        resources: { vm: { project_capacity: LEAST, member_capacity: 5 } },
      }),
    sends: post(
      `${ACCOUNT}/projects`,
      `{"name":"n ü","end_date":"2027-01-01T00:00:00+00:00","max_members":${MOST},"homepage":null,"resources":{"vm":{"project_capacity":${LEAST},"member_capacity":5}}}`,
    ),
    answer: '{"id":"p","application":3}',
    result: { id: 'p', application: 3 },
  },
  {
    method: 'modifyProject',
    call: (client) =>
      client.modifyProject(ODD, { max_members: '2k', private: true, 'of a newer service': [1.5, 'x'] } as object),
    sends: {
      method: 'PUT',
      path: `${ACCOUNT}/projects/${ODD_IN_PATH}`,
      type: JSON_TYPE,
      body: '{"max_members":"2k","private":true,"of a newer service":[1.5,"x"]}',
    },
    answer: '{"id":"p","application":4}',
    result: { id: 'p', application: 4 },
  },
  {
    method: 'projectAction',
    call: (client) => client.projectAction(ODD, 'suspend'),
    sends: post(`${ACCOUNT}/projects/${ODD_IN_PATH}/action`, '{"suspend":{"reason":""}}'),
    result: undefined,
  },
  {
    method: 'projectAction',
    of: 'a reason',
    call: (client) => client.projectAction('p', 'of a newer service' as 'suspend', { reason: 'because "ü"' }),
    sends: post(`${ACCOUNT}/projects/p/action`, '{"of a newer service":{"reason":"because \\"ü\\""}}'),
    result: undefined,
  },
  {
    method: 'applicationAction',
    call: (client) => client.applicationAction(ODD, 5, 'deny', { reason: 'no' }),
    sends: post(`${ACCOUNT}/projects/${ODD_IN_PATH}/action`, '{"deny":{"reason":"no","app_id":5}}'),
    result: undefined,
  },
  {
    method: 'applicationAction',
    of: 'no reason',
    call: (client) => client.applicationAction('p', -5, 'approve'),
    sends: post(`${ACCOUNT}/projects/p/action`, '{"approve":{"reason":"","app_id":-5}}'),
    result: undefined,
  },
  ...filters([
    ['all', undefined, undefined],
    ['null', { projectId: null }, undefined],
    ['one project', { projectId: ODD }, `project=${ODD_IN_QUERY}`],
  ]).map(([of, filter, query]): Row => ({
    method: 'getMemberships',
    of,
    call: (client) => client.getMemberships(filter),
    sends: get(`${ACCOUNT}/projects/memberships`, query),
    answer: '[{"id":7}]',
    result: [{ id: 7 }],
  })),
  {
    method: 'getMembership',
    call: (client) => client.getMembership(-0),
    sends: get(`${ACCOUNT}/projects/memberships/0`),
    answer: '{"id":0}',
    result: { id: 0 },
  },
  {
    method: 'membershipAction',
    call: (client) => client.membershipAction(7, 'leave'),
    sends: post(`${ACCOUNT}/projects/memberships/7/action`, '{"leave":""}'),
    result: undefined,
  },
  {
    method: 'membershipAction',
    of: 'a reason',
    call: (client) => client.membershipAction(7, 'remove', { reason: 'é' }),
    sends: post(`${ACCOUNT}/projects/memberships/7/action`, '{"remove":"é"}'),
    result: undefined,
  },
  {
    method: 'joinProject',
    call: (client) => client.joinProject(ODD),
    sends: post(`${ACCOUNT}/projects/memberships`, `{"join":{"project":"${ODD}"}}`),
    answer: '{"id":8}',
    result: { id: 8 },
  },
  {
    method: 'enrollMember',
    call: (client) => client.enrollMember('p', 'ü+x@example.com'),
    sends: post(`${ACCOUNT}/projects/memberships`, '{"enroll":{"project":"p","user":"ü+x@example.com"}}'),
    answer: '{"id":9}',
    result: { id: 9 },
  },
]

function filters(of: [string, object | undefined, string | undefined][]): typeof of {
  return of
}

/** The four look-ups with a user's token, or with a service's. */
function catalogRows(
  path: string,
  lookUps: {
    names: (client: AstakosClient, uuids: string[]) => Promise<unknown>
    name: (client: AstakosClient, uuid: string) => Promise<unknown>
    uuids: (client: AstakosClient, names: string[]) => Promise<unknown>
    uuid: (client: AstakosClient, name: string) => Promise<unknown>
    methods: [string, string, string, string]
  },
): Row[] {
  const [names, name, uuids, uuid] = lookUps.methods
  const sends = (body: string): Row['sends'] => post(`${ACCOUNT}/${path}`, body)
  return [
    {
      method: names,
      call: (client) => lookUps.names(client, ['u1', 'é"']),
      sends: sends('{"uuids":["u1","é\\""]}'),
      answer: '{"uuid_catalog":{"u1":"n1"},"displayname_catalog":{}}',
      result: { u1: 'n1' },
    },
    {
      method: names,
      of: 'nobody',
      call: (client) => lookUps.names(client, []),
      sends: sends('{"uuids":[]}'),
      answer: '{"uuid_catalog":{}}',
      result: {},
    },
    {
      method: name,
      call: (client) => lookUps.name(client, 'u1'),
      sends: sends('{"uuids":["u1"]}'),
      answer: '{"uuid_catalog":{"u1":"n1"}}',
      result: 'n1',
    },
    {
      method: uuids,
      call: (client) => lookUps.uuids(client, ['n1', 'Ü@example.com']),
      sends: sends('{"displaynames":["n1","Ü@example.com"]}'),
      answer: '{"displayname_catalog":{"n1":"u1"}}',
      result: { n1: 'u1' },
    },
    {
      method: uuid,
      call: (client) => lookUps.uuid(client, 'n1'),
      sends: sends('{"displaynames":["n1"]}'),
      answer: '{"displayname_catalog":{"n1":"u1"}}',
      result: 'u1',
    },
  ]
}

const titled = rows.map((row) => ({ title: row.of === undefined ? row.method : `${row.method}: ${row.of}`, ...row }))

/** Of a transport's own making, besides `content-length`: these are all that may come on top. */
const OWN_HEADERS: Readonly<Record<string, readonly string[]>> = {
  'node:http': ['connection', 'host'],
  undici: ['connection', 'host'],
  fetch: [
    'accept',
    'accept-encoding',
    'accept-language',
    'cache-control',
    'connection',
    'host',
    'pragma',
    'sec-fetch-mode',
    'user-agent',
  ],
}

/** The headers that are the client's, checked for what a transport adds. */
function headersFromClient(request: Received, transport: string): Record<string, string> {
  const { host, ...rest } = request.headers
  expect(host).toMatch(/^127\.0\.0\.1:\d+$/)
  return Object.fromEntries(Object.entries(rest).filter(([name]) => !OWN_HEADERS[transport]?.includes(name)))
}

function expectedHeaders({ sends }: Row): Record<string, string> {
  const { type, headers, body } = sends
  return {
    'x-auth-token': TOKEN,
    ...(type === undefined ? {} : { 'content-type': type }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  }
}

const KEYED = new Set(['issueCommissionGeneric', 'issueOneCommission', 'issueResourceReassignment'])

it('has every method in the table', () => {
  expect([...new Set([...rows.map(({ method }) => method), 'features'])].sort()).toEqual(METHODS)
})

for (const transport of transports) {
  describe(`what is sent over ${transport.name}`, () => {
    let service: Service
    let client: AstakosClient

    beforeAll(async () => {
      service = await serve()
      client = clientOf(service, transport)
      await discover(client, service)
    })
    afterAll(async () => {
      await client.close()
      await service.close()
    })

    it.each(titled)('$title', async (row) => {
      service.requests.length = 0
      service.script = () => ({ body: row.answer ?? '' })
      expect(await row.call(client)).toEqual(row.result)
      expect(service.requests).toHaveLength(1)
      const { method, path, query, body } = service.last
      expect({ method, path, query, body }).toEqual({
        method: row.sends.method,
        path: row.sends.path,
        query: row.sends.query ?? null,
        body: row.sends.body ?? '',
      })
      expect(headersFromClient(service.last, transport.name)).toEqual(expectedHeaders(row))
    })

    it('features: the public discovery', async () => {
      await using own = await serve()
      const fresh = clientOf(own, transport)
      expect(await fresh.features()).toEqual(new Set())
      expect(own.requests).toHaveLength(1)
      const { method, path, query, body } = own.last
      expect({ method, path, query, body }).toEqual({
        method: 'POST',
        path: `${IDENTITY}/tokens`,
        query: null,
        body: '',
      })
      expect(headersFromClient(own.last, transport.name)).toEqual({
        'x-auth-token': TOKEN,
        'content-type': JSON_TYPE,
        'content-length': '0',
      })
      await fresh.close()
    })

    it('has an idempotency key in issues alone, where the service takes keys, and is the same otherwise', async () => {
      await using own = await serve(undefined, { features: 'idempotent-commissions' })
      const keyed = clientOf(own, transport)
      await discover(keyed, own)
      const keys = new Set<string>()
      for (const row of rows) {
        if (KEYED.has(row.method)) {
          own.script = ({ headers }) => ({
            status: 201,
            headers: { 'Idempotency-Key': headers['idempotency-key'] ?? '' },
            body: row.answer ?? '',
          })
        } else own.script = (request) => (isDiscovery(request) ? undefined : { body: row.answer ?? '' })
        // oxlint-disable-next-line no-await-in-loop -- one request after the other, to tell them apart
        await row.call(keyed)
        const { 'idempotency-key': key, ...headers } = headersFromClient(own.last, transport.name)
        if (KEYED.has(row.method)) {
          expect(key).toMatch(/^[0-9a-f]{32}$/)
          keys.add(key ?? '')
        } else expect(key).toBeUndefined()
        expect(headers).toEqual(expectedHeaders(row))
        expect(own.last.body).toBe(row.sends.body ?? '')
      }
      expect(keys.size).toBe(rows.filter(({ method }) => KEYED.has(method)).length)
      await keyed.close()
    })

    it('has the caller’s key, the lease and the question for resolved ones, where the service knows them', async () => {
      await using own = await serve(
        (request) =>
          isDiscovery(request)
            ? undefined
            : {
                status: request.method === 'POST' ? 201 : 200,
                headers: { 'Idempotency-Key': request.headers['idempotency-key'] ?? '' },
                body: '{"serial":5}',
              },
        { features: ' resolved-commissions,idempotent-commissions , commission-leases,' },
      )
      const able = clientOf(own, transport)
      const key = '!'.repeat(254) + '~'
      expect(await able.issueOneCommission('u', 'p', {}, { idempotencyKey: key, leaseSeconds: 30 })).toBe(5)
      expect(own.last.headers['idempotency-key']).toBe(key)
      expect(own.last.body).toBe('{"force":false,"auto_accept":false,"name":"","provisions":[],"lease_seconds":30}')
      await able.getCommissionInfo(5, { resolved: true })
      expect(`${own.last.path}?${own.last.query}`).toBe(`${ACCOUNT}/commissions/5?resolved=true`)
      await able.getCommissionInfo(5, { resolved: false })
      expect(own.last.query).toBeNull()
      await able.close()
    })

    it('has the client’s headers, above them the call’s, above them the method’s own and the token', async () => {
      await using own = await serve()
      const client = clientOf(own, transport, {
        headers: {
          'X-Client-IP': '1.2.3.4',
          'X-Both': 'client',
          Authorization: 'Basic theirs',
          'Content-Type': 'text/plain',
        },
      })
      own.script = (request) => (isDiscovery(request) ? undefined : { body: '{"access_token":"a","id":1}' })
      await client.getToken('g', 'id', 'secret', {}, { headers: { 'x-both': 'call', AUTHORIZATION: 'Basic mine' } })
      expect(headersFromClient(own.last, transport.name)).toEqual({
        'x-client-ip': '1.2.3.4',
        'x-both': 'call',
        authorization: `Basic ${btoa('id:secret')}`,
        'content-type': FORM_TYPE,
        'content-length': '12',
        'x-auth-token': TOKEN,
      })
      await client.joinProject('p')
      expect(own.last.headers).toMatchObject({
        'x-both': 'client',
        authorization: 'Basic theirs',
        'content-type': JSON_TYPE,
      })
      expect(own.discoveries.length).toBeGreaterThan(0)
      for (const discovery of own.discoveries) {
        // A call's headers are about that call; discovery is for everybody.
        expect(discovery.headers).toMatchObject({
          'x-client-ip': '1.2.3.4',
          'x-both': 'client',
          'content-type': JSON_TYPE,
        })
      }
      await client.close()
    })

    it('has a token outside ASCII as UTF-8', async () => {
      await using own = await serve(() => ({ body: CATALOG_ANSWER }))
      const client = clientOf(own, transport).withToken('töken €')
      await client.authenticate()
      expect(Buffer.from(own.last.headers['x-auth-token'] ?? '', 'latin1').toString()).toBe('töken €')
      expect(own.last.body).toBe('{"auth":{"token":{"id":"töken €"}}}')
    })

    it('has a large body whole, with its length', async () => {
      await using own = await serve((request) => (isDiscovery(request) ? undefined : { body: { uuid_catalog: {} } }))
      const client = clientOf(own, transport)
      const uuids = Array.from({ length: 30_000 }, (_, at) => `ü${at}`)
      await client.getUsernames(uuids)
      const text = JSON.stringify({ uuids })
      const digest = (body: string): string => createHash('sha1').update(body).digest('hex')
      expect(digest(own.last.body)).toBe(digest(text))
      expect(own.last.headers['content-length']).toBe(String(Buffer.byteLength(text)))
      expect(own.last.headers['transfer-encoding']).toBeUndefined()
      await client.close()
    })
  })
}

/** Learns all endpoints, so that what follows is one request for each call. */
async function discover(client: AstakosClient, service: Service): Promise<void> {
  service.script = (request) => (isDiscovery(request) ? undefined : { body: '{"access_token":"a"}' })
  await client.getResources()
  await client.getToken('g', 'i', 's', {})
}
