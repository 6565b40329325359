import type { Place } from '../config.ts'
import type { ConnectionSettings } from '../db/connect.ts'

/** What a worker is given. It goes over their private channel, since others can read arguments and environments. */
export interface Handover {
  readonly kind: 'handover'
  /** 1, 2, …: the same for the one that takes its place. */
  readonly worker: number
  /** In base64. */
  readonly secretKeys: readonly string[]
  readonly listen: Place
  readonly baseUrl: string
  /** Of an embedded database; null: the workers know where it is. */
  readonly database: ConnectionSettings | null
}

export type ToWorker = Handover | { readonly kind: 'moved'; readonly database: ConnectionSettings }

export type ToParent =
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready' }
  /** With a sentence for people. */
  | { readonly kind: 'failed'; readonly message: string }
