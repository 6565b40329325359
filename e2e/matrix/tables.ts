import { REFUSALS } from './expected-refusals.ts'
import type { Cell, Machine } from './matrix.ts'
import type { Table } from './table.ts'

/** By action; each has a row for every actor and a column for every state. */
export type Tables = Readonly<Record<string, Table>>

type Axes = Pick<Machine, 'actions' | 'actors' | 'states'>

/** @throws {RangeError} the tables are not of one shape, so a cell would be left out. */
export function axesOf(tables: Tables): Axes {
  const actions = Object.keys(tables)
  const [first] = Object.values(tables)
  if (first === undefined) throw new RangeError('There is no table')
  for (const [action, { rows, columns }] of Object.entries(tables)) {
    if (String(rows) !== String(first.rows) || String(columns) !== String(first.columns))
      throw new RangeError(`The table of ${action} has other rows or columns`)
  }
  return { actions, actors: first.rows, states: first.columns }
}

export function cellsOf(tables: Tables, column: string, state: string = column): Cell[] {
  return Object.entries(tables).flatMap(([action, table]) =>
    table.rows.map((actor) => ({ action, actor, state, expected: table.at(actor, column) })),
  )
}

/** Answers that are readings, by their words. */
const READINGS: readonly string[] = ['whole', 'part', 'read']

/** Neither refused nor a reading, so that others must not come after it. */
export function changesSomething({ expected }: Cell): boolean {
  return !(expected in REFUSALS) && !READINGS.includes(expected)
}
