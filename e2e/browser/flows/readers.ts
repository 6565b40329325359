import type { Page } from 'playwright-core'
import { PHOTOS } from '../application.ts'
import type { Flow } from '../flow.ts'
import { arrives, fillIn, follow, heading, press, shownToken, signIn } from '../steps.ts'

/** Who reads the pages, and with what. */

/** What has the focus, and whether one sees that. */
async function focused(page: Page): Promise<{ text: string; isSeen: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement
    const { outlineStyle, outlineWidth } = getComputedStyle(element)
    const { left, top, width } = element.getBoundingClientRect()
    return {
      text: element instanceof HTMLInputElement ? (element.labels?.[0]?.innerText ?? '') : element.innerText,
      isSeen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2 && left >= 0 && top >= 0 && width > 0,
    }
  })
}

const hasNoMouse: Flow = {
  name: 'with the keyboard alone',
  async play({ base, visit, equal, check }) {
    const page = await visit()
    const key = (name: string): Promise<void> => page.keyboard.press(name)
    const tabTo = async (text: string): Promise<void> => {
      await key('Tab')
      const at = await focused(page)
      equal('the next one is', at.text, text)
      check(`one sees that “${text}” has the focus`, at.isSeen)
    }
    await page.goto(`${base}/ui/login`)
    await tabTo('Skip to the content')
    await tabTo('E-mail address')
    await page.keyboard.type('alice@example.org')
    await tabTo('Password')
    await page.keyboard.type('alice-pass-1')
    await tabTo('Sign in')
    await arrives(page, () => key('Enter'))
    equal('heading', await heading(page), 'Welcome, Alice Liddell')
    await tabTo('Skip to the content')
    await tabTo('Dashboard')
    await tabTo('API access')
    await arrives(page, () => key('Enter'))
    await tabTo('Skip to the content')
    await key('Enter')
    await tabTo('Renew the token')
    const old = await shownToken(page)
    await arrives(page, () => key('Space'))
    check('it is renewed', (await shownToken(page)) !== old)
    for (const text of ['Skip to the content', 'Dashboard', 'API access', 'Sign out']) await tabTo(text)
    await arrives(page, () => key('Enter'))
    equal('and out', await heading(page), 'Sign in')
  },
}

const entersByReturn: Flow = {
  name: 'return sends the form',
  async play({ base, visit, equal }) {
    const page = await visit()
    await page.goto(`${base}/ui/login`)
    await page.getByLabel('E-mail address').fill('alice@example.org')
    await page.getByLabel('Password').fill('alice-pass-1')
    await arrives(page, () => page.keyboard.press('Enter'))
    equal('heading', await heading(page), 'Welcome, Alice Liddell')
  },
}

const runsNoScripts: Flow = {
  name: 'without scripts',
  async play({ base, application, names, visit, equal, check }) {
    const page = await visit({ javaScript: false })
    await page.goto(application.signInUrl(PHOTOS))
    await fillIn(page, 'alice')
    await press(page, 'Allow')
    equal('consent', await heading(page), 'Hello, Alice Liddell')
    await page.goto(`${base}/ui/`)
    await follow(page, 'API access')
    await press(page, 'Renew the token')
    check('renewal', (await shownToken(page)) !== names['token:alice'])
    await follow(page, 'Sign out')
    equal('out', await heading(page), 'Sign in')
  },
}

const asksForNothing: Flow = {
  name: 'nothing comes from elsewhere, and no page complains',
  async play({ base, service, visit, equal }) {
    const page = await visit()
    const elsewhere: string[] = []
    const complaints: string[] = []
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== service.origin) elsewhere.push(request.url())
    })
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await signIn(page, base)
    await follow(page, 'API access')
    await press(page, 'Renew the token')
    await follow(page, 'Sign out')
    equal('requests', elsewhere, [])
    equal(
      'complaints',
      complaints.filter((text) => !text.includes('favicon')),
      [],
    )
  },
}

const opensTwo: Flow = {
  name: 'two tabs',
  async play({ base, visit, equal }) {
    const page = await visit()
    await signIn(page, base)
    await follow(page, 'API access')
    const other = await page.context().newPage()
    await other.goto(`${base}/ui/api_access`)
    await press(page, 'Renew the token')
    equal('the form of the first one is still good', await heading(page), 'API access')
  },
}

const ROUTES = { lost: '/ui/nowhere', bare: '/ui/profile/update_token' } as const

const getsLost: Flow = {
  name: 'pages that are not there',
  async play({ base, visit, equal, inspect }) {
    const page = await visit()
    equal('not found', (await page.goto(base + ROUTES.lost))?.status(), 404)
    await inspect(page, 'not found')
    await signIn(page, base)
    await follow(page, 'API access')
    await page.context().clearCookies({ name: 'csrftoken' })
    await press(page, 'Renew the token')
    equal('forbidden', [page.url(), await heading(page)], [base + ROUTES.bare, 'Forbidden'])
    await inspect(page, 'forbidden')
  },
}

export const readerFlows: readonly Flow[] = [
  hasNoMouse,
  entersByReturn,
  runsNoScripts,
  asksForNothing,
  opensTwo,
  getsLost,
]
