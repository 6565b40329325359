import { expect } from 'vitest'
import type { AdminWorld } from './admin-cases.ts'
import { send, type Reply } from './http.ts'

/** What a user sees of the own account, by its token. */

type Seen = 'works' | 'refused'

export async function seenWith({ service }: AdminWorld, token: string): Promise<Seen> {
  const { status } = await send('GET', `${service.origin}${service.basePath}/account/v1.0/quotas`, {
    headers: { 'x-auth-token': token },
  })
  expect([200, 401]).toContain(status)
  return status === 200 ? 'works' : 'refused'
}

interface Quota {
  readonly limit: number
  readonly usage: number
  readonly project_limit: number
}

/** @returns the quotas by project and resource. */
export async function quotasWith(world: AdminWorld, token: string): Promise<Record<string, Record<string, Quota>>> {
  const { service } = world
  const { json, status } = await send('GET', `${service.origin}${service.basePath}/account/v1.0/quotas`, {
    headers: { 'x-auth-token': token },
  })
  expect(status).toBe(200)
  return json as Record<string, Record<string, Quota>>
}

/** As a component sees all: the limit of virtual machines of a user in the own project; null: it has no quota. */
export async function vmLimit({ service, names }: AdminWorld, uuid: string): Promise<number | null> {
  const { json, status } = await send(
    'GET',
    `${service.origin}${service.basePath}/account/v1.0/service_quotas?user=${uuid}`,
    { headers: { 'x-auth-token': names['token:component:cyclades'] } },
  )
  expect([200, 404]).toContain(status)
  if (status === 404) return null
  const quotas = json as Record<string, Record<string, Record<string, Quota>>>
  return quotas[uuid]?.[uuid]?.['cyclades.vm']?.limit ?? null
}

/** The answer of the tokens API. */
interface Access {
  readonly token: { readonly tenant: { readonly id: string | null; readonly name: string } }
  readonly user: { readonly roles: readonly { readonly name: string }[]; readonly projects: readonly string[] }
}

export async function accessWith({ service }: AdminWorld, token: string): Promise<Access> {
  const { json, status } = await send('POST', `${service.authUrl}/tokens`, {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { token: { id: token } } }),
  })
  expect(status).toBe(200)
  return (json as { access: Access }).access
}

export function asUser(
  { service, names }: AdminWorld,
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

/** A project of alice's that everybody may join and carol approved. @returns its uuid */
export async function openProject(world: AdminWorld, name: string): Promise<string> {
  const resources = { 'cyclades.vm': { project_capacity: 10, member_capacity: 3 } }
  const applied = await asUser(world, 'alice', 'POST', 'projects', {
    name,
    end_date: '2040-06-01T00:00:00Z',
    join_policy: 'auto',
    resources,
  })
  const { id, application } = applied.json as { id: string; application: number }
  const approved = await asUser(world, 'carol', 'POST', `projects/${id}/action`, {
    approve: { reason: '', app_id: application },
  })
  expect([applied.status, approved.status]).toEqual([201, 200])
  return id
}

export async function join(world: AdminWorld, user: string, project: string): Promise<void> {
  expect((await asUser(world, user, 'POST', 'projects/memberships', { join: { project } })).status).toBe(200)
}
