import { html } from 'ghtml'
import { page as plainPage, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf, type Form } from '../http/form.ts'
import { hashPassword, passwordProblem } from '../identity/passwords.ts'
import { isAccountAddress, isPlain } from '../mail/headers.ts'
import { proveAddress, signUp, verificationMail } from '../operations/sign-up.ts'
import { holdTerms, readTerms } from '../operations/terms.ts'
import { isAgreedTo, TERMS_CHANGED, termsField } from '../pages/agreement.ts'
import { csrfField, errorLine, field } from '../pages/forms.ts'
import { shownPage } from '../pages/layout.ts'
import { browserOf, csrfFor, isCsrfSafe, mendCookie, type Browser } from '../signin/browser.ts'
import { countAttempt, TooManyAttempts } from '../signin/throttle.ts'

/** Off unless an operator wants it. Source: identity specification, 1.2 and 8.4. */

async function show(call: Call): Promise<Answer> {
  if (!call.service.settings.signUp) return plainPage('Not found', 404)
  const browser = await browserOf(call)
  return mendCookie(call, browser) ?? signUpPage(call, browser, null, null)
}

async function signUpPage(
  call: Call,
  browser: Browser,
  form: Form | null,
  error: string | null,
  status = 200,
): Promise<Answer> {
  const { baseUrl: base } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  const given = (name: string): string => form?.get(name)?.slice(0, 254) ?? ''
  const terms = await readTerms(call.service.database, null)
  const agreement = html`<label class="check" for="agree"
    ><input type="checkbox" id="agree" name="has_signed_terms" value="on" required /> I agree to the
    <a href="${base}/ui/approval_terms/${String(terms?.id)}">terms of use</a></label
  >`
  return shownPage({
    base,
    title: 'Sign up',
    status,
    cookies,
    body: html`!${errorLine(error)}
      <form method="post" action="${base}/ui/signup">
        !${csrfField(token)}
        !${field({ name: 'email', label: 'E-mail address', type: 'email', value: given('email'), autocomplete: 'email' })}
        !${field({ name: 'first_name', label: 'First name', value: given('first_name'), autocomplete: 'given-name' })}
        !${field({ name: 'last_name', label: 'Last name', value: given('last_name'), autocomplete: 'family-name' })}
        !${field({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', hint: 'At least 8 characters.' })}
        !${termsField(terms?.id ?? null)}!${terms ? agreement : ''}
        <button>Sign up</button>
      </form>`,
  })
}

function problemOf(form: Form, terms: bigint | null): string | null {
  const email = form.get('email')?.trim() ?? ''
  if (!isAccountAddress(email)) return 'That is no e-mail address.'
  for (const [name, label] of [
    ['first_name', 'first name'],
    ['last_name', 'last name'],
  ] as const) {
    const given = form.get(name)?.trim() ?? ''
    if (!isPlain(given)) return `The ${label} holds characters that nobody sees.`
    const length = Array.from(given).length
    if (length < 1 || length > 30) return `The ${label} needs 1 to 30 characters.`
  }
  const problem = passwordProblem(form.get('password'), email)
  if (problem !== null) return problem
  if (terms !== null && form.get('has_signed_terms') !== 'on') return 'You have to agree to the terms of use.'
  return isAgreedTo(form, terms) ? null : TERMS_CHANGED
}

/** The answer is the same whether there was such an account or not: the mail tells, and it reaches the owner alone. */
async function create(call: Call): Promise<Answer> {
  const { database, desk, settings, outbox } = call.service
  if (!settings.signUp) return plainPage('Not found', 404)
  const browser = await browserOf(call)
  const form = formOf(call)
  if (!isCsrfSafe(call, browser, form)) return plainPage('Forbidden', 403)
  const problem = problemOf(form, (await readTerms(database, null))?.id ?? null)
  if (problem !== null) return signUpPage(call, browser, form, problem, 400)
  const email = form.get('email')?.trim() ?? ''
  try {
    await countAttempt(database, desk.key, { what: 'sign-up', account: email.toLowerCase(), address: call.address })
  } catch (error) {
    if (error instanceof TooManyAttempts) return signUpPage(call, browser, form, error.message, 429)
    throw error
  }
  const hashed = await hashPassword(form.get('password') ?? '')
  const { isOutdated } = await outbox.transaction(async (tx) => {
    const terms = await holdTerms(tx)
    if (!isAgreedTo(form, terms)) return { mails: [], isOutdated: true }
    const code = await signUp(tx, desk.key, {
      email,
      firstName: form.get('first_name')?.trim() ?? '',
      lastName: form.get('last_name')?.trim() ?? '',
      hashed,
      hasAgreed: terms !== null,
      tokenExpires: desk.newExpiry(),
    })
    if (code !== null) return { mails: [verificationMail(settings.baseUrl, email, code)], isOutdated: false }
    const text = `Somebody, maybe you, signed up with this address, which has an account already. Sign in: ${settings.baseUrl}/ui/login`
    return { mails: [{ to: [email], subject: 'Your account', text }], isOutdated: false }
  })
  if (isOutdated) return signUpPage(call, browser, form, TERMS_CHANGED, 400)
  return shownPage({
    base: settings.baseUrl,
    title: 'Look into your mail',
    body: html`<p>A mail is on its way to ${email}. Open the address in it to go on.</p>`,
  })
}

async function activate(call: Call): Promise<Answer> {
  const { database, settings } = call.service
  const code = call.query.peek('auth') ?? ''
  const became = await database.transaction((tx) => proveAddress(tx, code, settings.isModerated))
  if (became === 'accepted') return redirect(`${settings.baseUrl}/ui/login?done=`, 302)
  const waiting = became === 'waiting'
  return shownPage({
    base: settings.baseUrl,
    title: waiting ? 'Almost there' : 'That did not work',
    status: waiting ? 200 : 400,
    body: waiting
      ? html`<p>The address is proved. An administrator has to approve the account before you can sign in.</p>`
      : html`<p role="alert">The code is not good, or it is too old, or it was used already.</p>
          <p><a href="${settings.baseUrl}/ui/login">Sign in</a></p>`,
  })
}

export const signUpRoutes: readonly Route[] = [
  {
    kind: 'page',
    path: '/ui/signup',
    methods: { GET: forNobody(show), HEAD: forNobody(show), POST: forNobody(create) },
  },
  { kind: 'page', path: '/ui/activate', methods: { GET: forNobody(activate) } },
]
