import type { RetryClass } from './retry.ts'

/** What is the same in all calls of a method. Data, so that the docs and the tests can read it. */
export interface Operation {
  /** The method's name. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT'
  /** Below which endpoint the path is. */
  readonly base: Base
  /** With `{names}` for what a call fills in: safe to show, whatever the names stand for. */
  readonly path: string
  readonly retry: RetryClass
  /**
   * "document": JSON. "quantities": JSON whose quantities are `bigint`s. "nothing": success has no result.
   * "token": JSON that holds a token, so it is never kept, logged or put into an error.
   */
  readonly answer: 'document' | 'quantities' | 'nothing' | 'token'
}

export type Base = 'identity' | 'account' | 'ui' | 'oauth2'

/** One call, its arguments checked: all that is needed to send it, as often as it takes, and to read its answer. */
export interface Call<T> {
  readonly operation: Operation
  /** Filled in and encoded, below the base. */
  readonly path: string
  readonly body?: string
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
  /** What must not show anywhere, besides the client's token. */
  readonly secrets?: readonly string[]
  /** The idempotency key is the caller's, so that the same call made again has the same one. */
  readonly ownKey?: boolean
  /** The result, from the answer's document. @throws {Unusable} it is not what was asked for. */
  read(document: unknown): T
}

/** Fills the `{names}` of a path in and adds a query, form-encoded, of the members that are not null. */
export function pathOf(
  pattern: string,
  names: Readonly<Record<string, string | number>> = {},
  query: Readonly<Record<string, string | null>> = {},
): string {
  const path = pattern.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(names[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== null) search.append(name, value)
  return search.size > 0 ? `${path}?${search}` : path
}

export const JSON_TYPE = 'application/json'
export const FORM_TYPE = 'application/x-www-form-urlencoded'
