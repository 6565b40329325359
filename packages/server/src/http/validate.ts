import type { z } from 'zod'
import { badRequest } from './fault.ts'
import { Inexact } from './json.ts'

/** What a schema makes of a document. @throws {Fault} 400 with the message of the first rule that is broken. */
export function validate<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  // A number is no object, also where a class stands for it.
  const result = schema.safeParse(document instanceof Inexact ? Number(document.text) : document)
  if (result.success) return result.data
  throw badRequest(result.error.issues[0]?.message ?? 'Malformed request')
}

/** Code points, which is what PostgreSQL counts. */
export function hasAtMost(text: string, max: number): boolean {
  return text.length <= max || Array.from(text).length <= max
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Inexact)
}
