import { randomUUID } from 'node:crypto'
import { Builder, freshName, type Project } from './builder.ts'
import { PROJECTS } from './expected-projects.ts'
import { defaultProject, differs, isEmpty, lastChange, projectOf } from './facts.ts'
import type { Cell, Done, Machine, Scene } from './matrix.ts'
import { getProject, modifyProject, nobodyOr, projectAction } from './requests.ts'
import { axesOf, cellsOf, changesSomething, type Tables } from './tables.ts'
import type { Answer } from './http.ts'
import type { Stage } from './stage.ts'

const DESCRIPTION = 'described anew'

/** What a column stands for, where it is not called like the state. */
const STATES: Readonly<Record<string, string>> = { private: 'active', 'name taken': 'terminated' }
const stateIn = (column: string): string => STATES[column] ?? column
/** Was suspended or terminated once. */
const DATED: readonly string[] = ['suspended', 'terminated', 'name taken']

export function projects(tables: Tables = PROJECTS): Machine {
  const axes = axesOf(tables)
  return {
    name: 'projects',
    ...axes,
    scenes: (stage) =>
      axes.states.flatMap((column) => {
        const cells = cellsOf(tables, column)
        const shared = cells.filter((cell) => !changesSomething(cell))
        const alone = cells.filter(changesSomething)
        return [shared, ...alone.map((cell) => [cell])].map((together) => new ProjectScene(stage, column, together))
      }),
  }
}

class ProjectScene implements Scene {
  readonly cells: readonly Cell[]
  readonly #stage: Stage
  readonly #column: string
  readonly #builder: Builder
  #project: Project = { uuid: randomUUID(), name: '', owner: '', application: 0n }
  #other: Project | null = null

  constructor(stage: Stage, column: string, cells: readonly Cell[]) {
    this.#stage = stage
    this.#builder = new Builder(stage)
    this.#column = column
    this.cells = cells
  }

  /** Nothing here depends on who is deactivated. */
  async prepare(): Promise<void> {}

  async settle(): Promise<void> {
    if (this.#column === 'unknown') return
    const builder = this.#builder
    if (stateIn(this.#column) === 'uninitialized' || stateIn(this.#column) === 'deleted') {
      this.#project = await builder.create()
      await builder.keepOut(this.#project)
      if (this.#column === 'deleted') await builder.decide(this.#project, 'cancel')
      return
    }
    this.#project = await builder.inhabited({ isPrivate: this.#column === 'private', name: freshName() })
    await builder.charge(this.#project, ['member'])
    await builder.setDefault(this.#project, 'member')
    if (stateIn(this.#column) === 'suspended') await builder.turn(this.#project, 'suspend')
    if (stateIn(this.#column) === 'terminated') await builder.turn(this.#project, 'terminate')
    if (this.#column === 'name taken') {
      this.#other = await builder.create({ name: this.#project.name })
      await builder.decide(this.#other, 'approve')
    }
  }

  play(cell: Cell): ReturnType<Scene['play']> {
    const { uuid, name } = this.#project
    return {
      cell,
      actor: nobodyOr(cell.actor),
      request: this.#request(cell.action),
      project: uuid,
      names: { project: uuid, name, other: this.#other?.uuid ?? 'none' },
      done: this.#done(cell),
    }
  }

  #request(action: string): ReturnType<typeof getProject> {
    const { uuid } = this.#project
    if (action === 'get') return getProject(uuid)
    return action === 'modify' ? modifyProject(uuid, { description: DESCRIPTION }) : projectAction(uuid, action)
  }

  #done(cell: Cell): Done {
    switch (cell.action) {
      case 'get':
        return { status: 200, mayChange: [], check: async ({ json }) => this.#seen(cell, json) }
      case 'modify':
        return {
          status: 201,
          mayChange: [
            /^last application$/,
            /^application /,
            new RegExp(`^pending applications ${this.#uuidOf(cell)}$`),
          ],
          check: (answer) => this.#submitted(cell, answer),
        }
      default:
        return {
          status: 200,
          mayChange: [
            /^project$/,
            /^project log$/,
            /^limit /,
            ...(cell.action === 'terminate' ? [new RegExp(`^account ${this.#stage.uuid('member')}$`)] : []),
          ],
          check: (answer) => this.#turned(cell, answer),
        }
    }
  }

  #uuidOf({ actor }: Cell): string {
    return actor === 'nobody' ? 'nobody' : this.#stage.uuid(actor)
  }

  #seen({ expected }: Cell, json: unknown): string[] {
    const { id, state, ...rest } = json as Record<string, unknown>
    const keys = Object.keys(rest).filter((key) => key === 'last_application' || key === 'deactivation_date')
    const due =
      expected === 'part' ? [] : ['last_application', ...(DATED.includes(this.#column) ? ['deactivation_date'] : [])]
    return [
      ...differs('id', id, this.#project.uuid),
      ...differs('state', state, stateIn(this.#column)),
      ...differs('what only the owner sees', keys.toSorted(), due.toSorted()),
    ]
  }

  async #submitted(cell: Cell, { json }: Answer): Promise<string[]> {
    const { id, application } = json as Record<string, unknown>
    const { state, last_application: last } = await projectOf(this.#stage, this.#project.uuid)
    const { id: lastId, state: lastState, applicant, description } = (last ?? {}) as Record<string, unknown>
    return [
      ...differs('id', id, this.#project.uuid),
      ...differs('state', state, stateIn(this.#column)),
      ...differs(
        'the last application',
        { id: lastId, state: lastState, applicant, description },
        { id: application, state: 'pending', applicant: this.#uuidOf(cell), description: DESCRIPTION },
      ),
    ]
  }

  async #turned({ action, actor, expected }: Cell, { text }: Answer): Promise<string[]> {
    const { uuid } = this.#project
    const { state } = await projectOf(this.#stage, uuid)
    const isReset = action === 'terminate' || this.#column === 'terminated'
    return [
      ...isEmpty(text),
      ...differs('state', state, expected),
      ...(await lastChange(this.#stage, uuid, { from: stateIn(this.#column), to: expected, actor })),
      ...(await defaultProject(this.#stage, 'member', isReset ? this.#stage.uuid('member') : uuid)),
    ]
  }
}
