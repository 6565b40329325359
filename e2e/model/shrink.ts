/** Plays at most this many. */
const TRIES = 150

/**
 * A program of fewer steps that fails as well: ever smaller pieces are left out for as long as it does, until no single
 * step can be spared.
 *
 * @param fails whether it still fails.
 */
export async function shrink<P extends { readonly steps: readonly unknown[] }>(
  program: P,
  fails: (smaller: P) => Promise<boolean>,
): Promise<P> {
  let best = program
  let tries = 0
  for (let size = Math.ceil(best.steps.length / 2); tries < TRIES;) {
    const length = best.steps.length
    for (let at = 0; at < best.steps.length && tries < TRIES; tries += 1) {
      const smaller = { ...best, steps: best.steps.toSpliced(at, size) }
      if (await fails(smaller)) best = smaller
      else at += size
    }
    if (size === 1 && best.steps.length === length) break
    size = Math.max(1, Math.floor(size / 2))
  }
  return best
}
