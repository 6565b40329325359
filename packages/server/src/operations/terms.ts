import { sql, type Queryable } from '../db/statement.ts'

/** What users agree to. Source: administration specification, terms; identity specification, 1.2. */
export interface Terms {
  readonly id: bigint
  /** Plain text, a blank line between paragraphs. */
  readonly body: string
  readonly published: Date
}

const ADD = sql('insert into terms (body) values ($1) returning id, body, published')

/** In one order, so that whoever locks several users and this don't wait for each other. */
const RESET = sql(`
  with signed as materialized (select id from users where has_signed_terms order by id for no key update),
       reset as (
         update users set has_signed_terms = false, date_signed_terms = null where id = any(array(select id from signed))
         returning 1
       )
  select count(*) as withdrawn from reset`)

export interface NewTerms extends Terms {
  /** How many had agreed to those before. */
  readonly withdrawn: bigint
}

/** Everybody has to agree anew. */
export async function addTerms(tx: Queryable, body: string): Promise<NewTerms> {
  const [terms] = await tx.query<Terms>(ADD, [body])
  const [row] = await tx.query<{ withdrawn: bigint }>(RESET)
  return { ...(terms as Terms), withdrawn: row?.withdrawn ?? 0n }
}

const LIST = sql('select id, published from terms where $1::bigint is null or id > $1 order by id limit $2')

export function listTerms(on: Queryable, after: bigint | null, count: number): Promise<Omit<Terms, 'body'>[]> {
  return on.query<Omit<Terms, 'body'>>(LIST, [after, count])
}

const LATEST = sql('select id, body, published from terms order by id desc limit 1')
const BY_ID = sql('select id, body, published from terms where id = $1')

export async function readTerms(on: Queryable, id: bigint | null): Promise<Terms | null> {
  const [row] = id === null ? await on.query<Terms>(LATEST) : await on.query<Terms>(BY_ID, [id])
  return row ?? null
}

const HOLD = sql('lock table terms in share mode')

/**
 * Nobody publishes others until the transaction is over; before any user is locked, as whoever publishes does it.
 *
 * @returns the number of the newest; null: there are none.
 */
export async function holdTerms(tx: Queryable): Promise<bigint | null> {
  await tx.query(HOLD)
  return (await readTerms(tx, null))?.id ?? null
}

const SIGN = sql('update users set has_signed_terms = true, date_signed_terms = now() where id = $1')

export async function signTerms(tx: Queryable, userId: bigint): Promise<void> {
  await tx.query(SIGN, [userId])
}
