import type { Pair, Policy } from './specs.ts'

/** What the model of projects remembers, in the wire's names. */

export interface User {
  readonly uuid: string
  readonly email: string
  readonly isAdmin: boolean
  isActive: boolean
  defaultProject: string
}

/** A change of state. Reasons are remembered where something follows from them: identity specification, 1.3. */
export interface Change<State extends string> {
  readonly from: State | null
  readonly to: State
  readonly by: string | null
  readonly reason: string
}

export type ProjectState = 'uninitialized' | 'active' | 'suspended' | 'terminated' | 'deleted'

export interface Project {
  readonly uuid: string
  readonly isSystem: boolean
  state: ProjectState
  name: string
  owner: string | null
  homepage: string
  description: string
  end_date: string
  join_policy: Policy
  leave_policy: Policy
  max_members: bigint
  private: boolean
  readonly resources: Map<string, Pair>
  readonly members: Map<string, Membership>
  readonly log: Change<ProjectState>[]
  last: Application | null
}

export type ApplicationState = 'pending' | 'approved' | 'replaced' | 'denied' | 'dismissed' | 'cancelled'

export interface Application {
  readonly id: bigint
  readonly project: Project
  readonly applicant: string
  state: ApplicationState
  readonly name: string | null
  readonly owner: string | null
  readonly homepage: string | null
  readonly description: string | null
  readonly comments: string | null
  readonly end_date: string | null
  readonly join_policy: Policy | null
  readonly leave_policy: Policy | null
  readonly max_members: bigint | null
  readonly private: boolean | null
  readonly resources: ReadonlyMap<string, Pair>
}

export type MembershipState =
  | 'requested'
  | 'accepted'
  | 'leave_requested'
  | 'suspended'
  | 'rejected'
  | 'cancelled'
  | 'removed'

export interface Membership {
  readonly id: bigint
  readonly user: string
  readonly project: Project
  state: MembershipState
  /** Was accepted at least once. */
  initialized: boolean
  readonly log: Change<MembershipState>[]
}

export function isAlive({ state }: Project): boolean {
  return state === 'active' || state === 'suspended'
}

export function isInitialized(project: Project): boolean {
  return isAlive(project) || project.state === 'terminated'
}

/** Counts against the limit, and sees the project. */
export function isAnyAccepted({ state }: Membership): boolean {
  return state === 'accepted' || state === 'leave_requested' || state === 'suspended'
}
