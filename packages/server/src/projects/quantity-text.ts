/** Longer ones are beyond every limit, and reading them costs more than their length. */
const LENGTH_MAX = 100

const INFINITE = 2n ** 63n - 1n

/** O-11: `bytes` is a unit, too. Letters of other alphabets whose capitals are these do not match. */
const QUANTITY = /^(\d+)(?:\.(\d*))?\s*(?:([kmgtp])(?:i?b)?|bytes)?\s*$/i

const PREFIXES = 'kmgtp'

/**
 * Reads a JSON integer, or a text of a number and a unit, of which what is less than one is dropped; the range is the
 * caller's concern. Source: overview, 10.1.
 *
 * @returns null: it is none.
 */
export function parseQuantity(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : null
  if (typeof value !== 'string') return null
  if (value === 'inf' || value === 'infinite') return INFINITE
  const match = value.length > LENGTH_MAX ? null : QUANTITY.exec(value)
  if (match === null) return null
  const [, whole = '', fraction = '', prefix = ''] = match
  const factor = 1024n ** BigInt(prefix === '' ? 0 : PREFIXES.indexOf(prefix.toLowerCase()) + 1)
  // As a fraction of integers: a double would round.
  return (BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length)
}
