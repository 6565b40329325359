import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { Browser } from './support/browser.ts'
import { send } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { pagesWith } from './support/page-routes.ts'
import { databases, freshDatabase, startServer, type Database } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What somebody without an account can make the service read. */

const [database] = databases as [Database]
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
let service: WorldService
let base: string
let names: Record<string, string>

beforeAll(async () => {
  const { connection } = await freshDatabase(await startServer(database), migrated)
  service = await startWorldService(connection, { settings: { signUp: true } })
  base = service.origin + service.basePath
  names = await service.load(WORLD)
})
afterAll(() => service[Symbol.asyncDispose]())

/** Writes until somebody stops it. @returns the status, and how much was taken. */
function pour(url: string, headers: Record<string, string>, text: string): Promise<[status: number, text: string]> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false, headers }, (answer) => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => {
        resolve([answer.statusCode ?? 0, Buffer.concat(pieces).toString()])
        sent.destroy()
      })
    })
    // The service hangs up on who goes on; the answer was there before.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ECONNRESET') reject(error)
    })
    sent.end(text)
  })
}

describe('a form of 16 MiB', () => {
  const huge = 'username=x&password=p&' + 'a&'.repeat(8 * 1024 * 1024 - 11)

  it.each(pagesWith('POST'))('is refused at %s before it is read, with and without its length', async (path) => {
    for (const more of [{ 'content-length': String(huge.length) }, { 'transfer-encoding': 'chunked' }]) {
      const [status, text] = await pour(base + path, { ...FORM, ...more }, huge)
      expect(status).toBe(413)
      expect(text).toContain('The body is too large')
      expect(text.startsWith('<!doctype html>')).toBe(path !== '/oauth2/token')
    }
  })

  it('is refused where nothing is, where tokens are asked for, and as feedback', async () => {
    const token = { 'x-auth-token': names['token:alice'] ?? '' }
    const type = { 'content-type': 'application/json' }
    expect((await pour(`${base}/nowhere`, FORM, huge))[0]).toBe(413)
    expect((await pour(`${base}/identity/v2.0/tokens`, type, huge))[0]).toBe(413)
    expect((await pour(`${base}/account/v1.0/feedback`, { ...FORM, ...token }, huge))[0]).toBe(413)
  })
})

describe('a form', () => {
  it.each(pagesWith('POST'))('of more than a hundred fields is refused at %s', async (path) => {
    const body = (fields: number): string => Array.from({ length: fields }, (_, n) => `f${n}=`).join('&')
    const refusal = 'A form has at most 100 fields'
    const many = await send('POST', base + path, { headers: FORM, body: body(101) })
    expect([many.status, many.text.includes(refusal)]).toEqual([400, true])
    expect((await send('POST', base + path, { headers: FORM, body: body(100) })).text).not.toContain(refusal)
  })

  it('of feedback has as many at most', async () => {
    const headers = { ...FORM, 'x-auth-token': names['token:alice'] ?? '' }
    const body = (more: number): string => `feedback_msg=hello${'&a=b'.repeat(more)}`
    const url = `${base}/account/v1.0/feedback`
    expect((await send('POST', url, { headers, body: body(100) })).status).toBe(400)
    expect((await send('POST', url, { headers, body: body(99) })).status).toBe(200)
  })

  it('gets back no more of a name than an address may have', async () => {
    const browser = new Browser(base)
    const { text } = await browser.signIn('x', 'y', { username: `${'z'.repeat(300)}@example.org` })
    expect(text).toContain(`value="${'z'.repeat(254)}"`)
    await browser.get('/ui/signup')
    const again = await browser.form('/ui/signup', { email: 'z'.repeat(300), first_name: 'z'.repeat(300) })
    expect(again.text.match(/zz+/g)?.map(({ length }) => length)).toEqual([254, 254])
  })
})
