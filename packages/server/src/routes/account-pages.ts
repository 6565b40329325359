import { html } from 'ghtml'
import { page as plainPage, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf } from '../http/form.ts'
import { csrfField } from '../pages/forms.ts'
import { pageHeaders, shownPage } from '../pages/layout.ts'
import { STYLE } from '../pages/style.ts'
import {
  browserOf,
  csrfFor,
  entranceCookies,
  exitCookies,
  isCsrfSafe,
  mendCookie,
  toLogin,
  toTerms,
  type Browser,
} from '../signin/browser.ts'
import type { SignedIn } from '../signin/sessions.ts'

/** What a person sees of the own account. Source: identity specification, 8.3 and 8.4. */

type Visit = Browser & { readonly user: SignedIn }

/** For somebody who signed in and agreed to the terms. */
const forMembers =
  (handle: (call: Call, visit: Visit) => Answer | Promise<Answer>) =>
  async (call: Call): Promise<Answer> => {
    const browser = await browserOf(call)
    const mended = mendCookie(call, browser)
    if (mended) return mended
    const { user } = browser
    if (!user) return toLogin(call)
    if (!user.hasSignedTerms) return toTerms(call)
    return handle(call, { ...browser, user })
  }

function landing(call: Call, { user }: Visit): Answer {
  const { baseUrl: base } = call.service.settings
  const name = `${user.firstName} ${user.lastName}`.trim()
  return shownPage({
    base,
    title: name === '' ? 'Welcome' : `Welcome, ${name}`,
    who: user.email,
    body: html`<dl>
        <dt>E-mail address</dt>
        <dd>${user.email}</dd>
        <dt>Account</dt>
        <dd><code>${user.uuid}</code></dd>
        <dt>Token valid until</dt>
        <dd>!${time(user.tokenExpires)}</dd>
      </dl>
      <p>The <a href="${base}/ui/api_access">API access</a> page has what programs need to act for you.</p>`,
  })
}

function time(date: Date): string {
  return html`<time datetime="${date.toISOString()}">${date.toISOString().slice(0, 16).replace('T', ' ')} UTC</time>`
}

function apiAccess(call: Call, visit: Visit): Answer {
  const { baseUrl: base } = call.service.settings
  const { user } = visit
  const { token: csrf, cookies } = csrfFor(call, visit)
  const token = call.service.desk.tokenOf(user)
  return shownPage({
    base,
    title: 'API access',
    who: user.email,
    cookies,
    body: html`<dl>
        <dt>Authentication URL</dt>
        <dd><code>${base}/identity/v2.0</code></dd>
        <dt>Token</dt>
        <dd><code>${token}</code></dd>
        <dt>Valid until</dt>
        <dd>!${time(user.tokenExpires)}</dd>
      </dl>
      <p class="hint">
        Whoever has the token can act as you. Renew it when somebody else may have seen it: the old one is worth nothing
        then, and other browsers are signed out.
      </p>
      <form method="post" action="${base}/ui/profile/update_token">
        !${csrfField(csrf)}
        <button class="quiet">Renew the token</button>
      </form>
      <h2>For OpenStack clients</h2>
      <dl>
        <dt>User name</dt>
        <dd><code>${user.uuid}</code></dd>
        <dt>Password</dt>
        <dd>the token above</dd>
      </dl>
      <h2>For kamaki</h2>
      <p><a href="${base}/ui/.kamakirc" download=".kamakirc">Download .kamakirc</a></p>
      <p class="hint">Save it as <code>.kamakirc</code> in your home folder: browsers leave the first dot out.</p>`,
  })
}

async function renewToken(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  if (!isCsrfSafe(call, browser, formOf(call))) return plainPage('Forbidden', 403)
  const { user } = browser
  if (!user) return toLogin(call)
  const { desk, settings } = call.service
  const session = await desk.renew(user, browser.session)
  const renewed = session === null ? null : await desk.whoIs(session)
  // The page leads to the login.
  return {
    ...redirect(`${settings.baseUrl}/ui/api_access`, 302),
    cookies: session !== null && renewed ? entranceCookies(call, renewed, session) : exitCookies(call),
  }
}

function kamakirc(call: Call, { user }: Visit): Answer {
  const { baseUrl, cloudName } = call.service.settings
  const lines = [
    '[global]',
    `default_cloud = ${cloudName}`,
    '',
    `[cloud "${cloudName}"]`,
    `url = ${baseUrl}/identity/v2.0`,
    `token = ${call.service.desk.tokenOf(user)}`,
    '',
  ]
  return {
    status: 200,
    body: lines.join('\n'),
    contentType: 'text/plain',
    headers: { ...pageHeaders([]), 'content-disposition': 'attachment; filename=".kamakirc"' },
  }
}

function style(): Answer {
  return {
    status: 200,
    body: STYLE,
    contentType: 'text/css; charset=utf-8',
    headers: { 'cache-control': 'public, max-age=3600', 'x-content-type-options': 'nosniff' },
  }
}

const get = (handle: (call: Call) => Answer | Promise<Answer>): Route['methods'] => ({
  GET: forNobody(handle),
  HEAD: forNobody(handle),
})

export const accountPageRoutes: readonly Route[] = [
  { kind: 'page', path: '/ui/style.css', slash: false, methods: get(style) },
  { kind: 'page', path: '/ui/landing', methods: get(forMembers(landing)) },
  { kind: 'page', path: '/ui/api_access', methods: get(forMembers(apiAccess)) },
  { kind: 'page', path: '/ui/profile/update_token', methods: { POST: forNobody(renewToken) } },
  { kind: 'page', path: '/ui/.kamakirc', slash: false, methods: get(forMembers(kamakirc)) },
]
