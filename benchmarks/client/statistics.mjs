export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1]
}

/**
 * Runs two contestants in turns, the order reversed every round, and tells the median of the rounds' ratios: what
 * disturbs the machine for longer than a round disturbs both.
 */
export async function compare(rounds, ours, theirs) {
  const ratios = []
  const [our, their] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    const order = round % 2 === 0 ? [ours, theirs] : [theirs, ours]
    const [first, second] = [await order[0](), await order[1]()]
    const [mine, other] = round % 2 === 0 ? [first, second] : [second, first]
    our.push(mine)
    their.push(other)
    ratios.push(mine / other)
  }
  return { ratio: median(ratios), ours: median(our), theirs: median(their) }
}
