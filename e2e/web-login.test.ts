import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { AstakosClient, effectiveQuota, formatQuantity } from 'astakosclient'
import { parseExact } from 'astakosclient/wire'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from '../packages/server/src/db/statement.ts'
import { startEmbedded } from '../packages/server/src/db/embedded/index.ts'
import { migrate } from '../packages/server/src/db/migrate.ts'
import { addClient } from '../packages/server/src/oauth2/clients.ts'
import { startWorldService, type WorldService } from '../packages/server/scripts/world-service.ts'
import type { World } from '../packages/server/scripts/world.ts'
import { ExampleProcess } from './example-process.ts'
import { launchChromium } from './runtimes/chromium.ts'
import { installRuntimes } from './runtimes/install.ts'

const WORLD = parseExact(readFileSync(new URL('../fixtures/golden/world.json', import.meta.url), 'utf8')) as World
/** One that has to be encoded on its way. */
const SECRET = 'of web-login: 100 %'

describe('the example web-login, in a browser', () => {
  const stops: (() => PromiseLike<unknown>)[] = []
  let service: WorldService
  let chromium: Browser
  let app: string
  let names: Record<string, string>

  beforeAll(async () => {
    await installRuntimes()
    chromium = await launchChromium()
    stops.push(() => chromium.close())
    const postgres = await startEmbedded({ dataDir: null })
    stops.push(() => postgres.stop())
    await migrate(postgres.connection)
    service = await startWorldService(postgres.connection, { settings: { cookieSecure: false, oauth2NeedsTls: false } })
    stops.push(() => service[Symbol.asyncDispose]())
    names = await service.load(WORLD)
    app = `http://localhost:${await freePort()}`
    const example = await ExampleProcess.start('web-login/main.ts', {
      ASTAKOS_URL: service.authUrl,
      ASTAKOS_SERVICE_TOKEN: names['token:component:cyclades'],
      OAUTH2_CLIENT: 'quota-page',
      OAUTH2_SECRET: SECRET,
      APP_URL: app,
    })
    stops.push(() => example[Symbol.asyncDispose]())
    expect(example.url).toBe(`${app}/`)
    await service.service.database.transaction((tx) =>
      addClient(tx, service.secretKey, {
        identifier: 'quota-page',
        secret: SECRET,
        isConfidential: true,
        isTrusted: false,
        redirectUris: [`${app}/callback`],
      }),
    )
  })

  beforeEach(async () => {
    await service.service.database.query(sql('delete from oauth2_codes'))
    await service.service.database.query(sql('delete from oauth2_tokens'))
  })

  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop()
  })

  const newPage = async (): Promise<Page> => (await chromium.newContext()).newPage()
  const headingOf = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()

  /** From the application to the page that asks whether it may know who somebody is. */
  async function toConsent(page: Page, person: string): Promise<void> {
    await page.goto(app)
    await page.getByRole('link', { name: 'Sign in with Astakos' }).click()
    expect(page.url()).toContain(`${service.origin}/astakos/ui/login?next=`)
    await page.getByLabel('E-mail address').fill(`${person}@example.org`)
    await page.getByLabel('Password').fill(`${person}-pass-1`)
    await page.getByRole('button', { name: 'Sign in' }).click()
    expect(await headingOf(page)).toBe('Sign in to quota-page?')
  }

  async function isSignedOut(page: Page): Promise<boolean> {
    await page.goto(app)
    return page.getByRole('link', { name: 'Sign in with Astakos' }).isVisible()
  }

  async function grants(): Promise<{ codes: number; used: number; tokens: number }> {
    const [row] = await service.service.database.query<{ codes: bigint; used: bigint; tokens: bigint }>(
      sql(`select count(*) as codes, count(*) filter (where used) as used,
                  (select count(*) from oauth2_tokens) as tokens
             from oauth2_codes`),
    )
    return { codes: Number(row?.codes), used: Number(row?.used), tokens: Number(row?.tokens) }
  }

  it('shows their quotas to whoever signs in and allows it, until they sign out', async () => {
    const page = await newPage()
    const visited: string[] = []
    page.on('request', (request) => visited.push(request.url()))
    await toConsent(page, 'alice')
    await page.getByRole('button', { name: 'Allow' }).click()
    expect(await headingOf(page)).toBe('Quotas of Alice Liddell')
    expect(page.url()).toBe(`${app}/`)
    expect(await page.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(['Own project'])
    const quotas = await page.getByRole('listitem').allInnerTexts()
    expect(quotas).toEqual(await expectedQuotas('alice'))
    expect(quotas).toContain('cyclades.ram: 0 bytes of 4.00 GB used')
    expect(await grants()).toEqual({ codes: 1, used: 1, tokens: 1 })

    // It gets nothing of Astakos' own cookies, and scripts get nothing of its own.
    const cookies = await page.context().cookies(app)
    expect(cookies).toMatchObject([{ name: 'web_login', httpOnly: true, sameSite: 'Lax' }])

    // The way back can't be gone twice.
    const callback = visited.find((url) => url.startsWith(`${app}/callback?`)) ?? ''
    expect((await page.goto(callback))?.status()).toBe(400)
    await page.goto(app)
    expect(await headingOf(page)).toBe('Quotas of Alice Liddell')

    await page.getByRole('button', { name: 'Sign out' }).click()
    expect(await isSignedOut(page)).toBe(true)
    await page.context().addCookies(cookies)
    expect(await isSignedOut(page)).toBe(true)
    await page.context().close()
  })

  it('signs nobody in who does not allow it', async () => {
    const page = await newPage()
    await toConsent(page, 'alice')
    await page.getByRole('link', { name: 'Do not allow' }).click()
    expect(page.url()).toBe(`${service.origin}/astakos/ui/landing`)
    expect(await isSignedOut(page)).toBe(true)
    expect(await grants()).toEqual({ codes: 0, used: 0, tokens: 0 })
    await page.context().close()
  })

  it('redeems no code that comes with another state, in whichever browser', async () => {
    const page = await newPage()
    await toConsent(page, 'alice')
    const asked = new URL(page.url())
    asked.searchParams.set('state', 'another')
    await page.goto(asked.href)
    await page.getByRole('button', { name: 'Allow' }).click()
    expect(await headingOf(page)).toBe('You are not signed in')
    const callback = page.url()
    expect(callback).toMatch(/\/callback\?state=another&code=\w{60}$/)
    expect(await isSignedOut(page)).toBe(true)

    // Bob is lured there, to work in the account of Alice: he has not begun anything, and then he has.
    const other = await newPage()
    expect((await other.goto(callback))?.status()).toBe(400)
    expect(await isSignedOut(other)).toBe(true)
    await toConsent(other, 'bob')
    expect((await other.goto(callback))?.status()).toBe(400)
    expect(await grants()).toEqual({ codes: 1, used: 0, tokens: 0 })
    await other.goBack()
    await other.getByRole('button', { name: 'Allow' }).click()
    expect(await headingOf(other)).toBe('Quotas of Bob Builder')
    expect(await grants()).toEqual({ codes: 2, used: 1, tokens: 1 })
    await page.context().close()
    await other.context().close()
  })

  /** What the person's own token says of what the service answers for. */
  async function expectedQuotas(person: string): Promise<string[]> {
    await using client = new AstakosClient(names[`token:${person}`] ?? '', service.authUrl)
    const [quotas, resources] = await Promise.all([client.getQuotas(), client.getResources()])
    return Object.entries(quotas[names[`uuid:${person}`] ?? ''] ?? {})
      .filter(([resource]) => resource.startsWith('cyclades.'))
      .map(([resource, quota]) => {
        const { usage, limit } = effectiveQuota(quota)
        const [used, of] = [usage, limit].map((quantity) => formatQuantity(quantity, resources[resource]?.unit))
        return `${resource}: ${used} of ${of} used`
      })
  }
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
