import { nodeOf, type Hints } from './document.ts'
import { BEGIN_HINTS, MEMBERSHIP_HINTS, ORDER_HINTS, PROJECT_HINTS } from './project-hints.ts'
import { BASE, templateOf, type Template } from './template.ts'

/**
 * Requests of projects and memberships. Most are refused for a reason that comes after all others, so that only what
 * is wrong with them tells; those that change something are rare, as each costs a fresh world.
 */

const PROJECTS = '/account/v1.0/projects'
const ONE = `${PROJECTS}/:id`
const MEMBERSHIPS = `${PROJECTS}/memberships`
const MEMBERSHIP = `${MEMBERSHIPS}/:membership`

interface Asked {
  readonly weight: number
  readonly token: string
  readonly target: string
  readonly body?: unknown
  readonly hints?: Hints
  readonly queries?: readonly string[]
}

const of = (route: string, method: string, { body, target, token, ...rest }: Asked): Template =>
  templateOf(route, method, {
    ...rest,
    target: BASE + target,
    token: `<token:${token}>`,
    ...(body === undefined ? {} : { json: nodeOf(body) }),
  })

const SUBMITTED = {
  name: 'another.example.org',
  owner: null,
  homepage: 'https://example.org',
  description: 'd',
  comments: 'c',
  start_date: '2020-01-01T00:00:00Z',
  end_date: '2113-05-05T20:20:20Z',
  join_policy: 'auto',
  leave_policy: 'auto',
  max_members: '5',
  private: false,
  resources: {
    'cyclades.vm': { project_capacity: 10, member_capacity: 2 },
    'pithos.diskspace': { project_capacity: 2n ** 63n - 1n, member_capacity: 0 },
  },
}

const create = (weight: number, token: string): Template =>
  of(PROJECTS, 'POST', { weight, token, target: PROJECTS, body: SUBMITTED, hints: PROJECT_HINTS })

const modify = (weight: number, token: string, project: string, body: object = SUBMITTED): Template =>
  of(ONE, 'PUT', { weight, token, target: `${PROJECTS}/${project}`, body, hints: PROJECT_HINTS })

const show = (weight: number, token: string, project: string): Template =>
  of(ONE, 'GET', { weight, token, target: `${PROJECTS}/${project}` })

const order = (weight: number, token: string, project: string, body: object): Template =>
  of(`${ONE}/action`, 'POST', { weight, token, target: `${PROJECTS}/${project}/action`, body, hints: ORDER_HINTS })

const begin = (weight: number, token: string, body: object): Template =>
  of(MEMBERSHIPS, 'POST', { weight, token, target: MEMBERSHIPS, body, hints: BEGIN_HINTS })

const showMembership = (weight: number, token: string, membership: string): Template =>
  of(MEMBERSHIP, 'GET', { weight, token, target: `${MEMBERSHIPS}/${membership}` })

const act = (weight: number, token: string, membership: string, body: object): Template =>
  of(`${MEMBERSHIP}/action`, 'POST', {
    weight,
    token,
    target: `${MEMBERSHIPS}/${membership}/action`,
    body,
    hints: MEMBERSHIP_HINTS,
  })

const LIST_QUERIES = [
  ...['mode', 'state', 'name', 'owner'].flatMap((name) =>
    ['', 'x', '%', '%zz', '%ff', '%00', 'active', 'ACTIVE', 'active%00', 'member', 'a,b', "'", '%27%20or%201=1--'].map(
      (value) => `?${name}=${value}`,
    ),
  ),
  ...['default', 'related', 'member', 'active'].map((mode) => `?mode=x&mode=${mode}`),
  ...['uninitialized', 'suspended', 'terminated', 'deleted', 'pending', '1'].map((state) => `?state=${state}`),
  '?owner=<uuid:bob>&state=active',
  '?owner=<uuid:trent>',
  '?name=first.example.org&mode=active',
  '?Mode=x',
  '?mode=active&mode=x',
  `?name=${'x'.repeat(5000)}`,
  `?owner=${'%F0%9F%98%80'.repeat(500)}`,
]

