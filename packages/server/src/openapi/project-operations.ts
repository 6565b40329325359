import { PROJECT_STATES } from '../projects/project-machine.ts'
import { LIST_MODES } from '../projects/read-projects.ts'
import type { Operation } from './operation.ts'
import { INT64, type JsonSchema } from './schema.ts'

const USER = 'b6bb2de7-3f4e-4f8a-9b0c-5a2c9f1d7e11'
const PROJECT = '4e2b0c6d-91a3-4a57-8f3e-0c8d6a7b1f22'

const ID: JsonSchema = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'The uuid of the project',
  schema: { type: 'string', minLength: 1 },
}
const NUMBER: JsonSchema = { name: 'membership', in: 'path', required: true, schema: { ...INT64, minimum: 0 } }

const filter = (name: string, description: string, schema: JsonSchema = { type: 'string' }): JsonSchema => ({
  name,
  in: 'query',
  description,
  schema,
})

const RESOURCES = { 'cyclades.vm': { project_capacity: 10, member_capacity: 3 } }
const ASKED = {
  name: 'my.project.org',
  owner: USER,
  homepage: '',
  description: 'Servers of a course',
  end_date: '2030-12-31T00:00:00+00:00',
  join_policy: 'moderated',
  leave_policy: 'auto',
  max_members: 50,
  private: false,
  resources: RESOURCES,
}
const PROJECT_EXAMPLE = {
  id: PROJECT,
  state: 'active',
  creation_date: '2026-11-24T18:00:00.250000+00:00',
  ...ASKED,
  system_project: false,
  last_application: { id: 2, state: 'approved', applicant: USER, ...ASKED, start_date: null, comments: '' },
}
const MEMBERSHIP_EXAMPLE = {
  id: 5,
  user: USER,
  project: PROJECT,
  state: 'accepted',
  allowed_actions: ['leave'],
  requested: '2026-11-24T18:10:00+00:00',
  accepted: '2026-11-24T18:20:00+00:00',
}

const SUBMITTED = { description: 'Asked for', schema: 'Submitted', example: { id: PROJECT, application: 2 } }

const projects: Operation = {
  id: 'listProjects',
  tag: 'projects',
  summary: 'The projects that the caller may see',
  description: 'An administrator of projects sees all, except in the mode `member`.',
  caller: 'user',
  parameters: [
    filter(
      'mode',
      "`default` and `related`: one's own and those that one is a member of; `member`: of these the " +
        'active ones; `active`: all that are active and not private',
      { enum: LIST_MODES, default: 'default' },
    ),
    filter('name', 'Exactly this name'),
    filter('owner', 'The uuid of the owner'),
    filter('state', 'The state', { enum: PROJECT_STATES }),
  ],
  answers: { 200: { description: 'In the order of their creation', schema: 'Projects', example: [PROJECT_EXAMPLE] } },
}
const create: Operation = {
  id: 'createProject',
  tag: 'projects',
  summary: 'Asks for a new project',
  description:
    'It is `uninitialized` until an administrator approves the application, which counts against the quota of pending ' +
    'applications until then. Nobody becomes a member, the owner neither.',
  caller: 'user',
  body: { schema: 'NewProject', example: ASKED },
  answers: { 201: SUBMITTED },
  faults: [409],
}
const show: Operation = {
  id: 'getProject',
  tag: 'projects',
  summary: 'A project',
  caller: 'user',
  parameters: [ID],
  answers: { 200: { description: 'The project', schema: 'Project', example: PROJECT_EXAMPLE } },
  faults: [403, 404],
}
const modify: Operation = {
  id: 'modifyProject',
  tag: 'projects',
  summary: 'Asks for changes of a project',
  description:
    'The project stays as it is until they are approved. What was asked for before and is pending is replaced.',
  caller: 'user',
  parameters: [ID],
  body: { schema: 'ProjectChanges', example: { max_members: 100, resources: RESOURCES } },
  answers: { 201: SUBMITTED },
  faults: [403, 404, 409],
}
const act: Operation = {
  id: 'projectAction',
  tag: 'projects',
  summary: 'Changes the state of a project, or decides about its application',
  description: 'For administrators of projects; cancelling and dismissing also for whoever applied.',
  caller: 'user',
  parameters: [ID],
  body: { schema: 'ProjectAction', example: { approve: { app_id: 2, reason: 'Welcome' } } },
  answers: { 200: { description: 'Done', schema: null } },
  faults: [403, 404, 409],
}

const memberships: Operation = {
  id: 'listMemberships',
  tag: 'memberships',
  summary: "The caller's memberships, and those of the caller's projects",
  description: 'An administrator of projects sees all.',
  caller: 'user',
  parameters: [filter('project', 'The uuid of a project')],
  answers: { 200: { description: 'In every state', schema: 'Memberships', example: [MEMBERSHIP_EXAMPLE] } },
}
const begin: Operation = {
  id: 'joinOrEnroll',
  tag: 'memberships',
  summary: 'Joins a project, or enrolls somebody',
  description:
    'Joining is a request where the policy is `moderated` or the project is full. The owner and administrators enroll, ' +
    'which makes a member at once.',
  caller: 'user',
  body: { schema: 'JoinOrEnroll', example: { join: { project: PROJECT } } },
  answers: { 200: { description: 'The number of the membership', schema: 'Begun', example: { id: 5 } } },
  faults: [403, 404, 409],
}
const showMembership: Operation = {
  id: 'getMembership',
  tag: 'memberships',
  summary: 'A membership',
  caller: 'user',
  parameters: [NUMBER],
  answers: { 200: { description: 'The membership', schema: 'Membership', example: MEMBERSHIP_EXAMPLE } },
  faults: [403, 404],
}
const actOnMembership: Operation = {
  id: 'membershipAction',
  tag: 'memberships',
  summary: 'Changes the state of a membership',
  description: 'Members leave and cancel their requests; the owner and administrators accept, reject and remove.',
  caller: 'user',
  parameters: [NUMBER],
  body: { schema: 'MembershipAction', example: { leave: 'moving on' } },
  answers: { 200: { description: 'Done', schema: null } },
  faults: [403, 404, 409],
}

export const projectOperations: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/account/v1.0/projects': { get: projects, post: create },
  '/account/v1.0/projects/memberships': { get: memberships, post: begin },
  '/account/v1.0/projects/memberships/{membership}': { get: showMembership },
  '/account/v1.0/projects/memberships/{membership}/action': { post: actOnMembership },
  '/account/v1.0/projects/{id}': { get: show, put: modify },
  '/account/v1.0/projects/{id}/action': { post: act },
}
