import { z } from 'zod'
import { id, text } from './input.ts'

const name = text(255)

/** A thing by its number or, as a text, by its name. */
export function reference(what: string): z.ZodType<bigint | string> {
  return z
    .unknown()
    .transform((value) => (typeof value === 'string' ? name : id).safeParse(value).data ?? null)
    .refine((value): value is bigint | string => value !== null, 'must be a name of at most 255 characters, or an id')
    .describe(`which ${what}: its name, or its id as a number`)
}
