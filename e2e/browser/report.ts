import { PAGES } from './pages.ts'
import type { Played } from './play.ts'

/** What one flow came to. */
export function lineOf({ flow, checks, failures, violations }: Played): string {
  const problems = [...failures, ...violations]
  const verdict = problems.length === 0 ? 'passed' : 'FAILED'
  return [`${verdict} ${flow}: ${checks} checks`, ...problems.map((problem) => `  ${problem}`)].join('\n')
}

export interface Sum {
  readonly lines: readonly string[]
  readonly isGood: boolean
}

/** @param isWhole every flow was played, so that every page was looked at. */
export function sumOf(played: readonly Played[], isWhole: boolean): Sum {
  const total = (count: (one: Played) => number): number => played.reduce((sum, one) => sum + count(one), 0)
  const failed = total(({ failures, violations }) => (failures.length + violations.length > 0 ? 1 : 0))
  const seen = new Set(played.flatMap(({ pages }) => [...pages]))
  const unseen = isWhole ? PAGES.filter((name) => !seen.has(name)) : []
  return {
    lines: [
      ...unseen.map((name) => `FAILED nobody looked at the page “${name}”`),
      `flows ${played.length}, checks ${total(({ checks }) => checks)}, pages ${seen.size} in light, dark and narrow, violations ${total(({ violations }) => violations.length)}`,
      `${played.length - failed} passed, ${failed + unseen.length} failed`,
    ],
    isGood: played.length > 0 && failed + unseen.length === 0,
  }
}
