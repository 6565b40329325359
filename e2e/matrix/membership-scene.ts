import { Builder, type Project } from './builder.ts'
import { REFUSALS } from './expected-refusals.ts'
import { defaultProject, differs, isEmpty, lastMoves, membershipOf } from './facts.ts'
import type { Cell, Done, Play, Scene } from './matrix.ts'
import { enroll, getMembership, membershipAction, nobodyOr } from './requests.ts'
import { renewSituation, settleSituation } from './situation.ts'
import type { Answer } from './http.ts'
import type { Request, Stage } from './stage.ts'

/** Somebody with a membership, and what is done about it. */
export interface Seat {
  readonly user: string
  readonly isAsleep: boolean
  /** As it is prepared: of a suspended one, before its user is deactivated. */
  readonly state: string
  readonly cells: Cell[]
}

/** In the order in which an answer should list them. */
const LISTED: readonly string[] = ['leave', 'cancel', 'accept', 'reject', 'remove']

export class MembershipScene implements Scene {
  readonly cells: readonly Cell[]
  readonly #stage: Stage
  readonly #builder: Builder
  readonly #situation: string
  readonly #seats: readonly Seat[]
  readonly #seatOf = new Map<Cell, Seat>()
  readonly #ids = new Map<Seat, bigint | null>()
  #project: Project | null = null

  constructor(stage: Stage, situation: string, seats: readonly Seat[]) {
    this.#stage = stage
    this.#builder = new Builder(stage)
    this.#situation = situation
    this.#seats = seats
    this.cells = seats.flatMap(({ cells }) => cells)
    for (const seat of seats) for (const cell of seat.cells) this.#seatOf.set(cell, seat)
  }

  async prepare(): Promise<void> {
    const project = await this.#builder.inhabited()
    this.#project = project
    for (const seat of this.#seats) this.#ids.set(seat, await this.#builder.membership(project, seat.user, seat.state))
    const granted = this.#seats.filter(({ state }) => state === 'accepted' || state === 'leave_requested')
    await this.#builder.charge(project, ['member', ...granted.map(({ user }) => user)])
  }

  async settle(): Promise<void> {
    await settleSituation(this.#builder, this.#theProject, this.#situation, async () => {
      for (const { user, state } of this.#seats)
        if (state === 'accepted' || state === 'leave_requested') await this.#builder.setDefault(this.#theProject, user)
    })
  }

  renew(): Promise<void> {
    return renewSituation(this.#builder, this.#theProject, this.#situation)
  }

  play(cell: Cell): Play {
    const seat = this.#seat(cell)
    const { uuid } = this.#theProject
    return {
      cell,
      actor: cell.actor === 'self' ? seat.user : nobodyOr(cell.actor),
      request: this.#request(cell, seat),
      project: uuid,
      names: { project: uuid },
      done: this.#done(cell, seat),
    }
  }

  get #theProject(): Project {
    if (this.#project === null) throw new Error('The scene was not prepared')
    return this.#project
  }

  #seat(cell: Cell): Seat {
    const seat = this.#seatOf.get(cell)
    if (seat === undefined) throw new Error('That cell is of another scene')
    return seat
  }

  #request({ action }: Cell, seat: Seat): Request {
    if (action === 'enroll') return enroll(this.#theProject.uuid, seat.user)
    const id = this.#ids.get(seat) ?? 0n
    return action === 'read' ? getMembership(id) : membershipAction(id, action)
  }

  #done(cell: Cell, seat: Seat): Done {
    if (cell.action === 'read') return { status: 200, mayChange: [], check: async ({ json }) => this.#seen(cell, json) }
    const user = this.#stage.uuid(seat.user)
    const id = this.#ids.get(seat) ?? null
    const mayChange = [
      id === null ? /^membership \d+$/ : new RegExp(`^membership ${id}$`),
      id === null ? /^membership log \d+$/ : new RegExp(`^membership log ${id}$`),
      new RegExp(`^limit user:${user} `),
      ...(cell.expected === 'removed' ? [new RegExp(`^account ${user}$`)] : []),
    ]
    return { status: 200, mayChange, check: (answer) => this.#changed(cell, seat, answer) }
  }

  /** What may be done is what the cells of the same actor say, and that is in the answer. */
  #seen(cell: Cell, json: unknown): string[] {
    const { project, user, state, allowed_actions: allowed } = json as Record<string, unknown>
    const seat = this.#seat(cell)
    const due = LISTED.filter((action) =>
      this.cells.some(
        (other) =>
          other.action === action &&
          other.actor === cell.actor &&
          other.state === cell.state &&
          !(other.expected in REFUSALS),
      ),
    )
    return [
      ...differs('project', project, this.#theProject.uuid),
      ...differs('user', user, this.#stage.uuid(seat.user)),
      ...differs('state', state, seat.state),
      ...differs('allowed_actions', [...(allowed as string[])].toSorted(), due.toSorted()),
    ]
  }

  async #changed({ action, actor, expected }: Cell, seat: Seat, { json, text }: Answer): Promise<string[]> {
    const before = this.#ids.get(seat) ?? null
    const id = action === 'enroll' ? BigInt((json as { id: number | bigint }).id) : (before ?? 0n)
    const { state, ...rest } = await membershipOf(this.#stage, id)
    const by = actor === 'self' ? seat.user : actor
    const uuid = this.#stage.uuid(seat.user)
    const wasDefault = !seat.isAsleep && (seat.state === 'accepted' || seat.state === 'leave_requested')
    return [
      ...(action === 'enroll' ? (before === null ? [] : differs('id', id, before)) : isEmpty(text)),
      ...differs('state', state, expected),
      ...differs('the date of the state', typeof rest[expected], 'string'),
      ...(await lastMoves(this.#stage, id, [expected], by)),
      // Otherwise it stays as it is, like all else.
      ...(wasDefault && expected === 'removed' ? await defaultProject(this.#stage, seat.user, uuid) : []),
    ]
  }
}
