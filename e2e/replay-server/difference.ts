import { isObject, readJson, type Json, type JsonObject } from '../replay/json.ts'
import type { RecordedRequest, RecordedResponse } from '../replay/transcripts.ts'
import { JSON_TYPE, type Expectation } from './expectation.ts'
import type { Recordings } from './recordings.ts'

/**
 * Where the service answers otherwise than was recorded, on purpose. A rule looks at the request and the recorded
 * answer alone, and says what is right instead; no two rules may claim one exchange.
 */
export interface Difference {
  /** Of the specification. */
  readonly id: string
  readonly why: string
  readonly when: (exchange: Exchange) => boolean
  /** Answers that are right, one as good as the other. */
  readonly expect: (exchange: Exchange, recordings: Recordings) => readonly Expectation[]
}

export interface Exchange {
  readonly request: RecordedRequest
  readonly response: RecordedResponse
  /** By the hints of the step. */
  readonly recorded: readonly Expectation[]
}

export function refused(name: string, status: number, message = '<text>'): Expectation {
  return { status, headers: { 'content-type': JSON_TYPE }, body: { kind: 'fault', name, message } }
}

export function isCrash({ status }: RecordedResponse): boolean {
  return status === 500n
}

export function isSuccess({ status }: RecordedResponse): boolean {
  return status >= 200n && status <= 299n
}

/** What the body says, with its placeholders; undefined where it is no JSON. */
export function documentOf({ json, text, generated }: RecordedRequest): Json | undefined {
  if (json !== undefined) return json
  const body = generated
    ? generated.prefix + generated.repeat.repeat(Number(generated.times)) + generated.suffix
    : (text ?? '')
  try {
    return readJson(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

export function membersOf(request: RecordedRequest): JsonObject {
  const document = documentOf(request)
  return isObject(document) ? document : {}
}

export function memberOf(document: Json | undefined, name: string): JsonObject {
  const member = isObject(document) ? document[name] : undefined
  return isObject(member) ? member : {}
}

export function faultOf({ json }: RecordedResponse): { message: string } | null {
  const [fault] = isObject(json) ? Object.values(json) : []
  return isObject(fault) && typeof fault['message'] === 'string' ? { message: fault['message'] } : null
}

export function headerOf({ headers = {} }: RecordedRequest, wanted: string): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1]
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : []
}

export function isBoolean(value: Json | undefined): boolean {
  return typeof value === 'boolean'
}
