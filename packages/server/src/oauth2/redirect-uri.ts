import { refuseIf } from './refused.ts'

/** Where a browser is sent with a code. Source: OAuth2 specification, 2 and 4. */

export const REDIRECT_URI_LENGTH_MAX = 5000

/** Printable ASCII alone: browsers take out what else there is, or make a slash of a backslash, and go somewhere else. */
const PLAIN = /^[\x21-\x5b\x5d-\x7e]+$/

const SCHEME = /^[a-z][a-z\d+.-]*:/i

/** @throws {GrantRefused} */
export function checkRedirectUri(uri: string, registered: readonly string[]): void {
  refuseIf(!SCHEME.test(uri), 'Redirect uri should be an absolute URI')
  refuseIf(uri.length > REDIRECT_URI_LENGTH_MAX, 'Redirect uri length limit exceeded')
  refuseIf(!isRegistered(uri, registered), 'Mismatching redirect uri')
}

/** One that is registered, or continues one after a slash, without a way back up; A-1. */
export function isRegistered(uri: string, registered: readonly string[]): boolean {
  if (!PLAIN.test(uri) || hasDotSegments(uri)) return false
  return registered.some((own) => uri === own || uri.startsWith(`${own.replace(/\/$/, '')}/`))
}

/** Nobody escapes more often than that without something to hide. */
const ESCAPES_MAX = 3

/**
 * Also where dots or slashes are percent-encoded, even more than once, and where a parameter hangs on a segment: some
 * server on the way may take it for one.
 */
function hasDotSegments(uri: string): boolean {
  let path = uri.replace(SCHEME, '').replace(/[?#].*$/s, '')
  for (let times = 0; /%[\da-f]{2}/i.test(path); times += 1) {
    if (times === ESCAPES_MAX) return true
    path = path.replaceAll(/%([\da-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
  }
  return path.split(/[/\\]/).some((segment) => /^\.{1,2}(?:;|$)/.test(segment))
}

const SAFE_SCHEME = /^(?!javascript:|data:|vbscript:|blob:|file:|about:)[a-z][a-z\d+.-]*:/i

/** What an operator registers. @throws {RangeError} naming the rule. */
export function checkOwnRedirectUri(uri: string): void {
  const isWhole = SAFE_SCHEME.test(uri) && PLAIN.test(uri) && uri.length <= REDIRECT_URI_LENGTH_MAX
  if (!isWhole || uri.includes('#')) throw new RangeError(`No absolute URI without a fragment: ${uri}`)
  if (hasDotSegments(uri)) throw new RangeError(`A redirect URI has no dot segments: ${uri}`)
  // What is a sign of its own in the policy of the page that leads there.
  if (/^[^/]*\/\/[^/?#]*[;,*'"]/.test(uri)) throw new RangeError(`The host of a redirect URI is plain: ${uri}`)
  // Spelled as browsers spell it, so that what continues it is on that host.
  if (/^https?:/i.test(uri) && !(/^https?:\/\/[^/?@]+(?:[/?]|$)/i.test(uri) && URL.canParse(uri)))
    throw new RangeError(`A redirect URI names its host: ${uri}`)
}

/**
 * A URI with parameters behind its own. A-4: those stay as they are, also repeated ones; but none of the same name, which
 * a client could take for ours.
 */
export function withParameters(uri: string, added: readonly (readonly [name: string, value: string])[]): string {
  const [, address = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/s.exec(uri) ?? []
  const names = new Set(added.map(([name]) => name))
  const own = query.split('&').filter((pair) => pair !== '' && !names.has(nameOf(pair)))
  const ours = added.map(([name, value]) => String(new URLSearchParams({ [name]: value })))
  return `${address}?${[...own, ...ours].join('&')}${fragment}`
}

function nameOf(pair: string): string {
  return [...new URLSearchParams(pair).keys()][0] ?? ''
}
