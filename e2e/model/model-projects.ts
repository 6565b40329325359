import { plain } from './model.ts'
import { Memberships } from './model-memberships.ts'
import {
  isAlive,
  isAnyAccepted,
  isInitialized,
  type Application,
  type ApplicationState,
  type Project,
} from './records.ts'
import { FORBIDDEN, refuse } from './refusal.ts'
import type { Specs } from './specs.ts'
import type { Answer } from './steps.ts'
import type { Act, Bound, Create, Decide, Modify, Verdict } from './steps-projects.ts'
import { RESOURCES } from './universe-projects.ts'

const INT64_MAX = 9223372036854775807n
const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,6}$/i
const SYSTEM_FIELDS = "Cannot modify fields 'owner', 'name', 'homepage', and 'description' of a system project."

/** Project specification, 2.2: as messages spell them. */
const SHOWN: Readonly<Record<ApplicationState, string>> = {
  pending: 'Pending review',
  approved: 'Approved',
  replaced: 'Replaced',
  denied: 'Denied',
  dismissed: 'Dismissed',
  cancelled: 'Cancelled',
}

/** The ids that the service has chosen, or null. */
export interface Receipt {
  readonly project: string | null
  readonly application: bigint | null
}

type Values = Omit<Application, 'id' | 'project' | 'applicant' | 'state'>

/** Project specification. */
export class Projects extends Memberships {
  /** 6. */
  protected create({ by, specs }: Create, receipt: Receipt, message: string | null): Answer {
    this.#checkOwner(specs)
    if (specs.name === undefined || specs.name === null) refuse(400, 'Name missing.')
    if (specs.end_date === undefined || specs.end_date === null) refuse(400, 'Missing end date')
    checkSpecs(specs)
    this.#checkPending(by, null, message)
    const uuid = receipt.project
    // A uuid is random; one that is known is no new project's.
    const isNew = uuid !== null && !this.projects.has(uuid)
    const project: Project = {
      uuid: isNew ? uuid : 'a new project',
      isSystem: false,
      state: 'uninitialized',
      name: specs.name,
      owner: specs.owner ?? by,
      homepage: specs.homepage ?? '',
      description: specs.description ?? '',
      end_date: specs.end_date,
      join_policy: specs.join_policy ?? 'moderated',
      leave_policy: specs.leave_policy ?? 'auto',
      max_members: specs.max_members ?? INT64_MAX,
      private: specs.private ?? false,
      resources: new Map(Object.entries(specs.resources ?? {})),
      members: new Map(),
      log: [],
      last: null,
    }
    this.projects.set(project.uuid, project)
    // A full copy, as against a modification.
    const values = { ...project, comments: specs.comments ?? '', resources: new Map(project.resources) }
    return this.#submit(project, by, valuesOf(values), receipt)
  }

