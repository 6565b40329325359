import { html } from 'ghtml'
import { page as plainPage, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf } from '../http/form.ts'
import { holdTerms, readTerms, signTerms, type Terms } from '../operations/terms.ts'
import { csrfField, errorLine, hidden } from '../pages/forms.ts'
import { isAgreedTo, TERMS_CHANGED, termsField } from '../pages/agreement.ts'
import { shownPage } from '../pages/layout.ts'
import { browserOf, csrfFor, isCsrfSafe, mendCookie, nextOf, toLogin, type Browser } from '../signin/browser.ts'
import { holdSession } from '../signin/sessions.ts'

/** The terms of use, to read and to agree to: to the newest alone, and to those that were shown. Source: identity specification, 8.4. */
async function show(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const mended = mendCookie(call, browser)
  if (mended) return mended
  const newest = await readTerms(call.service.database, null)
  const number = call.params['terms']
  const terms = number === undefined ? newest : await readTerms(call.service.database, BigInt(number.slice(0, 18)))
  if (number !== undefined && !terms) return plainPage('Not found', 404)
  const isNewest = terms?.id === newest?.id
  return termsPage(call, browser, { terms, isNewest, next: call.query.peek('next'), error: null })
}

interface Shown {
  readonly terms: Terms | null
  readonly isNewest: boolean
  readonly next: string | null
  readonly error: string | null
}

function termsPage(call: Call, browser: Browser, { terms, isNewest, next, error }: Shown): Answer {
  const { baseUrl: base } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  const { user } = browser
  const asks = user !== null && !user.hasSignedTerms && isNewest
  const paragraphs = (terms?.body ?? 'There are no terms of use.').split(/\n\s*\n/)
  const agreement = html`<form method="post" action="${base}/ui/approval_terms">
    !${csrfField(token)}!${hidden('next', nextOf(call, next))}!${termsField(terms?.id ?? null)}
    <label class="check" for="agree"
      ><input type="checkbox" id="agree" name="has_signed_terms" value="on" required /> I agree to the terms of
      use</label
    >
    <button>Go on</button>
  </form>`
  const newer = html`<p class="hint">
    These are not in force any more: <a href="${base}/ui/approval_terms">the terms of today</a>.
  </p>`
  return shownPage({
    base,
    title: 'Terms of use',
    who: user?.email,
    status: error === TERMS_CHANGED ? 409 : 200,
    cookies: asks ? cookies : [],
    formsTo: null,
    body: html`!${errorLine(error)}!${isNewest ? '' : newer} !${paragraphs.map((text) => html`<p>${text}</p>`).join('')}
    !${asks ? agreement : ''}`,
  })
}

async function agree(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const form = formOf(call)
  if (!isCsrfSafe(call, browser, form)) return plainPage('Forbidden', 403)
  const { user, session } = browser
  if (!user) return toLogin(call)
  const { database, settings } = call.service
  const next = form.get('next')
  const again = async (error: string): Promise<Answer> =>
    termsPage(call, browser, { terms: await readTerms(database, null), isNewest: true, next, error })
  if (form.get('has_signed_terms') !== 'on') return again('You have to agree to the terms to go on.')
  const became = await database.transaction(async (tx) => {
    if (!isAgreedTo(form, await holdTerms(tx))) return 'changed'
    if (!(await holdSession(tx, user.id, session))) return 'ended'
    await signTerms(tx, user.id)
    return 'signed'
  })
  if (became === 'changed') return again(TERMS_CHANGED)
  return redirect(nextOf(call, next) ?? `${settings.baseUrl}/ui/landing`, 302)
}

const PATH = '/ui/approval_terms'

export const termsRoutes: readonly Route[] = [
  { kind: 'page', path: PATH, methods: { GET: forNobody(show), HEAD: forNobody(show), POST: forNobody(agree) } },
  { kind: 'page', path: `${PATH}/:terms(^\\d+$)`, methods: { GET: forNobody(show), HEAD: forNobody(show) } },
]
