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
 * A server may send back what it was sent, and not as it was sent: each way in which software usually writes a text into
 * another one is looked for. The forms are made when the first text needs them: most calls never do.
 */
export function redactor(secrets: readonly string[]): Redact {
  let forms: string[] | null = null
  return (text) => {
    if (text === '') return text
    // The longest first: one form may contain another.
    forms ??= [...new Set(secrets.filter((secret) => secret.length >= SHORTEST).flatMap(formsOf))].sort(
      (a, b) => b.length - a.length,
    )
    return forms.reduce((rest, form) => rest.replaceAll(form, CUT), text)
  }
}

function formsOf(secret: string): string[] {
  const sound = secret.replace(/[\ud800-\udfff]/gu, '\ufffd')
  const json = JSON.stringify(sound)
  const bytes = headerText(sound)
  const base64 = btoa(bytes).replace(/=+$/, '')
  const texts = [
    secret,
    bytes,
    json.slice(1, -1),
    JSON.stringify(json).slice(3, -3),
    encodeURIComponent(sound),
    encodeURIComponent(encodeURIComponent(sound)),
    encodeURIComponent(json.slice(1, -1)),
    new URLSearchParams({ s: sound }).toString().slice(2),
    Array.from(bytes, (byte) => `%${hexOf(byte, 2).toUpperCase()}`).join(''),
    Array.from({ length: sound.length }, (_, at) => `\\u${hexOf(sound.charAt(at), 4)}`).join(''),
    sound.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
    sound.replace(/[&<>"']/g, (character) => `&${ENTITIES[character]};`),
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    // However the rest of it is escaped, these characters stay as they are. A usual token has no others.
    ...(secret.match(/[A-Za-z0-9_-]{8,}/g) ?? []),
  ]
  return texts.flatMap((text) => [text, text.replace(/%[0-9A-F]{2}/g, lower), text.replace(/\\u[0-9a-f]{4}/g, upper)])
}

const ENTITIES: Readonly<Record<string, string>> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' }

const lower = (escape: string): string => escape.toLowerCase()
const upper = (escape: string): string => `\\u${escape.slice(2).toUpperCase()}`

function hexOf(unit: string, digits: number): string {
  return unit.charCodeAt(0).toString(16).padStart(digits, '0')
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
