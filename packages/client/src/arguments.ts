import { BadValue } from './errors.ts'
import { UNLIMITED } from './wire/quantity.ts'

/**
 * Checks of arguments. Each takes the method and the argument's name for the message, returns the value with its
 * type, and throws BadValue. They refuse what can't be sent as meant (null, a wrong type, an inexact number); whether
 * a value makes sense is the service's to judge.
 */

export function stringOf(method: string, argument: string, value: unknown): string {
  if (value === null || value === undefined) throw notGiven(method, argument)
  if (typeof value !== 'string') throw new BadValue(argument, `must be a string, not ${kindOf(value)}`, method)
  return value
}

/** An id or a word that may not be empty. */
export function idOf(method: string, argument: string, value: unknown): string {
  const text = stringOf(method, argument, value)
  if (text === '') throw new BadValue(argument, 'must not be empty', method)
  return text
}

/** An id that stands in a path: `.` and `..` would be resolved on the way, half a surrogate pair has no encoding. */
export function pathIdOf(method: string, argument: string, value: unknown): string {
  const id = idOf(method, argument, value)
  if (id === '.' || id === '..') throw new BadValue(argument, 'must not be "." or ".."', method)
  return encodable(method, argument, id)
}

/** Text that stands in a path, a query or a form. */
export function encodable(method: string, argument: string, text: string): string {
  if (/[\ud800-\udfff]/u.test(text)) throw new BadValue(argument, 'must not hold half a surrogate pair', method)
  return text
}

export function idsOf(method: string, argument: string, value: unknown): string[] {
  return listOf(method, argument, value).map((id, index) => idOf(method, `${argument}[${index}]`, id))
}

export function listOf(method: string, argument: string, value: unknown): readonly unknown[] {
  if (value === null || value === undefined) throw notGiven(method, argument)
  if (!Array.isArray(value)) throw new BadValue(argument, `must be an array, not ${kindOf(value)}`, method)
  return Array.from(value as readonly unknown[]) // `from` turns holes into undefined, which the items' check refuses
}

export function objectOf(method: string, argument: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === null || value === undefined) throw notGiven(method, argument)
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new BadValue(argument, `must be an object, not ${kindOf(value)}`, method)
  }
  // A Map, a Date or `Headers` has no members of its own: what it holds would be lost without a word.
  const tag = Object.prototype.toString.call(value)
  if (tag !== '[object Object]') throw new BadValue(argument, `must be a plain object, not ${tag.slice(8, -1)}`, method)
  return value as Readonly<Record<string, unknown>>
}

/** A serial, or the id of an application or a membership. */
export function serialOf(method: string, argument: string, value: unknown): number {
  if (value === null || value === undefined) throw notGiven(method, argument)
  if (typeof value !== 'number') throw new BadValue(argument, `must be a number, not ${kindOf(value)}`, method)
  if (!Number.isSafeInteger(value)) throw new BadValue(argument, `must be a safe integer, not ${value}`, method)
  return value === 0 ? 0 : value // -0 is 0
}

export function serialsOf(method: string, argument: string, value: unknown): number[] {
  return listOf(method, argument, value).map((serial, index) => serialOf(method, `${argument}[${index}]`, serial))
}

/** A quantity: `bigint` or a safe integer, within 64 bits. */
export function quantityOf(method: string, argument: string, value: unknown): bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) {
      throw new BadValue(argument, `must be a safe integer or a bigint, not ${value}`, method)
    }
    return BigInt(value)
  }
  if (value === null || value === undefined) throw notGiven(method, argument)
  if (typeof value !== 'bigint') {
    throw new BadValue(argument, `must be a bigint or a safe integer, not ${kindOf(value)}`, method)
  }
  if (value > UNLIMITED || value < -UNLIMITED - 1n) throw new BadValue(argument, 'must fit into 64 bits', method)
  return value
}

export function booleanOf(method: string, argument: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new BadValue(argument, `must be a boolean, not ${kindOf(value)}`, method)
  return value
}

/** A count or a time: a whole number, at least `least`. */
export function countOf(method: string, argument: string, value: unknown, least = 0): number {
  if (typeof value !== 'number') throw new BadValue(argument, `must be a number, not ${kindOf(value)}`, method)
  if (!Number.isSafeInteger(value) || value < least) {
    throw new BadValue(argument, `must be a whole number, at least ${least}, not ${value}`, method)
  }
  return value
}

/** Refused: they are the client's own, or they would change how the message is framed. */
const REFUSED_HEADERS = new Set([
  'x-auth-token',
  'content-length',
  'host',
  'idempotency-key',
  'connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
  'proxy-connection',
])

/** A copy, with names in lower case. */
export function headersOf(method: string, value: unknown): Record<string, string> {
  const headers: Record<string, string> = Object.create(null) as Record<string, string>
  for (const [name, text] of Object.entries(objectOf(method, 'headers', value))) {
    const key = name.toLowerCase()
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(key)) throw new BadValue('headers', 'must have header names as keys', method)
    if (REFUSED_HEADERS.has(key)) throw new BadValue('headers', `must not hold ${name}`, method)
    if (typeof text !== 'string') throw new BadValue('headers', `must hold strings; ${name} is ${kindOf(text)}`, method)
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      throw new BadValue('headers', `must hold printable Latin-1 characters; ${name} has others`, method)
    }
    headers[key] = text
  }
  return headers
}

export function signalOf(method: string, value: unknown): AbortSignal {
  // What is used of it; it may be of another realm.
  const { aborted, addEventListener, throwIfAborted } = Object(value) as { [member in keyof AbortSignal]?: unknown }
  if (typeof aborted !== 'boolean' || typeof addEventListener !== 'function' || typeof throwIfAborted !== 'function') {
    throw new BadValue('signal', `must be an AbortSignal, not ${kindOf(value)}`, method)
  }
  return value as AbortSignal
}

export function notGiven(method: string, argument: string): BadValue {
  return new BadValue(argument, 'parameter not given', method)
}

/** What a value is, in a word; never the value, which may be a secret in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : typeof value
}
