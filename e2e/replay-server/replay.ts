import { setTimeout as pause } from 'node:timers/promises'
import type { Json, JsonObject } from '../replay/json.ts'
import type { RecordedRequest, RecordedResponse, Scenario, Step } from '../replay/transcripts.ts'
import { CookieJar } from './cookies.ts'
import type { Difference, Exchange } from './difference.ts'
import { stateSeenBy } from './effects.ts'
import { expectationsOf, problemsOf } from './expectation.ts'
import { Connections, sendableOf, type Received, type Sendable } from './http.ts'
import type { Recordings } from './recordings.ts'
import { Unbound, type Scope } from './scope.ts'
import { routeOf } from './selection.ts'

/** What became of a step. */
export type Verdict =
  | { readonly kind: 'passed'; readonly by: Difference | null }
  | { readonly kind: 'failed'; readonly problems: readonly string[]; readonly by: Difference | null }
  /** It is about something that does not exist here because of a deliberate difference. */
  | { readonly kind: 'skipped'; readonly because: string }

/** What is served: `WorldService`, but for tests. */
export interface Service {
  reset(): Promise<Scope>
  order(command: JsonObject): Promise<void>
}

/** Brings a recorded request to the service. Every answer has to be as expected; problems are what else was wrong. */
export type Sender = (sendable: Sendable, exchange: RecordedExchange, scope: Scope, raw: Connections) => Promise<Sent>

export interface Sent {
  readonly answers: readonly Received[]
  readonly problems: readonly string[]
}

const sendRaw: Sender = async (sendable, _exchange, _scope, raw) => ({
  answers: [await raw.send(sendable)],
  problems: [],
})

/** Plays scenarios against a service. */
export class Replay {
  readonly #service: Service
  readonly #recordings: Recordings
  readonly #differences: readonly Difference[]
  readonly #send: Sender

  constructor(service: Service, recordings: Recordings, differences: readonly Difference[], send: Sender = sendRaw) {
    this.#service = service
    this.#recordings = recordings
    this.#differences = differences
    this.#send = send
  }

  async *play(scenario: Scenario): AsyncGenerator<[Step, Verdict]> {
    const scope = await this.#service.reset()
    if (scenario.requires !== undefined) await this.#service.order({ requires: scenario.requires })
    using connections = new Connections()
    const jars = new Map<string, CookieJar>()
    for (const step of scenario.steps) yield [step, await this.#step(step, scope, connections, jars)]
  }

  async #step(step: Step, scope: Scope, connections: Connections, jars: Map<string, CookieJar>): Promise<Verdict> {
    try {
      const { request, response } = step
      if (request !== undefined && response !== undefined)
        return await this.#exchange({ ...step, request, response }, scope, connections, jars)
      if (step.wait_seconds !== undefined) {
        await pause(Number(step.wait_seconds) * 1000)
        connections.renew()
      } else if (step.operator !== undefined) {
        await this.#service.order({ operator: scope.json(step.operator) })
      } else {
        return { kind: 'failed', problems: ['neither a request nor an action nor a pause'], by: null }
      }
      return { kind: 'passed', by: null }
    } catch (error) {
      if (error instanceof Unbound && error.because !== null) {
        scope.withhold(answerIn(step.response), error.because)
        return { kind: 'skipped', because: error.because }
      }
      const problem = error instanceof Unbound ? `skipped: ${error.message}` : textOf(error)
      return { kind: 'failed', problems: [problem], by: null }
    }
  }

  async #exchange(
    step: RecordedExchange,
    scope: Scope,
    connections: Connections,
    jars: Map<string, CookieJar>,
  ): Promise<Verdict> {
    const { request, response } = step
    const jar = jarOf(request, jars)
    const sendable = sendableOf(request, scope, jar)
    const recorded = expectationsOf(step, routeOf(request.url))
    const by = differenceOf(this.#differences, { request, response, recorded })
    const expected = by?.expect({ request, response, recorded }, this.#recordings) ?? recorded
    const isRefusal = by !== null && expected.every(({ status }) => status >= 400)

    const before = isRefusal ? await stateSeenBy(request, scope, connections) : null
    const sent = await this.#send(sendable, step, scope, connections)
    const problems = [...sent.problems]
    for (const received of sent.answers) {
      jar?.store(received.cookies)
      problems.push(...problemsOf(expected, received, sendable.url, scope))
    }
    const after = isRefusal ? await stateSeenBy(request, scope, connections) : null
    if (before !== after) problems.push(`it was refused, but had an effect: before ${before}, after ${after}`)

    if (by !== null) scope.withhold(answerIn(response), by.id)
    return problems.length > 0 ? { kind: 'failed', problems, by } : { kind: 'passed', by }
  }
}

export type RecordedExchange = Step & { readonly request: RecordedRequest; readonly response: RecordedResponse }

/** @throws {Error} several rules claim the exchange. */
export function differenceOf(differences: readonly Difference[], exchange: Exchange): Difference | null {
  const [first, ...others] = differences.filter(({ when }) => when(exchange))
  if (others.length > 0) throw new Error(`Claimed by ${[first, ...others].map((rule) => rule?.id).join(' and ')}`)
  return first ?? null
}

function answerIn(response: RecordedResponse | undefined): Json {
  const { json = null, text = null, headers = {} } = response ?? {}
  return [json, text, headers['location'] ?? null]
}

function jarOf({ cookie_jar: name }: RecordedRequest, jars: Map<string, CookieJar>): CookieJar | null {
  if (name === undefined) return null
  const jar = jars.get(name) ?? new CookieJar()
  jars.set(name, jar)
  return jar
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
