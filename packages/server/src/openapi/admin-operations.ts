import type { Operation } from './operation.ts'
import type { JsonSchema } from './schema.ts'

/** Statistics and the administration of users: there only where they were switched on, but for the public ones. */

const USER = 'b6bb2de7-3f4e-4f8a-9b0c-5a2c9f1d7e11'
const PROJECT = '4e2b0c6d-91a3-4a57-8f3e-0c8d6a7b1f22'

const ID: JsonSchema = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The uuid of the user',
  schema: { type: 'string', minLength: 1 },
}

const BRIEF = {
  id: USER,
  email: 'ada@example.org',
  first_name: 'Ada',
  last_name: 'Lovelace',
  is_active: true,
  is_rejected: false,
  deactivated_reason: null,
  accepted_policy: 'auto_moderation',
  rejected_reason: null,
  roles: ['helpdesk'],
  authentication_methods: [
    { identifier: 'ada@example.org', active: true, affiliation: null, backend: 'astakos', metadata: {} },
  ],
}
const FULL = {
  ...BRIEF,
  date_joined: '2026-11-24T18:00:00.250000+00:00',
  moderated_at: '2026-11-24T18:10:00+00:00',
  verified_at: '2026-11-24T18:05:00+00:00',
  auth_token_expires: '2026-12-24T18:00:00+00:00',
}

const helpdesk = {
  tag: 'users',
  description: 'For members of the groups that `--user-admin-groups` names; without them there is no such path.',
  caller: 'user',
  isJsonOnly: true,
} as const

const list: Operation = {
  ...helpdesk,
  id: 'listUsers',
  summary: 'All users, without dates',
  answers: { 200: { description: 'In the order in which they came', schema: 'Users', example: { users: [BRIEF] } } },
  faults: [403],
}
const listDetailed: Operation = {
  ...helpdesk,
  id: 'listUsersDetailed',
  summary: 'All users',
  answers: {
    200: { description: 'In the order in which they came', schema: 'UsersDetailed', example: { users: [FULL] } },
  },
  faults: [403],
}
const show: Operation = {
  ...helpdesk,
  id: 'getUser',
  summary: 'A user',
  parameters: [ID],
  answers: { 200: { description: 'The user', schema: 'User', example: { user: FULL } } },
  faults: [403, 404],
}
const create: Operation = {
  ...helpdesk,
  id: 'createUser',
  summary: 'Makes an account that works at once',
  body: {
    schema: 'NewUser',
    example: { user: { username: 'ada@example.org', first_name: 'Ada', last_name: 'Lovelace' } },
  },
  answers: {
    200: {
      description: 'The password, made up where none was sent, and the token',
      schema: 'UserCreated',
      example: { user: { id: USER, password: 'c2VjcmV0', auth_token: 'c2VjcmV0' } },
    },
  },
  faults: [403, 409],
}
const modify: Operation = {
  ...helpdesk,
  id: 'modifyUser',
  summary: 'Changes an account',
  parameters: [ID],
  body: { schema: 'UserChanges', example: { user: { username: 'ada@example.com', affiliation: 'staff' } } },
  answers: { 200: { description: 'The user as it is now', schema: 'User', example: { user: FULL } } },
  faults: [403, 404, 409],
}
const act: Operation = {
  ...helpdesk,
  id: 'userAction',
  summary: 'Activates or deactivates an account, renews its token, signs the terms or sets the default project',
  parameters: [ID],
  body: { schema: 'UserAction', example: { setDefaultProject: { project_id: PROJECT } } },
  answers: {
    200: {
      description: 'What the action is about',
      schema: 'UserActed',
      example: { user: { id: USER, default_project: PROJECT } },
    },
  },
  faults: [403, 404, 409],
}

const CALLBACK: JsonSchema = {
  name: 'callback',
  in: 'query',
  description: 'A function: a script that hands the numbers to it is answered',
  schema: { type: 'string' },
}
const stats: Operation = {
  id: 'getStatistics',
  tag: 'statistics',
  summary: 'How many accounts there are',
  caller: 'nobody',
  parameters: [CALLBACK],
  isJsonOnly: true,
  answers: {
    200: { description: 'A second old at most', schema: 'Statistics', example: { users: { total: 4, active: 4 } } },
  },
}
const details: Operation = {
  id: 'getDetailedStatistics',
  tag: 'statistics',
  summary: 'How many accounts sign in in which way, and how much is used of what',
  description:
    'For members of the groups that `--stats-groups` names; without them there is no such path. Numbers may be beyond 64 bits.',
  caller: 'user',
  isJsonOnly: true,
  answers: {
    200: {
      description: 'For all, and by way to sign in',
      schema: 'DetailedStatistics',
      example: {
        datetime: 'Tue Nov 24 03:46:15 2026',
        providers: ['local'],
        users: {
          all: { total: 6, verified: 6, active: 6 },
          local: { total: 6, verified: 6, active: 6, exclusive: 6 },
        },
        resources: { all: { 'cyclades.vm': { used: 2, allocated: 111, unit: null, description: 'Servers' } } },
      },
    },
  },
  faults: [403],
}

export const adminOperations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/identity/v2.0/users': { get: list, post: create },
  '/identity/v2.0/users/detail': { get: listDetailed },
  '/identity/v2.0/users/{id}': { get: show, put: modify },
  '/identity/v2.0/users/{id}/action': { post: act },
  '/admin/stats': { get: stats },
  '/admin/stats/detail': { get: details },
}
