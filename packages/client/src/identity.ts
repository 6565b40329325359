import { notGiven } from './arguments.ts'
import { BadValue } from './errors.ts'

const IN = 'constructor'

export interface AuthUrl {
  /** As it was given. */
  readonly text: string
  readonly origin: string
  /** Without a slash at its end; empty for a bare origin. */
  readonly path: string
}

/** @throws {BadValue} The message never repeats the URL, which might hold a password. */
export function authUrlOf(value: unknown): AuthUrl {
  if (value === null || value === undefined) throw notGiven(IN, 'authUrl')
  if (typeof value !== 'string' && !(value instanceof URL))
    throw new BadValue('authUrl', 'must be a string or a URL', IN)
  const text = String(value)
  if (!URL.canParse(text))
    throw new BadValue('authUrl', 'must be a URL such as "https://accounts.example.com/identity/v2.0"', IN)
  if (text !== text.trim()) throw new BadValue('authUrl', 'must not begin or end with a blank', IN)
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new BadValue('authUrl', `must be an http or https URL. Unsupported scheme: ${url.protocol.slice(0, -1)}`, IN)
  }
  if (url.username !== '' || url.password !== '')
    throw new BadValue('authUrl', 'must not hold a user or a password', IN)
  if (/[?#]/.test(text)) throw new BadValue('authUrl', 'must have no query and no fragment', IN)
  return { text, origin: url.origin, path: url.pathname.replace(/\/+$/, '') }
}

/** @throws {BadValue} */
export function tokenOf(value: unknown, method: string = IN): string {
  if (value === null || value === undefined) throw notGiven(method, 'token')
  if (typeof value !== 'string') throw new BadValue('token', 'must be a string', method)
  if (value === '') throw new BadValue('token', 'must not be empty', method)
  // oxlint-disable-next-line no-control-regex -- that is what is looked for
  if (/[\u0000-\u001f\u007f]|[\ud800-\udfff]/u.test(value))
    throw new BadValue('token', 'must not hold control characters, such as a line end', method)
  if (value !== value.trim()) throw new BadValue('token', 'must not begin or end with a blank', method)
  return value
}

/** Headers are bytes: characters outside ASCII go as UTF-8. */
export function headerText(text: string): string {
  return Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
}
