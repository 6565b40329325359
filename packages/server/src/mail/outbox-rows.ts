import { randomUUID } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { openToken, sealToken } from '../identity/tokens.ts'
import type { Mail } from './mail.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** A mail that was claimed: nobody else sends it until its next attempt. */
export interface Claimed {
  readonly id: bigint
  readonly message: string
  readonly recipients: readonly string[]
  readonly subject: string
  readonly body: Buffer
  /** With this one. */
  readonly attempts: number
  /** Since it was written. */
  readonly ageMs: number
}

const INSERT = sql(`
  insert into outbox (message, recipients, subject, body)
  select (m ->> 'message')::uuid, array(select jsonb_array_elements_text(m -> 'recipients')), m ->> 'subject',
         decode(m ->> 'body', 'base64')
    from jsonb_array_elements($1::jsonb) with ordinality as mails (m, n)
   order by n`)

export async function insertMails(tx: Queryable, secretKey: SecretKeys, mails: readonly Mail[]): Promise<void> {
  const rows = mails.map(({ to = [], subject, text }) => {
    const message = randomUUID()
    return { message, recipients: to, subject, body: sealToken(secretKey, owner(message), text).toString('base64') }
  })
  await tx.query(INSERT, [JSON.stringify(rows)])
}

/** @throws when it was sealed under another key. */
export function openMail(secretKey: SecretKeys, { message, recipients, subject, body }: Claimed): Mail {
  return { to: recipients, subject, text: openToken(secretKey, owner(message), body) }
}

/** Told apart from the owners of tokens. */
function owner(message: string): string {
  return `mail ${message}`
}

// The clock of the database alone counts, whatever the processes think the time is.
const CLAIM = sql(`
  update outbox
     set attempts = attempts + 1, next_attempt = clock_timestamp() + make_interval(secs => $1::float8)
   where id = (select id from outbox where next_attempt <= now() order by next_attempt, id limit 1
                  for update skip locked)
  returning id, message, recipients, subject, body, attempts,
            extract(epoch from now() - created)::float8 * 1000 as "ageMs"`)

/** The one that waits longest, if one is due; the next attempt, by whomever, comes after the given time at the earliest. */
export async function claimMail(tx: Queryable, aheadMs: number): Promise<Claimed | null> {
  const [row] = await tx.query<Claimed>(CLAIM, [aheadMs / 1000])
  return row ?? null
}

const DELETE = sql('delete from outbox where id = $1')

export async function deleteMail(tx: Queryable, { id }: Claimed): Promise<void> {
  await tx.query(DELETE, [id])
}

// Whoever took it meanwhile says when it comes next.
const POSTPONE = sql(`
  update outbox
     set next_attempt = clock_timestamp() + make_interval(secs => $3::float8), last_error = $4, recipients = $5
   where id = $1 and attempts = $2`)

export interface Failure {
  readonly pauseMs: number
  readonly error: string
  /** Who does not have it yet. */
  readonly recipients: readonly string[]
}

export async function postponeMail(
  tx: Queryable,
  { id, attempts }: Claimed,
  { pauseMs, error, recipients }: Failure,
): Promise<void> {
  await tx.query(POSTPONE, [id, attempts, pauseMs / 1000, error, recipients])
}
