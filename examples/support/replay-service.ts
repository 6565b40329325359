import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { parseExact, stringifyExact } from 'astakosclient'

/**
 * A service for those who have none: it answers what the original answered when two walkthroughs were recorded, one
 * of a user and one of a compute service. It keeps no state beyond where in a recording each kind of request is.
 */

interface Exchange {
  readonly request: {
    readonly method: string
    readonly url: string
    readonly json?: unknown
    readonly headers?: Record<string, string>
  }
  readonly response: { readonly status: number; readonly json?: unknown }
}

/** What an example needs to know about its service. */
export interface Service {
  readonly authUrl: string
  readonly token: string
  readonly serviceToken: string
  /** A user of the recordings, by uuid. */
  readonly alice: string
  readonly bob: string
  stop(): Promise<void>
}

/** Tells what came and what was answered; the tour shows it. */
export type Watch = (exchange: { method: string; path: string; status: number; answer: string }) => void

const NAMES: Readonly<Record<string, string>> = {
  'uuid:alice': 'b3de8eb0-3958-477e-8a59-789af8dd352c',
  'uuid:bob': '7a2f6a4e-26cd-4d5c-9c1c-0f2c8a4b9d10',
  'uuid:dave': '1f0e4d5c-8d0a-4b49-9a0e-6f2f5a1c3e77',
  'uuid:carol': 'c0ffee00-5a1d-4c3e-9b2a-2d7f1e0a9b55',
  'token:alice': 'UQpYas7ElzWGD5yCcEXtjw',
  'token:carol': 'carols-token',
  'token:bob': 'bobs-token',
  'token:component:cyclades': 'token-of-cyclades',
  'project:1': '5d9f2c1b-7f64-4f0e-8a3d-3b1e6c2d9a40',
  datetime: '2026-11-24T03:12:24.957632+00:00',
  'http-date': 'Tue, 24 Nov 2026 03:12:24 GMT',
  text: 'a component of the cloud',
}

export async function startReplayService(watch: Watch = () => undefined): Promise<Service> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const exchanges = ['107-walkthrough-user', '108-walkthrough-service'].flatMap((name) => recorded(name, origin))
  /** How often each request was made: a request that was recorded twice may have had two answers. */
  const asked = new Map<string, number>()

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk as string
    const matching = exchanges.filter((exchange) => matches(exchange, request.method, origin + request.url, body))
    const key = `${request.method} ${request.url} ${body}`
    const times = asked.get(key) ?? 0
    asked.set(key, times + 1)
    const found = matching[Math.min(times, matching.length - 1)]
    const { status, json } = found?.response ?? {
      status: 404,
      json: { itemNotFound: { code: 404, message: 'Not recorded', details: '' } },
    }
    const text = json === undefined ? '' : stringifyExact(json)
    watch({ method: request.method ?? '', path: request.url ?? '', status, answer: text })
    response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(text)
  }
  server.on('request', (request, response) => {
    answer(request, response).catch((error: Error) => response.destroy(error))
  })

  return {
    authUrl: `${origin}/astakos/identity/v2.0`,
    token: NAMES['token:alice'] as string,
    serviceToken: NAMES['token:component:cyclades'] as string,
    alice: NAMES['uuid:alice'] as string,
    bob: NAMES['uuid:bob'] as string,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function recorded(name: string, origin: string): Exchange[] {
  const file = new URL(`../../fixtures/golden/scenarios/${name}.json`, import.meta.url)
  const { steps } = parseExact(readFileSync(file, 'utf8')) as { steps: Exchange[] }
  return steps.map((step) => filled(step, { ...NAMES, origin, base: `${origin}/astakos` }) as Exchange)
}

/** Puts values in the place of `<placeholders>`; one that is all of a text and has none stands for a number. */
function filled(value: unknown, names: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    const number = /^<(?:serial|application|membership):(\d+)>$/.exec(value)
    if (number) return 1000 + Number(number[1])
    return value.replace(
      /<(?:(?:serial|application|membership):(\d+)|([^<>]+))>/g,
      (whole, digits?: string, name = '') =>
        digits ? String(1000 + Number(digits)) : (names[name as string] ?? whole),
    )
  }
  if (Array.isArray(value)) return value.map((item) => filled(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [String(filled(name, names)), filled(member, names)]),
  )
}

/** The same call: method, URL and body. What a client adds as a default is no difference. */
function matches({ request }: Exchange, method: string | undefined, url: string, body: string): boolean {
  if (request.method !== method || decodeURIComponent(request.url) !== decodeURIComponent(url)) return false
  if (request.json === undefined) return body === ''
  return body !== '' && contains(parseExact(body), request.json)
}

/** Whether `whole` has all that `part` has. */
function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return whole === part
  if (typeof whole !== 'object' || whole === null) return false
  if (Array.isArray(part) && (!Array.isArray(whole) || whole.length !== part.length)) return false
  return Object.entries(part).every(([name, member]) => contains((whole as Record<string, unknown>)[name], member))
}
