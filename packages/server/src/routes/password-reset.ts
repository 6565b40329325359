import { html } from 'ghtml'
import { page as plainPage, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf } from '../http/form.ts'
import { hashPassword, passwordProblem } from '../identity/passwords.ts'
import { holderOfResetCode, newResetCode, resetPassword } from '../operations/passwords.ts'
import { csrfField, errorLine, field, hidden } from '../pages/forms.ts'
import { shownPage } from '../pages/layout.ts'
import { browserOf, csrfFor, exitCookies, isCsrfSafe, type Browser } from '../signin/browser.ts'
import { countAttempt, TooManyAttempts } from '../signin/throttle.ts'

/** A forgotten password is set anew with a code that a mail brings. Source: identity specification, 8.4. */

async function ask(call: Call): Promise<Answer> {
  return askPage(call, await browserOf(call), null)
}

function askPage(call: Call, browser: Browser, error: string | null, status = 200): Answer {
  const { baseUrl: base } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  return shownPage({
    base,
    title: 'Forgot the password?',
    status,
    cookies,
    body: html`!${errorLine(error)}
      <p>A mail with an address to set a new one goes to the e-mail address of the account.</p>
      <form method="post" action="${base}/ui/password_reset">
        !${csrfField(token)}
        !${field({ name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username' })}
        <button>Send the mail</button>
      </form>`,
  })
}

/** The same answer whether there is such an account or not. */
async function send(call: Call): Promise<Answer> {
  const { database, desk, settings, outbox, onMailFailure } = call.service
  const browser = await browserOf(call)
  const form = formOf(call)
  if (!isCsrfSafe(call, browser, form)) return plainPage('Forbidden', 403)
  const name = form.get('email') ?? ''
  try {
    await countAttempt(database, desk.key, { what: 'reset', account: name.trim().toLowerCase(), address: call.address })
  } catch (error) {
    if (error instanceof TooManyAttempts) return askPage(call, browser, error.message, 429)
    throw error
  }
  // Nobody waits for it: how long it takes would tell whether there is such an account.
  const sending = outbox.transaction(async (tx) => {
    const made = await newResetCode(tx, name)
    if (!made) return { mails: [] }
    const link = `${settings.baseUrl}/ui/password_reset/confirm?code=${made.code}`
    const text = `Open this address within an hour to set a new password: ${link}\n\nIf you did not ask for it, do nothing.`
    return { mails: [{ to: [made.email], subject: 'A new password', text }] }
  })
  sending.catch(onMailFailure)
  return shownPage({
    base: settings.baseUrl,
    title: 'Look into your mail',
    body: html`<p>If there is such an account, a mail is on its way to it.</p>`,
  })
}

async function confirm(call: Call): Promise<Answer> {
  const code = call.query.peek('code') ?? ''
  const holder = await holderOfResetCode(call.service.database, code)
  return holder ? confirmPage(call, await browserOf(call), code, null) : noGood(call)
}

function confirmPage(call: Call, browser: Browser, code: string, error: string | null): Answer {
  const { baseUrl: base } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  return shownPage({
    base,
    title: 'A new password',
    status: error === null ? 200 : 400,
    cookies,
    body: html`!${errorLine(error)}
      <form method="post" action="${base}/ui/password_reset/confirm">
        !${csrfField(token)}!${hidden('code', code)}
        !${field({ name: 'password', label: 'New password', type: 'password', autocomplete: 'new-password', hint: 'At least 8 characters.' })}
        <button>Set it</button>
      </form>`,
  })
}

function noGood(call: Call): Answer {
  const { baseUrl: base } = call.service.settings
  return shownPage({
    base,
    title: 'That did not work',
    status: 400,
    body: html`<p role="alert">The code is not good, or it is too old, or it was used already.</p>
      <p><a href="${base}/ui/password_reset">Ask for another mail</a></p>`,
  })
}

async function set(call: Call): Promise<Answer> {
  const { database, desk, settings } = call.service
  const browser = await browserOf(call)
  const form = formOf(call)
  if (!isCsrfSafe(call, browser, form)) return plainPage('Forbidden', 403)
  const code = form.get('code') ?? ''
  const holder = await holderOfResetCode(database, code)
  if (!holder) return noGood(call)
  const problem = passwordProblem(form.get('password'), holder.email)
  if (problem !== null) return confirmPage(call, browser, code, problem)
  const hashed = await hashPassword(form.get('password') ?? '')
  const tokenExpires = desk.newExpiry()
  const isDone = await database.transaction((tx) => resetPassword(tx, desk.key, { code, hashed, tokenExpires }))
  if (!isDone) return noGood(call)
  return { ...redirect(`${settings.baseUrl}/ui/login?done=`, 302), cookies: exitCookies(call) }
}

export const passwordResetRoutes: readonly Route[] = [
  {
    kind: 'page',
    path: '/ui/password_reset',
    methods: { GET: forNobody(ask), HEAD: forNobody(ask), POST: forNobody(send) },
  },
  {
    kind: 'page',
    path: '/ui/password_reset/confirm',
    methods: { GET: forNobody(confirm), HEAD: forNobody(confirm), POST: forNobody(set) },
  },
]
