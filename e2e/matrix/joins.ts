import { Builder, type Project } from './builder.ts'
import { JOIN, NEVER_ALIVE } from './expected-memberships.ts'
import { JOINED } from './expected-situations.ts'
import { differs, lastMoves, membershipOf } from './facts.ts'
import type { Cell, Done, Machine, Play, Scene } from './matrix.ts'
import { ALL_SITUATIONS } from './memberships.ts'
import { enroll, join, nobodyOr } from './requests.ts'
import { renewSituation, settleSituation } from './situation.ts'
import type { Answer } from './http.ts'
import type { Stage } from './stage.ts'
import type { Table } from './table.ts'
import { axesOf, cellsOf, type Tables } from './tables.ts'

/** Of each situation and state one project, in which everybody who joins has a membership of that state. */
export function joins(
  situations: readonly string[] = ALL_SITUATIONS,
  { join: first, joined }: { readonly join: Table; readonly joined: Table } = { join: JOIN, joined: JOINED },
): Machine {
  return {
    name: 'joins',
    actions: ['join'],
    actors: first.rows,
    states: situations.flatMap((situation) => first.columns.map((state) => `${state}, ${situation}`)),
    scenes: (stage) =>
      situations.flatMap((situation) =>
        first.columns.map((state) => {
          const cells = first.rows.map((actor) => {
            const word = first.at(actor, state)
            const expected = word === 'yes' ? joined.at(situation, state) : word
            return { action: 'join', actor, state: `${state}, ${situation}`, expected }
          })
          return new JoinScene(stage, situation, state, cells)
        }),
      ),
  }
}

class JoinScene implements Scene {
  readonly cells: readonly Cell[]
  readonly #stage: Stage
  readonly #builder: Builder
  readonly #situation: string
  readonly #state: string
  readonly #ids = new Map<string, bigint | null>()
  #project: Project | null = null

  constructor(stage: Stage, situation: string, state: string, cells: readonly Cell[]) {
    this.#stage = stage
    this.#builder = new Builder(stage)
    this.#situation = situation
    this.#state = state
    this.cells = cells
  }

  /** Who is a suspended member can't do anything else either, so the owner and the others have doubles for it. */
  #who(part: string): string {
    return this.#state === 'suspended' ? `sleeping ${part}` : part
  }

  async prepare(): Promise<void> {
    const project = await this.#builder.inhabited({ owner: this.#who('owner'), applicant: this.#who('applicant') })
    this.#project = project
    for (const { actor } of this.cells) {
      if (actor === 'nobody') continue
      this.#ids.set(actor, await this.#builder.membership(project, this.#who(actor), this.#state))
    }
    await this.#builder.charge(project, ['member'])
  }

  settle(): Promise<void> {
    return settleSituation(this.#builder, this.#theProject, this.#situation)
  }

  renew(): Promise<void> {
    return renewSituation(this.#builder, this.#theProject, this.#situation)
  }

  play(cell: Cell): Play {
    const { uuid } = this.#theProject
    const who = cell.actor === 'nobody' ? null : this.#who(cell.actor)
    return { cell, actor: who, request: join(uuid), project: uuid, names: { project: uuid }, done: this.#done(cell) }
  }

  get #theProject(): Project {
    if (this.#project === null) throw new Error('The scene was not prepared')
    return this.#project
  }

  #done(cell: Cell): Done {
    const id = this.#ids.get(cell.actor) ?? null
    const user = cell.actor === 'nobody' ? 'nobody' : this.#stage.uuid(this.#who(cell.actor))
    return {
      status: 200,
      mayChange: [
        id === null ? /^membership \d+$/ : new RegExp(`^membership ${id}$`),
        id === null ? /^membership log \d+$/ : new RegExp(`^membership log ${id}$`),
        ...(cell.expected === 'accepted' ? [new RegExp(`^limit user:${user} `)] : []),
      ],
      check: (answer) => this.#joined(cell, id, answer),
    }
  }

  async #joined({ actor, expected }: Cell, before: bigint | null, { json }: Answer): Promise<string[]> {
    const id = BigInt((json as { id: number | bigint }).id)
    const { state, user, requested, accepted } = await membershipOf(this.#stage, id)
    const steps = expected === 'accepted' ? ['requested', 'accepted'] : ['requested']
    return [
      ...(before === null ? [] : differs('id', id, before)),
      ...differs('user', user, this.#stage.uuid(this.#who(actor))),
      ...differs('state', state, expected),
      ...differs('the date of the request', typeof requested, 'string'),
      ...(expected === 'accepted' ? differs('the date of the admission', typeof accepted, 'string') : []),
      ...(await lastMoves(this.#stage, id, steps, this.#who(actor))),
    ]
  }
}

/** What was never approved, or given up before, has no members. */
export function neverAlive(tables: Tables = NEVER_ALIVE): Machine {
  const axes = axesOf(tables)
  return {
    name: 'joins and enrolments of what was never alive',
    ...axes,
    scenes: (stage) => axes.states.map((state) => new NeverAliveScene(stage, state, cellsOf(tables, state))),
  }
}

class NeverAliveScene implements Scene {
  readonly cells: readonly Cell[]
  readonly #state: string
  readonly #builder: Builder
  #uuid = ''

  constructor(stage: Stage, state: string, cells: readonly Cell[]) {
    this.#builder = new Builder(stage)
    this.#state = state
    this.cells = cells
  }

  async prepare(): Promise<void> {
    const project = await this.#builder.create()
    if (this.#state === 'deleted') await this.#builder.decide(project, 'cancel')
    this.#uuid = project.uuid
  }

  play(cell: Cell): Play {
    return {
      cell,
      actor: nobodyOr(cell.actor),
      request: cell.action === 'join' ? join(this.#uuid) : enroll(this.#uuid, 'outsider'),
      project: this.#uuid,
      names: { project: this.#uuid },
      done: { status: 200, mayChange: [], check: async () => ['nothing can be done here'] },
    }
  }
}
