// What is asked of the service: whole requests as bytes, made beforehand wherever that can be.
import { COMPONENT_TOKEN, HOT_PROJECT, projectUuid, RESOURCES, userName, userToken, userUuid } from './names.mjs'

/** One of a resource, for a user and so for the project: the hot one, or in `spread` the user's own. */
export function provisionsOf(project, user) {
  const uuid = userUuid(user)
  const source = `project:${project === 'spread' ? uuid : HOT_PROJECT}`
  return [
    { holder: `user:${uuid}`, source, resource: RESOURCES[0], quantity: 1 },
    { holder: source, source: null, resource: RESOURCES[0], quantity: 1 },
  ]
}

const request = (method, path, token, body, more = '') => {
  const head = `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Auth-Token: ${token}\r\n${more}`
  if (body === undefined) return Buffer.from(`${head}\r\n`)
  return Buffer.from(`${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

const issue = (project, user, autoAccept, more) =>
  request(
    'POST',
    '/account/v1.0/commissions',
    COMPONENT_TOKEN,
    JSON.stringify({ force: false, auto_accept: autoAccept, name: '', provisions: provisionsOf(project, user) }),
    more,
  )

const accept = (serial) =>
  request('POST', `/account/v1.0/commissions/${serial}/action`, COMPONENT_TOKEN, '{"accept":""}')

const known = (make) => {
  const made = new Map()
  return (user) => {
    if (!made.has(user)) made.set(user, make(user))
    return made.get(user)
  }
}

const PROJECTS = '/account/v1.0/projects'
let joined = 0

/** Another user and project each time, of so many of each. */
const joinNext = ({ users, projects, first }) => {
  const [user, round] = [joined % users, Math.floor(joined / users)]
  joined += 1
  const body = JSON.stringify({ join: { project: projectUuid(1 + ((user + round) % projects)) } })
  return request('POST', `${PROJECTS}/memberships`, userToken(first + user), body)
}

let keys = 0
const once = (make) => (user) => [[make(user), 201]]

/** Of each kind the steps of one call: bytes (or what makes them of the answer before) and the status that is due. */
export const CALLS = {
  auto: once(known((user) => issue('hot', user, true))),
  spread: once(known((user) => issue('spread', user, true))),
  keyed: once((user) => issue('hot', user, true, `Idempotency-Key: ${process.pid}-${(keys += 1)}\r\n`)),
  cycle: steps(known((user) => issue('hot', user, false))),
  join: () => [[joinNext(JOINING), 200]],
  authentication: reads((user) =>
    request('POST', '/identity/v2.0/tokens', 'none', JSON.stringify({ auth: { token: { id: userToken(user) } } })),
  ),
  quotas: reads((user) => request('GET', '/account/v1.0/quotas', userToken(user))),
  catalogs: reads((user) =>
    request(
      'POST',
      '/account/v1.0/user_catalogs',
      userToken(user),
      JSON.stringify({ uuids: [userUuid(user)], displaynames: [userName(user + 1)] }),
    ),
  ),
}

/** For as many users as there are projects; those before the first one do other things. */
export const JOINING = { users: 5000, projects: 5000, first: 10 }

export const listOf = (path, user) => request('GET', path, userToken(user))

/** A change of what each member of the hot project may have. */
export const modification = (user, memberCapacity) =>
  request(
    'PUT',
    `${PROJECTS}/${HOT_PROJECT}`,
    userToken(user),
    JSON.stringify({ resources: { [RESOURCES[0]]: { project_capacity: 2 ** 50, member_capacity: memberCapacity } } }),
  )

export const approval = (user, application) =>
  request(
    'POST',
    `${PROJECTS}/${HOT_PROJECT}/action`,
    userToken(user),
    JSON.stringify({ approve: { app_id: application, reason: '' } }),
  )

function steps(first) {
  return (user) => [
    [first(user), 201],
    [(answer) => accept(JSON.parse(answer).serial), 200],
  ]
}

function reads(make) {
  const bytes = known(make)
  return (user) => [[bytes(user), 200]]
}

/** All that the component's users hold; or one of them, to warm up. */
export const serviceQuotas = (user) =>
  request('GET', `/account/v1.0/service_quotas${user ? `?user=${userUuid(user)}` : ''}`, COMPONENT_TOKEN)
