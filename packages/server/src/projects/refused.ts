/** The kind of a refusal; what it is over HTTP is not decided here. */
export type RefusalKind = 'malformed' | 'forbidden' | 'unknown' | 'conflict'

/** A call on projects, applications or memberships that may not be done. Nothing was changed. */
export class Refused extends Error {
  readonly kind: RefusalKind

  constructor(kind: RefusalKind, message: string) {
    super(message)
    this.name = 'Refused'
    this.kind = kind
  }
}

const conflict = (message: string): Refused => new Refused('conflict', message)

/** Messages are facts that clients know. Source: project specification, 3, 5, 9 and 10; membership specification, 4 to 6. */

export const notPermitted = (): Refused =>
  new Refused('forbidden', 'You do not have the permissions to perform this action.')
export const noSuchProject = (id: string): Refused => new Refused('unknown', `There is no project identified by ${id}.`)
export const noSuchMembership = (): Refused => new Refused('unknown', 'This is not a valid membership request.')
export const notAlive = (uuid: string): Refused => conflict(`Project ${uuid} is not alive.`)
export const uninitialized = (): Refused => conflict('Cannot modify an uninitialized project.')
export const fixedFields = (): Refused =>
  conflict("Cannot modify fields 'owner', 'name', 'homepage', and 'description' of a system project.")
export const tooManyPending = (limit: bigint): Refused =>
  conflict(`You have reached the maximum number of pending project applications: ${limit}.`)
export const nameTaken = (name: string, uuid: string): Refused =>
  conflict(`cannot approve: project with name '${name}' already exists (id: ${uuid})`)
export const noSuchApplication = (id: string): Refused =>
  new Refused('unknown', `There is no project application identified by ${id}.`)
export const notLastApplication = (id: string, project: string): Refused =>
  conflict(`${id} is not a pending application for project ${project}.`)
export const isSuspended = (uuid: string): Refused => conflict(`Project ${uuid} is suspended.`)
export const isNotSuspended = (uuid: string): Refused => conflict(`Project ${uuid} is not suspended.`)
export const isNotTerminated = (uuid: string): Refused => conflict(`Project ${uuid} is not terminated.`)
export const isSystemProject = (uuid: string): Refused => conflict(`Cannot terminate: ${uuid} is a system project.`)
export const noRequest = (): Refused => conflict('This is not a valid membership request.')
export const notAccepted = (): Refused => conflict('This is not an accepted membership.')
export const accountInactive = (): Refused => conflict('User account is not active.')
export const joinClosed = (): Refused => conflict("The Project's member join policy is closed.")
export const leaveClosed = (): Refused => conflict("The project's member leave policy is closed.")
export const full = (): Refused => conflict('You have reached the maximum number of members for this Project.')
export const associatedAlready = (): Refused => conflict('Request or membership already exists.')
export const acceptedAlready = (): Refused => conflict('Membership already exists.')
export const unknownUsers = (user: string): Refused => conflict(`Unknown users: ${user}`)
export const unknownProjectToEnroll = (id: string): Refused => conflict(`There is no project identified by ${id}.`)
