import { plain } from './model.ts'
import { Realm } from './realm.ts'
import { isAlive, isAnyAccepted, type Membership, type MembershipState, type Project } from './records.ts'
import { FORBIDDEN, refuse } from './refusal.ts'
import type { Answer } from './steps.ts'
import type { Bound, Enroll, Join, Member, MembershipAction, Prefer } from './steps-projects.ts'

const NO_REQUEST = 'This is not a valid membership request.'
const NOT_ACCEPTED = 'This is not an accepted membership.'
const FULL = 'You have reached the maximum number of members for this Project.'
const JOIN_CLOSED = "The Project's member join policy is closed."
const LEAVE_CLOSED = "The project's member leave policy is closed."
const INACTIVE = 'User account is not active.'

/** In the recommended order: membership specification, 3. */
const ACTIONS: readonly MembershipAction[] = ['leave', 'cancel', 'accept', 'reject', 'remove']

/** Membership specification. */
export class Memberships extends Realm {
  /** 6.1. @param answered the id that the service has chosen where there was none. */
  protected join({ by, project: uuid }: Join<Bound>, answered: bigint | null): Answer {
    const project = this.projectOf(uuid)
    this.requireAlive(project)
    if (project.join_policy === 'closed') refuse(409, JOIN_CLOSED)
    const before = project.members.get(by)
    if (before && (before.state === 'requested' || isAnyAccepted(before)))
      refuse(409, 'Request or membership already exists.')
    const member = before ?? this.#newMember(by, project, answered)
    const isWelcome = project.join_policy === 'auto' && this.roomLeft(project)
    this.moveMember(member, 'requested', by, '')
    if (isWelcome) this.moveMember(member, 'accepted', by, '')
    return plain(200, { id: member.id })
  }

  /** 6.2: in the order of its table. */
  protected enroll({ by, project: uuid, email }: Enroll<Bound>, answered: bigint | null): Answer {
    const user = [...this.users.values()].find((other) => other.email === email)
    if (!user) refuse(409, `Unknown users: ${email}`)
    const project = this.projects.get(uuid)
    if (!project) refuse(409, `There is no project identified by ${uuid}.`)
    if (!user.isActive) refuse(409, INACTIVE)
    if (!this.isMaster(project, by)) refuse(403, FORBIDDEN)
    this.requireAlive(project)
    if (project.join_policy === 'closed') refuse(409, JOIN_CLOSED)
    if (!this.roomLeft(project)) refuse(409, FULL)
    const before = project.members.get(user.uuid)
    if (before && isAnyAccepted(before)) refuse(409, 'Membership already exists.')
    const member = before ?? this.#newMember(user.uuid, project, answered)
    this.moveMember(member, 'accepted', by, '')
    return plain(200, { id: member.id })
  }

  #newMember(user: string, project: Project, answered: bigint | null): Membership {
    // Rows are numbered upwards, and that is all that is known of them.
    const last = [...this.memberships.keys()].reduce((most, id) => (id > most ? id : most), 0n)
    const id = answered !== null && answered > last ? answered : last + 1n
    const member: Membership = { id, user, project, state: 'requested', initialized: false, log: [] }
    project.members.set(user, member)
    this.memberships.set(id, member)
    return member
  }

  /** Those in any accepted state count, also the suspended ones. */
  protected roomLeft({ members, max_members }: Project): boolean {
    return BigInt([...members.values()].filter(isAnyAccepted).length) + 1n <= max_members
  }

  /** 5. */
  protected act({ by, action, membership, reason }: Member<Bound>): Answer {
    const member = this.memberships.get(membership) ?? refuse(404, NO_REQUEST)
    this.#check(member, action, by)
    this.moveMember(member, this.#outcome(member, action), by, reason)
    return plain(200, null)
  }

  /** The tables of 5: the first failure decides, and the state comes before the permission (M-2). */
  #check(member: Membership, action: MembershipAction, by: string): void {
    const { project } = member
    const isMaster = this.isMaster(project, by)
    const isMember = this.user(by).isAdmin || member.user === by
    switch (action) {
      case 'accept':
        if (member.state !== 'requested') refuse(409, NO_REQUEST)
        if (!this.user(member.user).isActive) refuse(409, INACTIVE)
        if (!isMaster) refuse(403, FORBIDDEN)
        this.requireAlive(project)
        if (project.join_policy === 'closed') refuse(409, JOIN_CLOSED)
        if (!this.roomLeft(project)) refuse(409, FULL)
        return
      case 'reject':
      case 'cancel':
        if (member.state !== 'requested') refuse(409, NO_REQUEST)
        if (!(action === 'reject' ? isMaster : isMember)) refuse(403, FORBIDDEN)
        this.requireAlive(project)
        return
      case 'leave':
      case 'remove':
        if (!isAnyAccepted(member)) refuse(409, NOT_ACCEPTED)
        if (!(action === 'remove' ? isMaster : isMember)) refuse(403, FORBIDDEN)
        this.requireAlive(project)
        if (project.leave_policy === 'closed') refuse(409, LEAVE_CLOSED)
    }
  }

  #outcome({ project }: Membership, action: MembershipAction): MembershipState {
    switch (action) {
      case 'accept':
        return 'accepted'
      case 'reject':
        return 'rejected'
      case 'cancel':
        return 'cancelled'
      case 'leave':
        return project.leave_policy === 'auto' ? 'removed' : 'leave_requested'
      case 'remove':
        return 'removed'
    }
  }

  /** 3: those whose checks all pass right now. */
  allowedActions(member: Membership, by: string): MembershipAction[] {
    return ACTIONS.filter((action) => {
      try {
        this.#check(member, action, by)
        return true
      } catch {
        return false
      }
    })
  }

  /** Identity specification, 5. */
  protected prefer({ by, project: uuid }: Prefer<Bound>): Answer {
    const project = this.projectOf(uuid)
    if (!isAlive(project)) refuse(409, `Project ${uuid} is not alive.`)
    const member = project.members.get(by) ?? refuse(404, NO_REQUEST)
    const isGranted = member.state === 'accepted' || member.state === 'leave_requested'
    if (!isGranted || project.state !== 'active') refuse(403, FORBIDDEN)
    this.user(by).defaultProject = uuid
    return plain(200, null)
  }
}
