import type { Page } from 'playwright-core'

/** What flows do again and again. */

export async function fillIn(page: Page, name: string, password = `${name}-pass-1`): Promise<void> {
  await page.getByLabel('E-mail address').fill(`${name}@example.org`)
  await page.getByLabel('Password').fill(password)
  await press(page, 'Sign in')
}

/** The button of a form; waits for the page that it leads to. */
export async function press(page: Page, name: string): Promise<void> {
  await arrives(page, () => page.getByRole('button', { name, exact: true }).click())
}

export async function follow(page: Page, name: string): Promise<void> {
  const links = page.getByRole('link', { name, exact: true })
  // The menu may have one, too, and it comes first.
  await arrives(page, () => links.first().click())
}

/** Something that leads to another page, also to the same address again. */
export async function arrives(page: Page, act: () => Promise<void>): Promise<void> {
  await Promise.all([page.waitForEvent('load'), act()])
}

export async function signIn(page: Page, base: string, name = 'alice'): Promise<void> {
  await page.goto(`${base}/ui/login`)
  await fillIn(page, name)
}

export function heading(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).innerText()
}

/** What is read out at once. */
export function alert(page: Page): Promise<string> {
  return page.getByRole('alert').innerText()
}

/** The token that the page of it shows. */
export function shownToken(page: Page): Promise<string> {
  return page.locator('dt:text-is("Token") + dd').innerText()
}
