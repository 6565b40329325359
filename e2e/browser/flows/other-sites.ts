import type { Frame, Page } from 'playwright-core'
import { HOUSE } from '../application.ts'
import type { Flow } from '../flow.ts'
import { heading, press, shownToken, signIn } from '../steps.ts'

/** What pages of others may not do with ours. */

const isFramed: Flow = {
  name: 'clickjacking',
  async play({ base, application, visit, equal }) {
    const page = await visit()
    await signIn(page, base)
    const consent = `${base}/oauth2/auth?response_type=code&client_id=photo-album&state=s`
    await page.goto(application.frameOf(application.origin, application.origin))
    equal('a page that allows it is shown', await framed(page)?.getByRole('heading').innerText(), 'Not found')
    for (const from of [application.origin, application.neighbour])
      for (const url of [`${base}/ui/landing`, `${base}/ui/api_access`, `${base}/ui/approval_terms`, consent]) {
        await page.goto(application.frameOf(from, url))
        equal('the frame shows', framed(page)?.url(), 'chrome-error://chromewebdata/')
        equal(
          'nothing of ours',
          await framed(page)
            ?.getByText(/alice|Allow|Astakos/)
            .count(),
          0,
        )
      }
    await page.goto(`${base}/ui/api_access`)
    equal('and nothing was lost', await heading(page), 'API access')
  },
}

function framed(page: Page): Frame | undefined {
  return page.frames().find((one) => one !== page.mainFrame())
}

const isForged: Flow = {
  name: 'forms of other sites',
  async play({ base, application, names, visit, equal }) {
    const page = await visit()
    for (const from of [application.origin, application.neighbour]) {
      const mallory = { username: 'bob@example.org', password: 'bob-pass-1' }
      await page.goto(application.forgery(from, `${base}/ui/local`, mallory))
      await press(page, 'Win')
      equal('nobody is signed in by them', await page.getByRole('alert').innerText(), 'Please sign in on this page.')
    }
    await signIn(page, base)
    for (const from of [application.origin, application.neighbour]) {
      const guess = { csrfmiddlewaretoken: 'guessed' }
      await page.goto(application.forgery(from, `${base}/ui/profile/update_token`, guess))
      await press(page, 'Win')
      equal('no token is renewed by them', await heading(page), 'Forbidden')
    }
    await page.goto(`${base}/ui/api_access`)
    equal('the token is the same', await shownToken(page), names['token:alice'])
  },
}

const isLedAway: Flow = {
  name: 'open redirects',
  async play({ base, application, visit, equal }) {
    const page = await visit()
    const away = new URL(application.origin)
    const tricks = [
      away.href,
      `//${away.host}/`,
      `/\\${away.host}/`,
      `http:${away.host}`,
      `http://127.0.0.1@${away.host}/`,
    ]
    for (const next of tricks) {
      await page.goto(`${base}/ui/login?next=${encodeURIComponent(next)}`)
      await page.getByLabel('E-mail address').fill('alice@example.org')
      await page.getByLabel('Password').fill('alice-pass-1')
      await press(page, 'Sign in')
      equal(`${next} is not followed`, page.url(), `${base}/ui/landing`)
      await page.goto(`${base}/ui/logout?next=${encodeURIComponent(next)}`)
      equal(`${next} is not followed out`, page.url(), `${base}/ui/login`)
    }
    await page.goto(
      `${base}/oauth2/auth?response_type=code&client_id=${HOUSE.identifier}&redirect_uri=${away.href}elsewhere`,
    )
    equal('an address that is not registered', new URL(page.url()).origin, new URL(base).origin)
  },
}

export const otherSiteFlows: readonly Flow[] = [isFramed, isForged, isLedAway]
