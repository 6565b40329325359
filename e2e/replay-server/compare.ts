import { isObject, writeJson, type Json, type JsonObject } from '../replay/json.ts'
import { INTEGER } from '../replay/placeholders.ts'
import type { Scope } from './scope.ts'

/** Where the comparison may be less strict. */
export interface Hints {
  /** Paths of lists without order, such as `$`, `$.accepted`, `$[*].allowed_actions`. */
  readonly unordered?: readonly string[]
  /** Paths of texts of which only the beginning counts, up to the first value in a notation of its own. */
  readonly lenient?: readonly string[]
}

const FOREIGN_NOTATION = /[([{]|u'|None|True|False/

/** Differences between what was recorded and what came; binds the placeholders that were not bound. */
export function compare(expected: Json, actual: Json | undefined, scope: Scope, hints: Hints = {}, at = '$'): string[] {
  if (Array.isArray(expected)) return compareLists(expected, actual, scope, hints, at)
  if (isObject(expected)) return compareObjects(expected, actual, scope, hints, at)
  if (typeof expected === 'string') return compareTexts(expected, actual, scope, hints, at)
  return Object.is(expected, actual) ? [] : [difference(at, expected, actual)]
}

function compareTexts(expected: string, actual: Json | undefined, scope: Scope, hints: Hints, at: string): string[] {
  if (INTEGER.test(expected)) {
    return typeof actual === 'bigint' && scope.matches(expected, String(actual))
      ? []
      : [difference(at, filled(expected, scope), actual)]
  }
  if (typeof actual !== 'string') return [difference(at, filled(expected, scope), actual)]
  const foreign = isAmong(hints.lenient, at) ? FOREIGN_NOTATION.exec(expected) : null
  const wanted = foreign === null ? expected : `${expected.slice(0, foreign.index)}<text>`
  return scope.matches(wanted, actual) ? [] : [difference(at, filled(wanted, scope), actual)]
}

function compareObjects(
  expected: JsonObject,
  actual: Json | undefined,
  scope: Scope,
  hints: Hints,
  at: string,
): string[] {
  if (!isObject(actual)) return [difference(at, expected, actual)]
  const problems: string[] = []
  const left = new Set(Object.keys(actual).filter((name) => !scope.isSurplus(name)))
  const open: [string, Json][] = []
  for (const [template, member] of Object.entries(expected)) {
    if (scope.withheldBy(template) !== null) continue
    if (!scope.isBound(template)) {
      open.push([template, member])
      continue
    }
    const name = scope.text(template)
    if (left.delete(name)) problems.push(...compare(member, actual[name], scope, hints, `${at}.${name}`))
    else problems.push(`${at}.${name}: missing, expected ${shown(filledJson(member, scope))}`)
  }
  for (const [template, member] of open) {
    const found = [...left].find((name) => {
      const fork = scope.fork()
      if (!fork.matches(template, name)) return false
      if (compare(member, actual[name], fork, hints, `${at}.${name}`).length > 0) return false
      scope.adopt(fork)
      return true
    })
    if (found === undefined) problems.push(`${at}.${template}: missing`)
    else left.delete(found)
  }
  return [...problems, ...[...left].map((name) => `${at}.${name}: not expected, got ${shown(actual[name])}`)]
}

function compareLists(
  recorded: readonly Json[],
  received: Json | undefined,
  scope: Scope,
  hints: Hints,
  at: string,
): string[] {
  if (!Array.isArray(received)) return [difference(at, [...recorded], received)]
  // What stems from a step that was answered differently does not exist here, or did not exist there.
  const expected = recorded.filter((item) => scope.withheldBy(item) === null)
  const actual = received.filter((item) => !scope.isSurplus(item))
  if (isAmong(hints.unordered, at)) return compareSets(expected, actual, scope, hints, at)
  if (expected.length !== actual.length) {
    return [`${at}: expected ${expected.length} items, got ${actual.length}: ${shown(actual)}`]
  }
  return expected.flatMap((item, index) => compare(item, actual[index], scope, hints, `${at}[${index}]`))
}

function compareSets(
  expected: readonly Json[],
  actual: readonly Json[],
  scope: Scope,
  hints: Hints,
  at: string,
): string[] {
  const items = actual.map((item, index) => ({ item, at: `${at}[${index}]` }))
  const assigned = expected.length === actual.length ? assign(expected, items, scope, hints) : null
  if (assigned !== null) {
    scope.adopt(assigned)
    return []
  }
  const left = new Set(items)
  const problems = expected.flatMap((item) => {
    const found = [...left].find((candidate) => fits(item, candidate, scope, hints) !== null)
    if (found !== undefined) left.delete(found)
    return found === undefined ? [`${at}: no item is ${shown(filledJson(item, scope))}`] : []
  })
  problems.push(...[...left].map(({ item, at: place }) => `${place}: not expected, got ${shown(item)}`))
  return problems.length > 0 ? problems : [`${at}: the items fit one by one, but not all together`]
}

type Candidate = Readonly<{ item: Json; at: string }>

/** Each expected item to an item of its own, or null. */
function assign(expected: readonly Json[], items: readonly Candidate[], scope: Scope, hints: Hints): Scope | null {
  const [first, ...others] = expected
  if (first === undefined) return scope.fork()
  for (const candidate of items) {
    const fork = fits(first, candidate, scope, hints)
    const remaining = items.filter((item) => item !== candidate)
    const assigned = fork && assign(others, remaining, fork, hints)
    if (assigned) return assigned
  }
  return null
}

function fits(expected: Json, { item, at }: Candidate, scope: Scope, hints: Hints): Scope | null {
  const fork = scope.fork()
  return compare(expected, item, fork, hints, at).length === 0 ? fork : null
}

function isAmong(paths: readonly string[] | undefined, at: string): boolean {
  return paths?.includes(at.replaceAll(/\[\d+\]/g, '[*]')) ?? false
}

function difference(at: string, expected: Json | undefined, actual: Json | undefined): string {
  return `${at}: expected ${shown(expected)}, got ${shown(actual)}`
}

function filled(template: string, scope: Scope): Json {
  return scope.isBound(template) ? scope.json(template) : template
}

function filledJson(template: Json, scope: Scope): Json {
  if (typeof template === 'string') return filled(template, scope)
  if (Array.isArray(template)) return template.map((item) => filledJson(item, scope))
  if (!isObject(template)) return template
  return Object.fromEntries(Object.entries(template).map(([name, member]) => [name, filledJson(member, scope)]))
}

const LONGEST = 1000

export function shown(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  const text = writeJson(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)} …` : text
}
