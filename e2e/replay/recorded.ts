import { writeJson } from './json.ts'
import type { Bindings } from './placeholders.ts'
import type { RecordedRequest } from './transcripts.ts'

/** A recorded request with its placeholders filled in, as it went over the wire. */
export interface Recorded {
  readonly method: string
  /** Below the base, decoded: `['account', 'v1.0', 'quotas']`. Null for a path outside of the base. */
  readonly path: readonly string[] | null
  readonly query: readonly Pair[]
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** Empty: no body. */
  readonly body: Buffer
  readonly transfer: 'none' | 'chunked' | null
  readonly hasCookies: boolean
}

export type Pair = readonly [name: string, value: string]

/** Fills placeholders in. */
export type Filler = Pick<Bindings, 'text' | 'json' | 'texts'>

export function recordedOf(request: RecordedRequest, bindings: Filler): Recorded {
  const [path, query = ''] = splitOnce(bindings.text(request.url), '?')
  const below = bindings.text('<base>/')
  return {
    method: request.method,
    path: path.startsWith(below) ? segmentsOf(path.slice(below.length)) : null,
    query: pairsOf(query),
    headers: new Map(
      Object.entries(bindings.texts(request.headers)).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    body: bodyOf(request, bindings),
    transfer: request.transfer ?? null,
    hasCookies: request.cookie_jar !== undefined || request.csrf === true,
  }
}

export function segmentsOf(path: string): string[] {
  return path.split('/').map(decodeURIComponent)
}

/** In a form or a query, in the order they came in. */
export function pairsOf(text: string): Pair[] {
  return [...new URLSearchParams(text)]
}

export function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}

/** Empty where none was recorded. */
export function bodyOf(request: RecordedRequest, bindings: Filler): Buffer {
  const { json, text, latin1, form, generated } = request
  if (json !== undefined) return Buffer.from(writeJson(bindings.json(json)))
  if (text !== undefined) return Buffer.from(bindings.text(text))
  if (latin1 !== undefined) return Buffer.from(latin1, 'latin1')
  if (form !== undefined) return Buffer.from(new URLSearchParams(bindings.texts(form)).toString())
  if (generated !== undefined) {
    const { prefix, repeat, times, suffix } = generated
    return Buffer.from(prefix + repeat.repeat(Number(times)) + suffix)
  }
  return Buffer.alloc(0)
}
