import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { PHOTOS } from './application.ts'
import type { Stage } from './stage.ts'
import { signIn } from './steps.ts'

const WIDE: BrowserContextOptions = { viewport: { width: 800, height: 620 }, colorScheme: 'light' }
const DARK: BrowserContextOptions = { ...WIDE, colorScheme: 'dark' }
const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 640 }, colorScheme: 'light' }

interface Shot {
  readonly name: string
  readonly context: BrowserContextOptions
  open(stage: Stage, page: Page): Promise<unknown>
}

const toLogin: Shot['open'] = ({ base }, page) => page.goto(`${base}/ui/login`)

const toAccess: Shot['open'] = async ({ base }, page) => {
  await signIn(page, base)
  await page.goto(`${base}/ui/api_access`)
}

const toConsent: Shot['open'] = async ({ base, application }, page) => {
  await signIn(page, base)
  await page.goto(application.signInUrl(PHOTOS))
}

const SHOTS: readonly Shot[] = [
  { name: 'login-light', context: WIDE, open: toLogin },
  { name: 'login-dark', context: DARK, open: toLogin },
  { name: 'api-access', context: WIDE, open: toAccess },
  { name: 'consent', context: WIDE, open: toConsent },
  { name: 'phone', context: PHONE, open: toAccess },
]

/** Pictures of the pages, for the documentation. @returns where they are. */
export async function takeScreenshots(stage: Stage, folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true })
  const paths: string[] = []
  for (const { name, context: options, open } of SHOTS) {
    const names = await stage.reset()
    const context = await stage.chromium.newContext(options)
    const page = await context.newPage()
    await open(stage, page)
    await page.evaluate(rewrite, [...renamed(stage, names)])
    const path = join(folder, `${name}.png`)
    await page.screenshot({ path, fullPage: true })
    await context.close()
    paths.push(path)
  }
  return paths
}

/** What is another one each time, or should be in no picture. */
function renamed({ service, application }: Stage, names: Readonly<Record<string, string>>): Map<string, string> {
  return new Map([
    [names['token:alice'] ?? '', 'a-token-that-nobody-else-may-see'],
    [names['uuid:alice'] ?? '', '73917abc-abcd-477e-a1f1-1763abcdefab'],
    [service.origin, 'https://accounts.example.org'],
    [application.origin, 'https://photos.example.org'],
  ])
}

/** Runs in the page. */
function rewrite(replacements: readonly (readonly [string, string])[]): void {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    for (const [from, to] of replacements) node.textContent = (node.textContent ?? '').replaceAll(from, to)
    if (node.parentElement?.matches('time')) node.textContent = '2030-01-31 12:00 UTC'
  }
}
