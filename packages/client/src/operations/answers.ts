import { Missing, Unusable } from '../answer.ts'
import { isDict } from '../wire/fault.ts'

/**
 * Readers of answers. A promise of a document is kept, or broken with an error: what a service sends instead must not
 * surface later, as a `TypeError` in the caller's code. Inside, everything is taken as it comes.
 */

export function objectAnswer<T>(document: unknown): T {
  if (!isDict(document)) throw new Unusable('The answer is not an object')
  return document as T
}

export function listAnswer<T>(document: unknown): T {
  if (!Array.isArray(document)) throw new Unusable('The answer is not a list')
  return document as T
}

export function nothing(): void {}

/** One member of the answer. @throws {Missing} */
export function memberAnswer(document: unknown, name: string): unknown {
  const member = isDict(document) ? document[name] : undefined
  if (member === undefined || member === null) throw new Missing(`The answer has no ${name}`)
  return member
}
