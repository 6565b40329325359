import { METHODS } from 'node:http'
import { json, page as plainPage, redirect, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { formOf, isForm, type Form } from '../http/form.ts'
import { readAuthorization, type Ask, type Authorization } from '../oauth2/authorize.ts'
import { issueCode } from '../oauth2/codes.ts'
import { consentBody, originOf, prefersHtml } from '../oauth2/consent.ts'
import { redeem } from '../oauth2/grant.ts'
import { lockGranter } from '../oauth2/tokens.ts'
import { withParameters } from '../oauth2/redirect-uri.ts'
import { GrantRefused } from '../oauth2/refused.ts'
import { csrfField, hidden } from '../pages/forms.ts'
import { shownPage } from '../pages/layout.ts'
import { browserOf, csrfFor, isCsrfSafe, toLogin, toTerms, type Browser } from '../signin/browser.ts'
import { findSession, type SignedIn } from '../signin/sessions.ts'

/** The authorization-code grant. Source: OAuth2 specification. */

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Never by a redirect to the client. Source: OAuth2 specification, 3; A-2: labelled as what it is. */
async function refusable(answer: () => Promise<Answer>): Promise<Answer> {
  try {
    return await answer()
  } catch (error) {
    if (!(error instanceof GrantRefused)) throw error
    return { ...json({ error: 'generic_error', exception: error.message }, 400), headers: NO_STORE }
  }
}

function askOf(call: Call, parameter: Ask['parameter']): Ask {
  const isSecure = call.isSecure || !call.service.settings.oauth2NeedsTls
  return { isSecure, parameter, authorization: call.header('authorization') }
}

/** What a form can't hold either is replaced: no stored text holds it. */
const inQuery =
  ({ query }: Call): Ask['parameter'] =>
  (name) =>
    query.peek(name)?.replaceAll('\0', '\ufffd') ?? null

const inForm =
  (form: Form): Ask['parameter'] =>
  (name) =>
    form.get(name)

function read({ service }: Call, ask: Ask): Promise<Authorization> {
  return readAuthorization(service.database, service.desk.key, ask)
}

/** @param isPeek whoever asks by HEAD is told where a client is, and gets no code. */
function ask(call: Call, isPeek = false): Promise<Answer> {
  return refusable(async () => {
    const parameter = inQuery(call)
    const authorization = await read(call, askOf(call, parameter))
    return forMembers(call, await browserOf(call), (browser, user) => {
      if (authorization.client.isTrusted)
        return isPeek
          ? redirect(authorization.redirectUri, 302, NO_STORE)
          : allow(call, user, browser.session, authorization)
      return showConsent(call, browser, { user, authorization, parameter })
    })
  })
}

/** Consent. Before everything else it has to come from a form of ours. */
async function consent(call: Call): Promise<Answer> {
  const [browser, form] = [await browserOf(call), formOf(call)]
  if (!isCsrfSafe(call, browser, form)) return plainPage('Forbidden', 403)
  return refusable(async () => {
    const authorization = await read(call, askOf(call, inForm(form)))
    return forMembers(call, browser, (_, user) => allow(call, user, browser.session, authorization))
  })
}

function forMembers(
  call: Call,
  browser: Browser,
  handle: (browser: Browser, user: SignedIn) => Answer | Promise<Answer>,
): Answer | Promise<Answer> {
  if (!browser.user) return toLogin(call)
  if (!browser.user.hasSignedTerms) return toTerms(call)
  return handle(browser, browser.user)
}

interface Asked {
  readonly user: SignedIn
  readonly authorization: Authorization
  readonly parameter: Ask['parameter']
}

const REPEATED = [
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
]

function showConsent(call: Call, browser: Browser, { user, authorization, parameter }: Asked): Answer {
  const { client, redirectUri, scope, state } = authorization
  if (!prefersHtml(call.header('accept')))
    return { ...json({ client: client.identifier, redirect_uri: redirectUri, scope, state }), headers: NO_STORE }
  const { baseUrl: base, accessTokenLifeMs } = call.service.settings
  const { token, cookies } = csrfFor(call, browser)
  const fields = REPEATED.map((name) => hidden(name, parameter(name))).join('')
  return shownPage({
    base,
    title: `Sign in to ${client.identifier}?`,
    who: user.email,
    cookies,
    formsTo: [originOf(redirectUri)],
    body: consentBody({ base, authorization, seconds: accessTokenLifeMs / 1000, fields: csrfField(token) + fields }),
  })
}

async function allow(call: Call, { id }: SignedIn, session: string, authorization: Authorization): Promise<Answer> {
  const { service } = call
  const { client, redirectUri, scope, state, challenge } = authorization
  const grant = { userId: id, clientId: client.id, redirectUri, scope, challenge }
  const code = await service.database.transaction(async (tx) => {
    // What ends the session ends its codes, so none may come after that.
    const isOn = (await lockGranter(tx, id)) && (await findSession(tx, session)) !== null
    return isOn ? issueCode(tx, grant, service.settings.codeLifeMs) : null
  })
  if (code === null) return toLogin(call)
  const own = state === null ? [] : [['state', state] as const]
  // Whoever is led there learns nothing of the address that it came from.
  const headers = { ...NO_STORE, 'referrer-policy': 'no-referrer' }
  return redirect(withParameters(redirectUri, [...own, ['code', code]]), 302, headers)
}

function token(call: Call): Promise<Answer> {
  return refusable(async () => {
    const { database, desk, settings } = call.service
    const asked = { ...askOf(call, inForm(formOf(call))), isForm: isForm(call) }
    const accessToken = await redeem(database, desk.key, asked, settings.accessTokenLifeMs)
    const answer = json({
      access_token: accessToken,
      token_type: 'Bearer',
      expires_in: settings.accessTokenLifeMs / 1000,
    })
    return { ...answer, headers: NO_STORE }
  })
}

/** No page of ours asks here, so no token of a form is expected: other methods are told the right one. */
const notAllowed = forNobody(() => ({
  status: 405,
  body: '',
  contentType: 'text/html; charset=utf-8',
  headers: { allow: 'POST' },
}))

export const oauth2Routes: readonly Route[] = [
  {
    kind: 'page',
    path: '/oauth2/auth',
    methods: {
      GET: forNobody((call) => ask(call)),
      HEAD: forNobody((call) => ask(call, true)),
      POST: forNobody(consent),
    },
  },
  {
    kind: 'page',
    path: '/oauth2/token',
    isForPrograms: true,
    methods: { ...Object.fromEntries(METHODS.map((method) => [method, notAllowed])), POST: forNobody(token) },
  },
]
