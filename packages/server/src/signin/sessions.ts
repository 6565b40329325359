import { randomBytes } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'

/** Somebody who is signed in with a browser. */
export interface SignedIn {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  readonly hasSignedTerms: boolean
  readonly tokenExpires: Date
  readonly tokenSealed: Buffer
}

const START = sql('insert into sessions (secret_hash, user_id, expires) values ($1, $2, $3)')

/** Always a new secret: one that somebody brought along is worth nothing. @returns it; its hash is stored. */
export async function startSession(tx: Queryable, userId: bigint, expires: Date): Promise<string> {
  const secret = randomBytes(32).toString('base64url')
  await tx.query(START, [hashToken(secret), userId, expires])
  return secret
}

const FIND = sql(`
  select u.id, u.uuid, u.email, u.first_name as "firstName", u.last_name as "lastName",
         u.has_signed_terms as "hasSignedTerms", u.token_expires as "tokenExpires", u.token_sealed as "tokenSealed"
    from sessions as s
    join users as u on u.id = s.user_id
   where s.secret_hash = $1 and s.expires > now() and u.is_active and u.token_sealed is not null`)

export async function findSession(on: Queryable, secret: string): Promise<SignedIn | null> {
  const [row] = await on.query<SignedIn>(FIND, [hashToken(secret)])
  return row ?? null
}

const LOCK_USER = sql('select id from users where id = $1 for update')

/** Nobody ends it until the transaction is over. @returns whether it is there still. */
export async function holdSession(tx: Queryable, userId: bigint, secret: string): Promise<boolean> {
  await tx.query(LOCK_USER, [userId])
  return (await findSession(tx, secret)) !== null
}

const END = sql('delete from sessions where secret_hash = $1')
const END_ALL = sql('delete from sessions where user_id = $1')
const END_OLD = sql('delete from sessions where expires < now()')

export async function endSession(tx: Queryable, secret: string): Promise<void> {
  await tx.query(END, [hashToken(secret)])
}

export async function endSessionsOf(tx: Queryable, userId: bigint): Promise<void> {
  await tx.query(END_ALL, [userId])
}

export async function endOldSessions(on: Queryable): Promise<void> {
  await on.query(END_OLD)
}
