import type { Page } from 'playwright-core'
import type { Flow } from '../flow.ts'
import { alert, fillIn, follow, heading, press, signIn } from '../steps.ts'

const PASSWORD = 'a password to remember'

const forgets: Flow = {
  name: 'password reset through the mail',
  async play({ base, mailbox, visit, equal, inspect }) {
    const [page, signedIn] = [await visit(), await visit()]
    await signIn(signedIn, base)
    await page.goto(`${base}/ui/login`)
    await follow(page, 'Forgot the password?')
    await inspect(page, 'forgotten password')
    const ask = async (address: string): Promise<string> => {
      await page.goto(`${base}/ui/password_reset`)
      await page.getByLabel('E-mail address').fill(address)
      await press(page, 'Send the mail')
      return page.getByRole('main').innerText()
    }
    equal('the same is said for no account', await ask('nobody@example.org'), await ask('alice@example.org'))
    await inspect(page, 'forgotten password, mailed')
    const link = await mailbox.linkFor('alice@example.org')
    equal('nobody else gets a mail', await mailbox.count(), 0)
    await page.goto(link)
    await inspect(page, 'new password')
    await page.getByLabel('New password').fill('short')
    await press(page, 'Set it')
    equal('a weak one is refused', await heading(page), 'A new password')
    await inspect(page, 'new password, refused')
    await page.getByLabel('New password').fill(PASSWORD)
    await press(page, 'Set it')
    equal('it is said', await page.getByRole('status').innerText(), 'That worked. Sign in now.')
    await fillIn(page, 'alice')
    equal('the old one is none any more', await heading(page), 'Sign in')
    await fillIn(page, 'alice', PASSWORD)
    equal('the new one is', await heading(page), 'Welcome, Alice Liddell')
    await signedIn.goto(`${base}/ui/landing`)
    equal('whoever was in is out', await heading(signedIn), 'Sign in')
    await page.goto(link)
    equal('the mail is good once', await heading(page), 'That did not work')
    await inspect(page, 'new password, too late')
  },
}

async function fillInSignUp(page: Page, password = PASSWORD): Promise<void> {
  await page.getByLabel('E-mail address').fill('newcomer@example.org')
  await page.getByLabel('First name').fill('Grace')
  await page.getByLabel('Last name').fill('Newcomer')
  await page.getByLabel('Password').fill(password)
  await press(page, 'Sign up')
}

const signsUp: Flow = {
  name: 'sign up through the mail',
  async play({ base, mailbox, visit, equal, inspect }) {
    const page = await visit()
    await page.goto(`${base}/ui/login`)
    await follow(page, 'Sign up')
    await inspect(page, 'sign up')
    await fillInSignUp(page, 'password')
    equal('a weak password is refused', (await alert(page)) !== '', true)
    equal('the rest stays', await page.getByLabel('First name').inputValue(), 'Grace')
    await inspect(page, 'sign up, refused')
    await fillInSignUp(page)
    equal('it is said', await heading(page), 'Look into your mail')
    await inspect(page, 'sign up, mailed')
    await signIn(page, base, 'bob')
    await follow(page, 'Sign out')
    await fillIn(page, 'newcomer', PASSWORD)
    equal('not before the mail', (await alert(page)).startsWith('The e-mail address is not verified yet.'), true)
    const link = await mailbox.linkFor('newcomer@example.org')
    await page.goto(link)
    await fillIn(page, 'newcomer', PASSWORD)
    equal('then she comes in', await heading(page), 'Welcome, Grace Newcomer')
    await page.goto(link)
    equal('the mail is good once', await heading(page), 'That did not work')
    await inspect(page, 'address not proved')
  },
}

const waits: Flow = {
  name: 'sign up where an administrator decides',
  async play({ mailbox, startOther, visit, equal, inspect }) {
    await using moderated = await startOther({ isModerated: true })
    const base = moderated.origin + moderated.basePath
    const page = await visit()
    await page.goto(`${base}/ui/signup`)
    await fillInSignUp(page)
    await page.goto(await mailbox.linkFor('newcomer@example.org'))
    equal('it is said', await heading(page), 'Almost there')
    await inspect(page, 'address proved')
    await page.goto(`${base}/ui/login`)
    await fillIn(page, 'newcomer', PASSWORD)
    equal('she waits', await alert(page), 'The account waits for the approval of an administrator.')
  },
}

export const mailFlows: readonly Flow[] = [forgets, signsUp, waits]
