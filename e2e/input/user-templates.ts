import { nodeOf, type Hints, type Node } from './document.ts'
import { BASE, templateOf, type Template } from './template.ts'

/** Requests of the administration of users. Most are refused for what comes last; those that change something are rare. */

const USERS = '/identity/v2.0/users'

const of = (route: string, method: string, weight: number, target = route, body?: unknown): Template =>
  templateOf(route, method, {
    weight,
    target: BASE + target,
    token: '<token:bob>',
    ...(body === undefined ? {} : { json: nodeOf(body), hints: HINTS }),
  })

const texts = (...list: readonly string[]): readonly Node[] => list

const HINTS: Hints = {
  username: texts(
    'nobody',
    'BOB@example.org',
    'erin@example.org',
    'a@b',
    'two@example.org,b@example.org',
    'a b@example.org',
  ),
  first_name: texts('', 'x'.repeat(30), 'x'.repeat(31), 'é'),
  last_name: texts('', ' ', 'y'.repeat(31)),
  password: texts('short', 'password', 'alice', 'correct horse'),
  affiliation: [null, 'x'.repeat(255), 'x'.repeat(256)],
  metadata: [null, nodeOf({}), nodeOf({ a: { b: [1, 2n ** 70n] } }), 'x'],
  reason: [null, 'x'.repeat(4096), 'x'.repeat(4097)],
  project_id: texts('<uuid:alice>', '<project:first>', 'x', ''),
  activate: [null, nodeOf({})],
  deactivate: [null, nodeOf({}), nodeOf({ reason: 7 })],
  renewToken: [null],
  signTerms: [null],
  setDefaultProject: [null, nodeOf({}), nodeOf({ project_id: null })],
}

const NEW = { first_name: 'Nina', last_name: 'New', affiliation: 'staff', metadata: { a: [1] } }

const create = (weight: number, user: object): Template => of(USERS, 'POST', weight, USERS, { user })
const put = (weight: number, id: string, user: object): Template =>
  of(`${USERS}/:id`, 'PUT', weight, `${USERS}/${id}`, { user })
const act = (weight: number, id: string, body: object): Template =>
  of(`${USERS}/:id/action`, 'POST', weight, `${USERS}/${id}/action`, body)

export const USER_TEMPLATES: readonly Template[] = [
  of(USERS, 'GET', 1),
  of(USERS, 'GET', 0.5, `${USERS}.json`),
  of(`${USERS}/detail`, 'GET', 1),
  of(`${USERS}/:id`, 'GET', 2, `${USERS}/<uuid:alice>`),
  create(6, { username: 'bob@example.org', ...NEW, password: null }),
  create(0.3, { username: 'new@example.org', ...NEW }),
  put(4, '<uuid:alice>', { username: 'bob@example.org', ...NEW }),
  put(2, 'nobody', { ...NEW, password: 'correct horse' }),
  put(0.2, '<uuid:alice>', { username: 'Alice@example.org', ...NEW }),
  act(3, '<uuid:erin>', { activate: {} }),
  act(2, '<uuid:trent>', { deactivate: { reason: 'r' } }),
  act(3, '<uuid:alice>', { setDefaultProject: { project_id: '<uuid:bob>' } }),
  act(0.2, '<uuid:alice>', { deactivate: { reason: 'r' } }),
  act(0.2, '<uuid:frank>', { activate: {} }),
  act(0.2, '<uuid:alice>', { renewToken: {} }),
  act(0.2, '<uuid:heidi>', { signTerms: {} }),
  templateOf('/admin/stats', 'GET', { weight: 2, target: `${BASE}/admin/stats?callback=f` }),
  of('/admin/stats/detail', 'GET', 1),
]
