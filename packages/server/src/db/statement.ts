import { createHash } from 'node:crypto'

/** A statement that is parsed once for each connection. */
export interface Statement {
  readonly name: string
  readonly text: string
}

export function sql(text: string): Statement {
  return { name: createHash('sha256').update(text).digest('base64url').slice(0, 20), text }
}

/** What runs statements: a connection, or a transaction on one. */
export interface Queryable {
  query<Row = Record<string, unknown>>(statement: Statement, values?: readonly unknown[]): Promise<Row[]>
}
