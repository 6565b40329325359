import { html } from 'ghtml'
import { redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf } from '../http/form.ts'
import { TooManyPasswords } from '../identity/passwords.ts'
import { csrfField, errorLine, field, hidden, noteLine } from '../pages/forms.ts'
import { shownPage } from '../pages/layout.ts'
import {
  browserOf,
  csrfFor,
  entranceCookies,
  exitCookies,
  isFromElsewhere,
  mendCookie,
  nextOf,
  type Browser,
} from '../signin/browser.ts'
import type { DoorRefusal } from '../signin/desk.ts'
import { TooManyAttempts } from '../signin/throttle.ts'

/** Source: identity specification, 8.1. */

/** The first address, for those who are signed in and those who are not. */
async function entry(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  return mendCookie(call, browser) ?? toPage(call, browser.user ? '/ui/landing' : '/ui/login')
}

function toPage(call: Call, path: string): Answer {
  return redirect(`${call.service.settings.baseUrl}${path}`, 302)
}

async function showLogin(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const mended = mendCookie(call, browser)
  if (mended) return mended
  if (browser.user) return toPage(call, '/ui/landing')
  return loginPage(call, browser, { next: nextOf(call, call.query.peek('next')) })
}

interface LoginState {
  readonly next: string | null
  readonly name?: string
  readonly error?: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

function loginPage(
  call: Call,
  browser: Browser,
  { next, name = '', error, status = 200, headers }: LoginState,
): Answer {
  const { baseUrl: base, signUp } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  return shownPage({
    base,
    title: 'Sign in',
    status,
    cookies,
    ...(headers ? { headers } : {}),
    // Whoever signed in is sent on, to an application of OAuth2 or a native one for example.
    formsTo: null,
    body: html`!${errorLine(error ?? null)}!${noteLine(call.query.peek('done') === null ? null : 'That worked. Sign in now.')}
      <form method="post" action="${base}/ui/local">
        !${csrfField(token)}!${hidden('next', next)}
        !${field({ name: 'username', label: 'E-mail address', type: 'email', value: name, autocomplete: 'username' })}
        !${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password' })}
        <button>Sign in</button>
      </form>
      <p class="hint">
        <a href="${base}/ui/password_reset">Forgot the password?</a
        >!${signUp ? html` · <a href="${base}/ui/signup">Sign up</a>` : ''}
      </p>`,
  })
}

const REFUSALS: Readonly<Record<DoorRefusal, string>> = {
  wrong: 'Please enter a correct e-mail address and password.',
  unverified: 'The e-mail address is not verified yet. Open the link in the mail that was sent to it.',
  unmoderated: 'The account waits for the approval of an administrator.',
  rejected: 'The account was rejected.',
  inactive: 'The account is not active.',
}

async function login(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const form = formOf(call)
  const next = nextOf(call, form.get('next') ?? call.query.peek('next'))
  const name = form.get('username') ?? ''
  // Longer ones come back no longer than an address may be.
  const shownName = name.slice(0, 254)
  // No token is asked for, as recorded; but nobody is signed in by a page of another site.
  if (isFromElsewhere(call))
    return loginPage(call, browser, { next, status: 403, error: 'Please sign in on this page.' })
  try {
    const entrance = await call.service.desk.enter({
      name,
      password: form.get('password') ?? '',
      address: call.address,
      replaces: browser.session,
    })
    if (entrance.refusal !== null)
      return loginPage(call, browser, { next, name: shownName, error: REFUSALS[entrance.refusal] })
    const { user, session } = entrance
    const { baseUrl } = call.service.settings
    return { ...redirect(next ?? `${baseUrl}/ui/landing`, 302), cookies: entranceCookies(call, user, session) }
  } catch (error) {
    if (error instanceof TooManyAttempts) {
      const headers = { 'retry-after': String(error.retryAfterSeconds) }
      return loginPage(call, browser, { next, name: shownName, status: 429, error: error.message, headers })
    }
    if (error instanceof TooManyPasswords) {
      const headers = { 'retry-after': '5' }
      return loginPage(call, browser, {
        next,
        name: shownName,
        status: 503,
        error: 'Too many sign in right now. Try again.',
        headers,
      })
    }
    throw error
  }
}

async function logout(call: Call): Promise<Answer> {
  const { user, session } = await browserOf(call)
  if (user) await call.service.desk.leave(user, session)
  return { ...leadOut(call), cookies: exitCookies(call) }
}

/** Where it goes after signing out; as an answer to HEAD nobody is signed out. */
function leadOut(call: Call): Answer {
  const { baseUrl, logoutNext } = call.service.settings
  return redirect(nextOf(call, call.query.peek('next')) ?? logoutNext ?? `${baseUrl}/ui/`, 302)
}

const page = (handle: (call: Call) => Promise<Answer>): Route['methods'] => ({
  GET: forNobody(handle),
  HEAD: forNobody(handle),
})

export const signInRoutes: readonly Route[] = [
  { kind: 'page', path: '/ui/', slash: false, methods: page(entry) },
  { kind: 'page', path: '/ui/login', methods: page(showLogin) },
  { kind: 'page', path: '/ui/local', methods: { POST: forNobody(login) } },
  { kind: 'page', path: '/ui/login/local', methods: { POST: forNobody(login) } },
  { kind: 'page', path: '/ui/logout', methods: { GET: forNobody(logout), HEAD: forNobody(leadOut) } },
]
