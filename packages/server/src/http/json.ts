import { parseExact } from 'astakosclient/wire'
import { isWellFormed } from '../well-formed.ts'
import { badRequest } from './fault.ts'

/** A number that is written with a fraction or an exponent: no integer, also where its value is one. */
export class Inexact {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** Nobody nests deeper, and what comes after us may not either. */
const DEPTH_MAX = 200

/** The same with such numbers as numbers, as near as they come. */
export function withNumbers(value: unknown): unknown {
  if (value instanceof Inexact) return Number(value.text)
  if (Array.isArray(value)) return value.map(withNumbers)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withNumbers(member)]))
}

const NO_JSON = 'Could not decode request body as JSON'
const NO_UTF8 = 'Could not decode request as UTF-8 string'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A JSON integer of any size, or null. O-10: true and false are none. */
export function integerOf(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : null
}

/**
 * The body of a call that takes JSON. Large integers come out as `bigint`, exactly. Source: overview, 5 and 10.
 *
 * @throws {Fault} 400: its type, its bytes, its form; NUL and half surrogate pairs, which no stored text holds.
 */
export function readJson(body: Buffer | undefined, contentType: string | undefined): unknown {
  checkJsonType(contentType)
  return parseBody(body, { notUtf8: NO_UTF8, notJson: NO_JSON })
}

/** O-3: whatever its case. @throws {Fault} 400 */
export function checkJsonType(contentType: string | undefined): void {
  if (contentType === undefined) throw badRequest('Missing Content-Type header field')
  if (!/^application\/json/i.test(contentType)) throw badRequest(`Unsupported Content-type: '${contentType}'`)
}

export function parseBody(body: Buffer | undefined, messages: { notUtf8: string; notJson: string }): unknown {
  let text: string
  try {
    text = decoder.decode(body ?? new Uint8Array())
  } catch {
    throw badRequest(messages.notUtf8)
  }
  if (isTooDeep(text)) throw badRequest(messages.notJson)
  let document: unknown
  try {
    document = parseIntegers(text)
  } catch {
    throw badRequest(messages.notJson)
  }
  // Only an escape can bring them in: the bytes are valid UTF-8, and a bare NUL is no JSON.
  if (/\\u(?:0000|d[89a-f])/i.test(text) && hasUnstorable(document))
    throw badRequest('Text must hold neither NUL nor half a surrogate pair')
  return document
}

/** A number with a point or an exponent, where a value may stand; it may be part of a text, which does no harm. */
const INEXACT = /[:,[]\s*-?\d+[.eE]|^\s*-?\d+[.eE]/

function parseIntegers(text: string): unknown {
  if (!INEXACT.test(text)) return parseExact(text)
  // Rare, so it may be slow: texts and numbers are told apart, and the numbers in question are replaced by a mark.
  JSON.parse(text)
  const mark = `inexact ${Math.random()} `
  const marked = text.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') || /^-?\d+$/.test(token) ? token : `"${mark}${token}"`,
  )
  return restore(parseExact(marked), mark)
}

function restore(value: unknown, mark: string): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? new Inexact(value.slice(mark.length)) : value
  if (Array.isArray(value)) return value.map((item) => restore(item, mark))
  if (typeof value !== 'object' || value === null) return value
  for (const [name, member] of Object.entries(value)) (value as Record<string, unknown>)[name] = restore(member, mark)
  return value
}

function isTooDeep(text: string): boolean {
  // A shorter one has no room for so many brackets.
  if (text.length < 2 * DEPTH_MAX) return false
  let depth = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === 0x22) {
      at = text.indexOf('"', at + 1)
      while (at > 0 && isEscaped(text, at)) at = text.indexOf('"', at + 1)
      if (at < 0) return false
    } else if (code === 0x5b || code === 0x7b) {
      depth += 1
      if (depth > DEPTH_MAX) return true
    } else if (code === 0x5d || code === 0x7d) depth -= 1
  }
  return false
}

function isEscaped(text: string, at: number): boolean {
  let before = at - 1
  while (text.charCodeAt(before) === 0x5c) before -= 1
  return (at - before) % 2 === 0
}

function hasUnstorable(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0') || !isWellFormed(value)
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasUnstorable)
  return Object.entries(value).some(([name, member]) => hasUnstorable(name) || hasUnstorable(member))
}

/** For messages: text as it is, the rest as JSON. O-8. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'bigint') return value.toString()
  if (value === null || value === undefined) return 'None'
  return value instanceof Inexact ? value.text : stringify(value)
}

function stringify(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'bigint') return member.toString()
    return member instanceof Inexact ? member.text : member
  })
}
