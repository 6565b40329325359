import { createHash } from 'node:crypto'
import { redirect, type Answer } from '../http/answer.ts'
import type { Call } from '../http/call.ts'
import { cookieLine, cookiesOf } from './cookies.ts'
import { CSRF_COOKIE, CSRF_FIELD, CSRF_HEADER, isForeign, isOurs, isTokenOf, newCsrfToken } from './csrf.ts'
import type { Form } from '../http/form.ts'
import { permittedNext } from './next.ts'
import type { SignedIn } from './sessions.ts'

/** The browser that asks, as its cookies say. */
export interface Browser {
  readonly user: SignedIn | null
  /** Its secret; empty where nobody is signed in. */
  readonly session: string
  readonly cookies: ReadonlyMap<string, string>
}

export const SESSION_COOKIE = 'sessionid'

export async function browserOf(call: Call): Promise<Browser> {
  const cookies = cookiesOf(call.header('cookie'))
  const session = cookies.get(SESSION_COOKIE) ?? ''
  const user = session === '' ? null : await call.service.desk.whoIs(session)
  return { user, session: user ? session : '', cookies }
}

/** What sibling services read. Source: identity specification, 9. */
function tokenCookies(call: Call, user: SignedIn | null): string[] {
  const { cookieName: name, cookieDomain: domain, cookieSecure: secure } = call.service.settings
  if (user) {
    const value = tokenCookieValue(call, user)
    return [cookieLine({ name, value, expires: user.tokenExpires, secure, domain })]
  }
  // Also one from before the domain was set: two of one name are two cookies.
  const gone = { name, value: '', expires: null, secure }
  return [cookieLine({ ...gone, domain }), ...(domain === null ? [] : [cookieLine(gone)])]
}

function tokenCookieValue({ service }: Call, user: SignedIn): string {
  return encodeURIComponent(`${user.uuid}|${service.desk.tokenOf(user)}`)
}

/** All that a browser gets when somebody comes in. */
export function entranceCookies(call: Call, user: SignedIn, session: string): string[] {
  const { cookieSecure: secure } = call.service.settings
  return [
    ...tokenCookies(call, user),
    cookieLine({ name: SESSION_COOKIE, value: session, expires: user.tokenExpires, httpOnly: true, secure }),
    csrfCookie(call, newCsrfToken(call.service.desk.key, session)),
  ]
}

export function exitCookies(call: Call): string[] {
  const { cookieSecure: secure } = call.service.settings
  return [
    ...tokenCookies(call, null),
    cookieLine({ name: SESSION_COOKIE, value: '', expires: null, httpOnly: true, secure }),
  ]
}

const CSRF_LIFE_MS = 365 * 24 * 3600 * 1000

function csrfCookie({ service }: Call, value: string): string {
  const { cookieSecure: secure } = service.settings
  return cookieLine({ name: CSRF_COOKIE, value, expires: new Date(Date.now() + CSRF_LIFE_MS), secure })
}

/**
 * For a page with a form: the token of its field, and the cookie that goes with it. One that is good already stays: the
 * forms of other tabs hold it.
 */
export function csrfFor(call: Call, browser: Browser): { readonly token: string; readonly cookies: readonly string[] } {
  const { key } = call.service.desk
  const held = browser.cookies.get(CSRF_COOKIE)
  const isGood = held !== undefined && isTokenOf(key, browser.session, held)
  const token = isGood ? held : newCsrfToken(key, browser.session)
  return { token, cookies: [csrfCookie(call, token)] }
}

export function isCsrfSafe(call: Call, browser: Browser, form: Form): boolean {
  return isOurs(call.service.desk.key, {
    session: browser.session,
    cookie: browser.cookies.get(CSRF_COOKIE),
    sent: form.get(CSRF_FIELD) ?? call.header(CSRF_HEADER),
    isSecure: call.isSecure,
    referer: call.header('referer'),
    origin: call.header('origin'),
    ownOrigin: call.origin,
  })
}

/** A form or a link of another site: what changes something without a CSRF token must not come from there. */
export function isFromElsewhere(call: Call): boolean {
  const from = call.header('origin') ?? call.header('referer')
  return isForeign(from, call.origin) || call.header('sec-fetch-site') === 'cross-site'
}

/** What was tried, of this host alone, so that a browser that refuses the other one keeps it. */
export const MENDED_COOKIE = 'cookiemended'
const MENDED_LIFE_MS = 10_000

/**
 * The cookie that siblings read says what the session says; where it does not, the browser comes again with a better
 * one, once: where it can't be mended, pages are shown all the same. Source: identity specification, 9.
 *
 * @returns null when all is well.
 */
export function mendCookie(call: Call, { user, cookies }: Browser): Answer | null {
  const { cookieName, cookieSecure: secure } = call.service.settings
  const held = cookies.get(cookieName) ?? ''
  const wanted = user ? tokenCookieValue(call, user) : ''
  if (held === wanted) return null
  const value = createHash('sha256').update(`${held}\0${wanted}`).digest('base64url')
  if (cookies.get(MENDED_COOKIE) === value) return null
  const expires = new Date(Date.now() + MENDED_LIFE_MS)
  const mark = cookieLine({ name: MENDED_COOKIE, value, expires, httpOnly: true, secure })
  return { ...redirect(call.origin + call.url, 302), cookies: [...tokenCookies(call, user), mark] }
}

/** Where a parameter or a field wants to go on, if it may. */
export function nextOf(call: Call, next: string | null): string | null {
  const { baseUrl, cookieDomain } = call.service.settings
  return permittedNext(next, { baseUrl, origin: call.origin, cookieDomain })
}

/** Where somebody has to sign in first. Source: identity specification, 8.1. */
export function toLogin(call: Call): Answer {
  const next = encodeURIComponent(call.url).replaceAll('%2F', '/')
  return redirect(`${call.service.settings.baseUrl}/ui/login?next=${next}`, 302)
}

export function toTerms(call: Call): Answer {
  const next = encodeURIComponent(call.origin + call.url)
  return redirect(`${call.service.settings.baseUrl}/ui/approval_terms?next=${next}&show_form=`, 302)
}
