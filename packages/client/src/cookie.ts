/** Where cookies are found: the `Cookie` header, a request that has it, or cookies that a framework has parsed. */
export type CookieSource =
  | string
  | Headers
  | { readonly headers: Headers | { readonly cookie?: string | undefined } }
  | ReadonlyMap<string, string>
  | { readonly cookies: Readonly<Record<string, string | undefined>> }
  | null
  | undefined

/**
 * The token in an Astakos cookie, whose value is `<uuid>|<token>`, percent-encoded.
 *
 * Never throws: whatever a browser or a caller sends, it is a token or `null`. The token is not checked; ask the
 * service with `authenticate`. Of several cookies of the name the first counts: browsers send the one with the most
 * specific path first. A request's header is looked at before the cookies that a framework has parsed.
 *
 * @param cookies the `Cookie` header, `Headers`, a request (WHATWG, node, express, fastify) or a map of cookies.
 * @param cookieName `_pithos2_a`, unless the service was set up otherwise.
 * @returns the token; null when there is no such cookie, or it is malformed or holds no token.
 *
 * @example
 * ```ts
 * getTokenFromCookie('_pithos2_a=73917abc-abcd-477e-a1f1-1763abcdefab%7CUQpYas7ElzWGD5yCcEXtjw', '_pithos2_a')
 * // 'UQpYas7ElzWGD5yCcEXtjw'
 * ```
 *
 * Source: reference `get_token_from_cookie`; client specification, 8.2, C-6; identity specification, 9.
 */
export function getTokenFromCookie(cookies: CookieSource, cookieName: string): string | null {
  try {
    const value = typeof cookieName === 'string' ? find(cookies, cookieName) : null
    // The first bar separates, so a token may hold more of them.
    return value?.match(/^[^|]*\|([^]+)$/)?.[1] ?? null
  } catch {
    return null // malformed percent-encoding, or an object whose getters throw
  }
}

/** The decoded value of the cookie. Requests come first: that of express has a `get` too. */
function find(source: unknown, name: string): string | null {
  if (typeof source === 'string') return inHeader(source, name)
  if (!isObject(source)) return null
  const { headers, cookies, append, get } = source
  if (isObject(headers)) {
    const value = inHeader(
      typeof headers['get'] === 'function' ? headers['get'].call(headers, 'cookie') : headers['cookie'],
      name,
    )
    if (value !== null) return value
  }
  if (isObject(cookies)) return Object.hasOwn(cookies, name) ? parsed(cookies[name]) : null
  if (typeof get !== 'function') return null
  // `append` tells Headers from a Map.
  return typeof append === 'function' ? inHeader(get.call(source, 'cookie'), name) : parsed(get.call(source, name))
}

function inHeader(header: unknown, name: string): string | null {
  if (typeof header !== 'string') return null
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at >= 0 && pair.slice(0, at).trim() === name) return decodeURIComponent(unquoted(pair.slice(at + 1).trim()))
  }
  return null
}

/** A framework may have decoded the value already or not; the bar, which is always encoded in a cookie, tells. */
function parsed(value: unknown): string | null {
  if (typeof value !== 'string') return null
  const text = unquoted(value)
  return text.includes('|') ? text : decodeURIComponent(text)
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
