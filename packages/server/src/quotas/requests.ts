import type { Provision } from './provision.ts'

/** Reserve quota. Source: quota specification, 5.1; idempotency contract, 3. */
export interface IssueRequest {
  readonly kind: 'issue'
  readonly component: string
  readonly name: string
  readonly force: boolean
  readonly autoAccept: boolean
  /** Merged: no two of the same holding. */
  readonly provisions: readonly Provision[]
  readonly idempotency: Idempotency | null
}

export interface Idempotency {
  readonly key: string
  /** SHA-256 over the decoded request. */
  readonly fingerprint: Buffer
}

/** Settle commissions. Source: quota specification, 5.4 and 5.5. */
export interface ResolveRequest {
  readonly kind: 'resolve'
  readonly component: string
  readonly accept: readonly bigint[]
  readonly reject: readonly bigint[]
  readonly reason: string
}

export type EngineRequest = IssueRequest | ResolveRequest

/** How an issue was decided: what is stored with its key. */
export interface IssueAnswer {
  readonly status: number
  readonly body: string
  /** The decision was made for an earlier copy of the request. */
  readonly replayed: boolean
}

export interface Resolution {
  readonly accepted: readonly bigint[]
  readonly rejected: readonly bigint[]
  /** Unknown, resolved before, or another component's. */
  readonly notFound: readonly bigint[]
  /** In both lists, so left alone. */
  readonly conflicting: readonly bigint[]
}

export type AnswerTo<R extends EngineRequest> = R extends IssueRequest ? IssueAnswer : Resolution

/** The key was used for another request. Idempotency contract, 7. */
export class KeyReused extends Error {
  constructor() {
    super('Idempotency-Key was used for another request')
    this.name = 'KeyReused'
  }
}
