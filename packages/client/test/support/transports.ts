import { AstakosClient } from '../../src/client.ts'
import type { ClientOptions } from '../../src/options.ts'

export interface TransportCase {
  readonly name: string
  readonly options: ClientOptions
}

/** The two of Node. `proxy: false` keeps the machine's own proxies out of the tests. */
export const nodeTransports: readonly TransportCase[] = [
  { name: 'node:http', options: { proxy: false } },
  { name: 'undici', options: { usePool: true, proxy: false } },
]

/** And an injected `fetch`. */
export const transports: readonly TransportCase[] = [
  ...nodeTransports,
  { name: 'fetch', options: { fetch: (input, init) => globalThis.fetch(input, init) } },
]

export const TOKEN = 'test-token'

export function clientOf(
  service: { readonly authUrl: string },
  { options }: TransportCase,
  more: ClientOptions = {},
): AstakosClient {
  return new AstakosClient(TOKEN, service.authUrl, { ...options, ...more })
}

/** The error of a call that must fail. */
export async function failure(call: Promise<unknown>): Promise<unknown> {
  try {
    await call
  } catch (error) {
    return error
  }
  throw new Error('The call should have failed')
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Waits for a condition that another side brings about. */
export async function until(condition: () => boolean, limitMs = 2000): Promise<void> {
  const end = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > end) throw new Error('It did not come true in time')
    // oxlint-disable-next-line no-await-in-loop -- that is what waiting is
    await pause(2)
  }
}

/** What would end the process, collected. */
export class ProcessWatch {
  readonly seen: unknown[] = []
  readonly #note = (error: unknown): void => void this.seen.push(error)

  start(): void {
    process.on('uncaughtException', this.#note)
    process.on('unhandledRejection', this.#note)
  }

  stop(): void {
    process.off('uncaughtException', this.#note)
    process.off('unhandledRejection', this.#note)
  }
}
