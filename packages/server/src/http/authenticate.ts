import { sql, type Queryable } from '../db/statement.ts'
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

const IS_MEMBER = sql(`
  select exists (select from user_groups as ug
                   join groups as g on g.id = ug.group_id
                  where ug.user_id = $1 and g.name = any($2::text[])) as is_member`)

/** @throws {Fault} 403 with an empty message, as the original has it. Source: administration specification, 2. */
export async function checkMembership(on: Queryable, user: UserCaller, groups: readonly string[]): Promise<void> {
  const [row] = await on.query<{ is_member: boolean }>(IS_MEMBER, [user.id, groups])
  if (!row?.is_member) throw new Fault('forbidden', '')
}
