import { emailOf } from './cast.ts'
import type { Answer } from './http.ts'
import type { Request, Stage } from './stage.ts'

export interface Project {
  readonly uuid: string
  readonly name: string
  readonly owner: string
  /** The first application. */
  readonly application: bigint
}

/** Who is not said is the one whose part it is. */
export interface NewProject {
  readonly name?: string
  readonly owner?: string
  readonly applicant?: string
  readonly isPrivate?: boolean
}

const CAPACITIES = { 'cyclades.vm': { project_capacity: 100, member_capacity: 7 } }

/** Everybody is asked about, and whoever leaves asks: so that every state of memberships can be reached. */
const PERMISSIVE = { join_policy: 'moderated', leave_policy: 'moderated' }

let count = 0

export const freshName = (): string => `project${++count}.matrix.example.org`

/** Brings about what cells start from, by calls that have to succeed. */
export class Builder {
  readonly stage: Stage

  constructor(stage: Stage) {
    this.stage = stage
  }

  async create({
    name = freshName(),
    owner = 'owner',
    applicant = 'applicant',
    isPrivate = false,
  }: NewProject = {}): Promise<Project> {
    const { json } = await this.#done(applicant, 201, {
      method: 'POST',
      path: 'projects',
      body: {
        name,
        owner: this.stage.uuid(owner),
        end_date: '2113-05-05T20:20:20Z',
        private: isPrivate,
        resources: CAPACITIES,
        ...PERMISSIVE,
      },
    })
    const { id, application } = json as { id: string; application: number | bigint }
    return { uuid: id, name, owner, application: BigInt(application) }
  }

  /** @returns of the modification. */
  async modify({ uuid }: Project, who: string, changes: object): Promise<bigint> {
    const { json } = await this.#done(who, 201, { method: 'PUT', path: `projects/${uuid}`, body: changes })
    return BigInt((json as { application: number | bigint }).application)
  }

  async decide(
    project: Project,
    action: 'approve' | 'deny' | 'cancel' | 'dismiss',
    application: bigint = project.application,
  ): Promise<void> {
    await this.#act(project, { [action]: { app_id: Number(application), reason: 'prepared' } })
  }

  async turn(project: Project, action: 'suspend' | 'terminate'): Promise<void> {
    await this.#act(project, { [action]: { reason: 'prepared' } })
  }

  /** Active, with a member and a former one. */
  async inhabited(options: NewProject = {}): Promise<Project> {
    const project = await this.create(options)
    await this.decide(project, 'approve')
    await this.enroll(project, 'member')
    await this.move('steward', 'remove', await this.enroll(project, 'former'))
    return project
  }

  /** Of what was never alive: the member and the former one ask, and are refused. */
  async keepOut({ uuid }: Project): Promise<void> {
    for (const who of ['member', 'former']) {
      await this.#done(who, 409, { method: 'POST', path: 'projects/memberships', body: { join: { project: uuid } } })
    }
  }

  async enroll({ uuid }: Project, user: string): Promise<bigint> {
    const body = { enroll: { project: uuid, user: emailOf(user) } }
    return this.#membership('steward', body)
  }

  /** @returns null: there is none. */
  async membership(project: Project, user: string, state: string): Promise<bigint | null> {
    switch (state) {
      case 'none':
        return null
      case 'requested':
      case 'rejected':
      case 'cancelled': {
        const id = await this.#membership(user, { join: { project: project.uuid } })
        if (state === 'rejected') await this.move('steward', 'reject', id)
        if (state === 'cancelled') await this.move(user, 'cancel', id)
        return id
      }
      // A suspended one follows when the account is deactivated.
      case 'accepted':
      case 'suspended':
      case 'leave_requested':
      case 'removed': {
        const id = await this.enroll(project, user)
        if (state === 'leave_requested') await this.move(user, 'leave', id)
        if (state === 'removed') await this.move('steward', 'remove', id)
        return id
      }
      default:
        throw new RangeError(`No membership is ${state}`)
    }
  }

  async move(who: string, action: string, membership: bigint): Promise<void> {
    const path = `projects/memberships/${membership}/action`
    await this.#done(who, 200, { method: 'POST', path, body: { [action]: 'prepared' } })
  }

  async setDefault({ uuid }: Project, user: string): Promise<void> {
    const body = { project_id: uuid }
    await this.#done(user, 200, { method: 'POST', path: 'myaccount/default_project', body })
  }

  /** One machine each is charged and accepted, and one of the first is pending: usage that has to stay. */
  async charge({ uuid }: Project, users: readonly string[]): Promise<void> {
    const [first] = users
    if (first === undefined) return
    const provisions = (who: readonly string[]): object[] => [
      ...who.map((name) => ({
        holder: `user:${this.stage.uuid(name)}`,
        source: `project:${uuid}`,
        resource: 'cyclades.vm',
        quantity: 1,
      })),
      { holder: `project:${uuid}`, source: null, resource: 'cyclades.vm', quantity: who.length },
    ]
    const issue = (body: object): Promise<Answer> =>
      this.#done('component:cyclades', 201, { method: 'POST', path: 'commissions', body })
    await issue({ provisions: provisions(users), auto_accept: true })
    await issue({ provisions: provisions([first]) })
  }

  #act({ uuid }: Project, body: object): Promise<Answer> {
    return this.#done('steward', 200, { method: 'POST', path: `projects/${uuid}/action`, body })
  }

  async #membership(who: string, body: object): Promise<bigint> {
    const { json } = await this.#done(who, 200, { method: 'POST', path: 'projects/memberships', body })
    return BigInt((json as { id: number | bigint }).id)
  }

  async #done(who: string, status: number, request: Request): Promise<Answer> {
    const answer = await this.stage.call(who, request)
    if (answer.status === status) return answer
    const { method, path, body } = request
    throw new Error(
      `prepared in vain: ${method} ${path} ${JSON.stringify(body)} by ${who}: ${answer.status} ${answer.text}`,
    )
  }
}
