/** The cookies of a request, by name; of two with one name the first counts, as browsers send the closest first. */
export function cookiesOf(header: string | undefined): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=')
    if (equals < 0) continue
    const name = pair.slice(0, equals).trim()
    const value = pair.slice(equals + 1).trim()
    if (!cookies.has(name)) cookies.set(name, /^".*"$/.test(value) ? value.slice(1, -1) : value)
  }
  return cookies
}

export interface Cookie {
  readonly name: string
  /** Without characters that a cookie can't hold. */
  readonly value: string
  /** Null: gone. */
  readonly expires: Date | null
  readonly httpOnly?: boolean
  readonly secure: boolean
  readonly domain?: string | null
}

/** A line for `Set-Cookie`; I-15: with a date as browsers read it. */
export function cookieLine({ name, value, expires, httpOnly = false, secure, domain = null }: Cookie): string {
  const seconds = expires === null ? 0 : Math.max(0, Math.floor((expires.getTime() - Date.now()) / 1000))
  return [
    `${name}=${value}`,
    'Path=/',
    `Expires=${(expires ?? new Date(0)).toUTCString()}`,
    `Max-Age=${seconds}`,
    ...(domain === null ? [] : [`Domain=${domain}`]),
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    'SameSite=Lax',
  ].join('; ')
}
