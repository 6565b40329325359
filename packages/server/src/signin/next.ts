/** Where a browser may be sent after it signed in or out. Source: identity specification, 8.1; I-12. */
export interface NextRules {
  readonly baseUrl: string
  /** As it was asked for: a trusted proxy may know another name. */
  readonly origin: string
  readonly cookieDomain: string | null
}

/** Printable ASCII: what a browser would take out, or a header can't hold, is how checks are got around. */
const PLAIN = /^[\x21-\x7e]+$/

/** @returns an absolute URL, or null for what is not permitted. */
export function permittedNext(next: string | null, rules: NextRules): string | null {
  if (next === null || !PLAIN.test(next) || next.includes('\\')) return null
  const { baseUrl, cookieDomain } = rules
  // A proxy may pass on what was made up, and is no host at all.
  const origin = URL.canParse(rules.origin) ? rules.origin : baseUrl
  if (next.startsWith('/')) {
    // Two slashes begin a host.
    if (next.startsWith('//')) return null
    const url = new URL(next, origin)
    return url.origin === new URL(origin).origin ? url.href : null
  }
  if (!/^https?:\/\//i.test(next) || !URL.canParse(next)) return null
  const url = new URL(next)
  if (url.username !== '' || url.password !== '') return null
  const isOwn = [baseUrl, origin].some((own) => new URL(own).host === url.host)
  return isOwn || isWithin(url.hostname, cookieDomain) ? url.href : null
}

/** Whether a cookie of the domain belongs to the host, too. */
export function isWithin(host: string, domain: string | null): boolean {
  const name = domain?.replace(/^\./, '').toLowerCase()
  return name ? host === name || host.endsWith(`.${name}`) : false
}
