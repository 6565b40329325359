import { objectOf, quantityOf, stringOf } from './arguments.ts'
import { BadValue } from './errors.ts'
import { isUnlimited, UNLIMITED } from './wire/quantity.ts'
import type { Quota, QuantityInput } from './wire/types.ts'

/** `auto` chooses the unit, `none` writes the plain number. */
export type UnitStyle = 'auto' | 'b' | 'kb' | 'mb' | 'gb' | 'tb' | 'pb' | 'none'

/** Places are powers of 1024: all units are binary, whatever their name. */
const STYLES: readonly string[] = ['b', 'kb', 'mb', 'gb', 'tb', 'pb'] satisfies UnitStyle[]
const SUFFIXES = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']

/**
 * Writes a quantity as operators read it.
 *
 * Only `bytes` are scaled; a quantity of another unit, or without one, is its plain number. Unlimited is `inf`, except
 * in the style `none`. A scaled value has three decimals below 1, two below 10, else one, and is rounded from the exact
 * quotient as C's `printf` does it: to the nearest, a tie to the even digit. The unit is chosen and the decimals are
 * counted before rounding, so that one byte less than an MB is `1024.0 kB`. A negative quantity is written like its
 * opposite, with a minus, also where its digits are rounded to zeros.
 *
 * @param quantity whole units, within 64 bits.
 * @param unit the resource's `unit`.
 * @param style `auto` takes the largest unit that keeps the value at 1 or above. @default 'auto'
 * @throws {BadValue} the quantity is no integer of 64 bits, the unit no string or the style unknown.
 *
 * @example
 * ```ts
 * formatQuantity(10737418240n, 'bytes') // '10.0 GB'
 * formatQuantity(10737418240n, 'bytes', 'mb') // '10240.0 MB'
 * formatQuantity(UNLIMITED, 'bytes') // 'inf'
 * ```
 *
 * Source: specification 00, 10.2.
 */
export function formatQuantity(quantity: QuantityInput, unit?: string | null, style: UnitStyle = 'auto'): string {
  const value = quantityOf('formatQuantity', 'quantity', quantity)
  if (unit !== null && unit !== undefined) stringOf('formatQuantity', 'unit', unit)
  const fixed = STYLES.indexOf(style)
  if (fixed < 0 && style !== 'auto' && style !== 'none') {
    throw new BadValue('style', `must be one of auto, ${STYLES.join(', ')}, none`, 'formatQuantity')
  }
  if (style === 'none') return String(value)
  if (isUnlimited(value)) return 'inf'
  if (unit !== 'bytes') return String(value)
  const magnitude = value < 0n ? -value : value
  const power = fixed < 0 ? powerOf(magnitude) : fixed
  const digits = power === 0 ? String(magnitude) : quotient(magnitude, 1024n ** BigInt(power))
  return `${value < 0n ? '-' : ''}${digits} ${SUFFIXES[power]}`
}

function powerOf(magnitude: bigint): number {
  let power = 0
  while (power + 1 < STYLES.length && magnitude >= 1024n ** BigInt(power + 1)) power++
  return power
}

