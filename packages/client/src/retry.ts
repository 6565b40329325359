/**
 * What a second attempt may do, by operation.
 *
 * - `safe`: a read. Sent again after no answer and after 5xx.
 * - `idempotent`: done twice is done once. The same; and what a 404 of a second attempt means is found out.
 * - `keyed`: an issue. With an idempotency key sent again after no answer, a broken answer, 429, 500, 502, 503 and
 *   504; without, like `once`.
 * - `once`: a second copy could do harm. Sent again only if the first surely never left.
 *
 * Source: client specification, 5; idempotency contract, 11.
 */
export type RetryClass = 'safe' | 'idempotent' | 'keyed' | 'once'

/** How an attempt ended, as far as another one is concerned. With `final` there is none, whatever else holds. */
export type Ending = { readonly final: boolean } & (
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'broken' }
  | { readonly kind: 'silence'; readonly sent: boolean }
)

const KEYED_STATUSES = new Set([429, 500, 502, 503, 504])

/** Whether another attempt can't do harm and may help. */
export function mayRepeat(retry: RetryClass, ending: Ending): boolean {
  if (ending.final) return false
  if (ending.kind === 'silence') return retry !== 'once' || !ending.sent
  if (retry === 'keyed') return ending.kind === 'broken' || KEYED_STATUSES.has(ending.status)
  return retry !== 'once' && ending.kind === 'status' && ending.status >= 500
}

/** Whether the service may have done what was asked, although it did not say so. */
export function mayHaveRun(ending: Ending): boolean {
  return ending.kind === 'silence' ? ending.sent : ending.kind === 'broken' || ending.status >= 500
}

const DELAY_MS = 100

/** Full jitter: anything from nothing to a bound that doubles, so that clients that failed together don't return together. */
export function backoffMs(retriesSoFar: number, maxMs: number): number {
  return Math.random() * Math.min(maxMs, DELAY_MS * 2 ** retriesSoFar)
}

/** `Retry-After`: seconds, or a date. Null when there is none or it makes no sense. */
export function retryAfterMs(header: string | null, now: number = Date.now()): number | null {
  if (header === null) return null
  if (/^\s*\d+\s*$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? null : Math.max(0, date - now)
}

/**
 * Keeps a failing service from being flooded: each call earns a tenth of a retry, each retry spends a whole one. A
 * reserve lets a client that calls rarely retry all the same; once it is spent, there are at most 1.1 requests a call.
 */
export class RetryBudget {
  readonly #reserve: number
  #left: number

  constructor(reserve: number) {
    this.#reserve = reserve
    this.#left = reserve
  }

  earn(): void {
    this.#left = Math.min(this.#reserve, this.#left + 0.1)
  }

  spend(): boolean {
    // Ten earned tenths add up to a little less than one.
    if (this.#left < 1 - 1e-6) return false
    this.#left -= 1
    return true
  }
}
