import { html } from 'ghtml'
import { page as plainPage, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf } from '../http/form.ts'
import { readTerms, signTerms, type Terms } from '../operations/terms.ts'
import { csrfField, errorLine, hidden } from '../pages/forms.ts'
import { shownPage } from '../pages/layout.ts'
import { browserOf, csrfFor, isCsrfSafe, mendCookie, nextOf, toLogin, type Browser } from '../signin/browser.ts'

/** The terms of use, to read and to agree to. Source: identity specification, 8.4. */
async function show(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const mended = mendCookie(call, browser)
  if (mended) return mended
  const terms = await termsOf(call)
  if (terms === undefined) return plainPage('Not found', 404)
  return termsPage(call, browser, terms, null)
}

/** Undefined: there are none of that number. */
async function termsOf({ params, service }: Call): Promise<Terms | null | undefined> {
  const number = params['terms']
  if (number === undefined) return readTerms(service.database, null)
  return (await readTerms(service.database, BigInt(number.slice(0, 18)))) ?? undefined
}

function termsPage(call: Call, browser: Browser, terms: Terms | null, error: string | null): Answer {
  const { baseUrl: base } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  const { user } = browser
  const asks = user !== null && !user.hasSignedTerms
  const paragraphs = (terms?.body ?? 'There are no terms of use.').split(/\n\s*\n/)
  const agreement = html`<form method="post" action="${base}/ui/approval_terms">
    !${csrfField(token)}!${hidden('next', nextOf(call, call.query.peek('next')))}
    <label class="check" for="agree"
      ><input type="checkbox" id="agree" name="has_signed_terms" value="on" required /> I agree to the terms of
      use</label
    >
    <button>Go on</button>
  </form>`
  return shownPage({
    base,
    title: 'Terms of use',
    who: user?.email,
    cookies: asks ? cookies : [],
    formsTo: null,
    body: html`!${errorLine(error)}!${paragraphs.map((text) => html`<p>${text}</p>`).join('')} !${asks ? agreement : ''}`,
  })
}

async function agree(call: Call): Promise<Answer> {
  const browser = await browserOf(call)
  const form = formOf(call)
  if (!isCsrfSafe(call, browser, form)) return plainPage('Forbidden', 403)
  if (!browser.user) return toLogin(call)
  const { database, settings } = call.service
  if (form.get('has_signed_terms') !== 'on') {
    const terms = await readTerms(database, null)
    return termsPage(call, browser, terms, 'You have to agree to the terms to go on.')
  }
  const { id } = browser.user
  await database.transaction((tx) => signTerms(tx, id))
  return redirect(nextOf(call, form.get('next')) ?? `${settings.baseUrl}/ui/landing`, 302)
}

const PATH = '/ui/approval_terms'

export const termsRoutes: readonly Route[] = [
  { kind: 'page', path: PATH, methods: { GET: forNobody(show), HEAD: forNobody(show), POST: forNobody(agree) } },
  { kind: 'page', path: `${PATH}/:terms(^\\d+$)`, methods: { GET: forNobody(show), HEAD: forNobody(show) } },
]
