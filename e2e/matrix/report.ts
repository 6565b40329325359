import type { Failure, Machine } from './matrix.ts'
import type { Outcome } from './run.ts'

const SHOWN_MAX = 200
const PROBLEMS_MAX = 4

/** What failed, a line for each machine, and the verdict. */
export function report({ tallies, failures, broken }: Outcome): string[] {
  const lines = linesOf(failures)
  const hidden = Math.max(0, lines.length - SHOWN_MAX)
  const cells = tallies.reduce((sum, tally) => sum + tally.cells, 0)
  return [
    ...lines.slice(0, SHOWN_MAX),
    ...(hidden > 0 ? [`… and ${hidden} more`] : []),
    ...broken.slice(0, SHOWN_MAX).map((line) => `BROKEN ${line}`),
    ...tallies.map(
      ({ machine, cells: count, failed }) =>
        `${machine.name}: ${axes(machine)} = ${count} cells, ${verdict(count, failed)}`,
    ),
    `all: Σ actions × actors × states = ${cells} cells, ${verdict(cells, failures.length)}, ${broken.length} invariants broken`,
  ]
}

const axes = ({ actions, actors, states }: Machine): string =>
  `actions ${actions.length} × actors ${actors.length} × states ${states.length}`

const verdict = (cells: number, failed: number): string => `${cells - failed} passed, ${failed} failed`

/** A project that could not be prepared fails all of its cells, and is one line. */
function linesOf(failures: readonly Failure[]): string[] {
  const flaws = new Map<string, number>()
  for (const { flaw } of failures) if (flaw !== null) flaws.set(flaw, (flaws.get(flaw) ?? 0) + 1)
  return [
    ...[...flaws].map(([flaw, times]) => `FAILED ${times} cells: ${flaw}`),
    ...failures.filter(({ flaw }) => flaw === null).map(lineOf),
  ]
}

function lineOf({ machine, cell, problems }: Failure): string {
  const { action, actor, state, expected } = cell
  const shown = problems.slice(0, PROBLEMS_MAX).join('; ')
  const more = problems.length > PROBLEMS_MAX ? `; and ${problems.length - PROBLEMS_MAX} more` : ''
  return `FAILED ${machine}: ${action} by ${actor} in “${state}” (${expected}): ${shown}${more}`
}
