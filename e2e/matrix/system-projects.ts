import { sql } from '../../packages/server/src/db/statement.ts'
import { Builder, type Project } from './builder.ts'
import { TENANTS } from './cast.ts'
import { SYSTEM_PROJECTS } from './expected-projects.ts'
import { differs, isEmpty, lastChange, projectOf } from './facts.ts'
import type { Cell, Done, Machine, Play, Scene } from './matrix.ts'
import {
  enroll,
  getMembership,
  getProject,
  join,
  membershipAction,
  modifyProject,
  nobodyOr,
  projectAction,
} from './requests.ts'
import type { Answer } from './http.ts'
import type { Request, Stage } from './stage.ts'
import { axesOf, cellsOf, changesSomething, type Tables } from './tables.ts'

const MEMBERSHIP = sql(`
  select m.id from memberships as m join projects as p on p.id = m.project_id where p.uuid = $1`)

const MAX_MEMBERS = 1

/** Each scene has a user of its own, and that user's project. */
export function systemProjects(tables: Tables = SYSTEM_PROJECTS): Machine {
  const axes = axesOf(tables)
  return {
    name: 'system projects',
    ...axes,
    scenes(stage) {
      const tenants = [...TENANTS]
      return axes.states.flatMap((state) => {
        const cells = cellsOf(tables, state)
        const shared = cells.filter((cell) => !changesSomething(cell))
        const alone = cells.filter(changesSomething).map((cell) => [cell])
        return [shared, ...alone].map((together) => {
          const tenant = tenants.shift()
          if (tenant === undefined) throw new RangeError('The cast is too small')
          return new SystemProjectScene(stage, tenant, state, together)
        })
      })
    },
  }
}

class SystemProjectScene implements Scene {
  readonly cells: readonly Cell[]
  readonly #stage: Stage
  readonly #tenant: string
  readonly #state: string
  #membership = 0n

  constructor(stage: Stage, tenant: string, state: string, cells: readonly Cell[]) {
    this.#stage = stage
    this.#tenant = tenant
    this.#state = state
    this.cells = cells
  }

  get #uuid(): string {
    return this.#stage.uuid(this.#tenant)
  }

  async prepare(): Promise<void> {
    const project: Project = { uuid: this.#uuid, name: '', owner: '', application: 0n }
    const builder = new Builder(this.#stage)
    await builder.charge(project, [this.#tenant])
    if (this.#state === 'suspended') await builder.turn(project, 'suspend')
    const [row] = await this.#stage.database.query<{ id: bigint }>(MEMBERSHIP, [this.#uuid])
    this.#membership = row?.id ?? 0n
  }

  play(cell: Cell): Play {
    return {
      cell,
      actor: cell.actor === 'tenant' ? this.#tenant : nobodyOr(cell.actor),
      request: this.#request(cell.action),
      project: this.#uuid,
      names: { project: this.#uuid },
      done: this.#done(cell),
    }
  }

  #request(action: string): Request {
    const uuid = this.#uuid
    switch (action) {
      case 'get':
        return getProject(uuid)
      case 'modify':
        return modifyProject(uuid, { max_members: MAX_MEMBERS })
      case 'rename':
        return modifyProject(uuid, { name: 'another.matrix.example.org' })
      case 'join':
        return join(uuid)
      case 'enroll':
        return enroll(uuid, 'outsider')
      case 'read':
        return getMembership(this.#membership)
      case 'leave':
      case 'remove':
      case 'accept':
      case 'reject':
      case 'cancel':
        return membershipAction(this.#membership, action)
      default:
        return projectAction(uuid, action)
    }
  }

  #done(cell: Cell): Done {
    switch (cell.action) {
      case 'get':
        return { status: 200, mayChange: [], check: async ({ json }) => this.#seen(json) }
      case 'read':
        return { status: 200, mayChange: [], check: async ({ json }) => this.#seenMembership(json) }
      case 'modify':
        return {
          status: 201,
          mayChange: [
            /^last application$/,
            /^application /,
            new RegExp(`^pending applications ${this.#stage.uuid('admin')}$`),
          ],
          check: (answer) => this.#submitted(answer),
        }
      default:
        return {
          status: 200,
          mayChange: [/^project$/, /^project log$/, /^limit /],
          check: (answer) => this.#turned(cell, answer),
        }
    }
  }

  #seen(json: unknown): string[] {
    const { id, state, owner, system_project: isSystem, ...rest } = json as Record<string, unknown>
    return [
      ...differs(
        'the project',
        { id, state, owner, isSystem },
        { id: this.#uuid, state: this.#state, owner: null, isSystem: true },
      ),
      ...differs('an application', 'last_application' in rest, false),
    ]
  }

  #seenMembership(json: unknown): string[] {
    const { user, project, state, allowed_actions: allowed } = json as Record<string, unknown>
    const expected = { user: this.#uuid, project: this.#uuid, state: 'accepted', allowed: [] }
    return differs('the membership', { user, project, state, allowed }, expected)
  }

  async #submitted({ json }: Answer): Promise<string[]> {
    const { id, application } = json as Record<string, unknown>
    const { state, last_application: last } = await projectOf(this.#stage, this.#uuid)
    const { id: lastId, state: lastState } = (last ?? {}) as Record<string, unknown>
    return [
      ...differs('id', id, this.#uuid),
      ...differs('state', state, this.#state),
      ...differs('the last application', { lastId, lastState }, { lastId: application, lastState: 'pending' }),
    ]
  }

  async #turned({ actor, expected }: Cell, { text }: Answer): Promise<string[]> {
    const { state } = await projectOf(this.#stage, this.#uuid)
    return [
      ...isEmpty(text),
      ...differs('state', state, expected),
      ...(await lastChange(this.#stage, this.#uuid, { from: this.#state, to: expected, actor })),
    ]
  }
}
