import { page, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { badRequest } from '../http/fault.ts'
import { describeComponents } from '../identity/components.ts'

const FUNCTION_NAME = /^[A-Za-z_$][A-Za-z0-9_$.]*$/

/** A list, or a script that hands it to the function `callback`. Source: identity specification, 7.1; I-11. */
function listing({ query }: Call, document: unknown): Answer {
  const text = JSON.stringify(document)
  const callback = query.get('callback')
  if (!callback) return { status: 200, body: text, contentType: 'application/json' }
  if (!FUNCTION_NAME.test(callback)) throw badRequest('Invalid callback')
  return { status: 200, body: `${callback}(${text})`, contentType: 'application/javascript' }
}

async function getServices(call: Call): Promise<Answer> {
  return listing(call, await describeComponents(call.service.database, call.service.settings.componentsMeta))
}

/** Nobody is signed in yet: a cookie that says otherwise is taken away. Source: identity specification, 7.2 and 9. */
function getMenu(call: Call): Answer {
  const { baseUrl, cookieName } = call.service.settings
  const cookies = call.header('cookie') ?? ''
  if (cookies.split(';').some((cookie) => cookie.trim().startsWith(`${cookieName}=`))) {
    const gone = `${cookieName}=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT`
    return redirect(call.origin + call.url, 302, { 'set-cookie': gone })
  }
  return listing(call, [{ url: `${call.origin}${new URL(baseUrl).pathname.replace(/\/$/, '')}/ui/`, name: 'Sign in' }])
}

const to =
  (path: string, status: 301 | 302 = 301) =>
  ({ service }: Call): Answer =>
    redirect(`${service.settings.baseUrl}${path}`, status)

const get = (handle: (call: Call) => Answer | Promise<Answer>): Route['methods'] => ({
  GET: forNobody(handle),
  HEAD: forNobody(handle),
})

/** Convenience redirects and what a browser's menu needs. Source: overview, 2.4; identity specification, 7. */
export const pageRoutes: readonly Route[] = [
  { kind: 'page', path: '/ui/get_services', methods: get(getServices) },
  { kind: 'page', path: '/ui/get_menu', methods: get(getMenu) },
  { kind: 'page', path: '/ui', slash: false, methods: get(to('/ui/')) },
  { kind: 'page', path: '/ui/', slash: false, methods: get(to('/ui/login', 302)) },
  { kind: 'page', path: '/weblogin', slash: false, methods: get(to('/weblogin/')) },
  { kind: 'page', path: '/weblogin/', slash: false, methods: get(() => page('Not found', 404)) },
  { kind: 'page', path: '', methods: get(to('/ui/')) },
]
