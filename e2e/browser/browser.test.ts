import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { FLOWS } from './flows/index.ts'
import { inspect } from './inspect.ts'
import { play, type Played } from './play.ts'
import { lineOf, sumOf } from './report.ts'
import { openStage, type Stage } from './stage.ts'

/** The pages in a browser; `npm run test:browser` prints the same. */

let stage: Stage
const played: Played[] = []

beforeAll(async () => {
  stage = await openStage()
})
afterAll(() => stage?.[Symbol.asyncDispose]())

describe('in a browser', () => {
  it.each(FLOWS)('$name', async (flow) => {
    const one = await play(stage, flow)
    played.push(one)
    expect([...one.failures, ...one.violations], lineOf(one)).toEqual([])
    expect(one.checks).toBeGreaterThan(0)
  })

  it('was looked at, every page', () => {
    expect(sumOf(played, true).lines.slice(0, -2)).toEqual([])
  })
})

describe('the inspection', () => {
  const inspected = async (body: string, style = ''): Promise<string[]> => {
    const page: Page = await stage.chromium.newPage()
    const ground = ':root { color-scheme: light dark } body { background: Canvas; color: CanvasText }'
    await page.setContent(`<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">
      <title>A page</title><style>${ground} ${style}</style><main><h1>A page</h1>${body}</main></html>`)
    const violations = await inspect(page)
    await page.close()
    return violations
  }

  it('finds nothing wrong with a good page', async () => {
    expect(await inspected('<label for="a">Name</label> <input id="a">')).toEqual([])
  })

  it.each([
    ['a field without a name', '<input>', '', /^light: label at input/],
    ['a text too pale for one of the schemes', '<p>Hello</p>', 'p { color: #888 }', /^light: color-contrast at p/],
    ['a page that is light in the dark', '<p>Hello</p>', 'body { background: #fff; color: #000 }', /^dark is as light/],
    ['a page too wide for a phone', '<p>Hello</p>', 'p { width: 400px }', /^narrow: \d+ pixels/],
  ])('finds %s', async (_, body, style, expected) => {
    expect(await inspected(body, style)).toContainEqual(expect.stringMatching(expected))
  })
})

describe('a flow', () => {
  it('fails where a check does not hold, and where it breaks off', async () => {
    const one = await play(stage, {
      name: 'wrong',
      async play({ base, visit, equal }) {
        const page = await visit()
        await page.goto(`${base}/ui/login`)
        equal('heading', await page.getByRole('heading').innerText(), 'Something else')
        throw new Error('broken off')
      },
    })
    expect(one.failures).toHaveLength(2)
    expect(sumOf([one], false)).toMatchObject({ isGood: false })
    expect(sumOf([one], false).lines.at(-1)).toBe('0 passed, 1 failed')
  })
})
