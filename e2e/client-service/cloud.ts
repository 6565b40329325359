import { fileURLToPath } from 'node:url'
import { AstakosClient, type Quota } from 'astakosclient'
import { transports, type TransportCase } from '../../packages/client/test/support/transports.ts'
import { SERVE_WORLD, WorldService } from '../replay-server/service.ts'
import type { Scope } from '../replay-server/scope.ts'

export { transports, type TransportCase }

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The service in a process of its own, with the world of the recordings, and clients of it. */
export class Cloud implements AsyncDisposable {
  readonly #service: WorldService
  readonly #clients: AstakosClient[] = []
  #scope: Scope | null = null

  /** @param args of the process, such as `--world FILE`. */
  constructor(...args: readonly string[]) {
    this.#service = new WorldService([...SERVE_WORLD, ...args], root)
  }

  async start(): Promise<void> {
    this.#scope = await this.#service.start()
  }

  /** As if nothing had happened. */
  async reset(): Promise<void> {
    await this.closeClients()
    this.#scope = await this.#service.reset()
  }

  /** What a placeholder stands for: `uuid:alice`, `token:component:cyclades`, `origin`. */
  value(placeholder: string): string {
    if (this.#scope === null) throw new Error('It is not started')
    return this.#scope.text(`<${placeholder}>`)
  }

  /** @param origin another than the service's own, such as a proxy's. */
  client(
    who: string,
    { options }: TransportCase,
    more: TransportCase['options'] = {},
    origin: string = this.value('origin'),
  ): AstakosClient {
    const authUrl = `${origin}${this.value('base_path')}/identity/v2.0`
    const client = new AstakosClient(this.value(`token:${who}`), authUrl, { ...options, ...more })
    this.#clients.push(client)
    return client
  }

  /** What a user holds of a resource in the own system project. */
  async holding(service: AstakosClient, user: string, resource: string): Promise<Quota | undefined> {
    const uuid = this.value(`uuid:${user}`)
    const quotas = await service.serviceGetQuotas({ user: uuid, projectId: uuid })
    return quotas[uuid]?.[uuid]?.[resource]
  }

  async closeClients(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => client.close()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeClients()
    await this.#service[Symbol.asyncDispose]()
  }
}

export async function collected<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
