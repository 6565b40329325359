import { refusalOfComponent, refusalOfUser, type ComponentCaller, type UserCaller } from '../identity/callers.ts'
import type { Service } from '../service.ts'
import { Fault } from './fault.ts'
import type { Query } from './query.ts'

const unauthorized = (message: string): Fault => new Fault('unauthorized', message)

/** The parameter goes before the header, unless it is empty. Source: overview, 3; O-1. */
function tokenOf(query: Query, header: string | undefined): string {
  const token = query.peek('X-Auth-Token') || header
  if (!token) throw unauthorized('Access denied. No authentication token')
  return token
}

/** @throws {Fault} 401, in the order of the overview, 3. */
export async function authenticateUser(
  service: Service,
  query: Query,
  header: string | undefined,
): Promise<UserCaller> {
  const user = await service.callers.userOf(tokenOf(query, header))
  if (!user) throw unauthorized('Invalid X-Auth-Token')
  const refusal = refusalOfUser(user)
  if (refusal !== null) throw unauthorized(refusal)
  return user
}

export async function authenticateComponent(
  service: Service,
  query: Query,
  header: string | undefined,
): Promise<ComponentCaller> {
  const component = await service.callers.componentOf(tokenOf(query, header))
  if (!component) throw unauthorized('Invalid X-Auth-Token')
  const refusal = refusalOfComponent(component)
  if (refusal !== null) throw unauthorized(refusal)
  return component
}
