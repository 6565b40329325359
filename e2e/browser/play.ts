import { isDeepStrictEqual } from 'node:util'
import type { BrowserContext } from 'playwright-core'
import type { Flow, Scene } from './flow.ts'
import { inspect } from './inspect.ts'
import type { PageName } from './pages.ts'
import type { Stage } from './stage.ts'

export interface Played {
  readonly flow: string
  readonly checks: number
  /** What did not hold. */
  readonly failures: readonly string[]
  /** What stands between its pages and some people. */
  readonly violations: readonly string[]
  readonly pages: ReadonlySet<PageName>
}

/** How long a page may let people wait: no measure of speed, but an end. */
const PATIENCE_MS = 20_000

export async function play(stage: Stage, { name: flow, play: body }: Flow): Promise<Played> {
  const contexts: BrowserContext[] = []
  const failures: string[] = []
  const violations: string[] = []
  const pages = new Set<PageName>()
  let checks = 0
  const check = (what: string, isSo: boolean): void => {
    checks += 1
    if (!isSo) failures.push(what)
  }
  const scene: Scene = {
    ...stage,
    names: await stage.reset(),
    check,
    equal(what, got, expected) {
      check(`${what}: ${JSON.stringify(got)} is not ${JSON.stringify(expected)}`, isDeepStrictEqual(got, expected))
    },
    async visit({ javaScript = true } = {}) {
      const context = await stage.chromium.newContext({ javaScriptEnabled: javaScript })
      contexts.push(context)
      context.setDefaultTimeout(PATIENCE_MS)
      return context.newPage()
    },
    async inspect(page, name) {
      pages.add(name)
      checks += 1
      violations.push(...(await inspect(page)).map((text) => `${name}: ${text}`))
    },
  }
  try {
    await body(scene)
  } catch (error) {
    failures.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  for (const context of contexts) await context.close()
  return { flow, checks, failures, violations, pages }
}
