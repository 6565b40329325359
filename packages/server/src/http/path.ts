/** Stands for a path that is no UTF-8. */
export const UNREADABLE = '/%00'

/**
 * The path in one spelling, so that the router needs to know only that one: percent-decoded as a whole (`%2F` is a
 * slash, `%71uotas` is `quotas`), then encoded again piece by piece. The query is left as it is. Source: overview, 6.
 */
export function canonicalUrl(url: string): string {
  const from = url.startsWith('/') ? 0 : url.indexOf('/', url.indexOf('://') + 3)
  if (from < 0) return UNREADABLE
  const query = url.indexOf('?')
  const end = query < 0 ? url.length : query
  const path = url.slice(from, end)
  // Most have nothing to be decoded.
  if (/^[\w./~-]*$/.test(path)) return from === 0 ? url : url.slice(from)
  try {
    const decoded = decodeURIComponent(path)
    if (decoded.includes('\0')) return UNREADABLE
    return decoded.split('/').map(encodeURIComponent).join('/') + url.slice(end)
  } catch {
    return UNREADABLE
  }
}
