import { adminOperations } from './admin-operations.ts'
import type { Operation } from './operation.ts'
import { projectOperations } from './project-operations.ts'
import { INT64, type JsonSchema } from './schema.ts'

const USER = 'b6bb2de7-3f4e-4f8a-9b0c-5a2c9f1d7e11'
const PROJECT = '4e2b0c6d-91a3-4a57-8f3e-0c8d6a7b1f22'

const list = (name: string, description: string): JsonSchema => ({
  name,
  in: 'query',
  description: `${description}, separated by commas`,
  schema: { type: 'string' },
})
const SERIAL: JsonSchema = { name: 'serial', in: 'path', required: true, schema: { ...INT64, minimum: 0 } }
const TOKEN: JsonSchema = { name: 'token', in: 'path', required: true, schema: { type: 'string' } }
const BELONGS_TO: JsonSchema = {
  name: 'belongsTo',
  in: 'query',
  description: 'Has to begin with the scope of the token',
  schema: { type: 'string' },
}
const CALLBACK: JsonSchema = {
  name: 'callback',
  in: 'query',
  description: 'A function: a script that hands the list to it is answered',
  schema: { type: 'string' },
}

const ISSUE = {
  provisions: [
    { holder: `user:${USER}`, source: `project:${PROJECT}`, resource: 'cyclades.vm', quantity: 1 },
    { holder: `project:${PROJECT}`, source: null, resource: 'cyclades.vm', quantity: 1 },
  ],
  name: 'server 42',
}
const NUMBERS = { limit: 5, usage: 2, pending: 0, project_limit: 10, project_usage: 4, project_pending: 0 }
const PROJECT_NUMBERS = { project_limit: 10, project_usage: 4, project_pending: 0 }

const versions: Operation = {
  id: 'listVersions',
  tag: 'identity',
  summary: 'The versions of the identity API',
  caller: 'nobody',
  answers: { 200: { description: 'The versions', schema: 'Versions' } },
}
const version: Operation = {
  id: 'showVersion',
  tag: 'identity',
  summary: 'The version 2.0 of the identity API',
  caller: 'nobody',
  answers: { 200: { description: 'The version', schema: 'Version' } },
}
const authenticate: Operation = {
  id: 'authenticate',
  tag: 'identity',
  summary: 'Says who a token belongs to, and where the services are',
  description: 'Without a body: the catalog of the services alone, for everybody.',
  caller: 'nobody',
  body: {
    schema: 'Authentication',
    required: false,
    example: { auth: { token: { id: 'c2VjcmV0' }, tenantName: USER } },
  },
  answers: {
    200: {
      description: 'The user and the catalog',
      schema: 'Access',
      headers: ['Astakos-Features'],
      example: { access: { serviceCatalog: [] } },
    },
  },
  faults: [401],
}
const validate: Operation = {
  id: 'validateToken',
  tag: 'identity',
  summary: 'Validates an access token of OAuth2',
  description: 'The token is all that follows, with its slashes. Tokens of users and components are not known here.',
  caller: 'nobody',
  parameters: [TOKEN, BELONGS_TO],
  answers: { 200: { description: 'Who the token is of', schema: 'GrantedAccess' } },
  faults: [404],
}

const names = (id: string, caller: 'user' | 'component', summary: string): Operation => ({
  id,
  tag: 'names',
  summary,
  description: 'Unknown ones are left out. The type of the body is not looked at.',
  caller,
  body: { schema: 'NamesAsked', example: { uuids: [USER], displaynames: ['alice@example.org'] } },
  answers: {
    200: {
      description: 'The names and the uuids',
      schema: 'UserCatalogs',
      example: { uuid_catalog: { [USER]: 'alice@example.org' }, displayname_catalog: { 'alice@example.org': USER } },
    },
  },
})
const feedback: Operation = {
  id: 'sendFeedback',
  tag: 'names',
  summary: 'Sends a message to those who run the service',
  caller: 'user',
  body: {
    schema: 'Feedback',
    types: ['application/x-www-form-urlencoded', 'multipart/form-data'],
    example: { feedback_msg: 'Thank you', feedback_data: '' },
  },
  answers: { 200: { description: 'Sent', schema: null } },
  faults: [502],
}
const defaultProject: Operation = {
  id: 'setDefaultProject',
  tag: 'names',
  summary: 'Sets the project that authentications name as the tenant',
  caller: 'user',
  body: { schema: 'DefaultProject', example: { project_id: PROJECT } },
  answers: { 200: { description: 'Set', schema: null } },
  faults: [403, 404, 409],
}

