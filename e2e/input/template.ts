import type { Hints, Node } from './document.ts'

/** A valid request of a route, and what of it can be spoilt. */
export interface Template {
  readonly weight: number
  /** The route's path, as the service has it. */
  readonly route: string
  readonly method: string
  readonly target: string
  readonly token?: string
  readonly json?: Node
  readonly form?: string
  readonly hints?: Hints
  /** Queries that are worth a try, beside those that are tried everywhere. */
  readonly queries?: readonly string[]
}

export const BASE = '/astakos'

export const templateOf = (route: string, method: string, rest: Partial<Template> = {}): Template => ({
  weight: 3,
  route,
  method,
  target: BASE + route,
  ...rest,
})
