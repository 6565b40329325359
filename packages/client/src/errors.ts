import type { Fault, Open, Provision, Uuid } from './wire/types.ts'

/** What a service can do beyond the original; it says so in the header `Astakos-Features`. */
export type Feature = 'idempotent-commissions' | 'resolved-commissions' | 'commission-leases'

/** What is known of the call that failed. Everything has a default, so that an error can be made where little is known. */
export interface ErrorFacts {
  readonly status?: number | undefined
  readonly details?: string | undefined
  readonly response?: string | null | undefined
  readonly fault?: Fault | null | undefined
  readonly method?: string | null | undefined
  readonly path?: string | null | undefined
  readonly requestId?: string | null | undefined
  readonly attempts?: number | undefined
  readonly idempotencyKey?: string | null | undefined
  readonly outcome?: 'none' | 'unknown' | undefined
  readonly retryable?: boolean | undefined
  readonly cause?: unknown
}

/**
 * Base of all errors of the client; also what a status without a class of its own is reported as.
 *
 * `name` is the class's name, also in minified code and across copies of the package.
 *
 * Source: reference `AstakosClientException`; client specification, 4.1.
 */
export class AstakosClientException extends Error {
  /** The HTTP status; 500 where there was none, as in the reference. */
  readonly status: number
  readonly details: string
  /** Body of the answer; null without one, and always for calls whose answer holds a token. */
  readonly response: string | null
  readonly fault: Fault | null
  readonly method: string | null
  /** The path's pattern, `/tokens/{tokenId}`: never a secret, never a query. */
  readonly path: string | null
  readonly requestId: string | null
  readonly attempts: number
  /** Of an issue that was sent with a key: call again with it to learn the outcome. */
  readonly idempotencyKey: string | null
  /** "none": surely nothing was changed. "unknown": it may have been done. */
  readonly outcome: 'none' | 'unknown'
  /** The same call may be made again as it is, without harm and with hope. */
  readonly retryable: boolean

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.status = facts.status ?? 500
    this.details = facts.details ?? ''
    this.response = facts.response ?? null
    this.fault = facts.fault ?? null
    this.method = facts.method ?? null
    this.path = facts.path ?? null
    this.requestId = facts.requestId ?? null
    this.attempts = facts.attempts ?? 0
    this.idempotencyKey = facts.idempotencyKey ?? null
    this.outcome = facts.outcome ?? 'none'
    this.retryable = facts.retryable ?? false
  }

  /** The reference's name for `cause`. */
  get errobject(): unknown {
    return this.cause ?? null
  }
}

/** An argument breaks a rule, named in the message. Nothing was sent. */
export class BadValue extends AstakosClientException {
  readonly argument: string

  constructor(argument: string, rule: string, method?: string) {
    const details = `${method === undefined ? '' : `in ${method}: `}${argument} ${rule}`
    super(`ValueError: ${details}`, { details })
    this.argument = argument
  }
}

/** The service lacks a feature that an option asks for. Nothing was sent. */
export class NotSupported extends AstakosClientException {
  readonly feature: Open<Feature>

  constructor(feature: Open<Feature>, facts: ErrorFacts = {}) {
    super(`The service does not offer ${feature}`, facts)
    this.feature = feature
  }
}

/** 400. */
export class BadRequest extends AstakosClientException {}
/** 401. */
export class Unauthorized extends AstakosClientException {}
/** 403. */
export class Forbidden extends AstakosClientException {}
/** 404. */
export class NotFound extends AstakosClientException {}
/** 409. */
export class Conflict extends AstakosClientException {}

/** 404 of an issue: a holder has no quota of that resource, for instance no member of the project. */
export class NoHolding extends NotFound {
  readonly provision: Provision | null

  constructor(message: string, facts: ErrorFacts, provision: Provision | null) {
    super(message, facts)
    this.provision = provision
  }
}

/** What a refused issue says of the holding that refused it. */
export interface QuotaFacts {
  readonly kind: 'capacity' | 'quantity' | null
  readonly provision: Provision | null
  readonly limit: bigint | null
  readonly usage: bigint | null
}

/** 413 of an issue: above a limit, or below zero. The fields are null only when the body can't be read. */
export class QuotaLimit extends AstakosClientException {
  /** "capacity": more than the limit; "quantity": gives back more than is held. */
  readonly kind: 'capacity' | 'quantity' | null
  readonly provision: Provision | null
  readonly holder: { readonly kind: 'user' | 'project'; readonly id: Uuid } | null
  readonly limit: bigint | null
  readonly usage: bigint | null
  /** limit - usage; may be negative. */
  readonly available: bigint | null
  readonly requested: bigint | null

  constructor(message: string, facts: ErrorFacts, quota: QuotaFacts) {
    super(message, facts)
    this.kind = quota.kind
    this.provision = quota.provision
    this.holder = quota.provision && holderOf(quota.provision.holder)
    this.limit = quota.limit
    this.usage = quota.usage
    this.available = quota.limit === null || quota.usage === null ? null : quota.limit - quota.usage
    this.requested = quota.provision?.quantity ?? null
  }
}

/** 422: the key was used for another request. */
export class KeyReused extends AstakosClientException {}
/** The answer is no JSON, or not the document that was asked for, or larger than allowed. */
export class InvalidResponse extends AstakosClientException {}
/** No answer, or one that broke off. */
export class ConnectionError extends AstakosClientException {}

/** Where a call was when its time was over. */
export type Phase = 'pool' | 'connect' | 'attempt' | 'call'

export class Timeout extends ConnectionError {
  readonly timeoutMs: number
  readonly phase: Phase

  constructor(phase: Phase, timeoutMs: number, facts: ErrorFacts = {}) {
    super(`${WAITED_FOR[phase]} took longer than ${timeoutMs} ms`, facts)
    this.timeoutMs = timeoutMs
    this.phase = phase
  }
}

const WAITED_FOR: Record<Phase, string> = {
  pool: 'Waiting for a connection of the pool',
  connect: 'Connecting',
  attempt: 'The answer',
  call: 'The call',
}

export class NoUserName extends AstakosClientException {
  readonly uuid: Uuid

  constructor(uuid: Uuid) {
    super(`No display name for the given uuid: ${uuid}`)
    this.uuid = uuid
  }
}

export class NoUUID extends AstakosClientException {
  readonly displayName: string

  constructor(displayName: string) {
    super(`No uuid for the given display name: ${displayName}`)
    this.displayName = displayName
  }
}

export class NoEndpoints extends AstakosClientException {}

function holderOf(text: string): { kind: 'user' | 'project'; id: Uuid } | null {
  const match = /^(user|project):(.*)$/s.exec(text)
  return match ? { kind: match[1] as 'user' | 'project', id: match[2] as Uuid } : null
}

// Classes lose their names when code is minified, and `instanceof` fails across copies of a package; `error.name` holds in both.
const classes = {
  AstakosClientException,
  BadValue,
  NotSupported,
  BadRequest,
  Unauthorized,
  Forbidden,
  NotFound,
  NoHolding,
  Conflict,
  QuotaLimit,
  KeyReused,
  InvalidResponse,
  ConnectionError,
  Timeout,
  NoUserName,
  NoUUID,
  NoEndpoints,
}
for (const [name, Class] of Object.entries(classes)) {
  Object.defineProperty(Class.prototype, 'name', { value: name, configurable: true, writable: true })
}
