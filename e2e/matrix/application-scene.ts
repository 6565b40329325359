import type { Project } from './builder.ts'
import { NEXT_PROJECT } from './expected-applications.ts'
import { differs, isEmpty, projectOf } from './facts.ts'
import type { Cell, Done, Play, Scene } from './matrix.ts'
import { nobodyOr, projectAction } from './requests.ts'
import type { Answer } from './http.ts'
import type { Stage } from './stage.ts'

/** An application that is acted on, and the project as it is. */
export interface Subject {
  readonly project: Project
  readonly application: bigint
  /** The project's. */
  readonly state: string
  readonly applicant: string
  /** Which project the address names. @default the application's own */
  readonly address?: string
  /** Which project has the name. */
  readonly taker?: Project
}

export class ApplicationScene implements Scene {
  readonly cells: readonly Cell[]
  readonly #stage: Stage
  readonly #arrange: () => Promise<Subject>
  #arranged: Subject | null = null

  constructor(stage: Stage, cells: readonly Cell[], arrange: () => Promise<Subject>) {
    this.#stage = stage
    this.cells = cells
    this.#arrange = arrange
  }

  async prepare(): Promise<void> {
    this.#arranged = await this.#arrange()
  }

  play(cell: Cell): Play {
    const { project, application, address, taker } = this.#subject
    const target = address ?? project.uuid
    return {
      cell,
      actor: nobodyOr(cell.actor),
      request: projectAction(target, cell.action, Number(application)),
      project: project.uuid,
      names: {
        action: cell.action,
        application: String(application),
        project: target,
        name: taker?.name ?? 'none',
        other: taker?.uuid ?? 'none',
      },
      done: this.#done(cell),
    }
  }

  get #subject(): Subject {
    if (this.#arranged === null) throw new Error('The scene was not prepared')
    return this.#arranged
  }

  #done(cell: Cell): Done {
    const { application, applicant, state } = this.#subject
    const pending = new RegExp(`^pending applications ${this.#stage.uuid(applicant)}$`)
    const itself = new RegExp(`^application ${application}$`)
    const project = [/^project$/, /^project log$/]
    const mayChange = {
      approve: [itself, pending, ...project, /^limit /, /^capacity /],
      deny: [itself, pending],
      cancel: [itself, pending, ...(state === 'uninitialized' ? project : [])],
      dismiss: [itself, ...(state === 'uninitialized' ? project : [])],
    }
    return {
      status: 200,
      mayChange: mayChange[cell.action as keyof typeof mayChange],
      check: (answer) => this.#check(cell, answer),
    }
  }

  async #check({ action, expected }: Cell, { text }: Answer): Promise<string[]> {
    const { project, application, state } = this.#subject
    const seen = await projectOf(this.#stage, project.uuid)
    const { id, state: decided } = (seen['last_application'] ?? {}) as Record<string, unknown>
    const isChanged = action === 'approve' && state !== 'uninitialized'
    return [
      ...isEmpty(text),
      ...differs('the last application', { id, state: decided }, { id: application, state: expected }),
      ...differs('the state of the project', seen['state'], NEXT_PROJECT.at(action, state)),
      ...differs('the description', seen['description'], isChanged ? 'asked for' : ''),
    ]
  }
}
