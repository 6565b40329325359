import { fileURLToPath } from 'node:url'

import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { bundleForBrowser } from '../packaging/bundle.ts'
import { makeConsumer, pack, type Packed } from '../packaging/pack.ts'
import { quietEnv, run } from '../packaging/shell.ts'
import { launchChromium } from './chromium.ts'
import { installRuntimes } from './install.ts'
import { runtimes } from './runtimes.ts'
import { startService, type Service } from './service.ts'

const files = ['smoke.mjs', 'main.mjs', 'page.mjs'].map((name) => fileURLToPath(new URL(name, import.meta.url)))

/** Twelve checks; the program says of each how it went. */
const everything = Object.fromEntries(
  [
    'authenticates',
    'finds a name in any script',
    'says whom it did not find',
    'reads quantities exactly',
    'streams quotas',
    'issues a commission, accepts it once',
    'tells by how much a quota was missed',
    'is refused with another token',
    'stops waiting when it is told to',
    'stops waiting in time',
    'makes many calls at once',
    'makes no call once it is closed',
  ].map((name) => [name, 'holds']),
)

let packed: Packed
let consumer: string

beforeAll(async () => {
  await installRuntimes()
  packed = await pack('client')
  consumer = await makeConsumer(packed, 'consumer', files)
})

afterAll(() => packed?.remove())

describe.each(runtimes)('$name', ({ args, executable }) => {
  let service: Service

  beforeAll(async () => {
    service = await startService({ cors: false })
  })

  afterAll(() => service?.close())

  const smoke = async (mode: 'pool' | 'plain'): Promise<unknown> => {
    const env = { ...quietEnv(), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' }
    const options = { cwd: consumer, env, timeoutMs: 60_000 }
    return JSON.parse(await run(executable(), [...args, 'main.mjs', service.origin, mode], options))
  }

  it('runs the client', async () => {
    expect(await smoke('plain')).toEqual(everything)
  })

  it('runs the client with a pool, and keeps to its size', async () => {
    service.takePeak()
    expect(await smoke('pool')).toEqual(everything)
    expect(service.takePeak()).toBe(3)
  })
})

describe('Chromium', () => {
  let own: Service
  let other: Service
  let original: Service
  let browser: Browser

  beforeAll(async () => {
    const { text } = await bundleForBrowser(consumer, 'page.mjs')
    own = await startService({
      cors: false,
      files: {
        '/': ['text/html', '<!doctype html><script type="module" src="/page.js"></script>'],
        '/page.js': ['text/javascript', text],
        '/favicon.ico': ['image/x-icon', ''],
      },
    })
    other = await startService({ cors: true })
    original = await startService({ cors: false })
    browser = await launchChromium()
  })

  afterAll(async () => {
    await browser?.close()
    await Promise.all([own, other, original].map((service) => service?.close()))
  })

  /** Runs an expression in a page of `own`, and tells what the page complained about. */
  const inPage = async (expression: string): Promise<{ result: unknown; errors: string[] }> => {
    const page = await browser.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    await page.goto(own.origin)
    await page.waitForFunction('globalThis.smoke !== undefined')
    const result: unknown = await page.evaluate(expression)
    await page.close()
    return { result, errors }
  }

  for (const usePool of [false, true]) {
    it(`runs the client with usePool ${usePool} against the page's own origin`, async () => {
      expect(await inPage(`smoke('${own.origin}', ${usePool})`)).toEqual({ result: everything, errors: [] })
    })

    it(`runs the client with usePool ${usePool} against another origin that sends CORS headers`, async () => {
      expect(await inPage(`smoke('${other.origin}', ${usePool})`)).toEqual({ result: everything, errors: [] })
    })
  }

  it('is kept from another origin without CORS headers, as the original service is', async () => {
    const call = `new astakos.AstakosClient('token', '${original.origin}/identity/v2.0').getQuotas()`
    const { result } = await inPage(`${call}.then(() => 'read', (error) => error.name)`)
    expect(result).toBe('ConnectionError')
  })
})
