import type { ServiceSettings } from '../settings.ts'
import { MENDED_COOKIE, SESSION_COOKIE } from './browser.ts'
import { CSRF_COOKIE } from './csrf.ts'
import { isWithin } from './next.ts'

/** Options with which browsers would keep nothing of a sign-in: they are told before anything is started. */

/** An address of IPv4 looks like a domain, and browsers keep no cookie for a domain that is one. */
const DOMAIN = /^\.?(?:[a-z\d-]+\.)+(?!\d+$)[a-z\d-]+$/i

/** @param host of the base URL. @returns a rule that is broken, or null. */
export function domainProblem(domain: string, host: string): string | null {
  if (!DOMAIN.test(domain)) return 'must be a domain such as example.org'
  if (isWithin(host, domain)) return null
  return `must hold the host of --base-url, or browsers refuse the cookie: ${host} is not within ${domain}`
}

const OTHERS: readonly string[] = [SESSION_COOKIE, CSRF_COOKIE, MENDED_COOKIE]

type Cookie = Pick<ServiceSettings, 'cookieName' | 'cookieDomain' | 'cookieSecure'>

/** @returns a rule that is broken, or null. Source: RFC 6265bis, 4.1.3, for the prefixes, which browsers read in any case. */
export function nameProblem({ cookieName, cookieDomain, cookieSecure }: Cookie): string | null {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(cookieName)) return 'is no name of a cookie'
  if (OTHERS.includes(cookieName)) return `must not be ${OTHERS.join(' or ')}: these are other cookies of the service`
  if (/^__(?:Host-)?Http-/i.test(cookieName))
    return 'must not begin with __Http-: pages of siblings may read the cookie'
  if (cookieDomain !== null && /^__Host-/i.test(cookieName))
    return 'must not begin with __Host- where there is a --cookie-domain: browsers refuse such a cookie'
  if (!cookieSecure && /^__(?:Host|Secure)-/i.test(cookieName))
    return 'must not begin with __Host- or __Secure- with --insecure-cookies: browsers refuse such a cookie'
  return null
}
