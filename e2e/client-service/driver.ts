import { inspect } from 'node:util'
import type { ClientOptions } from 'astakosclient'
import type { Answer } from '../replay/answer.ts'
import { problemsOf } from '../replay/expectation.ts'
import { readJson, type Json } from '../replay/json.ts'
import type { Drive } from '../replay/recognise/drive.ts'
import { recognise, type Producible } from '../replay/recognise/index.ts'
import { LeftOut, type Rule } from '../replay/recognise/rules.ts'
import { recordedOf } from '../replay/recorded.ts'
import { Clients, outcomeOf, refuse } from '../replay/replay.ts'
import { faultOf } from '../replay-server/difference.ts'
import type { Connections, Received, Sendable } from '../replay-server/http.ts'
import type { RecordedExchange, Sent } from '../replay-server/replay.ts'
import type { Scope } from '../replay-server/scope.ts'
import { routeOf } from '../replay-server/selection.ts'
import type { Tap } from './tap.ts'

/** How an exchange came about: by these methods, or by none for that reason. */
export type Origin = { readonly methods: readonly string[] } | { readonly rule: Rule }

export interface Transport {
  readonly name: string
  readonly options: ClientOptions
}

/** Successes that leave the service as it was, or as once was enough to make it. */
const REPEATABLE = /\/(tokens|user_catalogs|feedback|default_project)$/

/** An access token is forgotten with this answer. */
const TOLD_ONCE = 'Token has expired'

/** A method, and the transport that its request goes over. */
interface Way {
  readonly drive: Drive
  readonly transport: Transport
}

/**
 * Has the client's methods make the requests of one scenario. What the service answers to a method is compared with the
 * recording by the replay; here is seen to it that the method returns or throws what that answer means.
 */
export class Driver implements AsyncDisposable {
  /** How many methods there are, at most, for a request that must not be made twice. */
  passes = 1
  /** Of the last exchange; null for what was no exchange. */
  origin: Origin | null = null
  readonly #tap: Tap
  readonly #transports: readonly Transport[]
  readonly #pass: number
  readonly #clients = new Map<Transport, Clients>()
  #turn: number

  /** @param pass which of the methods is called where only one may be. */
  constructor(tap: Tap, transports: readonly Transport[], pass: number) {
    this.#tap = tap
    this.#transports = transports
    this.#pass = pass
    this.#turn = pass
  }

  async send(sendable: Sendable, exchange: RecordedExchange, scope: Scope, raw: Connections): Promise<Sent> {
    let producible: Producible
    try {
      producible = recognise(recordedOf(exchange.request, scope))
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error
      this.origin = { rule: error.rule }
      const problems: string[] = []
      const clients = this.#clientsOver(this.#nextTransport(), scope)
      for (const refusal of error.refusals) problems.push(...(await refuse(refusal, clients, this.#tap)))
      return { answers: [await raw.send(sendable)], problems }
    }
    const ways = this.#waysOf(producible.drives, exchange)
    this.origin = { methods: ways.map(({ drive }) => drive.name) }
    const answers: Received[] = []
    const problems: string[] = []
    for (const { drive, transport } of ways) {
      const driven = await this.#drive(drive, producible, this.#clientsOver(transport, scope))
      answers.push(...driven.answers)
      problems.push(...driven.problems.map((problem) => `${drive.name} over ${transport.name}: ${problem}`))
    }
    return { answers, problems }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((clients) => clients[Symbol.asyncDispose]()))
  }

  /**
   * Every method over every transport, once, where the service is left as it was. Else one method, another one in each
   * pass, and one transport, which take turns.
   */
  #waysOf(drives: readonly Drive[], { request, response }: RecordedExchange): readonly Way[] {
    const isChange = request.method !== 'GET' && response.status < 300n && !REPEATABLE.test(routeOf(request.url))
    const isEffective = isChange || faultOf(response)?.message === TOLD_ONCE
    if (isEffective) this.passes = Math.max(this.passes, drives.length)
    else if (this.#pass === 0)
      return drives.flatMap((drive) => this.#transports.map((transport) => ({ drive, transport })))
    const drive = drives[this.#pass % drives.length]
    return drive ? [{ drive, transport: this.#nextTransport() }] : []
  }

  #nextTransport(): Transport {
    const transport = this.#transports[this.#turn % this.#transports.length]
    if (transport === undefined) throw new Error('No transport at all')
    this.#turn += 1
    return transport
  }

  #clientsOver(transport: Transport, scope: Scope): Clients {
    const authUrl = `${this.#tap.origin}${scope.text('<base_path>')}/identity/v2.0`
    const clients = this.#clients.get(transport) ?? new Clients(authUrl, transport.options)
    this.#clients.set(transport, clients)
    return clients
  }

  async #drive(drive: Drive, { token, headers }: Producible, clients: Clients): Promise<Sent> {
    this.#tap.take()
    const outcome = await outcomeOf(() => drive.call(clients.of(token), { headers }))
    const answers = this.#tap
      .take()
      .filter(({ isDiscovery }) => !isDiscovery || drive.name === 'getEndpoints')
      .map(({ answer }) => answer)
    const [answer, ...others] = answers
    if (answer === undefined || others.length > 0)
      return { answers, problems: [`asked the service ${answers.length} times: ${inspect(outcome)}`] }
    return { answers, problems: problemsOf(drive, token, answerOf(answer), outcome) }
  }
}

function answerOf({ status, headers, body: bytes }: Received): Answer {
  const body = bytes.toString()
  const document = documentOf(body)
  return { status, headers, body, ...(document === undefined ? {} : { document }) }
}

function documentOf(body: string): Json | undefined {
  try {
    return readJson(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
