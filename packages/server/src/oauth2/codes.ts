import { sql, type Queryable } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'
import { randomText } from './random-text.ts'
import { refuseIf } from './refused.ts'

/** What a code stands for: somebody let a client ask in their name. */
export interface Grant {
  readonly userId: bigint
  readonly clientId: bigint
  readonly redirectUri: string
  readonly scope: string
  /** Of PKCE. */
  readonly challenge: string | null
}

export interface FoundCode extends Grant {
  readonly hash: Buffer
  readonly wasUsed: boolean
  /** In time, of somebody who is active. */
  readonly isGood: boolean
}

const CODE_LENGTH = 60

/** A client that is being removed is waited for. */
const ISSUE = sql(`
  insert into oauth2_codes (code_hash, user_id, client_id, redirect_uri, scope, challenge, expires)
  select $1, $2, id, $4, $5, $6, now() + $7::double precision * interval '1 millisecond'
    from oauth2_clients
   where id = $3
     for key share
  returning code_hash`)

/**
 * @returns the code; its hash is stored, which is enough since it has more than 350 random bits. A-5: not for ever.
 * @throws {GrantRefused} the client is not there any more.
 */
export async function issueCode(tx: Queryable, grant: Grant, lifeMs: number): Promise<string> {
  const code = randomText(CODE_LENGTH)
  const { userId, clientId, redirectUri, scope, challenge } = grant
  const issued = await tx.query(ISSUE, [hashToken(code), userId, clientId, redirectUri, scope, challenge, lifeMs])
  refuseIf(issued.length === 0, 'No such client found')
  return code
}

const FIND = sql(`
  select c.code_hash as hash, c.user_id as "userId", c.client_id as "clientId", c.redirect_uri as "redirectUri", c.scope,
         c.challenge, c.used as "wasUsed", c.expires > now() and u.is_active as "isGood"
    from oauth2_codes as c
    join users as u on u.id = c.user_id
   where c.code_hash = $1`)

export async function findCode(on: Queryable, code: string): Promise<FoundCode | null> {
  const [found] = await on.query<FoundCode>(FIND, [hashToken(code)])
  return found ?? null
}
