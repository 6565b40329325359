import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Also that nothing to press is too small for a finger, which axe asks for only when it is told to. */
const RUN_AXE = `axe.run(document, { rules: { 'target-size': { enabled: true } } })`

const SCHEMES = ['light', 'dark'] as const

/** As wide as text at 400 % leaves it, and as narrow phones are. */
const NARROW = { width: 320, height: 640 }

/** What stands between a page and the people who read it, in light and dark and on a narrow phone; empty: nothing. */
export async function inspect(page: Page): Promise<string[]> {
  const violations: string[] = []
  const grounds = new Set<string>()
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme })
    grounds.add(await page.evaluate(groundOf))
    await page.evaluate(AXE)
    const found = await page.evaluate<AxeResults>(RUN_AXE)
    violations.push(...described(found).map((text) => `${colorScheme}: ${text}`))
  }
  if (grounds.size < SCHEMES.length) violations.push('dark is as light')
  await page.emulateMedia({ colorScheme: null })
  const before = page.viewportSize()
  await page.setViewportSize(NARROW)
  const tooWide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (tooWide > 0) violations.push(`narrow: ${tooWide} pixels are to be scrolled to`)
  if (before) await page.setViewportSize(before)
  return violations
}

/** Runs in the page. What has no colour of its own shows the one that the browser has for its scheme. */
function groundOf(): string {
  const { backgroundColor, color } = getComputedStyle(document.body)
  return `${backgroundColor} ${color}`
}

/** What axe can not decide is a violation, too: somebody has to look at it. */
function described({ violations, incomplete }: AxeResults): string[] {
  return [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary = '' }) => `${id} at ${target.join(' ')}: ${failureSummary.replaceAll(/\s+/g, ' ')}`,
    ),
  )
}
