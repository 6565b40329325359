import { writeJson, type Json, type JsonObject } from '../json.ts'
import type { Pair } from '../recorded.ts'
import type { Call } from './rules.ts'

/** One way to produce a recorded exchange: a method, called with what the recorded request says. */
export interface Drive {
  readonly name: string
  readonly call: Call
  /** What the method makes of a success: by default, it returns the document. */
  readonly result?: (document: Json) => Result
  /** "nothing": a success has no result. "token": the document holds a token, so that errors don't keep it. */
  readonly answer?: 'document' | 'nothing' | 'token'
  /** 404 and 413 speak of holdings. */
  readonly issues?: boolean
  /** Cut out of errors, besides the client's token. */
  readonly secrets?: readonly string[]
}

export type Result = { readonly returns: Json | undefined } | { readonly throws: 'NoUserName' | 'NoUUID' }

/** What a recogniser finds: the body that has to arrive, and each method that sends it. */
export interface Recognised {
  readonly drives: readonly Drive[]
  /** Filled in with what the method sends where the recording leaves a default out. */
  readonly json?: JsonObject
  readonly form?: readonly Pair[]
}

/** The member of the answer that the method returns. */
export function memberOf(name: string): (document: Json) => Result {
  return (document) => ({ returns: (document as JsonObject)[name] })
}

/** As an argument: integers are `number` where that is exact, `bigint` beyond. */
export function toArgument(value: Json): unknown {
  if (typeof value === 'bigint') return isSafe(value) ? Number(value) : value
  if (Array.isArray(value)) return value.map(toArgument)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, toArgument(member)]))
}

export function isSafe(value: Json | undefined): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(54, value) === value && value !== -(2n ** 53n)
}

export function isInt64(value: Json | undefined): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
}

/** A non-empty text, as ids and words are. */
export function isId(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

export function equal(one: Json | undefined, other: Json | undefined): boolean {
  return one !== undefined && other !== undefined && writeJson(one) === writeJson(other)
}
