import { readFile } from 'node:fs/promises'
import { addTerms } from '../../../packages/server/src/operations/terms.ts'
import type { Flow } from '../flow.ts'
import { follow, heading, press, shownToken, signIn } from '../steps.ts'

const renewsToken: Flow = {
  name: 'renew the token',
  async play({ base, names, visit, equal, check, inspect }) {
    const [page, other] = [await visit(), await visit()]
    await signIn(page, base)
    await signIn(other, base)
    await follow(page, 'API access')
    await inspect(page, 'API access')
    const old = await shownToken(page)
    equal('it is the token of before', old, names['token:alice'])
    await press(page, 'Renew the token')
    equal('it leads to', page.url(), `${base}/ui/api_access`)
    const token = await shownToken(page)
    check('it is another one', token !== old && token.length > 0)
    const statusOf = async (tried: string): Promise<number> =>
      (await fetch(`${base}/account/v1.0/quotas`, { headers: { 'x-auth-token': tried } })).status
    equal('the new one works, the old one does not', [await statusOf(token), await statusOf(old)], [200, 401])
    await other.goto(`${base}/ui/landing`)
    equal('other browsers are signed out', await heading(other), 'Sign in')
  },
}

const downloads: Flow = {
  name: 'download .kamakirc',
  async play({ base, service, names, visit, equal }) {
    const page = await visit()
    await signIn(page, base)
    await follow(page, 'API access')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download .kamakirc' }).click(),
    ])
    // Chromium hides no file: the page says that it is to be renamed.
    equal('name', download.suggestedFilename(), 'kamakirc')
    equal(
      'content',
      await readFile(await download.path(), 'utf8'),
      `[global]\ndefault_cloud = synnefo\n\n[cloud "synnefo"]\nurl = ${service.authUrl}\ntoken = ${names['token:alice']}\n`,
    )
  },
}

const agrees: Flow = {
  name: 'terms of use',
  async play({ base, service, visit, equal, check, inspect }) {
    const page = await visit()
    await service.service.database.transaction((tx) => addTerms(tx, 'Be kind to the machines.\n\nAnd to each other.'))
    await page.goto(`${base}/ui/approval_terms`)
    await inspect(page, 'terms')
    equal('anybody may read them', await page.getByText('And to each other.').count(), 1)
    equal('without being asked', await page.getByRole('button').count(), 0)
    await page.goto(`${base}/ui/login?next=${encodeURIComponent('/astakos/ui/api_access')}`)
    await page.getByLabel('E-mail address').fill('alice@example.org')
    await page.getByLabel('Password').fill('alice-pass-1')
    await press(page, 'Sign in')
    equal('they come first', await heading(page), 'Terms of use')
    await inspect(page, 'terms to agree to')
    await page.getByRole('button', { name: 'Go on' }).click()
    check('nobody goes on without', await page.getByRole('checkbox').evaluate((box) => box.matches(':invalid')))
    await page.getByLabel('I agree to the terms of use').check()
    await press(page, 'Go on')
    equal('then comes what was wanted', page.url(), `${base}/ui/api_access`)
    await page.goto(`${base}/ui/landing`)
    equal('nobody is asked twice', await heading(page), 'Welcome, Alice Liddell')
  },
}

export const accountFlows: readonly Flow[] = [renewsToken, downloads, agrees]
