import type { OutgoingHttpHeaders } from 'node:http'
import { stringifyExact } from 'astakosclient/wire'
import { send, type Reply } from './http.ts'

export interface Provision {
  readonly holder: unknown
  readonly source: unknown
  readonly resource: unknown
  readonly quantity: unknown
}

/** What is sent to issue; a text is sent as it is. */
export type IssueBody =
  | string
  | { readonly provisions: unknown; readonly name?: unknown; readonly force?: unknown; readonly auto_accept?: unknown }

/** A component that calls one process of the service. */
export class Component {
  readonly #base: string
  readonly #token: string

  constructor(origin: string, token: string) {
    this.#base = `${origin}/astakos/account/v1.0/commissions`
    this.#token = token
  }

  issue(body: IssueBody, key?: string | readonly string[], headers: OutgoingHttpHeaders = {}): Promise<Reply> {
    const keyed = key === undefined ? {} : { 'idempotency-key': key as string | string[] }
    return this.call('POST', '', typeof body === 'string' ? body : stringifyExact(body), { ...keyed, ...headers })
  }

  /** @returns the serial of a commission that has to be admitted. */
  async issued(body: IssueBody, key?: string): Promise<number> {
    const { status, text } = await this.issue(body, key)
    if (status !== 201) throw new Error(`It was not issued: ${status} ${text}`)
    return (JSON.parse(text) as { serial: number }).serial
  }

  accept(serial: number): Promise<Reply> {
    return this.call('POST', `/${serial}/action`, '{"accept": ""}')
  }

  reject(serial: number): Promise<Reply> {
    return this.call('POST', `/${serial}/action`, '{"reject": ""}')
  }

  resolve(body: { readonly accept?: readonly unknown[]; readonly reject?: readonly unknown[] }): Promise<Reply> {
    return this.call('POST', '/action', stringifyExact(body))
  }

  show(serial: number, query = ''): Promise<Reply> {
    return this.call('GET', `/${serial}${query}`)
  }

  async pending(): Promise<unknown> {
    return (await this.call('GET', '')).json
  }

  /** A header that is undefined is not sent. */
  call(method: string, path: string, body?: string, headers: OutgoingHttpHeaders = {}): Promise<Reply> {
    const all: OutgoingHttpHeaders = {
      'x-auth-token': this.#token,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    }
    const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    return send(method, this.#base + path, { headers: sent, ...(body === undefined ? {} : { body }) })
  }
}
