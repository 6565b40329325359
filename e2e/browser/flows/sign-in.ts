import { getTokenFromCookie } from 'astakosclient'
import type { Page } from 'playwright-core'
import { sql } from '../../../packages/server/src/db/statement.ts'
import type { Flow } from '../flow.ts'
import { alert, fillIn, heading, signIn, follow } from '../steps.ts'

const signsIn: Flow = {
  name: 'sign in',
  async play({ base, names, visit, equal, check, inspect }) {
    const page = await visit()
    await page.goto(`${base}/`)
    equal('the first address leads to', page.url(), `${base}/ui/login`)
    await inspect(page, 'sign in')
    await fillIn(page, 'alice')
    equal('it leads to', page.url(), `${base}/ui/landing`)
    equal('heading', await heading(page), 'Welcome, Alice Liddell')
    await inspect(page, 'landing')
    const seen = await page.evaluate(() => document.cookie)
    equal('the cookie holds', getTokenFromCookie(seen, '_pithos2_a'), names['token:alice'])
    check('scripts see no session', !seen.includes('sessionid'))
    await page.goto(`${base}/ui/login`)
    equal('whoever is signed in need not again', page.url(), `${base}/ui/landing`)
  },
}

const signsInToAPage: Flow = {
  name: 'sign in on the way to a page',
  async play({ base, visit, equal }) {
    const page = await visit()
    await page.goto(`${base}/ui/api_access`)
    equal('heading', await heading(page), 'Sign in')
    await fillIn(page, 'alice')
    equal('it leads to', page.url(), `${base}/ui/api_access`)
  },
}

const mistypes: Flow = {
  name: 'wrong password',
  async play({ base, visit, equal, inspect }) {
    const page = await visit()
    await page.goto(`${base}/ui/api_access`)
    await fillIn(page, 'alice', 'wrong')
    equal('it is said', await alert(page), 'Please enter a correct e-mail address and password.')
    equal('the address stays', await page.getByLabel('E-mail address').inputValue(), 'alice@example.org')
    equal('the password does not', await page.getByLabel('Password').inputValue(), '')
    await inspect(page, 'sign in, refused')
    await fillIn(page, 'alice')
    equal('the second time it leads where it should', page.url(), `${base}/ui/api_access`)
  },
}

const isRefused: Flow = {
  name: 'accounts that may not',
  async play({ base, visit, equal }) {
    const page = await visit()
    await signIn(page, base, 'frank')
    equal('a deactivated account', await alert(page), 'The account is not active.')
    await signIn(page, base, 'nobody')
    equal('none at all', await alert(page), 'Please enter a correct e-mail address and password.')
  },
}

const ATTEMPTS = 10

const guesses: Flow = {
  name: 'too many guesses',
  async play({ base, visit, equal, inspect }) {
    const page = await visit()
    const guess = { form: { username: 'alice@example.org', password: 'a guess' } }
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) await page.request.post(`${base}/ui/local`, guess)
    await signIn(page, base)
    equal('not even the right one', await alert(page), 'Too many attempts failed. Try again in a quarter of an hour.')
    await inspect(page, 'sign in, too often')
  },
}

const EXPIRE = sql("update sessions set expires = now() - interval '1 second'")
const DELETE = sql('delete from sessions')

const comesLate: Flow = {
  name: 'expired session',
  async play({ base, service, visit, equal }) {
    for (const end of [EXPIRE, DELETE]) {
      const page = await visit()
      await signIn(page, base)
      await service.service.database.query(end)
      await follow(page, 'API access')
      equal('heading', await heading(page), 'Sign in')
      equal('nothing is left of the token', await cookiesOf(page, ['_pithos2_a']), 0)
      await fillIn(page, 'alice')
      equal('it leads where it should', page.url(), `${base}/ui/api_access`)
    }
  },
}

const signsOut: Flow = {
  name: 'sign out',
  async play({ base, visit, equal, check }) {
    const page = await visit()
    await signIn(page, base)
    const before = await page.context().cookies()
    await follow(page, 'Sign out')
    equal('it leads to', page.url(), `${base}/ui/login`)
    equal('nothing is left of the token', await cookiesOf(page, ['_pithos2_a', 'sessionid']), 0)
    await page.goBack()
    check('the way back shows nothing', !(await page.content()).includes('alice@example.org'))
    await page.context().addCookies(before)
    await page.goto(`${base}/ui/landing`)
    equal('the cookies of before are worth nothing', await heading(page), 'Sign in')
  },
}

async function cookiesOf(page: Page, wanted: readonly string[]): Promise<number> {
  const cookies = await page.context().cookies()
  return cookies.filter(({ name }) => wanted.includes(name)).length
}

export const signInFlows: readonly Flow[] = [signsIn, signsInToAPage, mistypes, isRefused, guesses, comesLate, signsOut]
