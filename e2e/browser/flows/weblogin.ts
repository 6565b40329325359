import type { Page } from 'playwright-core'
import { addTerms } from '../../../packages/server/src/operations/terms.ts'
import type { Flow } from '../flow.ts'
import { heading, signIn } from '../steps.ts'

const NEXT = 'pithos://browser/open?dropped=1#here'

const PATIENCE_MS = 20_000

/** Whatever leads to a native client: nobody here would answer, so that the browser stays where it is. */
async function handOver(page: Page, act: () => Promise<unknown>): Promise<string> {
  const session = await page.context().newCDPSession(page)
  await session.send('Network.enable')
  const handedOver = new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Nothing was handed over')), PATIENCE_MS)
    session.on('Network.responseReceivedExtraInfo', ({ headers }) => {
      const location = Object.entries(headers).find(([name]) => name.toLowerCase() === 'location')?.[1]
      if (!location?.startsWith('pithos:')) return
      clearTimeout(timer)
      resolve(location)
    })
  })
  const [location] = await Promise.all([handedOver, act().catch(() => undefined)])
  await session.detach()
  return location
}

const webloginUrl = (base: string, more = ''): string =>
  `${base}/weblogin/login?next=${encodeURIComponent(NEXT)}${more}`

const handsOver: Flow = {
  name: 'weblogin of a native client',
  async play({ base, names, visit, equal, check }) {
    const page = await visit()
    await page.goto(webloginUrl(base))
    await page.getByLabel('E-mail address').fill('alice@example.org')
    await page.getByLabel('Password').fill('alice-pass-1')
    const entering = () => page.getByRole('button', { name: 'Sign in' }).click()
    const own = `token=${names['token:alice']}&uuid=${names['uuid:alice']}`
    equal('after signing in', await handOver(page, entering), `pithos://browser/open?${own}#here`)
    const again = await handOver(page, () => page.goto(webloginUrl(base)))
    equal('at once where somebody is signed in', again, `pithos://browser/open?${own}#here`)
    const renewed = await handOver(page, () => page.goto(webloginUrl(base, '&renew=')))
    const token = new URL(renewed).searchParams.get('token')
    check('a new token where one is wanted', token !== null && token !== names['token:alice'])
    await page.goto(webloginUrl(base, '&force='))
    equal('somebody else where that is wanted', new URL(page.url()).pathname, '/astakos/ui/login')
  },
}

const agreesFirst: Flow = {
  name: 'weblogin through the terms of use',
  async play({ base, names, service, visit, equal }) {
    const page = await visit()
    await signIn(page, base)
    await service.service.database.transaction((tx) => addTerms(tx, 'Be kind to the machines.'))
    await page.goto(webloginUrl(base))
    equal('they come first', await heading(page), 'Terms of use')
    await page.getByLabel('I agree').check()
    const location = await handOver(page, () => page.getByRole('button', { name: 'Go on' }).click())
    equal('then the token', new URL(location).searchParams.get('token'), names['token:alice'])
  },
}

const refusesOthers: Flow = {
  name: 'weblogin to where it must not',
  async play({ base, application, visit, equal }) {
    const page = await visit()
    await signIn(page, base)
    for (const next of [application.origin, 'javascript:alert(1)', '//evil.example.org']) {
      const answer = await page.goto(`${base}/weblogin/login?next=${encodeURIComponent(next)}`)
      equal(`${next} is refused`, answer?.status(), 403)
    }
  },
}

export const webloginFlows: readonly Flow[] = [handsOver, agreesFirst, refusesOthers]
