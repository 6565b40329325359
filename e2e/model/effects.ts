import { nameOf } from './model.ts'
import { countersOf, type State } from './state.ts'
import { shown, type Answer, type Request } from './steps.ts'

/** What one request did to the stored state, judged without the model: I4, I5, I9 and I11. */
export function effectsOf(request: Request, answer: Answer, before: State, after: State): string[] {
  const problems: string[] = []
  const isSame = (part: 'holdings' | 'pending' | 'log'): boolean => shown(before[part]) === shown(after[part])
  const hasChanged = !isSame('holdings') || !isSame('pending') || !isSame('log')
  const isRead = request.kind === 'list' || request.kind === 'show'
  if (hasChanged && (answer.status >= 400 || answer.replayed || isRead)) {
    problems.push(
      `I9: it was answered by ${answer.status}${answer.replayed ? ', replayed,' : ''} and changed something`,
    )
  }
  if (
    answer.status >= 400 &&
    answer.status !== 404 &&
    answer.status !== 413 &&
    shown(before.keys) !== shown(after.keys)
  ) {
    const isStored = answer.status === 400 && request.kind === 'issue'
    if (!isStored) problems.push(`key: an answer of ${answer.status} was kept`)
  }
  if (request.kind === 'issue' && answer.status === 201 && !answer.replayed)
    problems.push(...ofIssue(request, before, after))
  if (request.kind === 'act' || request.kind === 'resolve') {
    // I11: what has ended was the caller's own.
    const owners = new Map(before.pending.map((line) => JSON.parse(line) as [string, string]))
    const left = new Set(after.pending.map((line) => (JSON.parse(line) as [string])[0]))
    for (const [serial, owner] of owners)
      if (!left.has(serial) && owner !== request.by) problems.push(`I11: ${request.by} has ended ${serial} of ${owner}`)
  }
  return problems
}

function ofIssue(
  { provisions, force, autoAccept }: Extract<Request, { kind: 'issue' }>,
  before: State,
  after: State,
): string[] {
  const problems: string[] = []
  const [was, is] = [countersOf(before), countersOf(after)]
  const quantities = new Map<string, bigint>()
  for (const provision of provisions) {
    const name = nameOf(provision)
    quantities.set(name, (quantities.get(name) ?? 0n) + provision.quantity)
  }
  for (const [name, old] of was) {
    const quantity = quantities.get(name)
    const now = is.get(name) ?? old
    const isImport = (quantity ?? 0n) >= 0n
    const [min, max] = autoAccept
      ? [old.min + (quantity ?? 0n), old.max + (quantity ?? 0n)]
      : [old.min + (isImport ? 0n : (quantity ?? 0n)), old.max + (isImport ? (quantity ?? 0n) : 0n)]
    if (now.min !== min || now.max !== max)
      problems.push(`I5: ${quantity ?? 'nothing'} of ${name} made ${now.min} … ${now.max} of ${old.min} … ${old.max}`)
    if (quantity !== undefined && isImport && !force && now.max > now.limit)
      problems.push(`I4: ${name} has ${now.max} of ${now.limit} after an import without force`)
  }
  return problems
}
