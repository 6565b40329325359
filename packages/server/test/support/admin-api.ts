import type { AdminWorld } from './admin-cases.ts'
import { Component, type Provision } from './component.ts'
import { send, type Reply } from './http.ts'

/** What users and components of an administered world see of it. */

export interface Quota {
  readonly limit: number | bigint
  readonly usage: number | bigint
  readonly pending: number | bigint
  readonly project_limit: number | bigint
  readonly project_usage: number | bigint
  readonly project_pending: number | bigint
}

export function uuidOf({ names }: AdminWorld, user: string): string {
  return names[`uuid:${user}`] ?? ''
}

/** A call of the account API with a user's token. */
export function asUser(
  { names, service }: AdminWorld,
  user: string,
  method: string,
  path: string,
  body?: object,
): Promise<Reply> {
  return send(method, `${service.origin}${service.basePath}/account/v1.0/${path}`, {
    headers: { 'x-auth-token': names[`token:${user}`], 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** What the user is told to have, in the system project unless another one is named. */
export async function quotaOf(
  world: AdminWorld,
  user: string,
  resource: string,
  project: string = uuidOf(world, user),
): Promise<Quota | undefined> {
  const { json } = await asUser(world, user, 'GET', 'quotas')
  return (json as Record<string, Record<string, Quota>>)[project]?.[resource]
}

export function component({ names, service }: AdminWorld, name: string): Component {
  return new Component(service.origin, names[`token:component:${name}`] ?? '')
}

/** Both halves of a charge to a user's system project. */
export function charge(world: AdminWorld, user: string, quantity: number, resource = 'cyclades.vm'): Provision[] {
  const uuid = uuidOf(world, user)
  return [
    { holder: `user:${uuid}`, source: `project:${uuid}`, resource, quantity },
    { holder: `project:${uuid}`, source: null, resource, quantity },
  ]
}

export interface Filed {
  readonly id: string
  readonly application: number
}

/** Somebody asks for a project, with room for three virtual machines of which a member has two. */
export async function apply(world: AdminWorld, user: string, name: string, more: object = {}): Promise<Filed> {
  const { status, json, text } = await asUser(world, user, 'POST', 'projects', {
    name,
    end_date: '2040-06-01T00:00:00Z',
    join_policy: 'auto',
    resources: { 'cyclades.vm': { project_capacity: 3, member_capacity: 2 } },
    ...more,
  })
  if (status !== 201) throw new Error(text)
  return json as Filed
}

/** One that is approved, with its owner as member. */
export async function openProject(world: AdminWorld, user: string, name: string, more: object = {}): Promise<string> {
  const { id, application } = await apply(world, user, name, more)
  await asUser(world, 'carol', 'POST', `projects/${id}/action`, { approve: { app_id: application } })
  await asUser(world, user, 'POST', 'projects/memberships', { join: { project: id } })
  return id
}
