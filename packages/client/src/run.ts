import { documentOf, errorOf, Missing } from './answer.ts'
import { attempt, Failure, receiveAll, type Answer, type Limits } from './attempt.ts'
import type { Base, Call } from './call.ts'
import { delay } from './delay.ts'
import { isCatalog, type Ask, type Place } from './discovery.ts'
import type { Engine } from './engine.ts'
import { AstakosClientException, ConnectionError, InvalidResponse, Timeout, type ErrorFacts } from './errors.ts'
import { tell } from './log.ts'
import { getEndpoints } from './operations/identity.ts'
import type { CallSettings } from './options.ts'
import { redactError, secretsOfHeaders, type Redact } from './redact.ts'
import { backoffMs, mayHaveRun, mayRepeat, retryAfterMs, type Ending, type RetryClass } from './retry.ts'
import { openStream, StreamBody } from './stream.ts'
import type { Transport, WireRequest } from './transport/transport.ts'

/** An attempt that did not bring a result: what to tell the caller, unless another one is made. */
class Failed {
  readonly ending: Ending
  readonly error: AstakosClientException
  /** The pause that the service asks for. */
  readonly askedForMs: number | null
  readonly stale: boolean

  constructor(
    ending: Ending,
    error: AstakosClientException,
    more: { askedForMs?: number | null; stale?: boolean } = {},
  ) {
    this.ending = ending
    this.error = error
    this.askedForMs = more.askedForMs ?? null
    this.stale = more.stale ?? false
  }
}

/** A call and what goes with all of its attempts. */
interface Sending<T> {
  readonly call: Call<T>
  readonly retry: RetryClass
  readonly redact: Redact
}

/** Answers to a keyed issue that say how it was decided; these echo the key. Idempotency contract, 1 and 4. */
const DECIDED = new Set([201, 400, 404, 413])

/** Refusals that depend on the request and on earlier decisions alone. */
const REFUSALS = new Set([400, 404, 413, 422])

/** One call of a method while it runs: its deadline, its attempts, and what may have happened so far. */
export class Run {
  readonly #engine: Engine
  readonly #settings: CallSettings
  readonly #deadline: number
  #attempts = 0
  #ambiguous = false

  constructor(engine: Engine, settings: CallSettings) {
    this.#engine = engine
    this.#settings = settings
    this.#deadline = settings.timeoutMs === 0 ? Number.POSITIVE_INFINITY : performance.now() + settings.timeoutMs
  }

  /** A request that changes something may have been executed without its answer having come. */
  get ambiguous(): boolean {
    return this.#ambiguous
  }

  get signal(): AbortSignal | undefined {
    return this.#settings.signal
  }

  /** What the service can do; asks it unless it is known. */
  async features(): Promise<ReadonlySet<string>> {
    const { discovery } = this.#engine.core
    this.#settings.signal?.throwIfAborted()
    if (!discovery.features) await this.#find('account')
    return discovery.features ?? new Set()
  }

