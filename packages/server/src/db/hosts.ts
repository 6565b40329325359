/** One URL may list several hosts, of which one at a time accepts writes. Source: PostgreSQL, 34.1.1.3. */

const PARTS = /^(?<scheme>postgres(?:ql)?:\/\/)(?<authority>[^/?#]*)(?<path>\/[^?#]*)?(?:\?(?<query>[^#]*))?$/

/**
 * A URL for each host of `postgresql://USER@HOST:PORT,HOST:PORT/DATABASE` or of `…/DATABASE?host=FOLDER,FOLDER`; a
 * single one comes back as it is.
 *
 * @throws {RangeError} with the rule that it breaks, and nothing of the URL: it may hold a password.
 */
export function urlsOf(url: string): string[] {
  const { scheme = '', authority = '', path = '/', query } = PARTS.exec(url)?.groups ?? {}
  if (scheme === '') throw new RangeError('must be a postgresql:// URL')
  const params = new URLSearchParams(query)
  const wanted = params.get('target_session_attrs') ?? 'read-write'
  if (wanted !== 'read-write' && wanted !== 'primary')
    throw new RangeError('may have no other target_session_attrs than read-write')
  params.delete('target_session_attrs')
  const at = authority.lastIndexOf('@') + 1
  const [user, places] = [authority.slice(0, at), authority.slice(at).split(',')]
  const folders = params.get('host')?.split(',') ?? []
  if (places.length > 1 && folders.length > 0) throw new RangeError('names hosts before its database and behind it')
  const ports = params.get('port')?.split(',') ?? []
  const count = Math.max(places.length, folders.length)
  if (ports.length > 1 && ports.length !== count) throw new RangeError('has another number of ports than of hosts')
  const urls = Array.from({ length: count }, (_, index) => {
    const own = new URLSearchParams(params)
    if (folders.length > 0) own.set('host', folders[index] ?? '')
    if (ports.length > 0) own.set('port', ports[index] ?? ports[0] ?? '')
    const text = own.size > 0 ? `?${own.toString()}` : ''
    return `${scheme}${user}${places[index] ?? places[0] ?? ''}${path}${text}`
  })
  // Without a host, which is how a socket's folder is given, `URL` refuses what the driver takes.
  if (!urls.every((one) => URL.canParse(one.replace('@/', '@host/'))))
    throw new RangeError('must be a postgresql:// URL')
  if (places.length > 1 && places.includes('')) throw new RangeError('names a host that is empty')
  return count === 1 && !new URLSearchParams(query).has('target_session_attrs') ? [url] : urls
}

/** A host as people call it: what its URL says, without who and which database. */
export function placeOf(url: string): string {
  const { authority = '', query } = PARTS.exec(url)?.groups ?? {}
  const params = new URLSearchParams(query)
  const host = authority.slice(authority.lastIndexOf('@') + 1) || params.get('host') || 'localhost'
  const port = params.get('port')
  return port === null ? host : `${host}:${port}`
}
