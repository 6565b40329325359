import { createFetchTransport } from './transport/fetch.ts'
import { BadValue } from './errors.ts'
import { Discovery } from './discovery.ts'
import type { AuthUrl } from './identity.ts'
import type { Settings } from './options.ts'
import { RetryBudget } from './retry.ts'
import type { Transport } from './transport/transport.ts'
import { createTransport } from '#transport'

const RESERVE = 10

/** What a client shares with those that `withToken` makes of it: one service, its connections, what is known of it. */
export class Core {
  readonly authUrl: AuthUrl
  readonly settings: Settings
  readonly discovery: Discovery
  readonly budget: RetryBudget
  transport: Transport | null = null
  #loading: Promise<Transport> | null = null
  #running = 0
  #closed = false
  #closing: Promise<void> | null = null
  #onIdle: (() => void) | null = null

  constructor(authUrl: AuthUrl, settings: Settings) {
    this.authUrl = authUrl
    this.settings = settings
    this.discovery = new Discovery(authUrl, settings.trustedOrigins)
    this.budget = new RetryBudget(Math.max(RESERVE, settings.retry))
    if (settings.fetch) this.transport = createFetchTransport({ fetch: settings.fetch, poolSize: null })
  }

  /** Loaded by the first call. */
  async load(): Promise<Transport> {
    const { poolSize, tls, proxy } = this.settings
    this.#loading ??= createTransport({ poolSize, tls, proxy })
    this.transport = await this.#loading
    return this.transport
  }

  /** A call begins. @throws {BadValue} */
  enter(method: string): void {
    if (this.#closed) throw new BadValue('client', 'is closed', method)
    this.#running += 1
  }

  leave(): void {
    this.#running -= 1
    if (this.#running === 0) this.#onIdle?.()
  }

  close(): Promise<void> {
    this.#closed = true
    this.#closing ??= this.#drain()
    return this.#closing
  }

  async #drain(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#onIdle = resolve))
    const transport = this.#loading ? await this.#loading.catch(() => null) : this.transport
    await transport?.close()
  }
}
