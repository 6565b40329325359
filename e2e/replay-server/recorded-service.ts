import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerOf, type Answer } from '../replay/answer.ts'
import type { JsonObject } from '../replay/json.ts'
import { Bindings, PLACEHOLDER } from '../replay/placeholders.ts'
import { bodyOf } from '../replay/recorded.ts'
import { readWorld, type Scenario, type Step } from '../replay/transcripts.ts'
import type { Service } from './replay.ts'
import { Scope } from './scope.ts'

const BASE_PATH = '/astakos'

/** What a service that is not right answers to a step. */
export type Tampering = (step: Step, answer: Answer) => Answer

/** A service that knows one scenario and answers as recorded, whatever is asked; for tests of the replay itself. */
export class RecordedService implements Service, AsyncDisposable {
  readonly #worldFile: string
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error))
  })
  #bindings: Bindings | null = null
  #steps: Step[] = []
  #tamper: Tampering = (_, answer) => answer
  readonly orders: JsonObject[] = []
  /** Requests that differ from the recorded ones. */
  readonly problems: string[] = []

  constructor(worldFile: string) {
    this.#worldFile = worldFile
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#bindings = new Bindings(`${this.#origin}${BASE_PATH}`, readWorld(this.#worldFile))
  }

  expect({ steps }: Scenario, tamper: Tampering = (_, answer) => answer): void {
    this.#steps = steps.filter(({ request }) => request !== undefined)
    this.#tamper = tamper
  }

  async reset(): Promise<Scope> {
    const placeholders = readFileSync(this.#worldFile, 'utf8').match(PLACEHOLDER) ?? []
    const ofWorld = placeholders.filter((placeholder) => /^<(uuid|token|group):/.test(placeholder))
    const bindings: Record<string, string> = {}
    for (const placeholder of ofWorld) bindings[placeholder.slice(1, -1)] = this.#fill().text(placeholder)
    return Promise.resolve(Scope.of(this.#origin, BASE_PATH, bindings))
  }

  async order(command: JsonObject): Promise<void> {
    this.orders.push(command)
    return Promise.resolve()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  get #origin(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  #fill(): Bindings {
    if (this.#bindings === null) throw new Error('Not listening yet')
    return this.#bindings
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const step = this.#steps.shift()
    if (step?.request === undefined || step.response === undefined) throw new Error('Nothing more was recorded')
    this.#check(step, request, Buffer.concat(chunks))
    const { status, headers, body } = this.#tamper(step, answerOf(step.response, this.#fill()))
    const cookies = step.response.set_cookies?.map(({ name, value }) => `${name}=${this.#fill().text(value)}`)
    response.writeHead(status, { ...headers, ...(cookies ? { 'set-cookie': cookies } : {}) })
    response.end(body)
  }

  #check({ n, request: recorded }: Step, request: IncomingMessage, body: Buffer): void {
    if (recorded === undefined) return
    const fill = this.#fill()
    const sent = `${request.method} ${request.url}`
    const wanted = `${recorded.method} ${fill.text(recorded.url).slice(this.#origin.length)}`
    if (sent !== wanted) this.problems.push(`${n}: ${sent} instead of ${wanted}`)
    if (!body.equals(bodyOf(recorded, fill))) this.problems.push(`${n}: another body`)
    for (const [name, value] of Object.entries(fill.texts(recorded.headers))) {
      if (request.headers[name.toLowerCase()] !== value.trim()) this.problems.push(`${n}: another ${name}`)
    }
  }
}
