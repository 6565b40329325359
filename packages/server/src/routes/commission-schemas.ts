import { z } from 'zod'
import { Inexact, shown } from '../http/json.ts'
import { hasAtMost, isObject } from '../http/validate.ts'

/** Bodies of the commission calls; the message of the first broken rule is the answer's. Source: quota specification, 5. */

const NO_DICT = 'Request should be a JSON dict'

/** A JSON integer of any size. O-10: true and false are none. */
const integer = z.union([z.bigint(), z.int()]).transform(BigInt)

const isPart = (value: unknown): boolean => typeof value !== 'object' || value === null || value instanceof Inexact

/** What is no text names no holding; a fraction is repeated as the number that it is. */
const part = z.unknown().transform((value) => (value instanceof Inexact ? Number(value.text) : value))

const provision = z.preprocess(
  (value, context) => {
    const isWellFormed =
      isObject(value) &&
      ['holder', 'source', 'resource', 'quantity'].every((member) => Object.hasOwn(value, member)) &&
      [value['holder'], value['source'], value['resource']].every(isPart)
    if (!isWellFormed || !isInteger(value['quantity'])) {
      context.issues.push({ code: 'custom', input: value, message: `Malformed provision ${shown(value)}` })
      return z.NEVER
    }
    return value
  },
  z.object({ holder: part, source: part, resource: part, quantity: integer }),
)

function isInteger(value: unknown): boolean {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value))
}

const flag = (name: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean({ error: `"${name}" option should be a boolean.` }).default(false)

const NAME_MAX = 4096

export const issueBody = z.object(
  {
    provisions: z
      .any()
      .refine((value) => value !== null && value !== undefined, { error: 'Provisions are missing.', abort: true })
      .pipe(z.array(provision, { error: 'Provisions should be a list.' })),
    force: flag('force'),
    auto_accept: flag('auto_accept'),
    // O-12: the limit is in characters, and an emoji is one.
    name: z
      .string({ error: 'Commission name should be a string.' })
      .refine((name) => hasAtMost(name, NAME_MAX), {
        error: `Commission name should have at most ${NAME_MAX} characters.`,
      })
      .default(''),
  },
  { error: NO_DICT },
)

export const actionBody = z
  .custom<Record<string, unknown>>(isObject, { error: NO_DICT, abort: true })
  .refine((body) => Object.hasOwn(body, 'accept') !== Object.hasOwn(body, 'reject'), {
    error: 'Specify either accept or reject action.',
  })
  .transform((body): 'accept' | 'reject' => (Object.hasOwn(body, 'accept') ? 'accept' : 'reject'))

const serials = z
  .array(
    z.any().refine((value) => isInteger(value) && !(value instanceof Inexact), { error: 'Serials should be integer.' }),
    { error: '"accept" and "reject" should reference lists of serials.' },
  )
  .transform((list) => list.map((serial: number | bigint) => BigInt(serial)))
  .default([])

export const resolveBody = z.object({ accept: serials, reject: serials }, { error: NO_DICT })
