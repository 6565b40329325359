import { redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import {
  browserOf,
  entranceCookies,
  exitCookies,
  isFromElsewhere,
  mendCookie,
  toTerms,
  type Browser,
} from '../signin/browser.ts'

/** How a native client gets a token through the browser. Source: identity specification, 8.2. */
async function weblogin(call: Call): Promise<Answer> {
  const { query } = call
  const next = query.peek('next')
  if (!next) return text('Missing next parameter', 400)
  if (!isAllowed(next, call.service.settings.redirectSchemes)) return text('Not allowed next parameter.', 403)
  let browser = await browserOf(call)
  const cookies: string[] = []
  if (isAsked(call, 'force') && browser.user) {
    await call.service.desk.leave(browser.user, browser.session)
    browser = { ...browser, user: null, session: '' }
    cookies.push(...exitCookies(call))
  } else {
    const mended = mendCookie(call, browser)
    if (mended) return mended
  }
  if (!browser.user) return { ...redirect(loginUrl(call), 302), cookies }
  if (!browser.user.hasSignedTerms) return toTerms(call)
  return handOver(call, browser, next)
}

/** I-14: the new token goes out at once, with the cookies that belong to it. */
async function handOver(call: Call, { user, session }: Browser, next: string): Promise<Answer> {
  const { desk } = call.service
  const isRenewed = isAsked(call, 'renew')
  const current = isRenewed && user ? await desk.renew(user, session) : session
  const holder = isRenewed && current !== null ? await desk.whoIs(current) : user
  if (current === null || !holder) return { ...redirect(loginUrl(call), 302), cookies: exitCookies(call) }
  return {
    ...redirect(withToken(next, holder.uuid, desk.tokenOf(holder)), 302),
    cookies: isRenewed ? entranceCookies(call, holder, current) : [],
  }
}

/** A link or a form of another site neither signs out nor renews; a native client's browser says that nobody led it here. */
function isAsked(call: Call, name: 'force' | 'renew'): boolean {
  return call.query.peek(name) === '' && !isFromElsewhere(call)
}

/** I-13: what `next` had as its query is replaced. */
function withToken(next: string, uuid: string, token: string): string {
  const [, target = '', fragment = ''] = /^([^?#]*)(?:\?[^#]*)?(#.*)?$/s.exec(next) ?? []
  return `${target}?token=${encodeURIComponent(token)}&uuid=${encodeURIComponent(uuid)}${fragment}`
}

/** This request again, without `force`: one that signed in by it should stay so; and without what another site asked for. */
function loginUrl(call: Call): string {
  const { baseUrl } = call.service.settings
  const again = (isFromElsewhere(call) ? ['next'] : ['renew', 'next'])
    .map((name) => [name, call.query.peek(name)] as const)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(value ?? '')}`)
  const url = `${call.origin}${new URL(baseUrl).pathname.replace(/\/$/, '')}/weblogin/login?${again.join('&')}`
  return `${baseUrl}/ui/login?next=${encodeURIComponent(url)}`
}

/** Without a scheme it counts as http; what no header may hold is no address at all. */
function isAllowed(next: string, schemes: readonly string[]): boolean {
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(next)?.[1]?.toLowerCase()
  return scheme !== undefined && schemes.includes(scheme) && /^[\x21-\x7e]+$/.test(next)
}

function text(body: string, status: number): Answer {
  return { status, body, contentType: 'text/html; charset=utf-8' }
}

export const webloginRoutes: readonly Route[] = [
  { kind: 'page', path: '/weblogin/login', slash: false, methods: { GET: forNobody(weblogin) } },
]