  /** Sends, repeats where that can't do harm, reads the answer. */
  send<T>(call: Call<T>, at: Place | null = null): Promise<T> {
    return this.#repeat(call, at, async (transport, request, sending) => {
      const answer = await attempt(transport, request, this.#limits(), receiveAll())
      return answer instanceof Failure ? this.#unanswered(sending, answer) : this.#read(sending, answer)
    })
  }

  /** The body as it arrives. What goes wrong before it begins is handled as in `send`; after that there is no second attempt. */
  open(call: Call<unknown>): Promise<StreamBody> {
    return this.#repeat(call, null, async (transport, request, sending) => {
      const opened = await openStream(
        transport,
        request,
        this.#limits(),
        (failure) => this.#unanswered(sending, failure).error,
      )
      if (opened instanceof Failure) return this.#unanswered(sending, opened)
      return opened instanceof StreamBody ? opened : this.#refused(sending, opened)
    })
  }

  async #repeat<T, R>(
    call: Call<T>,
    at: Place | null,
    once: (transport: Transport, request: WireRequest, sending: Sending<T>) => Promise<R | Failed>,
  ): Promise<R> {
    const { core } = this.#engine
    const { operation } = call
    this.#settings.signal?.throwIfAborted()
    const place = at ?? core.discovery.place(operation.base) ?? (await this.#find(operation.base))
    const transport = core.transport ?? (await core.load())
    const keyed = call.headers?.['idempotency-key'] !== undefined
    const sending: Sending<T> = {
      call,
      retry: operation.retry === 'keyed' && !keyed ? 'once' : operation.retry,
      redact: this.#engine.redactWith([...secretsOfHeaders(this.#settings.headers), ...(call.secrets ?? [])]),
    }
    let request: WireRequest = {
      origin: place.origin,
      method: operation.method,
      path: place.path + call.path,
      headers: this.#engine.requestHeaders(call, this.#settings.headers),
      body: call.body ?? null,
      fresh: sending.retry === 'once',
    }
    core.budget.earn()
    for (let retries = 0; ;) {
      this.#attempts += 1
      const noted = this.#engine.noteRequest(call, request, this.#settings.headers, sending.redact)
      // One attempt after the other is the point.
      // oxlint-disable-next-line no-await-in-loop
      if (noted) await noted
      // oxlint-disable-next-line no-await-in-loop
      const failed = await once(transport, request, sending)
      if (!(failed instanceof Failed)) return failed
      if (operation.retry !== 'safe' && mayHaveRun(failed.ending)) this.#ambiguous = true
      if (failed.stale && !request.fresh) {
        // The server had closed a kept connection. That is no failure of the call, so it costs none of its retries.
        request = { ...request, fresh: true }
        continue
      }
      const pauseMs = this.#pause(sending, failed, retries)
      if (pauseMs === null) throw failed.error
      retries += 1
      tell(core.settings.logger, 'warn', `${operation.method} ${operation.path} failed and is sent again`, {
        method: operation.method,
        path: operation.path,
        attempt: this.#attempts,
        pauseMs: Math.round(pauseMs),
        error: `${failed.error.name}: ${failed.error.message}`,
      })
      // oxlint-disable-next-line no-await-in-loop
      await delay(pauseMs, this.#settings.signal)
    }
  }

  /** How long to wait before another attempt; null when there is none. */
  #pause({ retry }: Sending<unknown>, failed: Failed, retries: number): number | null {
    const { retryDelayMsMax } = this.#engine.core.settings
    if (retries >= this.#settings.retry || !mayRepeat(retry, failed.ending)) return null
    const pauseMs = failed.askedForMs ?? backoffMs(retries, retryDelayMsMax)
    if (pauseMs > retryDelayMsMax || performance.now() + pauseMs >= this.#deadline) return null
    return this.#engine.core.budget.spend() ? pauseMs : null
  }

  #limits(): Limits {
    const { connectTimeoutMs, attemptTimeoutMs, maxResponseBytes } = this.#engine.core.settings
    const { timeoutMs, signal } = this.#settings
    return { deadline: this.#deadline, timeoutMs, connectTimeoutMs, attemptTimeoutMs, maxResponseBytes, signal }
  }

  #read<T>(sending: Sending<T>, answer: Answer): T | Failed {
    const { call, redact } = sending
    this.#engine.noteAnswer(call, answer, redact)
    if (answer.status < 200 || answer.status > 299) return this.#refused(sending, answer)
    const ending: Ending = { kind: 'broken', final: this.#lacksEcho(call, answer) }
    try {
      const document = documentOf(call.operation, answer)
      this.#engine.learn(call, document, answer)
      return call.read(document)
    } catch (error) {
      const facts = {
        ...this.#facts(sending, ending, answer),
        response: call.operation.answer === 'token' ? null : redact(new TextDecoder().decode(answer.body)),
      }
      return new Failed(ending, unusable(error, facts))
    }
  }

  /** For a stream whose content turns out to be no such document. */
  invalid(call: Call<unknown>, message: string): InvalidResponse {
    return new InvalidResponse(message, {
      method: call.operation.method,
      path: call.operation.path,
      attempts: this.#attempts,
    })
  }

  #refused(sending: Sending<unknown>, answer: Answer): Failed {
    const { call, redact } = sending
    const ending: Ending = { kind: 'status', status: answer.status, final: this.#lacksEcho(call, answer) }
    const error = errorOf(call.operation, answer, this.#facts(sending, ending, answer), redact)
    return new Failed(ending, error, { askedForMs: retryAfterMs(answer.header('retry-after')) })
  }

  #unanswered(sending: Sending<unknown>, { error, sent, stale }: Failure): Failed {
    const broken = error instanceof InvalidResponse
    const over = error instanceof Timeout && (error.phase === 'call' || error.phase === 'pool')
    const ending: Ending = broken ? { kind: 'broken', final: false } : { kind: 'silence', sent, final: over }
    const cause = redactError(error.cause, sending.redact)
    const facts = { ...this.#facts(sending, ending, null), ...(cause === undefined ? {} : { cause }) }
    return new Failed(ending, withFacts(error, sending.redact(error.message), facts), { stale })
  }

  /**
   * A decided answer to a keyed issue repeats the key. One without comes from an older process behind the same
   * balancer, which would take a second copy for a second issue: no keys, then, until the service is asked again.
   */
  #lacksEcho({ headers }: Call<unknown>, answer: Answer): boolean {
    const key = headers?.['idempotency-key']
    if (key === undefined || !DECIDED.has(answer.status) || answer.header('idempotency-key') === key) return false
    this.#engine.core.discovery.forgetFeature('idempotent-commissions')
    return true
  }

  #facts({ call, retry, redact }: Sending<unknown>, ending: Ending, answer: Answer | null): ErrorFacts {
    const key = call.headers?.['idempotency-key'] ?? null
    const outcome = outcomeOf(call.operation.retry, ending, this.#ambiguous)
    const requestId = answer && (answer.header('x-request-id') ?? answer.header('x-openstack-request-id'))
    return {
      method: call.operation.method,
      path: call.operation.path,
      attempts: this.#attempts,
      requestId: requestId && redact(requestId),
      idempotencyKey: key,
      outcome,
      // With a key of our making, the same call made again would have another one.
      retryable:
        mayRepeat(retry, { ...ending, final: false }) &&
        (retry !== 'keyed' || outcome === 'none' || call.ownKey === true),
    }
  }

  #find(base: Base): Promise<Place> {
    const { core } = this.#engine
    const { signal, timeoutMs } = this.#settings
    const facts = { path: '/tokens', method: 'POST', retryable: true }
    const ask: Ask = (identityPath, mayBeElsewhere, shared) => this.#ask(identityPath, mayBeElsewhere, shared)
    return core.discovery.find(base, ask, {
      signal,
      deadline: this.#deadline,
      timeout: () => new Timeout('call', timeoutMs, facts),
    })
  }

  /** The public `POST tokens`, on behalf of all who wait for it: under the client's limits, not under this call's. */
  async #ask(identityPath: string, mayBeElsewhere: boolean, signal: AbortSignal): Promise<unknown> {
    const { core } = this.#engine
    const { origin } = core.authUrl
    const run = new Run(this.#engine, { ...this.#settings, timeoutMs: core.settings.timeoutMs, headers: null, signal })
    try {
      const document = await run.send(getEndpoints(), { origin, path: identityPath })
      return mayBeElsewhere && !isCatalog(document) ? null : document
    } catch (error) {
      const elsewhere =
        error instanceof InvalidResponse || (error instanceof AstakosClientException && error.status < 500)
      if (mayBeElsewhere && elsewhere) return null
      throw error
    }
  }
}

function outcomeOf(retry: RetryClass, ending: Ending, ambiguous: boolean): 'none' | 'unknown' {
  if (retry === 'safe') return 'none'
  if (mayHaveRun(ending)) return 'unknown'
  // A keyed issue that is refused for what it asks was refused so before, too, whatever became of those answers. A 401
  // says nothing about the copies before: the token may have ended in between.
  const decided = retry === 'keyed' && ending.kind === 'status' && REFUSALS.has(ending.status) && !ending.final
  return ambiguous && !decided ? 'unknown' : 'none'
}

/** The same error, with what is known of the call. */
function withFacts(
  error: ConnectionError | InvalidResponse,
  message: string,
  facts: ErrorFacts,
): ConnectionError | InvalidResponse {
  if (error instanceof Timeout) return new Timeout(error.phase, error.timeoutMs, facts)
  return error instanceof InvalidResponse ? new InvalidResponse(message, facts) : new ConnectionError(message, facts)
}

/** A success whose document can't be read, or is not what was asked for. */
function unusable(error: unknown, facts: ErrorFacts): AstakosClientException {
  const message = error instanceof Error ? error.message : String(error)
  return error instanceof Missing ? new AstakosClientException(message, facts) : new InvalidResponse(message, facts)
}
