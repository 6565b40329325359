import { messageIn, numberIn, textIn } from './answers.ts'
import { asCommission } from './charges.ts'
import { plain } from './model.ts'
import { Projects } from './model-projects.ts'
import { isAnyAccepted, isInitialized, type Application, type Membership, type Project } from './records.ts'
import { FORBIDDEN, Refusal, refuse } from './refusal.ts'
import type { Pair } from './specs.ts'
import type { Answer } from './steps.ts'
import type {
  Bound,
  ListMemberships,
  ListProjects,
  Request,
  ShowMembership,
  ShowProject,
  Usage,
} from './steps-projects.ts'
import { PEOPLE, RESOURCES } from './universe-projects.ts'

/** Everything that is asked, and how it is shown. */
export class ProjectModel extends Projects {
  /**
   * What has to be answered.
   *
   * @param answered what was answered: ids are the service's to choose, and where several answers are right it may
   *   choose among them; the rest of it is not looked at.
   */
  request(step: Request, answered: Answer): Answer {
    const user = this.users.get(step.by)
    // Overview, 3.
    if (user && !user.isActive) return new Refusal(401, 'User inactive').answer
    try {
      return this.#answer(step, answered)
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      throw error
    }
  }

  #answer(step: Request, answered: Answer): Answer {
    const receipt = { project: textIn(answered, 'id'), application: numberIn(answered, 'application') }
    switch (step.kind) {
      case 'create':
        return this.create(step, receipt, messageIn(answered))
      case 'modify':
        return this.modify(step, receipt, messageIn(answered))
      case 'decide':
        return this.decide(step)
      case 'project':
        return this.actOn(step)
      case 'join':
        return this.join(step, numberIn(answered, 'id'))
      case 'enroll':
        return this.enroll(step, numberIn(answered, 'id'))
      case 'member':
        return this.act(step)
      case 'prefer':
        return this.prefer(step)
      case 'charge':
      case 'settle':
        return this.#commission(step, answered)
      case 'projects':
        return this.#listProjects(step)
      case 'show':
        return this.#showProject(step)
      case 'memberships':
        return this.#listMemberships(step)
      case 'membership':
        return this.#showMembership(step)
      case 'quotas':
        return plain(200, this.quotasOf(step.by))
      case 'usage':
        return this.#usage(step)
    }
  }

  #commission(step: Extract<Request, { kind: 'charge' | 'settle' }>, answered: Answer): Answer {
    return this.quota.request(asCommission(step), numberIn(answered, 'serial'))
  }

  /** Project specification, 5. */
  #listProjects({ by, filter: { name, owner, state, mode = 'default' } }: ListProjects): Answer {
    const { isAdmin } = this.user(by)
    const isGranted = ({ members }: Project): boolean =>
      ['accepted', 'leave_requested'].includes(members.get(by)?.state ?? '')
    const matches = (project: Project): boolean => {
      switch (mode) {
        case 'member':
          return project.state === 'active' && isGranted(project)
        case 'active':
          return isAdmin || (project.state === 'active' && !project.private)
        case 'related':
        case 'default':
          return isAdmin || this.#isRelated(project, by)
        default:
          return refuse(400, `Unrecognized mode '${mode}'.`)
      }
    }
    if (state !== undefined && !['uninitialized', 'active', 'suspended', 'terminated', 'deleted'].includes(state))
      refuse(400, `Unrecognized state ${state}`)
    const found = [...this.projects.values()].filter(
      (project) =>
        matches(project) &&
        (name === undefined || project.name === name) &&
        (owner === undefined || project.owner === owner) &&
        (state === undefined || project.state === state),
    )
    return plain(
      200,
      found.map((project) => this.projectSeen(project, by)),
    )
  }

  #isRelated({ owner, members }: Project, by: string): boolean {
    const member = members.get(by)
    return owner === by || (member !== undefined && isAnyAccepted(member))
  }

  /** 3.1 and 5.1. */
  #showProject({ by, project: uuid }: ShowProject<Bound>): Answer {
    const project = this.projectOf(uuid)
    const isOpen = project.state === 'active' && !project.private
    if (!isOpen && !this.user(by).isAdmin && !this.#isRelated(project, by)) refuse(403, FORBIDDEN)
    return plain(200, this.projectSeen(project, by))
  }

  /** 4. */
  projectSeen(project: Project, by: string): object {
    const { uuid, state, name, owner, homepage, description, end_date, join_policy, leave_policy, max_members } =
      project
    const mine = this.isMaster(project, by)
    const wasDown = project.log.some(({ to }) => to === 'suspended' || to === 'terminated')
    return {
      id: uuid,
      state,
      creation_date: 'a time',
      name,
      owner,
      homepage,
      description,
      end_date,
      join_policy,
      leave_policy,
      max_members,
      private: project.private,
      system_project: project.isSystem,
      resources: pairs(project.resources),
      ...(mine && project.last ? { last_application: applicationSeen(project.last) } : {}),
      ...(mine && wasDown ? { deactivation_date: 'a time' } : {}),
    }
  }

  /** Membership specification, 4.1. */
  #listMemberships({ by, project }: ListMemberships<Bound>): Answer {
    const all = [...this.projects.values()].flatMap(({ members }) => [...members.values()])
    const found = all.filter(
      (member) =>
        (project === null || member.project.uuid === project) &&
        (member.user === by || this.isMaster(member.project, by)),
    )
    return plain(
      200,
      found.map((member) => this.membershipSeen(member, by)),
    )
  }

  #showMembership({ by, membership }: ShowMembership<Bound>): Answer {
    const member = this.memberships.get(membership) ?? refuse(404, 'This is not a valid membership request.')
    if (member.user !== by && !this.isMaster(member.project, by)) refuse(403, FORBIDDEN)
    return plain(200, this.membershipSeen(member, by))
  }

  membershipSeen(member: Membership, by: string): object {
    return {
      id: member.id,
      user: member.user,
      project: member.project.uuid,
      state: member.state,
      allowed_actions: this.allowedActions(member, by),
      ...Object.fromEntries(member.log.map(({ to }) => [to, 'a time'])),
    }
  }

  /** Quota specification, 3.1. */
  quotasOf(user: string): object {
    const granted = this.membershipsOf(user).filter(
      ({ state, project }) => isInitialized(project) && (state === 'accepted' || state === 'leave_requested'),
    )
    return Object.fromEntries(
      granted.map(({ project }) => [project.uuid, this.#holdingsOf(user, project.uuid, ({ isVisible }) => isVisible)]),
    )
  }

  /** Quota specification, 3.2: of the caller's resources, whatever became of the membership. */
  #usage({ by, user }: Usage): Answer {
    const seen = PEOPLE.filter((uuid) => user === null || uuid === user).map((uuid) => [
      uuid,
      Object.fromEntries(
        this.membershipsOf(uuid)
          .filter(({ initialized }) => initialized)
          .map(({ project }) => [
            project.uuid,
            this.#holdingsOf(uuid, project.uuid, ({ component }) => component === by),
          ]),
      ),
    ])
    return plain(200, Object.fromEntries(seen))
  }

  #holdingsOf(user: string, project: string, isSeen: (resource: (typeof RESOURCES)[number]) => boolean): object {
    const counter = (holder: string, source: string | null, resource: string) =>
      this.quota.counters.get(JSON.stringify([holder, source, resource]))
    const seen = RESOURCES.filter(isSeen).flatMap(({ name }) => {
      const [own, all] = [
        counter(`user:${user}`, `project:${project}`, name),
        counter(`project:${project}`, null, name),
      ]
      if (!own || !all) return []
      const numbers = {
        limit: own.limit,
        usage: own.max,
        pending: own.max - own.min,
        project_limit: all.limit,
        project_usage: all.max,
        project_pending: all.max - all.min,
      }
      return [[name, numbers] as const]
    })
    return Object.fromEntries(seen)
  }
}

function applicationSeen({ id, state, applicant, project: _, resources, ...values }: Application): object {
  return { id, state, applicant, ...values, start_date: null, resources: pairs(resources) }
}

/** API-visible ones. */
function pairs(resources: ReadonlyMap<string, Pair>): object {
  return Object.fromEntries(
    RESOURCES.filter(({ name, isVisible }) => isVisible && resources.has(name)).map(({ name }) => [
      name,
      resources.get(name),
    ]),
  )
}
