import { sql } from '../../../packages/server/src/db/statement.ts'
import { addTerms } from '../../../packages/server/src/operations/terms.ts'
import { HOUSE, PHOTOS } from '../application.ts'
import type { Flow } from '../flow.ts'
import { fillIn, follow, heading, press, signIn } from '../steps.ts'

const consents: Flow = {
  name: 'OAuth2: consent',
  async play({ application, visit, equal, inspect }) {
    const page = await visit()
    await page.goto(application.signInUrl(PHOTOS))
    equal('whoever is not signed in does so first', await heading(page), 'Sign in')
    await fillIn(page, 'alice')
    equal('then is asked', await heading(page), `Sign in to ${PHOTOS.identifier}?`)
    await inspect(page, 'consent')
    await press(page, 'Allow')
    equal('the application knows who it is', await heading(page), 'Hello, Alice Liddell')
    equal('and shows a page of its own', new URL(page.url()).origin, application.origin)
    await page.goto(page.url())
    equal('an address is good once', await heading(page), 'Refused')
  },
}

const CODES = sql('select count(*)::int as codes from oauth2_codes')

const refuses: Flow = {
  name: 'OAuth2: refusal',
  async play({ base, application, service, visit, equal }) {
    const page = await visit()
    const before = application.visits
    await signIn(page, base)
    await page.goto(application.signInUrl(PHOTOS))
    await follow(page, 'Do not allow')
    equal('it leads to', page.url(), `${base}/ui/landing`)
    equal('the application hears nothing', application.visits, before)
    equal('and there is no code', await service.service.database.query(CODES), [{ codes: 0 }])
  },
}

const trusts: Flow = {
  name: 'OAuth2: a trusted application',
  async play({ application, visit, equal }) {
    const page = await visit()
    await page.goto(application.signInUrl(HOUSE))
    await fillIn(page, 'alice')
    equal('it asks nobody', await heading(page), 'Hello, Alice Liddell')
    await page.goto(application.signInUrl(HOUSE))
    equal('the next time without signing in', await heading(page), 'Hello, Alice Liddell')
  },
}

const agreesFirst: Flow = {
  name: 'OAuth2: terms of use come first',
  async play({ application, service, visit, equal }) {
    const page = await visit()
    await service.service.database.transaction((tx) => addTerms(tx, 'Be kind to the machines.'))
    await page.goto(application.signInUrl(HOUSE))
    await fillIn(page, 'alice')
    equal('the terms', await heading(page), 'Terms of use')
    await page.getByLabel('I agree').check()
    await press(page, 'Go on')
    equal('the application', await heading(page), 'Hello, Alice Liddell')
  },
}

export const oauth2Flows: readonly Flow[] = [consents, refuses, trusts, agreesFirst]