/** In integers: a double holds 53 bits, and `toFixed` rounds ties up. */
function quotient(magnitude: bigint, divisor: bigint): string {
  const decimals = magnitude < divisor ? 3 : magnitude < 10n * divisor ? 2 : 1
  const scaled = magnitude * 10n ** BigInt(decimals)
  const floor = scaled / divisor
  const rest = (scaled % divisor) * 2n
  const rounded = rest > divisor || (rest === divisor && floor % 2n === 1n) ? floor + 1n : floor
  const digits = String(rounded).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/**
 * Reads a quantity as people write it: `10GiB`, `1.5 M`, `300`, `20 bytes`, `inf`.
 *
 * Digits, perhaps a point and more digits, then perhaps a unit: `bytes`, or `K`, `M`, `G`, `T`, `P`, each also with `B`
 * or `iB`, in any case and all of them binary. The decimals are exact; what is left of a fraction of the smallest unit
 * is cut off. No sign, no exponent, no blanks in front; digits are those of ASCII. `inf` and `infinite` are unlimited,
 * in lower case only.
 *
 * @returns the quantity, perhaps larger than any limit: its range is for the place where it is used.
 * @throws {BadValue} anything else.
 *
 * @example
 * ```ts
 * parseQuantity('1.5GiB') // 1610612736n
 * ```
 *
 * Source: specification 00, 10.1, O-11.
 */
export function parseQuantity(text: string): bigint {
  stringOf('parseQuantity', 'text', text)
  if (text === 'inf' || text === 'infinite') return UNLIMITED
  // With the flag `s` the pattern can't fail after the first digit, so there is nothing to backtrack for.
  const [, whole, decimals, unit] = /^(\d+)\.?(\d*)(.*)$/s.exec(text) ?? []
  const known = /^(?:([kmgtp])(?:i?b)?|bytes)?$/i.exec(unit?.trim() ?? '')
  if (whole === undefined || decimals === undefined || !known) {
    throw new BadValue('text', 'must be a quantity such as "10GiB"', 'parseQuantity')
  }
  const factor = 1024n ** BigInt(STYLES.indexOf(`${known[1]?.toLowerCase() ?? ''}b`))
  // Multiples of 1/1024^5 have at most 50 decimals, so later ones never reach a whole unit.
  const fraction = decimals.slice(0, 50)
  return (BigInt(whole + fraction) * factor) / 10n ** BigInt(fraction.length)
}

export interface EffectiveQuota {
  /** What the user may hold in all: the member's limit or what the others left of the project's, never below 0. */
  limit: bigint
  usage: bigint
  pending: bigint
  /** What the user may still take; `UNLIMITED` when `limit` is. */
  available: bigint
  /** Whose limit it is; the member's when both are the same. */
  boundBy: 'member' | 'project'
  /** `usage` is above `limit`: nothing can be taken, not even zero, before some is given back. */
  overLimit: boolean
}

/**
 * What is really left to a user in a project: a member's own limit is a promise that the project may have made to
 * others too.
 *
 * The limit is the smaller of the member's and the project's less what others took (`project_usage - usage`). Unlimited
 * is no number here: nothing is taken from it, and it binds only where both are unlimited, as the member's. `usage`
 * counts pending commissions, as it does in the answer.
 *
 * @param quota one resource of `getQuotas` or `serviceGetQuotas`.
 * @throws {BadValue} a quantity is missing or no `bigint`.
 *
 * @example
 * ```ts
 * const quotas = await client.getQuotas()
 * const { available } = effectiveQuota(quotas[project]!['cyclades.vm']!)
 * ```
 *
 * Source: quota specification, 2.
 */
export function effectiveQuota(quota: Quota): EffectiveQuota {
  const read = objectOf('effectiveQuota', 'quota', quota)
  const limit = memberOf(read, 'limit')
  const usage = memberOf(read, 'usage')
  const pending = memberOf(read, 'pending')
  const projectLimit = memberOf(read, 'project_limit')
  const takenByOthers = positive(memberOf(read, 'project_usage') - usage)

  const left = isUnlimited(projectLimit) ? UNLIMITED : projectLimit - takenByOthers
  const boundBy = left < limit ? 'project' : 'member'
  const effective = positive(boundBy === 'project' ? left : limit)
  return {
    limit: effective,
    usage,
    pending,
    available: isUnlimited(effective) ? UNLIMITED : positive(effective - usage),
    boundBy,
    overLimit: usage > effective,
  }
}

/** Only `bigint`: a `number` means that the document was not read exactly. */
function memberOf(quota: Readonly<Record<string, unknown>>, member: string): bigint {
  const value = quota[member]
  if (typeof value !== 'bigint') throw new BadValue(`quota.${member}`, 'must be a bigint', 'effectiveQuota')
  return value
}

function positive(value: bigint): bigint {
  return value > 0n ? value : 0n
}
