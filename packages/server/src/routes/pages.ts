import { page, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { documentOrScript } from '../http/script.ts'
import { browserOf, mendCookie } from '../signin/browser.ts'
import { describeComponents } from '../identity/components.ts'

function listing({ query }: Call, document: unknown): Answer {
  return documentOrScript(query, JSON.stringify(document), 'application/json')
}

async function getServices(call: Call): Promise<Answer> {
  return listing(call, await describeComponents(call.service.database, call.service.settings.componentsMeta))
}

/** Source: identity specification, 7.2 and 9. */
async function getMenu(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const mended = mendCookie(call, browser)
  if (mended) return mended
  const ui = `${call.origin}${new URL(call.service.settings.baseUrl).pathname.replace(/\/$/, '')}/ui`
  if (!browser.user) return listing(call, [{ url: `${ui}/`, name: 'Sign in' }])
  return listing(call, [
    { url: `${ui}/`, name: browser.user.email, is_active: true },
    { url: `${ui}/landing`, name: 'Dashboard' },
    { url: `${ui}/logout`, name: 'Sign out' },
  ])
}

const to =
  (path: string) =>
  ({ service }: Call): Answer =>
    redirect(`${service.settings.baseUrl}${path}`, 301)

const get = (handle: (call: Call) => Answer | Promise<Answer>): Route['methods'] => ({
  GET: forNobody(handle),
  HEAD: forNobody(handle),
})

/** Convenience redirects and what a browser's menu needs. Source: overview, 2.4; identity specification, 7. */
export const pageRoutes: readonly Route[] = [
  { kind: 'page', path: '/ui/get_services', isForPrograms: true, methods: get(getServices) },
  { kind: 'page', path: '/ui/get_menu', isForPrograms: true, methods: get(getMenu) },
  { kind: 'page', path: '/ui', slash: false, methods: get(to('/ui/')) },
  { kind: 'page', path: '/weblogin', slash: false, methods: get(to('/weblogin/')) },
  { kind: 'page', path: '/weblogin/', slash: false, methods: get(() => page('Not found', 404)) },
  { kind: 'page', path: '', methods: get(to('/ui/')) },
]
