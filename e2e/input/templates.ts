import { nodeOf } from './document.ts'
import { PAGE_TEMPLATES } from './page-templates.ts'
import { PROJECT_TEMPLATES } from './project-templates.ts'
import { USER_TEMPLATES } from './user-templates.ts'
import { BASE, templateOf as of, type Template } from './template.ts'

const ACCOUNT = `${BASE}/account/v1.0`
const IDENTITY = `${BASE}/identity`

/** Pending in every world, and cyclades' own. */
export const SERIAL = 90001n

const CYCLADES = '<token:component:cyclades>'
const ALICE = '<token:alice>'

function provision(quantity: unknown, resource = 'cyclades.vm', user = 'alice'): object {
  return { holder: `user:<uuid:${user}>`, source: `project:<uuid:${user}>`, resource, quantity }
}

const issue = (weight: number, body: object): Template =>
  of('/account/v1.0/commissions', 'POST', { weight, token: CYCLADES, json: nodeOf(body) })

const act = (weight: number, serial: bigint, body: object): Template =>
  of('/account/v1.0/commissions/:serial(^\\d+$)/action', 'POST', {
    weight,
    target: `${ACCOUNT}/commissions/${serial}/action`,
    token: CYCLADES,
    json: nodeOf(body),
  })

const resolve = (weight: number, body: object): Template =>
  of('/account/v1.0/commissions/action', 'POST', { weight, token: CYCLADES, json: nodeOf(body) })

const tokens = (auth: object): Template => of('/identity/v2.0/tokens', 'POST', { weight: 6, json: nodeOf({ auth }) })

/** Every route and method at least once. Those that change something are rare: each costs a fresh world. */
export const TEMPLATES: readonly Template[] = [
  ...['/identity/', '/identity/.json', '/identity/v2.0', '/identity/v2.0.json', '/identity/v2.0/.json'].map((path) =>
    of(path, 'GET', { weight: 1 }),
  ),
  tokens({ token: { id: ALICE }, tenantName: '<uuid:alice>' }),
  tokens({ passwordCredentials: { username: '<uuid:bob>', password: '<token:bob>' } }),
  of('/identity/v2.0/tokens', 'POST', { weight: 1 }),
  of('/identity/v2.0/tokens/*', 'GET', { weight: 2, target: `${IDENTITY}/v2.0/tokens/abc` }),
  of('/account/v1.0/resources', 'GET', { weight: 1 }),
  of('/account/v1.0/user_catalogs', 'POST', {
    weight: 6,
    token: ALICE,
    json: nodeOf({ uuids: ['<uuid:alice>', 'x'], displaynames: ['BOB@example.org', 'y'] }),
  }),
  of('/account/v1.0/service/user_catalogs', 'POST', {
    weight: 5,
    token: CYCLADES,
    json: nodeOf({ uuids: null, displaynames: ['alice@example.org'] }),
  }),
  of('/account/v1.0/feedback', 'POST', { token: ALICE, form: 'feedback_msg=hello+there&feedback_data=%7B%7D' }),
  of('/account/v1.0/myaccount/default_project', 'POST', {
    weight: 5,
    token: ALICE,
    json: nodeOf({ project_id: '<uuid:alice>' }),
  }),
  of('/account/v1.0/quotas', 'GET', { token: ALICE }),
  of('/account/v1.0/service_quotas', 'GET', {
    target: `${ACCOUNT}/service_quotas?user=<uuid:alice>,x&project=<uuid:alice>`,
    token: CYCLADES,
  }),
  of('/account/v1.0/service_project_quotas', 'GET', {
    target: `${ACCOUNT}/service_project_quotas?project=<uuid:alice>`,
    token: CYCLADES,
  }),
  of('/account/v1.0/commissions', 'GET', { token: CYCLADES }),
  issue(1, { provisions: [provision(1)], name: 'n', force: false, auto_accept: false }),
  issue(1, { provisions: [provision(2n ** 61n, 'cyclades.network.private')], name: 'n', auto_accept: true }),
  issue(6, { provisions: [provision(5)], name: 'too much', force: false, auto_accept: false }),
  issue(3, { provisions: [provision(-1), provision(-1, 'cyclades.ram')], force: true }),
  issue(3, { provisions: [provision(1), { ...provision(1), holder: 'user:nobody' }], name: 'n' }),
  resolve(4, { accept: [1, 2, 2n ** 63n], reject: [3, -1] }),
  resolve(1, { accept: [SERIAL], reject: [1] }),
  of('/account/v1.0/commissions/:serial(^\\d+$)', 'GET', {
    target: `${ACCOUNT}/commissions/${SERIAL}?resolved=true`,
    token: CYCLADES,
  }),
  act(4, 7n, { accept: '' }),
  act(1, SERIAL, { reject: null }),
  ...PROJECT_TEMPLATES,
  ...USER_TEMPLATES,
  of('/ui/get_services', 'GET', { weight: 1, target: `${BASE}/ui/get_services?callback=f` }),
  of('/ui/get_menu', 'GET', { weight: 1 }),
  ...PAGE_TEMPLATES,
  ...['/ui', '/ui/', '/weblogin', '/weblogin/', '', '/openapi.json'].map((path) => of(path, 'GET', { weight: 0.3 })),
]