  /** 9. */
  protected modify({ by, project: uuid, specs }: Modify<Bound>, receipt: Receipt, message: string | null): Answer {
    this.#checkOwner(specs)
    const project = this.projectOf(uuid)
    if (!this.isMaster(project, by)) refuse(403, FORBIDDEN)
    if (!isInitialized(project)) refuse(409, 'Cannot modify an uninitialized project.')
    checkSpecs(specs)
    const before = project.last?.state === 'pending' ? project.last : null
    this.#checkPending(by, before?.applicant ?? null, message)
    const { owner = null, name = null, homepage = null, description = null } = specs
    if (project.isSystem && [owner, name, homepage, description].some((value) => value !== null))
      refuse(409, SYSTEM_FIELDS)
    if (before) this.#endPending(before, 'replaced')
    return this.#submit(
      project,
      by,
      {
        name,
        owner,
        homepage,
        description,
        comments: specs.comments ?? null,
        end_date: specs.end_date ?? null,
        join_policy: specs.join_policy ?? null,
        leave_policy: specs.leave_policy ?? null,
        max_members: specs.max_members ?? null,
        private: specs.private ?? null,
        resources: new Map(Object.entries(specs.resources ?? {})),
      },
      receipt,
    )
  }

  #submit(project: Project, by: string, values: Values, { application: answered }: Receipt): Answer {
    const last = [...this.applications.keys()].reduce((most, id) => (id > most ? id : most), 0n)
    const id = answered !== null && answered > last ? answered : last + 1n
    const application: Application = { ...values, id, project, applicant: by, state: 'pending' }
    this.applications.set(id, application)
    project.last = application
    this.countPending(by, 1n)
    return plain(201, { id: project.uuid, application: id })
  }

  #checkOwner({ owner = null }: Specs): void {
    if (owner !== null && !this.users.has(owner)) refuse(400, 'User does not exist.')
  }

  /**
   * 7. Replacing one's own is neutral, but a zero is refused, too, where the limit is passed already.
   *
   * @param answered the message that came: where both limits are passed, either may be named.
   */
  #checkPending(applicant: string, replaced: string | null, answered: string | null): void {
    if (this.user(applicant).isAdmin) return
    const more = applicant === replaced ? 0n : 1n
    const messages = this.pendingCounters(applicant)
      .filter(({ max, limit }) => this.isTooMany(max + more, limit))
      .map(({ limit }) => `You have reached the maximum number of pending project applications: ${limit}.`)
    const [first] = messages
    if (first === undefined) return
    refuse(409, answered !== null && messages.includes(answered) ? answered : first)
  }

  protected isTooMany(pending: bigint, limit: bigint): boolean {
    return pending > limit
  }

  /** 10.2: in the order of its table. */
  protected decide({ by, action, project: uuid, application: id, reason }: Decide<Bound>): Answer {
    const application = this.applications.get(id)
    if (!application) refuse(404, `There is no project application identified by ${id}.`)
    const { project } = application
    if (project.uuid !== uuid || project.last !== application)
      refuse(409, `${id} is not a pending application for project ${uuid}.`)
    const isWaiver = action === 'cancel' || action === 'dismiss'
    if (!this.user(by).isAdmin && !(isWaiver && application.applicant === by)) refuse(403, FORBIDDEN)
    if (application.state !== (action === 'dismiss' ? 'denied' : 'pending'))
      refuse(409, `Cannot ${action} application ${id} in state '${SHOWN[application.state]}'`)
    if (action === 'approve') this.#requireName(project, application.name ?? project.name)
    this.#carryOut(application, action, by, reason)
    return plain(200, null)
  }

  #carryOut(application: Application, action: Verdict, by: string, reason: string): void {
    const { project } = application
    if (action === 'approve') {
      this.#endPending(application, 'approved')
      this.#apply(application)
      this.moveProject(project, 'active', by, reason)
    } else if (action === 'deny') this.#endPending(application, 'denied')
    else {
      if (action === 'cancel') this.#endPending(application, 'cancelled')
      else application.state = 'dismissed'
      if (project.state === 'uninitialized') this.moveProject(project, 'deleted', by, reason)
    }
  }

  #endPending(application: Application, state: ApplicationState): void {
    application.state = state
    this.countPending(application.applicant, -1n)
  }

  #apply({ project, resources, ...changes }: Application): void {
    project.name = changes.name ?? project.name
    project.owner = changes.owner ?? project.owner
    project.homepage = changes.homepage ?? project.homepage
    project.description = changes.description ?? project.description
    project.end_date = changes.end_date ?? project.end_date
    project.join_policy = changes.join_policy ?? project.join_policy
    project.leave_policy = changes.leave_policy ?? project.leave_policy
    project.max_members = changes.max_members ?? project.max_members
    project.private = changes.private ?? project.private
    for (const [resource, pair] of resources) project.resources.set(resource, pair)
    // Quota specification, 9.1.
    for (const { name, projectDefault } of RESOURCES)
      if (!project.resources.has(name))
        project.resources.set(name, { project_capacity: projectDefault, member_capacity: projectDefault })
  }

  /** P-9: the name that will be reserved, wherever it comes from. */
  #requireName(project: Project, name: string): void {
    const other = [...this.projects.values()].find((each) => each !== project && isAlive(each) && each.name === name)
    if (other) refuse(409, `cannot approve: project with name '${name}' already exists (id: ${other.uuid})`)
  }

  /** 10.1. */
  protected actOn({ by, action, project: uuid, reason }: Act<Bound>): Answer {
    const project = this.projectOf(uuid)
    if (!this.user(by).isAdmin) refuse(403, FORBIDDEN)
    switch (action) {
      case 'suspend':
        this.requireAlive(project)
        if (project.state === 'suspended') refuse(409, `Project ${uuid} is suspended.`)
        this.moveProject(project, 'suspended', by, reason)
        break
      case 'unsuspend':
        if (project.state !== 'suspended') refuse(409, `Project ${uuid} is not suspended.`)
        this.moveProject(project, 'active', by, reason)
        break
      case 'terminate':
        this.requireAlive(project)
        if (project.isSystem) refuse(409, `Cannot terminate: ${uuid} is a system project.`)
        this.moveProject(project, 'terminated', by, reason)
        for (const member of project.members.values()) if (isAnyAccepted(member)) this.resetDefault(member)
        break
      case 'reinstate':
        if (project.state !== 'terminated') refuse(409, `Project ${uuid} is not terminated.`)
        this.#requireName(project, project.name)
        this.moveProject(project, 'active', by, reason)
    }
    return plain(200, null)
  }
}

function valuesOf({ name, owner, homepage, description, comments, end_date, resources, ...more }: Values): Values {
  const { join_policy, leave_policy, max_members, private: isPrivate } = more
  const texts = { name, owner, homepage, description, comments, end_date }
  return { ...texts, join_policy, leave_policy, max_members, private: isPrivate, resources }
}

/** 6.1, rows 13 to 26, as far as programs get them wrong. */
function checkSpecs({ resources = {}, name = null, max_members: most = 0n, end_date = null }: Specs): void {
  for (const [resource, { project_capacity, member_capacity }] of Object.entries(resources)) {
    if (!RESOURCES.some((known) => known.name === resource && known.isVisible))
      refuse(400, 'Malformed resource policies')
    if (project_capacity > INT64_MAX || member_capacity > INT64_MAX)
      refuse(400, `Quota limit exceeds max value ${INT64_MAX}`)
    if (project_capacity < 0n || member_capacity < 0n) refuse(400, 'Negative quota limit is not allowed')
    if (project_capacity < member_capacity)
      refuse(400, `Project quota limit is less than member limit for resource '${resource}'`)
  }
  if (name !== null && name.length > 80) refuse(400, "'name' value exceeds max length 80")
  if (name !== null && !DOMAIN.test(name)) refuse(400, 'Project name should be in domain format')
  if (most < 0n || most > INT64_MAX) refuse(400, 'max_members out of range')
  if (end_date !== null && Date.parse(end_date) < Date.now()) refuse(400, "'end_date' must be in the future")
}
