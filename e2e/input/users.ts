import { isObject, type Json, type JsonObject } from '../replay/json.ts'
import { only, type Effect, type Verdict } from './expectation.ts'
import { PROJECTS } from './stage.ts'
import { accounts, resources, systemProjects, type Account } from './world.ts'

/** What becomes of the calls of a helpdesk. Administration specification, 2.3. */

const accountOf = (uuid: string): Account | undefined => accounts.find((account) => account.uuid === uuid)

export const ofShowUser = (uuid: string): Verdict => only(accountOf(uuid) ? 200 : 404)

/** Either: for what nobody has to understand. */
type Reading = 'good' | 'wrong' | 'either'

const isText = (value: Json | undefined): value is string => typeof value === 'string'

function address(value: Json | undefined): Reading {
  if (!isText(value) || !/@.+\../.test(value)) return 'wrong'
  return /^[a-z0-9]+@[a-z0-9]+\.(?:org|com)$/i.test(value) ? 'good' : 'either'
}

function name(value: Json | undefined): Reading {
  if (!isText(value) || value === '' || Array.from(value).length > 30) return 'wrong'
  return /^\s+$/.test(value) ? 'either' : 'good'
}

function password(value: Json | undefined): Reading {
  if (!isText(value) || Array.from(value).length < 8) return 'wrong'
  return value === 'correct horse' ? 'good' : 'either'
}

function affiliation(value: Json | undefined): Reading {
  return value === null || (isText(value) && Array.from(value).length <= 255) ? 'good' : 'wrong'
}

/** What is large, or has numbers that are, may be too much. */
function metadata(value: Json | undefined): Reading {
  if (value === undefined || !isObject(value)) return 'wrong'
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each)).length < 500
    ? 'good'
    : 'either'
}

/** In the order in which they are looked at. */
const FIELDS: readonly (readonly [string, (value: Json | undefined) => Reading])[] = [
  ['first_name', name],
  ['last_name', name],
  ['affiliation', affiliation],
  ['metadata', metadata],
  ['password', password],
]

function userIn(document: Json): JsonObject | null {
  const user = isObject(document) ? (document['user'] ?? {}) : null
  return isObject(user) ? user : null
}

function served(effect: Effect | null, readings: readonly Reading[], ...others: number[]): Verdict {
  if (readings.includes('wrong')) return only(400, ...others)
  return { statuses: [200, ...(readings.includes('either') ? [400] : []), ...others], effect }
}

const CREATED: Effect = { projects: 1, project_log: 1, memberships: 1, membership_log: 1 }

export function ofCreateUser(document: Json): Verdict {
  const user = userIn(document)
  if (!user) return only(400)
  const { username } = user
  const first = address(username)
  if (first === 'wrong') return only(400)
  const other = accounts.find((account) => account.name === (username as string).toLowerCase())
  if (other?.isVerified) return only(409)
  const readings = FIELDS.map(([field, read]): Reading => {
    const value = user[field]
    const isOptional = value === undefined || (field === 'password' && value === null)
    return isOptional && !field.endsWith('_name') ? 'good' : read(value)
  })
  const [users, audit] = other ? [0, 2] : [1, 1]
  return served({ ...CREATED, project_resources: resources.size, users, audit }, [first, ...readings])
}

export function ofEditUser(document: Json, uuid: string): Verdict {
  const user = userIn(document)
  if (!user) return only(400)
  const account = accountOf(uuid)
  if (!account) return only(404)
  const { username } = user
  const first = username === undefined ? 'good' : address(username)
  if (first === 'wrong') return only(400)
  const name = isText(username) ? username.toLowerCase() : null
  const other = accounts.find((each) => each !== account && each.name === name)
  // One that was never verified is no reason for an early answer, but it is in the way.
  if (other?.isVerified) return only(409)
  const given = FIELDS.filter(([field]) => user[field] !== undefined)
  const readings = [first, ...given.map(([field, read]) => read(user[field]))]
  if (other) return readings.includes('wrong') ? only(400) : only(409, 400)
  const isSomething = username !== undefined || given.length > 0
  return served(isSomething ? { users: 0, audit: 1 } : null, readings)
}

const ACTIONS = ['activate', 'deactivate', 'renewToken', 'signTerms', 'setDefaultProject']
const CHANGED: Effect = { users: 0, audit: 1 }

export function ofUserAction(document: Json, uuid: string): Verdict {
  const account = accountOf(uuid)
  if (!account) return only(404)
  const [action = '', ...others] = isObject(document) ? ACTIONS.filter((each) => Object.hasOwn(document, each)) : []
  if (!isObject(document) || action === '' || others.length > 0) return only(400)
  const value = document[action] ?? null
  switch (action) {
    case 'activate':
      return { statuses: [200], effect: account.isAccepted && !account.isActive ? following(uuid) : null }
    case 'deactivate':
      return ofDeactivation(value, account)
    case 'setDefaultProject':
      return ofDefault(value, account)
    default:
      return { statuses: [200], effect: CHANGED }
  }
}

function ofDeactivation(value: Json, { uuid, isAccepted, isActive }: Account): Verdict {
  if (!isObject(value)) return only(400)
  const { reason = null } = value
  if (reason !== null && (!isText(reason) || reason.length > 4096)) return only(400)
  if (!isAccepted) return only(200)
  return { statuses: [200], effect: isActive ? following(uuid) : CHANGED }
}

/** The system project and what the account owns; its place there, and where it is a member. */
function following(uuid: string): Effect {
  const own = [...PROJECTS.values()].filter(({ owner, state }) => owner === uuid && state === 'active').length
  const elsewhere = uuid === '<uuid:judy>' ? 1 : 0
  return { ...CHANGED, projects: 0, memberships: 0, project_log: 1 + own, membership_log: 1 + elsewhere }
}

function ofDefault(value: Json, { uuid, isActive }: Account): Verdict {
  const id = isObject(value) ? (value['project_id'] ?? null) : null
  if (id === null) return only(400)
  if (!isActive) return only(409)
  if (id === uuid) return { statuses: [200], effect: CHANGED }
  if (!isText(id) || (!systemProjects.has(id) && !PROJECTS.has(id))) return only(404)
  // Of what becomes of others' projects the call that users have of their own says the same.
  return { statuses: [200, 403, 404, 409], effect: CHANGED }
}
