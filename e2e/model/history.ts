import { canonical } from './canonical.ts'
import { nameOf } from './model.ts'
import { countersOf, type State } from './state.ts'
import { shown, type Answer, type Issue, type Request } from './steps.ts'

/** A request and its answer. The times are counted, not measured: whatever was received before another was sent is less. */
export interface Call {
  readonly connection: number
  readonly request: Request
  readonly answer: Answer
  readonly sent: number
  readonly received: number
}

type IssueCall = Call & { readonly request: Issue }

/** A commission as the answers tell of it. */
interface Told {
  readonly issued: IssueCall
  /** Who was told that it has been settled. */
  readonly settled: { readonly how: 'accept' | 'reject'; readonly call: Call }[]
}

/**
 * Judges what many connections were told by what is stored in the end: every answer has its effect, every effect its
 * answer, each once.
 *
 * @param fixed limits that nobody changed and nobody forced, by the holding's name.
 * @returns a line for each thing that does not fit.
 */
export function explain(calls: readonly Call[], end: State, fixed: ReadonlyMap<string, bigint>): string[] {
  const problems: string[] = calls
    .filter(({ answer }) => answer.status >= 500 && answer.status !== 503)
    .map((call) => `answer: ${told(call)}`)
  const commissions = commissionsOf(calls, problems)
  judgeOrder(calls, problems)
  judgeSettling(calls, commissions, problems)
  judgeKeys(calls, end, problems)
  judgeRefusals(calls, fixed, problems)
  judgeSums(commissions, end, problems)
  judgeStored(commissions, end, problems)
  return problems
}

function commissionsOf(calls: readonly Call[], problems: string[]): Map<bigint, Told> {
  const commissions = new Map<bigint, Told>()
  for (const call of issuesOf(calls)) {
    const serial = serialOf(call)
    if (serial === null || call.answer.replayed) continue
    const before = commissions.get(serial)
    if (before) problems.push(`serial: ${serial} was given to ${told(before.issued)} and to ${told(call)}`)
    else commissions.set(serial, { issued: call, settled: [] })
  }
  return commissions
}

/** Serials strictly increase in issue order: also across connections and processes, as far as an order can be seen. */
function judgeOrder(calls: readonly Call[], problems: string[]): void {
  const issued = issuesOf(calls).filter(({ answer }) => answer.status === 201 && !answer.replayed)
  const bySent = issued.toSorted((a, b) => a.sent - b.sent)
  const byReceived = issued.toSorted((a, b) => a.received - b.received)
  let highest: IssueCall | null = null
  let next = 0
  for (const call of bySent) {
    for (let other = byReceived[next]; other && other.received < call.sent; other = byReceived[++next])
      if (highest === null || (serialOf(other) ?? 0n) > (serialOf(highest) ?? 0n)) highest = other
    if (highest && (serialOf(highest) ?? 0n) >= (serialOf(call) ?? 0n))
      problems.push(`serial: ${told(call)} came after ${told(highest)}`)
  }
}

function judgeSettling(calls: readonly Call[], commissions: Map<bigint, Told>, problems: string[]): void {
  const missed: { serial: bigint; call: Call }[] = []
  for (const call of calls) {
    const { done, missing } = settlingOf(call)
    for (const { serial, how } of done) {
      const commission = commissions.get(serial)
      if (!commission) problems.push(`settled: nobody was given ${serial}: ${told(call)}`)
      else {
        const { by, autoAccept } = commission.issued.request
        if (by !== call.request.by) problems.push(`I11: ${serial} is of ${by}: ${told(call)}`)
        if (autoAccept) problems.push(`settled: ${serial} was accepted with its issue: ${told(call)}`)
        commission.settled.push({ how, call })
      }
    }
    missed.push(...missing.map((serial) => ({ serial, call })))
  }
  for (const [serial, { settled }] of commissions)
    if (settled.length > 1)
      problems.push(`settled: ${serial} more than once: ${settled.map(({ call }) => told(call)).join(' and ')}`)
  for (const { serial, call } of missed) {
    const commission = commissions.get(serial)
    if (!commission || commission.issued.request.by !== call.request.by || commission.issued.request.autoAccept)
      continue
    const isExplained = commission.settled.some((other) => other.call.sent < call.received)
    const isIssuedLater = commission.issued.received > call.sent
    if (!isExplained && !isIssuedLater) problems.push(`settled: ${serial} was pending all the while: ${told(call)}`)
  }
}

/** Idempotency contract, 5 to 7: one decision for each key, and everybody who repeats the request is told of it. */
function judgeKeys(calls: readonly Call[], end: State, problems: string[]): void {
  const stored = new Map(
    end.keys.map((line) => {
      const [key, status, body] = JSON.parse(line) as [string, number, string]
      return [key, shown([status, body])]
    }),
  )
  const byKey = new Map<string, IssueCall[]>()
  for (const call of issuesOf(calls)) {
    if (call.request.key === null || call.answer.status === 503) continue
    const key = `${call.request.by} ${call.request.key}`
    byKey.set(key, [...(byKey.get(key) ?? []), call])
  }
  for (const [key, copies] of byKey) {
    const decided = copies.filter(({ answer }) => !answer.replayed && answer.status !== 422)
    const [first] = decided
    if (!first || decided.length > 1) {
      problems.push(`key: ${key} was decided ${decided.length} times: ${decided.map(told).join(' and ')}`)
      continue
    }
    const request = requestOf(first)
    const decision = shown([first.answer.status, canonical(first.answer.body)])
    if (stored.get(key) !== decision) problems.push(`key: ${key} is stored as ${stored.get(key)}, and ${told(first)}`)
    for (const copy of copies) {
      const isSame = requestOf(copy) === request
      if (isSame !== (copy.answer.status !== 422))
        problems.push(`key: ${key} was decided for ${told(first)}, and ${told(copy)}`)
      else if (isSame && shown([copy.answer.status, canonical(copy.answer.body)]) !== decision)
        problems.push(`key: ${key} has two answers: ${told(first)} and ${told(copy)}`)
    }
  }
  for (const key of stored.keys()) if (!byKey.has(key)) problems.push(`key: nobody was answered about ${key}`)
}

