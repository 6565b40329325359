import { AstakosClient, BadValue, type ClientOptions } from 'astakosclient'
import { answerOf, type Answer } from './answer.ts'
import { catalogOf } from './catalog.ts'
import { problemsOf, type Outcome } from './expectation.ts'
import { Bindings } from './placeholders.ts'
import { recognise, type Producible } from './recognise/index.ts'
import { LeftOut, type Attempt, type Rule } from './recognise/rules.ts'
import { recordedOf } from './recorded.ts'
import type { ReplayServer } from './server.ts'
import type { Scenario, Step, World } from './transcripts.ts'

/** What became of a step. */
export type Verdict =
  | { readonly kind: 'passed'; readonly methods: readonly string[] }
  | { readonly kind: 'failed'; readonly problems: readonly string[] }
  | { readonly kind: 'leftOut'; readonly rule: Rule }

/** Plays scenarios against one server, each with clients of its own. */
export class Replay {
  readonly #server: ReplayServer
  readonly #world: World
  readonly #options: ClientOptions

  constructor(server: ReplayServer, world: World, options: ClientOptions = {}) {
    this.#server = server
    this.#world = world
    this.#options = options
  }

  async *play(scenario: Scenario): AsyncGenerator<[Step, Verdict]> {
    const bindings = new Bindings(this.#server.base, this.#world)
    this.#server.catalog = catalogOf(this.#world, bindings)
    await using clients = new Clients(bindings.text('<base>/identity/v2.0'), this.#options)
    for (const step of scenario.steps) yield [step, await this.#step(step, bindings, clients)]
  }

  async #step({ request, response }: Step, bindings: Bindings, clients: Clients): Promise<Verdict> {
    if (!request || !response) return { kind: 'leftOut', rule: 'noRequest' }
    try {
      const producible = recognise(recordedOf(request, bindings))
      return await this.#drive(producible, answerOf(response, bindings), clients)
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error
      const problems: string[] = []
      for (const refusal of error.refusals) problems.push(...(await refuse(refusal, clients, this.#server)))
      return problems.length > 0 ? { kind: 'failed', problems } : { kind: 'leftOut', rule: error.rule }
    }
  }

  /** Every method that can produce the exchange has to. */
  async #drive({ token, headers, sends, drives }: Producible, answer: Answer, clients: Clients): Promise<Verdict> {
    const problems: string[] = []
    for (const drive of drives) {
      this.#server.expect(sends, answer)
      const outcome = await outcomeOf(() => drive.call(clients.of(token), { headers }))
      const found = [...this.#server.problems(), ...problemsOf(drive, token, answer, outcome)]
      problems.push(...found.map((problem) => `${drive.name}: ${problem}`))
    }
    const methods = drives.map(({ name }) => name)
    return problems.length > 0 ? { kind: 'failed', problems } : { kind: 'passed', methods }
  }
}

/** Must be refused as BadValue, before anything is sent. */
export async function refuse(
  { name, token = 'a-token', call }: Attempt,
  clients: Clients,
  server: { readonly requests: number },
): Promise<string[]> {
  const before = server.requests
  const outcome = await outcomeOf(async () => {
    const client = clients.of(token as string)
    return call?.(client, {})
  })
  const sent = server.requests - before
  if (sent > 0) return [`${name}: sent something, instead of refusing its arguments with BadValue`]
  if ('threw' in outcome && outcome.threw instanceof BadValue) return []
  return [`${name}: did not refuse its arguments with BadValue`]
}

export async function outcomeOf(call: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { returned: await call() }
  } catch (error) {
    return { threw: error }
  }
}

/** One client for each token. */
export class Clients implements AsyncDisposable {
  readonly #authUrl: string
  readonly #options: ClientOptions
  readonly #clients = new Map<string, AstakosClient>()

  constructor(authUrl: string, options: ClientOptions) {
    this.#authUrl = authUrl
    this.#options = options
  }

  /** @throws {BadValue} the client does not take such a token. */
  of(token: string): AstakosClient {
    const known = this.#clients.get(token)
    if (known) return known
    const client = new AstakosClient(token, this.#authUrl, { proxy: false, ...this.#options })
    this.#clients.set(token, client)
    return client
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#clients.values()].map((client) => client.close()))
  }
}
