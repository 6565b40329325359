/** What an answer may be, by the specification alone. */
export interface Expectation {
  /** Null: whatever it is, as long as it is no 5xx; also none at all. */
  readonly statuses: readonly number[] | null
  /** What has changed after that. Null: nothing. */
  readonly effect: Effect | null
  /** Whether the effect may be missing: what is hardly HTTP may count as the request that it resembles. */
  readonly isCertain: boolean
  /** The path is below `account/` or `identity/`: every refusal is a fault. */
  readonly isApi: boolean
  /** Refusals have no body. */
  readonly isSilent: boolean
}

/**
 * By table, how many rows come or go; 0: none do, but what is in them may change. All other tables stay as they are,
 * holdings aside.
 */
export type Effect = Readonly<Record<string, number>>

export interface Verdict {
  readonly statuses: readonly number[]
  readonly effect?: Effect | null
  readonly isSilent?: boolean
}

export const only = (...statuses: number[]): Verdict => ({ statuses })
