import type { z } from 'zod'
import { badRequest } from './fault.ts'

/** What a schema makes of a document. @throws {Fault} 400 with the message of the first rule that is broken. */
export function validate<S extends z.ZodType>(schema: S, document: unknown): z.output<S> {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  throw badRequest(result.error.issues[0]?.message ?? 'Malformed request')
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
