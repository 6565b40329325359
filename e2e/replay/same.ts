/** Differences between what was recorded and what came; a `bigint` equals the integer of its value. */
export function same(at: string, expected: unknown, received: unknown): string[] {
  if (isInteger(expected) && isInteger(received))
    return BigInt(expected) === BigInt(received) ? [] : [differ(at, expected, received)]
  if (typeof expected !== 'object' || expected === null || typeof received !== 'object' || received === null) {
    return Object.is(expected, received) ? [] : [differ(at, expected, received)]
  }
  if (Array.isArray(expected) !== Array.isArray(received)) return [differ(at, expected, received)]
  const names = new Set([...Object.keys(expected), ...Object.keys(received)])
  return [...names].flatMap((name) =>
    same(`${at}.${name}`, (expected as Record<string, unknown>)[name], (received as Record<string, unknown>)[name]),
  )
}

function isInteger(value: unknown): value is number | bigint {
  return typeof value === 'bigint' || Number.isInteger(value)
}

function differ(at: string, expected: unknown, received: unknown): string {
  return `${at}: recorded ${text(expected)}, came ${text(received)}`
}

function text(value: unknown): string {
  const whole =
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)) ?? 'undefined'
  return whole.length > 300 ? `${whole.slice(0, 300)}…` : whole
}
