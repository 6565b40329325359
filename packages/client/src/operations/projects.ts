import { encodable, idOf, kindOf, objectOf, pathIdOf, quantityOf, serialOf, stringOf } from '../arguments.ts'
import { JSON_TYPE, pathOf, type Call, type Operation } from '../call.ts'
import { BadValue } from '../errors.ts'
import type { RequestOptions } from '../options.ts'
import { stringifyExact } from '../wire/json.ts'
import type { ApplicationReceipt, Open, Project, ProjectState, Uuid } from '../wire/types.ts'
import { listAnswer, nothing, objectAnswer } from './answers.ts'

export interface ReasonOptions extends RequestOptions {
  /** @default "" */
  readonly reason?: string | undefined
}

export interface ProjectsFilter {
  readonly name?: string | null | undefined
  readonly state?: Open<ProjectState> | null | undefined
  readonly owner?: Uuid | null | undefined
  readonly mode?: Open<'default' | 'related' | 'member' | 'active'> | null | undefined
}

const ON_PROJECTS = { base: 'account', path: '/projects' } as const
const ON_PROJECT = { base: 'account', path: '/projects/{projectId}' } as const
const ON_ACTIONS = {
  method: 'POST',
  base: 'account',
  path: '/projects/{projectId}/action',
  retry: 'once',
  answer: 'nothing',
} as const

export const GET_PROJECTS: Operation = {
  name: 'getProjects',
  method: 'GET',
  ...ON_PROJECTS,
  retry: 'safe',
  answer: 'quantities',
}
export const GET_PROJECT: Operation = {
  name: 'getProject',
  method: 'GET',
  ...ON_PROJECT,
  retry: 'safe',
  answer: 'quantities',
}
export const CREATE_PROJECT: Operation = {
  name: 'createProject',
  method: 'POST',
  ...ON_PROJECTS,
  retry: 'once',
  answer: 'document',
}
export const MODIFY_PROJECT: Operation = {
  name: 'modifyProject',
  method: 'PUT',
  ...ON_PROJECT,
  retry: 'once',
  answer: 'document',
}
export const PROJECT_ACTION: Operation = { name: 'projectAction', ...ON_ACTIONS }
export const APPLICATION_ACTION: Operation = { name: 'applicationAction', ...ON_ACTIONS }

export function getProjects(filter: unknown): Call<Project[]> {
  const members = filter === undefined ? {} : objectOf(GET_PROJECTS.name, 'filter', filter)
  const query = Object.fromEntries(
    ['name', 'state', 'owner', 'mode'].map((member) => [member, textOf(member, members[member])]),
  )
  return { operation: GET_PROJECTS, path: pathOf(GET_PROJECTS.path, {}, query), read: listAnswer }
}

function textOf(argument: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  return encodable(GET_PROJECTS.name, argument, idOf(GET_PROJECTS.name, argument, value))
}

export function getProject(projectId: unknown): Call<Project> {
  return { operation: GET_PROJECT, path: projectPath(GET_PROJECT, projectId), read: objectAnswer }
}

export function createProject(specs: unknown): Call<ApplicationReceipt> {
  return {
    operation: CREATE_PROJECT,
    path: CREATE_PROJECT.path,
    contentType: JSON_TYPE,
    body: specsBody(CREATE_PROJECT, specs),
    read: objectAnswer,
  }
}

export function modifyProject(projectId: unknown, specs: unknown): Call<ApplicationReceipt> {
  const path = projectPath(MODIFY_PROJECT, projectId)
  return {
    operation: MODIFY_PROJECT,
    path,
    contentType: JSON_TYPE,
    body: specsBody(MODIFY_PROJECT, specs),
    read: objectAnswer,
  }
}

export function projectAction(projectId: unknown, action: unknown, reason: unknown): Call<void> {
  const path = projectPath(PROJECT_ACTION, projectId)
  const word = idOf(PROJECT_ACTION.name, 'action', action)
  return act(PROJECT_ACTION, path, { [word]: { reason: reasonOf(PROJECT_ACTION.name, reason) } })
}

export function applicationAction(projectId: unknown, appId: unknown, action: unknown, reason: unknown): Call<void> {
  const path = projectPath(APPLICATION_ACTION, projectId)
  const id = serialOf(APPLICATION_ACTION.name, 'appId', appId)
  const word = idOf(APPLICATION_ACTION.name, 'action', action)
  return act(APPLICATION_ACTION, path, { [word]: { reason: reasonOf(APPLICATION_ACTION.name, reason), app_id: id } })
}

function act(operation: Operation, path: string, body: object): Call<void> {
  return { operation, path, contentType: JSON_TYPE, body: JSON.stringify(body), read: nothing }
}

function projectPath(operation: Operation, projectId: unknown): string {
  return pathOf(operation.path, { projectId: pathIdOf(operation.name, 'projectId', projectId) })
}

export function reasonOf(method: string, reason: unknown): string {
  return reason === undefined ? '' : stringOf(method, 'reason', reason)
}

/** The service judges what it is sent; here it need only be such that it can be sent as meant. */
function specsBody({ name: method }: Operation, specs: unknown): string {
  const { max_members, resources } = objectOf(method, 'specs', specs)
  if (max_members !== undefined && typeof max_members !== 'string') quantityOf(method, 'specs.max_members', max_members)
  const capacities = resources === undefined ? {} : objectOf(method, 'specs.resources', resources)
  for (const [resource, value] of Object.entries(capacities)) {
    const at = `specs.resources[${JSON.stringify(resource)}]`
    const members = objectOf(method, at, value)
    for (const member of ['project_capacity', 'member_capacity']) {
      if (members[member] !== undefined) quantityOf(method, `${at}.${member}`, members[member])
    }
  }
  try {
    refuseUnsendable(method, 'specs', specs, new Set())
  } catch (error) {
    if (error instanceof RangeError) throw new BadValue('specs', 'must not be nested so deeply', method)
    throw error
  }
  return stringifyExact(specs)
}

/** What JSON would turn into null, drop, or not take at all; and what a number may have been rounded to. */
function refuseUnsendable(method: string, at: string, value: unknown, above: Set<unknown>): void {
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new BadValue(at, `must be finite, not ${value}`, method)
    if (Number.isInteger(value) && !Number.isSafeInteger(value))
      throw new BadValue(at, `must be a safe integer or a bigint, not ${value}`, method)
  }
  if (typeof value === 'function' || typeof value === 'symbol')
    throw new BadValue(at, `must be JSON, not ${kindOf(value)}`, method)
  if (typeof value !== 'object' || value === null) return
  if (above.has(value)) throw new BadValue(at, 'must not contain itself', method)
  above.add(value)
  for (const [name, member] of Object.entries(value)) refuseUnsendable(method, `${at}.${name}`, member, above)
  above.delete(value)
}
