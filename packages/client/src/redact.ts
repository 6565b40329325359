import { headerText } from './identity.ts'

/** Cuts secrets out of whatever leaves the client: logs, errors, causes. */
export type Redact = (text: string) => string

export const CUT = '(not shown)'

/** What is shorter is no secret: it stands in ordinary words, and cutting it out would only spoil them. */
const SHORTEST = 4

/** Header names that say that their value is a secret. */
const SECRET_HEADER = /auth|token|secret|passw|credential|cookie|session|api-?key/

export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name)
}

/** What a caller's own headers hold that must not show: the value, and of `Basic …` or `Bearer …` its second half. */
export function secretsOfHeaders(headers: Readonly<Record<string, string>> | null): string[] {
  return Object.entries(headers ?? {})
    .filter(([name]) => isSecretHeader(name))
    .map(([, value]) => value.replace(/^(basic|bearer|token|digest) +/i, ''))
}

/**
 * A server may send back what it was sent, and not as it was sent: percent-encoded, form-encoded, inside JSON or HTML,
 * as Latin-1, each in upper or lower case, escaped twice, or escaped more or less than it has to be (Python's `quote`
 * leaves a slash as it is, PHP's JSON puts a backslash in front of it). A list of forms would always lack one, so each
 * character of a pattern stands for all of its own. The pattern is made in some 2 ms when the first text needs it.
 */
export function redactor(secrets: readonly string[]): Redact {
  let pattern: RegExp | null = null
  return (text) => {
    if (text === '') return text
    pattern ??= patternOf(secrets.filter((secret) => secret.length >= SHORTEST))
    return text.replace(pattern, CUT)
  }
}

const NOTHING = '(?!)'

function patternOf(secrets: readonly string[]): RegExp {
  // The longest first: one secret may contain another.
  const forms = [...new Set(secrets)].sort((a, b) => b.length - a.length).flatMap(formsOf)
  return new RegExp(forms.length === 0 ? NOTHING : forms.join('|'), 'gu')
}

/** Above this a pattern would be too large for the engine; no service makes such tokens. */
const LONG = 1024

function formsOf(secret: string): string[] {
  const base64 = btoa(headerText(secret)).replace(/=+$/, '')
  const whole = [base64, base64.replaceAll('+', '-').replaceAll('/', '_')]
  if (secret.length > LONG) {
    whole.push(secret, new URLSearchParams({ s: secret }).toString().slice(2), JSON.stringify(secret).slice(1, -1))
    return whole.map(literal)
  }
  const parts = secret.match(/\\+|[^\\]/gu) ?? []
  return [parts.map(formsOfPart).join(''), ...whole.map(literal)]
}

const BACKSLASH = String.raw`(?:\\|%(?:25)*5[cC])`
const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }
const LETTERS: Readonly<Record<string, string>> = { '\n': 'n', '\r': 'r', '\t': 't', '\b': 'b', '\f': 'f' }

/**
 * A character, or a run of backslashes, in all its forms. An escape may have been escaped again: then more backslashes
 * stand in front. They are looked for only where the pattern has begun and no other run ends, so that matching stays
 * linear, whatever a server sends.
 */
function formsOfPart(part: string, index: number, parts: readonly string[]): string {
  const isFirst = index === 0
  if (part.startsWith('\\')) return formsOfBackslashes(part.length, isFirst)
  const mayBeEscaped = !isFirst && parts[index - 1]?.startsWith('\\') === false
  const forms = [literal(part), bytesOf(part, '%(?:25)*').join(''), entityOf(part)]
  if (part === ' ') forms.push(literal('+'))
  if (part > '\u007f') forms.push(literal(headerText(part)))
  return `(?:${mayBeEscaped ? `${BACKSLASH}*` : ''}(?:${forms.join('|')})|${escapeOf(part, mayBeEscaped)})`
}

function formsOfBackslashes(count: number, isFirst: boolean): string {
  const others = `(?:${escapeOf('\\', false)}|${entityOf('\\')})`
  return `(?:${BACKSLASH}{${count}${isFirst ? '' : ','}}|${others}{${count}})`
}

function escapeOf(text: string, mayBeEscaped: boolean): string {
  const units = Array.from({ length: text.length }, (_, at) => hexOf(text.charCodeAt(at), 4))
  const letter = LETTERS[text]
  const forms = [
    `u${units.join('\\\\+u')}`,
    `x${bytesOf(text, '').join('\\\\+x')}`,
    ...(letter === undefined ? [] : [letter]),
  ]
  return `${BACKSLASH}${mayBeEscaped ? '+' : ''}(?:${forms.join('|')})`
}

function bytesOf(text: string, before: string): string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => before + hexOf(byte, 2))
}

function entityOf(text: string): string {
  const code = text.codePointAt(0) ?? 0
  const name = ENTITIES[text]
  return `&(?:amp;)*(?:#(?:0*${code}|[xX]0*${hexOf(code, 0)})${name === undefined ? '' : `|${name}`});`
}

/** In upper or lower case. */
function hexOf(value: number, digits: number): string {
  const hex = value.toString(16).padStart(digits, '0')
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}

function literal(text: string): string {
  return text.replace(/[$()*+./?[\\\]^{|}-]/g, (special) => `\\x${special.charCodeAt(0).toString(16)}`)
}

/** The same value with every text in it redacted: parsing may have undone an escape that hid a secret. */
export function redactValue<T>(value: T, redact: Redact): T {
  return redactAny(value, redact) as T
}

function redactAny(value: unknown, redact: Redact): unknown {
  if (typeof value === 'string') return redact(value)
  if (Array.isArray(value)) return value.map((item) => redactAny(item, redact))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [redact(name), redactAny(member, redact)]))
}

/** The error itself where it surely holds no secret; else a copy of what is harmless in it. */
export function redactError(error: unknown, redact: Redact): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? redact(error) : undefined
  if (isHarmless(error, redact, new Set())) return error
  const { message, name, stack, code } = error as { [member in keyof Error | 'code']?: unknown }
  const copy = new Error(typeof message === 'string' ? redact(message) : '')
  if (typeof name === 'string') copy.name = redact(name)
  copy.stack = typeof stack === 'string' ? redact(stack) : ''
  return typeof code === 'string' ? Object.assign(copy, { code: redact(code) }) : copy
}

/** Looks into everything that `inspect` or JSON would show; what it can't look into may hold anything. */
function isHarmless(value: unknown, redact: Redact, seen: Set<unknown>): boolean {
  if (typeof value === 'string') return redact(value) === value
  if (typeof value === 'function') return false
  if (typeof value !== 'object' || value === null || seen.has(value)) return true
  if (seen.size > 1000) return false
  seen.add(value)
  if (ArrayBuffer.isView(value)) return isHarmless(new TextDecoder().decode(value), redact, seen)
  try {
    const shown: object[] = [value]
    for (
      let above = Object.getPrototypeOf(value) as object | null;
      above;
      above = Object.getPrototypeOf(above) as object | null
    ) {
      if (above === Object.prototype || above === Array.prototype || above === Error.prototype) break
      // Only errors have a class of their own here; a request, a socket or headers keep what they hold out of sight.
      if (!(value instanceof Error)) return false
      shown.push(above)
    }
    return shown.every((holder) =>
      Reflect.ownKeys(holder).every((key) => {
        if (typeof key === 'string' && redact(key) !== key) return false
        if (key === 'constructor' && holder !== value) return true
        return isHarmless((value as Record<PropertyKey, unknown>)[key], redact, seen)
      }),
    )
  } catch {
    return false
  }
}
