import { z } from 'zod'
import { Refused } from '../projects/refused.ts'
import { parseQuantity } from '../projects/quantity-text.ts'
import { isWellFormed } from '../well-formed.ts'

/** What operations are given: the shapes that come again, and how a wrong one is refused. */

const INT64_MAX = 2n ** 63n - 1n

/** One paragraph of text that the database can hold. */
export const text = (max: number): z.ZodString =>
  z
    .string({ error: 'must be a text' })
    .min(1, 'must not be empty')
    .refine((value) => Array.from(value).length <= max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\0') && isWellFormed(value), 'must hold neither NUL nor half a surrogate pair')

/** Like `text`, and may be empty. */
export const anyText = (max: number): z.ZodType<string> => z.union([z.literal(''), text(max)])

/** A number and a unit, `10GiB`, an integer, or `inf`. Source: overview, 10.1. */
export const quantity: z.ZodType<bigint> = z
  .unknown()
  .transform((value) => parseQuantity(value))
  .refine(
    (value): value is bigint => value !== null && value >= 0n && value <= INT64_MAX,
    "must be an integer from 0 to 9223372036854775807, optionally followed by a unit, or 'inf'",
  )

/** Of a row, or a serial. */
export const id: z.ZodType<bigint> = z
  .unknown()
  .transform((value) =>
    typeof value === 'bigint' || Number.isSafeInteger(value) ? BigInt(value as bigint | number) : null,
  )
  .refine((value): value is bigint => value !== null && value > 0n && value <= INT64_MAX, 'must be a positive integer')

export const uuid: z.ZodString = z
  .string({ error: 'must be a uuid' })
  .regex(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/, 'must be a uuid')

export const flag: z.ZodBoolean = z.boolean({ error: 'must be true or false' })

/** A point in time with its offset. */
export const moment: z.ZodType<Date> = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2030-01-01T00:00:00Z' })
  .transform((value) => new Date(value))
  // With its offset it may lie outside; many readers know no other years.
  .refine((date) => date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999, 'must be in the years 1 to 9999')

/** Long lists come in pages: what `next` says is the `after` of the next one. */
export const page = {
  after: id.optional().describe('the id behind which the list goes on: "next" of the page before'),
  limit: z
    .number({ error: 'must be an integer from 1 to 1000' })
    .int('must be an integer from 1 to 1000')
    .min(1, 'must be an integer from 1 to 1000')
    .max(1000, 'must be an integer from 1 to 1000')
    .default(100)
    .describe('entries at most (100)'),
}

/** A row more than the page has tells whether there is another one. */
export function pageOf<Row extends { readonly id: bigint }>(
  rows: readonly Row[],
  limit: number,
): { items: readonly Row[]; next: bigint | null } {
  const items = rows.slice(0, limit)
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
}

/** @throws {Refused} naming the field and the rule; nothing was done. */
export function readInput<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  if (!issue) throw new Refused('malformed', 'Malformed request')
  if (issue.code === 'unrecognized_keys')
    throw new Refused('malformed', `${[...issue.path, issue.keys[0]].join('.')}: there is no such field`)
  const isMissing = issue.path.length > 0 && valueAt(document, issue.path) === undefined
  const path = issue.path.join('.') || 'input'
  throw new Refused('malformed', `${path}: ${isMissing ? 'is missing' : issue.message}`)
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    document,
  )
}
