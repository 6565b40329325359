import type { Specs } from './specs.ts'

/** What programs of projects do. Ids are known only when they run, so steps name what made them instead. */

/** By the step that created it, by the user whose system project it is, or one that nobody has. */
export type ProjectRef = { readonly created: number } | { readonly system: string } | { readonly unknown: string }
/** By the step that submitted it, or any number. */
export type ApplicationRef = { readonly submitted: number } | bigint
/** By its pair, or any number. */
export type MembershipRef = { readonly user: string; readonly project: ProjectRef } | bigint

/** How a step says what it is about: before it is bound, and after. */
export interface Refs {
  readonly project: unknown
  readonly application: unknown
  readonly membership: unknown
  readonly serial: unknown
}
export interface Named extends Refs {
  readonly project: ProjectRef
  readonly application: ApplicationRef
  readonly membership: MembershipRef
  /** The charge of this number. */
  readonly serial: number
}
export interface Bound extends Refs {
  readonly project: string
  readonly application: bigint
  readonly membership: bigint
  readonly serial: bigint
}

export interface Create {
  readonly kind: 'create'
  /** Its number in the program, by which others name the project and the application. */
  readonly id: number
  readonly by: string
  readonly specs: Specs
}

export interface Modify<R extends Refs = Named> {
  readonly kind: 'modify'
  readonly id: number
  readonly by: string
  readonly project: R['project']
  readonly specs: Specs
}

export type Verdict = 'approve' | 'deny' | 'cancel' | 'dismiss'
export interface Decide<R extends Refs = Named> {
  readonly kind: 'decide'
  readonly by: string
  readonly action: Verdict
  readonly project: R['project']
  readonly application: R['application']
  readonly reason: string
}

export type ProjectAction = 'suspend' | 'unsuspend' | 'terminate' | 'reinstate'
export interface Act<R extends Refs = Named> {
  readonly kind: 'project'
  readonly by: string
  readonly action: ProjectAction
  readonly project: R['project']
  readonly reason: string
}

export interface Join<R extends Refs = Named> {
  readonly kind: 'join'
  readonly by: string
  readonly project: R['project']
}

export interface Enroll<R extends Refs = Named> {
  readonly kind: 'enroll'
  readonly by: string
  readonly project: R['project']
  readonly email: string
}

export type MembershipAction = 'accept' | 'reject' | 'cancel' | 'leave' | 'remove'
export interface Member<R extends Refs = Named> {
  readonly kind: 'member'
  readonly by: string
  readonly action: MembershipAction
  readonly membership: R['membership']
  readonly reason: string
}

/** The default project of the caller. */
export interface Prefer<R extends Refs = Named> {
  readonly kind: 'prefer'
  readonly by: string
  readonly project: R['project']
}

/** A component charges a user in a project: both halves. */
export interface Charge<R extends Refs = Named> {
  readonly kind: 'charge'
  readonly id: number
  readonly by: string
  readonly user: string
  readonly project: R['project']
  readonly resource: string
  readonly quantity: bigint
  readonly force: boolean
  readonly autoAccept: boolean
}

export interface Settle<R extends Refs = Named> {
  readonly kind: 'settle'
  readonly by: string
  readonly action: 'accept' | 'reject'
  readonly serial: R['serial']
}

export interface ListProjects {
  readonly kind: 'projects'
  readonly by: string
  readonly filter: {
    readonly name?: string
    readonly owner?: string
    readonly state?: string
    readonly mode?: string
  }
}

export interface ShowProject<R extends Refs = Named> {
  readonly kind: 'show'
  readonly by: string
  readonly project: R['project']
}

export interface ListMemberships<R extends Refs = Named> {
  readonly kind: 'memberships'
  readonly by: string
  /** Null: of all projects. */
  readonly project: R['project'] | null
}

export interface ShowMembership<R extends Refs = Named> {
  readonly kind: 'membership'
  readonly by: string
  readonly membership: R['membership']
}

/** One's own. */
export interface Quotas {
  readonly kind: 'quotas'
  readonly by: string
}

/** As a component sees it. */
export interface Usage {
  readonly kind: 'usage'
  readonly by: string
  readonly user: string | null
}

export type Request<R extends Refs = Bound> =
  | Create
  | Modify<R>
  | Decide<R>
  | Act<R>
  | Join<R>
  | Enroll<R>
  | Member<R>
  | Prefer<R>
  | Charge<R>
  | Settle<R>
  | ListProjects
  | ShowProject<R>
  | ListMemberships<R>
  | ShowMembership<R>
  | Quotas
  | Usage

/** By the operator, around the API. */
export interface Account {
  readonly kind: 'deactivate' | 'activate'
  readonly user: string
}

export type Step<R extends Refs = Named> = Request<R> | Account

export interface ProjectProgram {
  readonly number: number
  readonly steps: readonly Step[]
}

export function isAccount(step: Step): step is Account {
  return step.kind === 'deactivate' || step.kind === 'activate'
}

export function isRead({ kind }: Step<Refs>): boolean {
  return ['projects', 'show', 'memberships', 'membership', 'quotas', 'usage'].includes(kind)
}

/** What the ids of a program turned out to be. */
export interface Known {
  project(ref: ProjectRef): string
  application(ref: ApplicationRef): bigint
  membership(ref: MembershipRef): bigint
  serial(charge: number): bigint
}

export function bind(step: Request<Named>, known: Known): Request {
  switch (step.kind) {
    case 'modify':
    case 'project':
    case 'join':
    case 'enroll':
    case 'prefer':
    case 'charge':
    case 'show':
      return { ...step, project: known.project(step.project) }
    case 'decide':
      return { ...step, project: known.project(step.project), application: known.application(step.application) }
    case 'member':
    case 'membership':
      return { ...step, membership: known.membership(step.membership) }
    case 'memberships':
      return { ...step, project: step.project === null ? null : known.project(step.project) }
    case 'settle':
      return { ...step, serial: known.serial(step.serial) }
    case 'create':
    case 'projects':
    case 'quotas':
    case 'usage':
      return step
  }
}
