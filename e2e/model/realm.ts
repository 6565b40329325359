import { Model } from './model.ts'
import {
  isAlive,
  isInitialized,
  type Application,
  type Change,
  type Membership,
  type MembershipState,
  type Project,
  type ProjectState,
  type User,
} from './records.ts'
import { refuse } from './refusal.ts'
import { ADMIN, emailOf, END_DATE, PENDING_APP, PEOPLE, RESOURCES } from './universe-projects.ts'

/**
 * People, projects, applications and memberships in memory, written from the specification alone (projects; memberships;
 * identity, 1.3 and 5; quota, 9 and 10) and as plain as it reads there. Holdings are those of the quota model.
 */
export class Realm {
  readonly quota = new Model()
  readonly users = new Map<string, User>()
  readonly projects = new Map<string, Project>()
  readonly applications = new Map<bigint, Application>()
  readonly memberships = new Map<bigint, Membership>()

  /**
   * Everybody with a system project: project specification, 8.
   *
   * @param ids of the memberships in those, by user. @default from 1 on
   */
  constructor(ids: ReadonlyMap<string, bigint> = new Map()) {
    for (const [index, uuid] of PEOPLE.entries()) {
      const user: User = {
        uuid,
        email: emailOf(uuid),
        isAdmin: uuid === ADMIN,
        isActive: true,
        defaultProject: uuid,
      }
      this.users.set(uuid, user)
      const project: Project = {
        uuid,
        isSystem: true,
        state: 'active',
        name: `system:${uuid}`,
        owner: null,
        homepage: '',
        description: `system project for user ${user.email}`,
        end_date: END_DATE,
        join_policy: 'closed',
        leave_policy: 'closed',
        max_members: 1n,
        private: true,
        resources: new Map(
          RESOURCES.map(({ name, systemDefault }) => [
            name,
            { project_capacity: systemDefault, member_capacity: systemDefault },
          ]),
        ),
        members: new Map(),
        log: [{ from: 'uninitialized', to: 'active', by: null, reason: '' }],
        last: null,
      }
      this.projects.set(uuid, project)
      const member: Membership = {
        id: ids.get(uuid) ?? BigInt(index + 1),
        user: uuid,
        project,
        state: 'accepted',
        initialized: true,
        log: [{ from: null, to: 'accepted', by: null, reason: '' }],
      }
      project.members.set(uuid, member)
      this.memberships.set(member.id, member)
      this.sync(project)
    }
  }

  user(uuid: string): User {
    const user = this.users.get(uuid)
    if (!user) throw new Error(`There is no ${uuid}`)
    return user
  }

  /** Owner or administrator. */
  isMaster(project: Project, uuid: string): boolean {
    return this.user(uuid).isAdmin || project.owner === uuid
  }

  projectOf(uuid: string): Project {
    return this.projects.get(uuid) ?? refuse(404, `There is no project identified by ${uuid}.`)
  }

  requireAlive(project: Project): void {
    if (!isAlive(project)) refuse(409, `Project ${project.uuid} is not alive.`)
  }

  moveProject(project: Project, to: ProjectState, by: string | null, reason: string): void {
    if (project.state !== to) project.log.push({ from: project.state, to, by, reason })
    project.state = to
    if (isInitialized(project)) this.sync(project)
  }

  moveMember(member: Membership, to: MembershipState, by: string | null, reason: string): void {
    // The first entry was made with the row: none of its states came before.
    member.log.push({ from: member.log.length === 0 ? null : member.state, to, by, reason })
    member.state = to
    if (to === 'accepted') member.initialized = true
    if (isInitialized(member.project)) this.sync(member.project)
    if (to === 'removed') this.resetDefault(member)
  }

  /** Identity specification, 5. */
  protected resetDefault({ user: uuid, project }: Membership): void {
    const user = this.user(uuid)
    if (user.defaultProject === project.uuid) user.defaultProject = uuid
  }

  /** Quota specification, 9.1: of what was activated once. Members that never were accepted have no holdings. */
  sync({ uuid, state, resources, members }: Project): void {
    this.quota.sync({
      kind: 'sync',
      project: uuid,
      state: state as 'active' | 'suspended' | 'terminated',
      capacities: [...resources].map(([resource, { project_capacity, member_capacity }]) => ({
        resource,
        project: project_capacity,
        member: member_capacity,
      })),
      members: [...members.values()]
        .filter(({ initialized }) => initialized)
        .map((member) => ({
          user: member.user,
          state: member.state === 'accepted' || member.state === 'leave_requested' ? member.state : 'removed',
        })),
    })
  }

  /** Quota specification, 10. */
  protected pendingCounters(applicant: string): { limit: bigint; min: bigint; max: bigint }[] {
    return [
      { holder: `user:${applicant}`, source: `project:${applicant}`, resource: PENDING_APP },
      { holder: `project:${applicant}`, source: null, resource: PENDING_APP },
    ].map(({ holder, source, resource }) => {
      const counter = this.quota.counters.get(JSON.stringify([holder, source, resource]))
      if (!counter) throw new Error(`${applicant} has no ${PENDING_APP}`)
      return counter
    })
  }

  protected countPending(applicant: string, by: bigint): void {
    for (const counter of this.pendingCounters(applicant)) {
      counter.min += by
      counter.max += by
    }
  }

  /** Identity specification, 1.3, in its order. */
  deactivate(uuid: string): void {
    const user = this.user(uuid)
    const reason = 'user_deactivation'
    user.isActive = false
    const ownOrOwned = [...this.projects.values()].filter((project) => project.uuid === uuid || project.owner === uuid)
    for (const project of ownOrOwned)
      if (project.state === 'active') this.moveProject(project, 'suspended', null, reason)
    for (const member of this.membershipsOf(uuid))
      if (member.state === 'accepted' || member.state === 'leave_requested')
        this.moveMember(member, 'suspended', null, reason)
  }

  /** Undoes what the deactivation did, and nothing else. */
  activate(uuid: string): void {
    const user = this.user(uuid)
    if (user.isActive) return
    user.isActive = true
    const wasForThat = (log: readonly Change<string>[]): boolean =>
      log.findLast(({ to }) => to === 'suspended')?.reason === 'user_deactivation'
    const ownOrOwned = [...this.projects.values()].filter((project) => project.uuid === uuid || project.owner === uuid)
    for (const project of ownOrOwned)
      if (project.state === 'suspended' && wasForThat(project.log))
        this.moveProject(project, 'active', null, 'user_reactivation')
    for (const member of this.membershipsOf(uuid))
      if (member.state === 'suspended' && wasForThat(member.log))
        this.moveMember(member, 'accepted', null, 'user_reactivation')
  }

  membershipsOf(uuid: string): Membership[] {
    return [...this.projects.values()].flatMap(({ members }) => members.get(uuid) ?? [])
  }
}