const MEMBERSHIP_QUERIES = [
  ...['', 'x', '1', '%', '%ff', '%00', '<uuid:alice>', '<project:first>%00', "'", '9223372036854775808'].map(
    (value) => `?project=${value}`,
  ),
  '?project=x&project=<project:second>',
]

const FIRST = '<project:first>'
const SECOND = '<project:second>'
const REQUEST = '<membership:first>'
const MEMBER = '<membership:second>'

export const PROJECT_TEMPLATES: readonly Template[] = [
  of(PROJECTS, 'GET', {
    weight: 5,
    token: 'alice',
    target: `${PROJECTS}?mode=default&state=active&name=first.example.org&owner=<uuid:bob>`,
    queries: LIST_QUERIES,
  }),
  of(PROJECTS, 'GET', { weight: 1, token: 'carol', target: PROJECTS, queries: LIST_QUERIES }),
  create(14, 'bob'),
  create(0.5, 'alice'),
  show(4, 'alice', FIRST),
  show(2, 'alice', SECOND),
  modify(10, 'bob', FIRST),
  modify(2, 'dave', FIRST),
  modify(2, 'bob', SECOND),
  modify(2, 'carol', '<uuid:alice>', { name: 'x.example.org', max_members: 2 }),
  modify(0.3, 'carol', FIRST, { max_members: 2 }),
  order(4, 'carol', FIRST, { unsuspend: { reason: 'r' } }),
  order(3, 'bob', FIRST, { suspend: { reason: 'r' } }),
  order(4, 'carol', FIRST, { approve: { app_id: 50001, reason: 'r' } }),
  order(4, 'carol', SECOND, { dismiss: { app_id: 50002 } }),
  order(2, 'carol', '<project:third>', { approve: { app_id: '50003' } }),
  order(2, 'alice', SECOND, { cancel: { app_id: 50002 } }),
  order(2, 'carol', FIRST, { deny: { app_id: 50002 } }),
  order(2, 'carol', '<uuid:alice>', { terminate: {} }),
  ...(['suspend', 'terminate'] as const).map((action) => order(0.2, 'carol', FIRST, { [action]: { reason: 'r' } })),
  order(0.2, 'carol', '<uuid:frank>', { unsuspend: {} }),
  ...(['approve', 'deny', 'cancel'] as const).map((action) =>
    order(0.2, 'carol', SECOND, { [action]: { app_id: 50002, reason: 'r' } }),
  ),
  order(0.2, 'bob', SECOND, { cancel: { app_id: '50002' } }),
  of(MEMBERSHIPS, 'GET', {
    weight: 3,
    token: 'bob',
    target: `${MEMBERSHIPS}?project=${FIRST}`,
    queries: MEMBERSHIP_QUERIES,
  }),
  begin(5, 'dave', { join: { project: FIRST } }),
  begin(3, 'alice', { join: { project: SECOND } }),
  begin(3, 'alice', { join: { project: '<uuid:alice>' } }),
  begin(5, 'bob', { enroll: { project: FIRST, user: 'Judy.Mixed@Example.org' } }),
  begin(3, 'alice', { enroll: { project: FIRST, user: 'alice@example.org' } }),
  begin(0.3, 'alice', { join: { project: FIRST } }),
  begin(0.3, 'bob', { enroll: { project: FIRST, user: 'alice@example.org' } }),
  showMembership(4, 'dave', REQUEST),
  showMembership(1, 'alice', MEMBER),
  act(4, 'dave', REQUEST, { leave: 'r' }),
  act(3, 'judy', MEMBER, { leave: 'r' }),
  act(3, 'bob', MEMBER, { remove: 'r' }),
  act(3, 'alice', REQUEST, { accept: 'r' }),
  act(0.2, 'bob', REQUEST, { accept: 'r' }),
  act(0.2, 'carol', REQUEST, { reject: 'r' }),
  act(0.2, 'dave', REQUEST, { cancel: 'r' }),
]
