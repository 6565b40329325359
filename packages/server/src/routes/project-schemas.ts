import { z } from 'zod'
import { isObject } from '../http/validate.ts'
import { parseQuantity } from '../projects/quantity-text.ts'

/** Bodies of the project calls; the message of the first broken rule is the answer's. Source: project specification, 6.1, 9 and 10. */

const INT64_MAX = 2n ** 63n - 1n
const NO_OBJECT = 'Invalid input data'

const policy = (message: string): z.ZodEnum<{ auto: 'auto'; moderated: 'moderated'; closed: 'closed' }> =>
  z.enum(['auto', 'moderated', 'closed'], { error: message })
const JOIN = policy('Invalid join policy')
const LEAVE = policy('Invalid leave policy')
const text = (name: string): z.ZodNullable<z.ZodString> => z.string({ error: `${name} must be string` }).nullable()
const flag = z.boolean({ error: 'private must be boolean' }).nullable()

/** A JSON integer, or digits with a unit; its range is checked later. */
export const quantity: z.ZodType<bigint, unknown> = z.unknown().transform((value, context) => {
  const parsed = parseQuantity(value)
  if (parsed !== null) return parsed
  context.issues.push({ code: 'custom', input: value, message: 'Invalid max_members' })
  return z.NEVER
})

const present = (message: string): z.ZodType<unknown> =>
  z.any().refine((value) => value !== null && value !== undefined, { error: message })

/** The owner is looked for before anything else is checked. */
export const withOwner = z.object({ owner: z.unknown().optional() }, { error: NO_OBJECT })

/** What is checked first, in this order, of a new project. */
export const creation = z.object({
  name: present('Name missing.'),
  join_policy: JOIN.default('moderated'),
  leave_policy: LEAVE.default('auto'),
  end_date: present('Missing end date'),
  max_members: quantity.default(INT64_MAX),
  private: flag.default(false),
  homepage: text('homepage').default(''),
  description: text('description').default(''),
  comments: text('comments').default(''),
  resources: z.unknown().optional(),
  start_date: z.unknown().optional(),
})

/** Of a modification: what is missing or null stays as it is. */
export const modification = z.object({
  name: z.unknown().optional(),
  join_policy: JOIN.nullable().default(null),
  leave_policy: LEAVE.nullable().default(null),
  end_date: z.unknown().optional(),
  max_members: z.union([z.null(), quantity], { error: 'Invalid max_members' }).default(null),
  private: flag.default(null),
  homepage: text('homepage').default(null),
  description: text('description').default(null),
  comments: text('comments').default(null),
  resources: z.unknown().optional(),
  start_date: z.unknown().optional(),
})

export type Stated = z.output<typeof creation> | z.output<typeof modification>

/**
 * An object with exactly one of the keys that are known; others are left out of account. Source: project specification,
 * 10; membership specification, 5.
 */
export function oneAction<A extends string>(
  actions: readonly A[],
  notAnObject: string,
): z.ZodType<{ action: A; value: unknown }, unknown> {
  return z.custom<Record<string, unknown>>(isObject, { error: notAnObject, abort: true }).transform((body, context) => {
    const [action, ...more] = actions.filter((name) => Object.hasOwn(body, name))
    if (action !== undefined && more.length === 0) return { action, value: body[action] }
    const message = action === undefined ? 'No recognized action' : 'Multiple actions not supported'
    context.issues.push({ code: 'custom', input: body, message })
    return z.NEVER
  })
}