const resources: Operation = {
  id: 'listResources',
  tag: 'quota',
  summary: 'The resources that everybody may see',
  caller: 'nobody',
  answers: { 200: { description: 'By name', schema: 'Resources' } },
}
const quotas: Operation = {
  id: 'listQuotas',
  tag: 'quota',
  summary: 'The quotas of the user who calls',
  caller: 'user',
  answers: {
    200: {
      description: 'By project and resource',
      schema: 'Quotas',
      example: { [PROJECT]: { 'cyclades.vm': NUMBERS } },
    },
  },
}
const serviceQuotas: Operation = {
  id: 'listServiceQuotas',
  tag: 'quota',
  summary: "The quotas of all users, of the component's own resources",
  caller: 'component',
  parameters: [list('user', 'Uuids of users'), list('project', 'Uuids of projects')],
  answers: {
    200: {
      description: 'By user, project and resource',
      schema: 'ServiceQuotas',
      example: { [USER]: { [PROJECT]: { 'cyclades.vm': NUMBERS } } },
    },
  },
  faults: [404],
}
const serviceProjectQuotas: Operation = {
  id: 'listServiceProjectQuotas',
  tag: 'quota',
  summary: "The quotas of all projects, of the component's own resources",
  caller: 'component',
  parameters: [list('project', 'Uuids of projects')],
  answers: {
    200: {
      description: 'By project and resource',
      schema: 'ProjectQuotas',
      example: { [PROJECT]: { 'cyclades.vm': PROJECT_NUMBERS } },
    },
  },
  faults: [404],
}

const listCommissions: Operation = {
  id: 'getPendingCommissions',
  tag: 'commissions',
  summary: 'The pending commissions of the component',
  caller: 'component',
  answers: { 200: { description: 'Their serials, ascending', schema: 'Serials', example: [57, 58] } },
}
const issue: Operation = {
  id: 'issueCommission',
  tag: 'commissions',
  summary: 'Reserves quota',
  description:
    'Every provision is checked against its holding; if all fit, they count as pending, and if one does not, none do. ' +
    'A negative quantity gives quota back. With an Idempotency-Key a repeated request gets the answer of the first.',
  caller: 'component',
  parameters: [{ $ref: '#/components/parameters/Idempotency-Key' }],
  body: { schema: 'Issue', example: ISSUE },
  answers: {
    201: {
      description: 'Reserved',
      schema: 'Issued',
      headers: ['Idempotency-Key', 'Idempotency-Replayed'],
      example: { serial: 57 },
    },
  },
  faults: [404, 422],
  isQuotaAsked: true,
}
const resolve: Operation = {
  id: 'resolveCommissions',
  tag: 'commissions',
  summary: 'Accepts and rejects pending commissions',
  caller: 'component',
  body: { schema: 'Resolve', example: { accept: [57], reject: [59] } },
  answers: {
    200: {
      description: 'What became of each',
      schema: 'Resolution',
      example: {
        accepted: [57],
        rejected: [],
        failed: [[59, { itemNotFound: { code: 404, message: 'serial 59 does not exist' } }]],
      },
    },
  },
}
const show: Operation = {
  id: 'getCommission',
  tag: 'commissions',
  summary: 'A pending commission of the component',
  caller: 'component',
  parameters: [
    SERIAL,
    {
      name: 'resolved',
      in: 'query',
      description: '`true`: also after it ended, with how',
      schema: { type: 'string' },
    },
  ],
  answers: { 200: { description: 'The commission', schema: 'Commission' } },
  faults: [404],
  silent404: true,
}
const act: Operation = {
  id: 'resolveCommission',
  tag: 'commissions',
  summary: 'Accepts or rejects a pending commission',
  caller: 'component',
  parameters: [SERIAL],
  body: { schema: 'Action', example: { accept: '' } },
  answers: { 200: { description: 'Done', schema: null } },
  faults: [404],
  silent404: true,
}

const listing = (id: string, summary: string, schema: string): Operation => ({
  id,
  tag: 'pages',
  summary,
  caller: 'nobody',
  parameters: [CALLBACK],
  answers: { 200: { description: 'The list', schema } },
})
const menu = listing('getMenu', "What a page's bar shows", 'Menu')
const menuAnswers: Operation['answers'] = {
  ...menu.answers,
  302: { description: 'The same again, without the stale cookie', schema: null, headers: ['Location'] },
}

/** By path below the base URL, as OpenAPI writes it, and method; one optional slash at the end is not shown. */
export const operations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/identity/': { get: versions },
  '/identity/.json': { get: versions },
  '/identity/v2.0': { get: version },
  '/identity/v2.0.json': { get: version },
  '/identity/v2.0/.json': { get: version },
  '/identity/v2.0/tokens': { post: authenticate },
  '/identity/v2.0/tokens/{token}': { get: validate },
  '/account/v1.0/resources': { get: resources },
  '/account/v1.0/user_catalogs': { post: names('getUsernames', 'user', 'Names of users, and users of names') },
  '/account/v1.0/service/user_catalogs': {
    post: names('serviceGetUsernames', 'component', 'The same for a component; `"uuids": null` asks for everybody'),
  },
  '/account/v1.0/feedback': { post: feedback },
  '/account/v1.0/myaccount/default_project': { post: defaultProject },
  '/account/v1.0/quotas': { get: quotas },
  '/account/v1.0/service_quotas': { get: serviceQuotas },
  '/account/v1.0/service_project_quotas': { get: serviceProjectQuotas },
  '/account/v1.0/commissions': { get: listCommissions, post: issue },
  '/account/v1.0/commissions/action': { post: resolve },
  '/account/v1.0/commissions/{serial}': { get: show },
  '/account/v1.0/commissions/{serial}/action': { post: act },
  ...projectOperations,
  ...adminOperations,
  '/ui/get_services': { get: listing('getServices', 'The components, as browsers show them', 'Services') },
  '/ui/get_menu': { get: { ...menu, answers: menuAnswers } },
}
