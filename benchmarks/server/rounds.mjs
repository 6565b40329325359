import { median } from '../client/statistics.mjs'

/**
 * Runs all contestants in turns, the order reversed every round: what disturbs the machine for longer than a round
 * disturbs all of them.
 *
 * @param contestants by name; each returns figures.
 */
export async function rounds(count, contestants, tell = () => undefined) {
  const figures = new Map(Object.keys(contestants).map((name) => [name, []]))
  for (let round = 0; round < count; round += 1) {
    const names = Object.keys(contestants)
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      tell(name)
      figures.get(name).push(await contestants[name]())
    }
  }
  return resultsOf(figures)
}

/** @param figures by name, one for each round. */
function resultsOf(figures) {
  const rounds = (name, figure) => figures.get(name).map((each) => each[figure])
  const results = {
    names: (prefix) => [...figures.keys()].filter((name) => name.startsWith(prefix)),
    median: (name, figure = 'rate') => median(rounds(name, figure)),
    /** The name with the greatest rate among those with the prefix. */
    best: (prefix) =>
      results.names(prefix).reduce((best, name) => (results.median(name) > results.median(best) ? name : best)),
    /** The median of the rounds' ratios. */
    ratio(name, other, figure = 'rate') {
      const others = rounds(other, figure)
      return median(rounds(name, figure).map((value, round) => value / others[round]))
    },
  }
  return results
}
