import type { IncomingHttpHeaders } from 'node:http'

/** What a script of another origin may read of an answer. */
const EXPOSED = 'Astakos-Features, Idempotency-Key, Idempotency-Replayed, Retry-After, X-Request-Id'

/** Null where CORS is off, or the origin is none that may call. */
export function corsHeaders(
  allowed: readonly string[] | null,
  origin: string | undefined,
): Record<string, string> | null {
  if (!allowed || origin === undefined) return null
  if (!allowed.includes('*') && !allowed.includes(origin)) return null
  return { 'access-control-allow-origin': origin, vary: 'Origin', 'access-control-expose-headers': EXPOSED }
}

/** Tokens travel in a header that the page sets itself, so no credentials of the browser are wanted. */
export function preflight(headers: IncomingHttpHeaders): Record<string, string> {
  const asked = headers['access-control-request-headers']
  return {
    'access-control-allow-methods': 'GET, POST, PUT',
    'access-control-max-age': '600',
    ...(typeof asked === 'string' ? { 'access-control-allow-headers': asked } : {}),
  }
}
