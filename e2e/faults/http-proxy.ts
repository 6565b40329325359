import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Random } from '../model/random.ts'
import { flat, NoAnswer, send, type Answer, type Message } from './http.ts'

/** How often, of a thousand requests. */
export interface Noise {
  /** It is lost on its way. */
  readonly dropRequest: number
  /** It is served, and the answer is lost. */
  readonly dropAnswer: number
  /** A copy of it comes some time later. */
  readonly copy: number
  /** It is lost to whoever sent it, and comes some time later. */
  readonly late: number
}

export const QUIET: Noise = { dropRequest: 0, dropAnswer: 0, copy: 0, late: 0 }
export const SOME_NOISE: Noise = { dropRequest: 5, dropAnswer: 10, copy: 15, late: 5 }
export const MUCH_NOISE: Noise = { dropRequest: 40, dropAnswer: 80, copy: 120, late: 50 }

/** Of those that are late, how many come when all is over: after the retry, the recovery, the accept. */
const HELD = 0.5

/** The rest comes within this time: at about the retry, or at about the accept. */
const LATE_MS_MAX = 800

/** Stands between workers and services, and does what networks do. */
export class HttpProxy implements AsyncDisposable {
  noise: Noise = QUIET
  /** One of them gets a request, whichever: a copy may meet another process than the original did. */
  origins: readonly string[]
  lost = 0
  late = 0
  /** Answers of 503 that don't say to come again: the service does not know what it decided. */
  unknown = 0
  /** Two different decisions under one key. */
  readonly contradictions: string[] = []
  readonly #random: Random
  readonly #server: Server
  readonly #decisions = new Map<string, string>()
  readonly #held = new Set<Message>()
  readonly #underWay = new Set<Promise<unknown>>()

  private constructor(server: Server, origins: readonly string[], random: Random) {
    this.#server = server
    this.origins = origins
    this.#random = random
  }

  static async start(origins: readonly string[], random: Random): Promise<HttpProxy> {
    const server = createServer({ keepAliveTimeout: 60_000 })
    const proxy = new HttpProxy(server, origins, random)
    server.on('request', (request, response) => {
      let body = ''
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (body += chunk))
      request.on('end', () => {
        const { method = '', url: path = '' } = request
        void proxy.#serve({ method, path, headers: flat(request.headers), body }).then((answer) => {
          if (answer) response.writeHead(answer.status, answer.headers).end(answer.body)
          else request.socket.destroy()
        })
      })
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** @returns null where the connection breaks instead. */
  async #serve(message: Message): Promise<Answer | null> {
    const { dropRequest, dropAnswer, copy, late } = this.noise
    const quiet = 1000 - dropRequest - dropAnswer - copy - late
    const fate = this.#random.weighted({ dropRequest, dropAnswer, copy, late, quiet })
    if (fate === 'dropRequest') this.lost += 1
    if (fate === 'copy' || fate === 'late') this.#sendLater(message)
    if (fate === 'dropRequest' || fate === 'late') return null
    const answer = await this.#forward(message)
    if (fate !== 'dropAnswer') return answer
    this.lost += 1
    return null
  }

  #sendLater(message: Message): void {
    this.late += 1
    this.#held.add(message)
    if (this.#random.chance(HELD)) return
    setTimeout(() => this.#release(message), this.#random.below(LATE_MS_MAX))
  }

  #release(message: Message): void {
    // It may have been released by the end of the round.
    if (!this.#held.delete(message)) return
    const sent = this.#forward(message)
    this.#underWay.add(sent)
    void sent.finally(() => this.#underWay.delete(sent))
  }

  async #forward(message: Message): Promise<Answer | null> {
    try {
      const answer = await send(this.#random.pick(this.origins), message)
      this.#compare(message, answer)
      return answer
    } catch (error) {
      if (error instanceof NoAnswer) return null
      throw error
    }
  }

  #compare({ headers }: Message, { status, headers: answered, body }: Answer): void {
    if (status === 503 && answered['retry-after'] === undefined) this.unknown += 1
    const key = answered['idempotency-key']
    if (key === undefined || status === 422) return
    const decision = `${status} ${body}`
    const before = this.#decisions.get(key) ?? decision
    this.#decisions.set(key, before)
    if (before !== decision || headers['idempotency-key'] !== key)
      this.contradictions.push(`${key}: first ${before}, then ${decision}`)
  }

  /** All that is late comes now. */
  async flush(): Promise<void> {
    for (const message of this.#held) this.#release(message)
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held.clear()
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}
