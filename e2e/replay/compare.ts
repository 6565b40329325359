import { isSafe } from './recognise/drive.ts'
import type { Json } from './json.ts'

/** Members that are always `bigint`, whatever their size; other integers are `number` where that is exact. */
const QUANTITY = /^(limit|usage|pending|quantity|max_members|project_(limit|usage|pending)|(project|member)_capacity)$/

/**
 * Differences between a recorded value and the one that the client made of it: same members, same items in the same
 * order, and each integer in the type that the client promises.
 */
export function compare(expected: Json | undefined, actual: unknown, at: string, member = ''): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [difference(at, expected, actual)]
    const items: unknown[] = actual
    if (items.length !== expected.length) return [`${at}: recorded ${expected.length} items, got ${items.length}`]
    return expected.flatMap((item, index) => compare(item, items[index], `${at}[${index}]`))
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null || Array.isArray(actual))
      return [difference(at, expected, actual)]
    const members = actual as Record<string, unknown>
    const unknown = Object.keys(members).filter((name) => !Object.hasOwn(expected, name))
    return [
      ...unknown.map((name) => `${at}.${name}: not recorded`),
      ...Object.entries(expected).flatMap(([name, value]) => compare(value, members[name], `${at}.${name}`, name)),
    ]
  }
  const wanted =
    typeof expected === 'bigint' && !QUANTITY.test(member) && isSafe(expected) ? Number(expected) : expected
  if (QUANTITY.test(member) && wanted !== null && typeof wanted !== 'bigint')
    return [`${at}: a quantity, but recorded as ${shown(expected)}`]
  return Object.is(actual, wanted) ? [] : [difference(at, wanted, actual)]
}

function difference(at: string, expected: Json | undefined, actual: unknown): string {
  return `${at}: expected ${shown(expected)}, got ${shown(actual)}`
}

function shown(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  return (
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)) ?? typeof value
  )
}
