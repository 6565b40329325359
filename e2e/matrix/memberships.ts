import { SUBJECTS, SLEEPERS } from './cast.ts'
import { ENROLL, MEMBERSHIPS } from './expected-memberships.ts'
import { ENROLLED, OUTCOMES, SITUATIONS } from './expected-situations.ts'
import type { Cell, Machine } from './matrix.ts'
import { MembershipScene, type Seat } from './membership-scene.ts'
import type { Table } from './table.ts'
import { axesOf, changesSomething } from './tables.ts'

export interface MembershipTables {
  readonly memberships: typeof MEMBERSHIPS
  readonly enroll: Table
  readonly outcomes: Table
  readonly enrolled: Table
}

const TYPED: MembershipTables = { memberships: MEMBERSHIPS, enroll: ENROLL, outcomes: OUTCOMES, enrolled: ENROLLED }

export const ALL_SITUATIONS: readonly string[] = SITUATIONS.rows

/** Of each situation one project, with a membership for each state and one for each action that is going to change it. */
export function memberships(situations: readonly string[] = ALL_SITUATIONS, tables: MembershipTables = TYPED): Machine {
  const { actions, actors, states } = axesOf(tables.memberships)
  return {
    name: 'memberships',
    actions,
    actors,
    states: situations.flatMap((situation) => states.map((state) => `${state}, ${situation}`)),
    scenes: (stage) =>
      situations.map((situation) => {
        const word = (action: string, actor: string, state: string): string => {
          const first = tables.memberships[action]?.at(actor, state)
          return first === 'yes' ? tables.outcomes.at(situation, action) : (first ?? '')
        }
        const cells = states.flatMap((state) =>
          actions.flatMap((action) =>
            actors.map((actor) => ({
              action,
              actor,
              state: `${state}, ${situation}`,
              expected: word(action, actor, state),
            })),
          ),
        )
        return new MembershipScene(stage, situation, seated(cells))
      }),
  }
}

/** An owner, or somebody else, makes somebody a member, who may have a membership. */
export function enrolments(situations: readonly string[] = ALL_SITUATIONS, tables: MembershipTables = TYPED): Machine {
  const { enroll, enrolled } = tables
  return {
    name: 'enrolments',
    actions: ['enroll'],
    actors: enroll.rows,
    states: situations.flatMap((situation) => enroll.columns.map((state) => `${state}, ${situation}`)),
    scenes: (stage) =>
      situations.map((situation) => {
        const cells = enroll.columns.flatMap((state) =>
          enroll.rows.map((actor) => {
            const first = enroll.at(actor, state)
            const expected = first === 'yes' ? enrolled.at(situation, state) : first
            return { action: 'enroll', actor, state: `${state}, ${situation}`, expected }
          }),
        )
        return new MembershipScene(stage, situation, seated(cells))
      }),
  }
}

/** Cells that leave a membership as it is share it; what is refused comes first. */
function seated(cells: readonly Cell[]): Seat[] {
  const awake = [...SUBJECTS]
  const asleep = [...SLEEPERS]
  const shared = new Map<string, Seat>()
  const alone: Seat[] = []
  for (const cell of cells) {
    const state = cell.state.slice(0, cell.state.indexOf(','))
    const isAsleep = state === 'suspended' || state === 'asleep'
    const sit = (together: Cell[]): Seat => {
      const user = (isAsleep ? asleep : awake).shift()
      if (user === undefined) throw new RangeError('The cast is too small')
      // Of `enroll`, who sleeps has no membership; else, a request.
      const prepared = state === 'asleep' ? (cell.action === 'enroll' ? 'none' : 'requested') : state
      return { user, isAsleep, state: prepared, cells: together }
    }
    if (changesSomething(cell)) {
      alone.push(sit([cell]))
      continue
    }
    const seat = shared.get(state)
    if (seat) seat.cells.push(cell)
    else shared.set(state, sit([cell]))
  }
  return [...shared.values(), ...alone]
}
