import type { z } from 'zod'
import type { Database } from '../db/database.ts'
import type { Queryable } from '../db/statement.ts'
import type { Mail } from '../mail/mail.ts'
import type { Outbox } from '../mail/outbox.ts'
import type { ServiceSettings } from '../settings.ts'
import type { Scope } from './scopes.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** What operations work with, whoever calls them. */
export interface Environment {
  readonly database: Database
  readonly outbox: Pick<Outbox, 'transaction' | 'isOff'>
  /** Seals tokens; opens none here. */
  readonly secretKey: SecretKeys
  readonly settings: ServiceSettings
}

/** A call of an operation that looks. */
export interface Reading extends Environment {
  /** One snapshot: all that is read belongs together. */
  readonly tx: Queryable
}

/** A call of an operation that changes something. */
export interface Changing extends Environment {
  readonly tx: Queryable
  /** Who is behind it, for the audit. */
  readonly actor: string
  /** Null: everything. Of an admin token: what it may do. */
  readonly scopes: ReadonlySet<string> | null
}

/** A thing that was changed, as it was and as it is; null: it was not there, or is not any more. Never with a secret. */
export interface Change {
  /** Such as `user:UUID`, `component:NAME`, `project:UUID`, `commission:SERIAL`. */
  readonly subject: string
  readonly before: object | null
  readonly after: object | null
}

/** What an operation that changes something did. */
export interface Done {
  readonly output: unknown
  /** A row of the audit each. */
  readonly changes: readonly Change[]
  readonly mails?: readonly Mail[]
}

interface Described<S extends z.ZodType> {
  /** Of the field, such as `user-add`. */
  readonly name: string
  readonly scope: Scope
  /** A sentence for help. */
  readonly summary: string
  /** A strict object; each field has a description. One with `.meta({ secret: true })` is not taken from a command line. */
  readonly input: S
}

/** An operation, as its callers see it. */
export type Operation = Described<z.ZodType> &
  (
    | { readonly kind: 'read'; readonly run: (call: Reading, input: never) => Promise<unknown> }
    /** In one transaction, with its mails and its audit. */
    | { readonly kind: 'change'; readonly run: (call: Changing, input: never) => Promise<Done> }
    /** Many changes, each in a transaction of its own, which the function that it is given runs. */
    | { readonly kind: 'series'; readonly run: (series: Series, input: never) => Promise<unknown> }
  )

export interface Series extends Environment {
  /** One change, with its mails and its audit: all or nothing of it. @returns its output */
  change(body: (call: Changing) => Promise<Done>): Promise<unknown>
}

export function reads<S extends z.ZodType>(
  operation: Described<S> & { readonly run: (call: Reading, input: z.output<S>) => Promise<unknown> },
): Operation {
  return { ...operation, kind: 'read' }
}

export function changes<S extends z.ZodType>(
  operation: Described<S> & { readonly run: (call: Changing, input: z.output<S>) => Promise<Done> },
): Operation {
  return { ...operation, kind: 'change' }
}

export function series<S extends z.ZodType>(
  operation: Described<S> & { readonly run: (series: Series, input: z.output<S>) => Promise<unknown> },
): Operation {
  return { ...operation, kind: 'series' }
}
