import { changedBetween, snapshotAfter, type Snapshot } from './snapshot.ts'
import { brokenInvariants } from './invariants.ts'
import { REFUSALS, type Refusal } from './expected-refusals.ts'
import type { Play } from './matrix.ts'
import type { Answer } from './http.ts'
import type { Stage } from './stage.ts'

/** @returns what is wrong, and how things are afterwards. */
export async function judge(
  stage: Stage,
  play: Play,
  before: Snapshot,
): Promise<{ problems: string[]; after: Snapshot }> {
  const { cell, actor, request, names, done } = play
  const answer = await stage.call(actor, request)
  const after = await snapshotAfter(stage.database, before)
  const changed = changedBetween(before, after)
  const refusal = REFUSALS[cell.expected]
  if (refusal) return { problems: [...judgeRefusal(answer, refusal, names), ...listed(changed, before, after)], after }

  if (answer.status !== done.status) {
    return { problems: [`${done.status} expected, got ${shown(answer)}`, ...listed(changed, before, after)], after }
  }
  const strays = changed.filter((key) => !done.mayChange.some((pattern) => pattern.test(key)))
  return {
    problems: [
      ...(await done.check(answer)),
      ...listed(strays, before, after),
      ...(await brokenInvariants(stage.database, before.project)),
    ],
    after,
  }
}

function judgeRefusal(answer: Answer, { status, fault, message }: Refusal, names: Play['names']): string[] {
  const filled = message.replaceAll(/\{(\w+)\}/g, (_, name: string) => names[name] ?? `no ${name}`)
  const expected = { [fault]: { code: status, message: filled, details: '' } }
  const isThat = answer.status === status && canonical(answer.json) === canonical(expected)
  return isThat ? [] : [`${status} ${fault} “${filled}” expected, got ${shown(answer)}`]
}

const shown = ({ status, text }: Answer): string => `${status} ${text.slice(0, 300) || 'without a body'}`

function listed(keys: readonly string[], before: Snapshot, after: Snapshot): string[] {
  return keys.map((key) => `changed ${key}: ${before.rows.get(key) ?? 'nothing'} → ${after.rows.get(key) ?? 'nothing'}`)
}

/** Members in one order, and integers as text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return Number(each)
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
