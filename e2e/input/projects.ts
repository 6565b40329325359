import { isObject, type Json, type JsonObject } from '../replay/json.ts'
import { only, type Effect, type Verdict } from './expectation.ts'
import { changesAtFirst, changesAtLast, creation, resourcesIn, type Verdict as Reading } from './project-bodies.ts'
import { APPLICATIONS, NAMESAKE, PROJECTS, type StagedProject } from './stage.ts'
import { projectAdmins, resources, systemProjects } from './world.ts'

/** What becomes of the calls on projects in the world that every case meets. */

export const isAdmin = (uuid: string): boolean => projectAdmins.includes(uuid)

export function projectOf(id: string): StagedProject | undefined {
  const state = systemProjects.get(id)
  return state === undefined ? PROJECTS.get(id) : { state, owner: null, isSystem: true }
}

/** Whose pending applications are as many as may be. */
const BOB = '<uuid:bob>'

/** One that may be served or refused, for what nobody has to understand, accounts for itself only if it is served. */
function served(status: number, effect: Effect, reading: Reading): Verdict {
  return { statuses: reading === 'either' ? [status, 400] : [status], effect }
}

const refused = (status: number, reading: Reading): Verdict => (reading === 'either' ? only(status, 400) : only(status))

/** Project specification, 6. */
export function ofCreation(document: Json, caller: string): Verdict {
  if (!isObject(document)) return only(400)
  const reading = creation(document)
  if (reading === 'wrong') return only(400)
  if (caller === BOB) return refused(409, reading)
  const count = resourcesIn(document)
  const project = { projects: 1, project_resources: count, project_log: 1 }
  return served(201, { ...project, ...submission(count) }, reading)
}

/** Its quota is charged by a commission that is accepted at once. */
const submission = (count: number): Effect => ({ applications: 1, application_resources: count, resolutions: 1 })

const FIXED = ['owner', 'name', 'homepage', 'description']

/** Project specification, 9. */
export function ofModification(document: Json, caller: string, id: string): Verdict {
  if (!isObject(document)) return only(400)
  const first = changesAtFirst(document)
  if (first === 'wrong') return only(400)
  const project = projectOf(id)
  if (!project) return refused(404, first)
  if (!isAdmin(caller) && project.owner !== caller) return refused(403, first)
  if (project.state === 'uninitialized') return refused(409, first)
  const last = changesAtLast(document)
  if (last === 'wrong') return only(400)
  const reading = first === 'either' ? first : last
  const isFixed = project.isSystem && FIXED.some((name) => (document[name] ?? null) !== null)
  if (caller === BOB || isFixed) return refused(409, reading)
  return served(201, { projects: 0, ...submission(resourcesIn(document)) }, reading)
}

/** Project specification, 3.1. */
export function ofShow(caller: string, id: string): Verdict {
  const project = projectOf(id)
  if (!project) return only(404)
  const isPublic = project.state === 'active' && !project.isSystem
  return only(isPublic || isAdmin(caller) || project.owner === caller || id === caller ? 200 : 403)
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  mode: ['default', 'related', 'member', 'active'],
  state: ['uninitialized', 'active', 'suspended', 'terminated', 'deleted'],
}

/** Project specification, 5. */
export function ofList(query: ReadonlyMap<string, string | null>): Verdict {
  const isUnreadable = ['name', 'owner'].some((name) => {
    const value = query.get(name)
    return value === null || value?.includes('\0') === true
  })
  const isUnknown = Object.entries(CHOICES).some(([name, choices]) => {
    const value = query.get(name)
    return value !== undefined && (value === null || !choices.includes(value))
  })
  return only(isUnreadable || isUnknown ? 400 : 200)
}

/** What a body with exactly one of the actions says. */
export function oneOf(document: Json, actions: readonly string[]): { action: string; value: Json } | null {
  if (!isObject(document)) return null
  const [action, ...more] = actions.filter((name) => document[name] !== undefined)
  const value = action === undefined ? undefined : document[action]
  return action === undefined || value === undefined || more.length > 0 ? null : { action, value }
}

const PROJECT_ACTIONS = ['suspend', 'unsuspend', 'terminate', 'reinstate']
const APPLICATION_ACTIONS = ['approve', 'deny', 'dismiss', 'cancel']

/** Project specification, 10. */
export function ofProjectAction(document: Json, caller: string, id: string): Verdict {
  const order = oneOf(document, [...PROJECT_ACTIONS, ...APPLICATION_ACTIONS])
  if (!order || !isObject(order.value)) return only(400)
  if (APPLICATION_ACTIONS.includes(order.action)) return ofApplicationAction(order.action, order.value, caller, id)
  const project = projectOf(id)
  if (!project) return only(404)
  if (!isAdmin(caller)) return only(403)
  return isMoved(order.action, project) ? { statuses: [200], effect: { projects: 0, project_log: 1 } } : only(409)
}

/** None is terminated. */
function isMoved(action: string, { state, isSystem }: StagedProject): boolean {
  if (action === 'suspend') return state === 'active'
  if (action === 'unsuspend') return state === 'suspended'
  return action === 'terminate' && state !== 'uninitialized' && !isSystem
}

/** Project specification, 10.2. */
function ofApplicationAction(action: string, { app_id: id }: JsonObject, caller: string, project: string): Verdict {
  if (id === undefined) return only(400)
  if (id === null) return only(404)
  const number = typeof id === 'string' && /^-?[0-9]+$/.test(id) ? BigInt(id) : id
  // Digits of other scripts may be digits.
  if (typeof number !== 'bigint') return typeof id === 'string' && /^\p{Nd}+$/u.test(id) ? only(400, 404) : only(400)
  const application = APPLICATIONS.get(number)
  if (!application) return only(404)
  if (application.project !== project) return only(409)
  const isApplicant = caller === BOB && (action === 'cancel' || action === 'dismiss')
  if (!isAdmin(caller) && !isApplicant) return only(403)
  if (!application.isPending || action === 'dismiss') return only(409)
  if (action === 'approve' && number === NAMESAKE) return only(409)
  return { statuses: [200], effect: DECIDED[action] as Effect }
}

/** Projects that wait have named one of the resources; the others come with the approval. */
const DECIDED: Readonly<Record<string, Effect>> = {
  approve: { applications: 0, projects: 0, project_log: 1, project_resources: resources.size - 1, resolutions: 1 },
  deny: { applications: 0, resolutions: 1 },
  cancel: { applications: 0, projects: 0, project_log: 1, resolutions: 1 },
}
