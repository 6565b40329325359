/**
 * A document in one spelling: members sorted, integers of whatever type, times replaced by a mark where they are well
 * formed, and lists whose order means nothing sorted. Two documents mean the same if these texts are equal.
 */
export function canonical(document: unknown): string {
  return write(withoutOrder(document))
}

function write(value: unknown): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'nothing'
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${write(timeless(name, member))}`).join(',')}}`
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?\+00:00$/

const TIMES: ReadonlySet<string> = new Set([
  'issue_time',
  'resolve_time',
  'creation_date',
  'deactivation_date',
  // Of a membership: when it was last in this state.
  'requested',
  'accepted',
  'leave_requested',
  'suspended',
  'rejected',
  'cancelled',
  'removed',
])

function timeless(name: string, value: unknown): unknown {
  if (name === 'allowed_actions') return sorted(value)
  return TIMES.has(name) && typeof value === 'string' && TIME.test(value) ? 'a time' : value
}

/** Quota specification, 5.2 and 5.5: of the failed ones, kind comes before kind; within a kind any order will do. */
function withoutOrder(document: unknown): unknown {
  if (Array.isArray(document)) return sorted(document)
  if (typeof document !== 'object' || document === null || !('failed' in document)) return document
  const { accepted, rejected, failed, ...more } = document as Record<string, unknown>
  return { ...more, accepted: sorted(accepted), rejected: sorted(rejected), failed: runs(failed) }
}

function sorted(list: unknown): unknown {
  return Array.isArray(list) ? list.map(write).sort() : list
}

function runs(failed: unknown): unknown {
  if (!Array.isArray(failed)) return failed
  const grouped: { kind: string; entries: string[] }[] = []
  for (const entry of failed as unknown[]) {
    const fault: unknown = Array.isArray(entry) ? entry[1] : null
    const kind = typeof fault === 'object' && fault !== null ? Object.keys(fault).join(' ') : 'nothing'
    const last = grouped.at(-1)
    if (last?.kind === kind) last.entries.push(write(entry))
    else grouped.push({ kind, entries: [write(entry)] })
  }
  return grouped.map(({ entries }) => entries.sort())
}
