import { sql, type Queryable } from '../db/statement.ts'

/** What users agree to. Source: administration specification, terms; identity specification, 1.2. */
export interface Terms {
  readonly id: bigint
  /** Plain text, a blank line between paragraphs. */
  readonly body: string
  readonly published: Date
}

const ADD = sql('insert into terms (body) values ($1) returning id')
const RESET = sql('update users set has_signed_terms = false, date_signed_terms = null where has_signed_terms')

/** Everybody has to agree anew. @returns their number. */
export async function addTerms(tx: Queryable, body: string): Promise<bigint> {
  const [row] = await tx.query<{ id: bigint }>(ADD, [body])
  await tx.query(RESET)
  return (row as { id: bigint }).id
}

const LATEST = sql('select id, body, published from terms order by id desc limit 1')
const BY_ID = sql('select id, body, published from terms where id = $1')

export async function readTerms(on: Queryable, id: bigint | null): Promise<Terms | null> {
  const [row] = id === null ? await on.query<Terms>(LATEST) : await on.query<Terms>(BY_ID, [id])
  return row ?? null
}

const SIGN = sql('update users set has_signed_terms = true, date_signed_terms = now() where id = $1')

export async function signTerms(tx: Queryable, userId: bigint): Promise<void> {
  await tx.query(SIGN, [userId])
}