/** A refusal is possible only if its own numbers say so, and a limit that nobody changes is the one that is told. */
function judgeRefusals(calls: readonly Call[], fixed: ReadonlyMap<string, bigint>, problems: string[]): void {
  for (const call of issuesOf(calls)) {
    const data = overLimitOf(call.answer)
    if (!data) continue
    const { name, limit, usage, provision } = data
    const holding = nameOf(provision)
    const quantity = BigInt(provision.quantity)
    const fits = name === 'NoCapacityError' ? BigInt(usage) + quantity <= BigInt(limit) : BigInt(usage) + quantity >= 0n
    const known = fixed.get(holding)
    const isOther = known !== undefined && name === 'NoCapacityError' && BigInt(limit) !== known
    const isOver = known !== undefined && BigInt(usage) > known
    if (fits || isOther || isOver) problems.push(`refusal: ${told(call)}`)
  }
}

/** Per holding, what was acknowledged makes up the counters, exactly: I2 and I3 from the outside. */
function judgeSums(commissions: Map<bigint, Told>, end: State, problems: string[]): void {
  const sums = new Map<string, { min: bigint; max: bigint }>()
  for (const { issued, settled } of commissions.values()) {
    const { provisions, autoAccept } = issued.request
    const how = autoAccept ? 'accept' : settled[0]?.how
    if (how === 'reject') continue
    for (const [name, quantity] of mergedOf(provisions)) {
      const sum = sums.get(name) ?? { min: 0n, max: 0n }
      sums.set(name, sum)
      if (how === 'accept' || quantity < 0n) sum.min += quantity
      if (how === 'accept' || quantity >= 0n) sum.max += quantity
    }
  }
  for (const [name, { min, max }] of countersOf(end)) {
    const sum = sums.get(name) ?? { min: 0n, max: 0n }
    if (sum.min !== min || sum.max !== max)
      problems.push(`sum: ${name} has ${min} … ${max}, and ${sum.min} … ${sum.max} was acknowledged`)
  }
}

function judgeStored(commissions: Map<bigint, Told>, end: State, problems: string[]): void {
  const stored = new Map<string, string>()
  for (const line of end.pending) stored.set((JSON.parse(line) as [string])[0], 'pending')
  for (const line of end.log) {
    const [serial, , , reason] = JSON.parse(line) as [string, string, string, string]
    stored.set(serial, reason)
  }
  for (const [serial, { issued, settled }] of commissions) {
    const how = issued.request.autoAccept ? 'accept' : settled[0]?.how
    const expected = how === undefined ? 'pending' : `${how.toUpperCase()}:`
    const found = stored.get(`${serial}n`)
    if (found !== expected) problems.push(`stored: ${serial} is ${found ?? 'nowhere'} and should be ${expected}`)
    stored.delete(`${serial}n`)
  }
  for (const [serial, state] of stored) problems.push(`stored: ${serial} is ${state}, and nobody was given it`)
}

function issuesOf(calls: readonly Call[]): IssueCall[] {
  return calls.filter((call): call is IssueCall => call.request.kind === 'issue')
}

export function serialOf({ answer: { status, body } }: { readonly answer: Answer }): bigint | null {
  return status === 201 ? BigInt((body as { serial: number | bigint }).serial) : null
}

function settlingOf({ request, answer }: Call): {
  done: { serial: bigint; how: 'accept' | 'reject' }[]
  missing: bigint[]
} {
  if (request.kind === 'act') {
    const { serial, action: how } = request
    if (answer.status === 200) return { done: [{ serial, how }], missing: [] }
    return { done: [], missing: answer.status === 404 ? [serial] : [] }
  }
  if (request.kind !== 'resolve' || answer.status !== 200) return { done: [], missing: [] }
  type Serial = number | bigint
  const { accepted, rejected, failed } = answer.body as {
    accepted: Serial[]
    rejected: Serial[]
    failed: [Serial, object][]
  }
  return {
    done: [
      ...accepted.map((serial) => ({ serial: BigInt(serial), how: 'accept' as const })),
      ...rejected.map((serial) => ({ serial: BigInt(serial), how: 'reject' as const })),
    ],
    missing: failed.filter(([, fault]) => 'itemNotFound' in fault).map(([serial]) => BigInt(serial)),
  }
}

interface OverLimit {
  readonly name: string
  readonly limit: number | bigint
  readonly usage: number | bigint
  readonly provision: { holder: string; source: string | null; resource: string; quantity: number | bigint }
}

function overLimitOf({ status, body }: Answer): OverLimit | null {
  return status === 413 ? (body as { overLimit: { data: OverLimit } }).overLimit.data : null
}

function mergedOf(provisions: Issue['provisions']): Map<string, bigint> {
  const merged = new Map<string, bigint>()
  for (const provision of provisions) {
    const name = nameOf(provision)
    merged.set(name, (merged.get(name) ?? 0n) + provision.quantity)
  }
  return merged
}

function requestOf({ request: { provisions, name, force, autoAccept } }: IssueCall): string {
  return shown([provisions, name, force, autoAccept])
}

function told({ connection, request, answer, sent, received }: Call): string {
  return `[connection ${connection}, ${sent}–${received}] ${shown(request)} → ${canonical(answer)}`
}
