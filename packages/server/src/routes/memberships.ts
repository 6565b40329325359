import { json, jsonText, nothing, type Answer } from '../http/answer.ts'
import { forUser, type Route, type UserCall } from '../http/call.ts'
import { badRequest } from '../http/fault.ts'
import { integerOf, readJson, shown } from '../http/json.ts'
import { streamed } from '../http/streamed.ts'
import { isObject, validate } from '../http/validate.ts'
import { MEMBERSHIP_ACTIONS } from '../projects/membership-machine.ts'
import { actOnMembership, enrollUser, joinProject } from '../projects/memberships.ts'
import { readMembership, readMemberships } from '../projects/read-memberships.ts'
import { oneAction } from './project-schemas.ts'
import { actorOf } from './projects.ts'

const NO_DICT = 'Request should be a JSON dict'

/** Source: membership specification, 4.1. */
function list(call: UserCall): Promise<Answer> {
  return streamed('[]', readMemberships(call.service.database, actorOf(call), call.query.get('project')))
}

/** Source: membership specification, 4.2. */
async function show(call: UserCall): Promise<Answer> {
  return jsonText(await readMembership(call.service.database, actorOf(call), numberOf(call)))
}

/** Null for a number that no membership can have. */
function numberOf({ params }: UserCall): bigint | null {
  const text = params['membership'] ?? ''
  const number = /^\d{1,30}$/.test(text) ? BigInt(text) : null
  return number !== null && number < 2n ** 63n ? number : null
}

const beginBody = oneAction(['join', 'enroll'], NO_DICT)

/** Source: membership specification, 6. */
async function begin(call: UserCall): Promise<Answer> {
  const { action, value } = validate(beginBody, readJson(call.body, call.header('content-type')))
  // M-6.
  if (!isObject(value)) throw badRequest(`The value of ${action} should be an object`)
  const project = projectOf(value['project'])
  const actor = actorOf(call)
  const { user } = value
  const { id } = await call.service.outbox.transaction((tx) =>
    action === 'join'
      ? joinProject(tx, actor, project)
      : enrollUser(tx, actor, { project, email: typeof user === 'string' ? user : null, shown: shown(user) }),
  )
  return json({ id })
}

/** P-10: a number was an internal identifier of the original, and names nothing here. */
function projectOf(id: unknown): string {
  if (typeof id === 'string') return id
  const number = integerOf(id)
  if (number === null || number !== BigInt.asIntN(64, number)) throw badRequest(`Invalid project ID: ${shown(id)}`)
  return String(number)
}

const actionBody = oneAction(MEMBERSHIP_ACTIONS, NO_DICT)

/** Source: membership specification, 5. */
async function act(call: UserCall): Promise<Answer> {
  const { action, value } = validate(actionBody, readJson(call.body, call.header('content-type')))
  const reason = value === null ? '' : shown(value)
  const actor = actorOf(call)
  await call.service.outbox.transaction((tx) => actOnMembership(tx, actor, numberOf(call), action, reason))
  return nothing()
}

const PATH = '/account/v1.0/projects/memberships'

export const membershipRoutes: readonly Route[] = [
  { kind: 'api', path: PATH, methods: { GET: forUser(list), POST: forUser(begin) } },
  { kind: 'api', path: `${PATH}/:membership(^\\d+$)`, methods: { GET: forUser(show) } },
  { kind: 'api', path: `${PATH}/:membership(^\\d+$)/action`, methods: { POST: forUser(act) } },
]
