import type { Database } from '../db/database.ts'
import { sql } from '../db/statement.ts'
import { verifyPassword } from '../identity/passwords.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'
import { openToken } from '../identity/tokens.ts'
import { endGrantsOf } from '../oauth2/tokens.ts'
import { renewToken } from '../operations/users.ts'
import { endSession, findSession, startSession, type SignedIn } from './sessions.ts'
import { countAttempt } from './throttle.ts'

/** Why somebody with the right password may not come in. Source: identity specification, 8.1. */
export type DoorRefusal = 'wrong' | 'unverified' | 'unmoderated' | 'rejected' | 'inactive'

export type Entrance =
  | { readonly refusal: DoorRefusal; readonly userId: bigint | null }
  | { readonly refusal: null; readonly user: SignedIn; readonly session: string }

export interface Credentials {
  readonly name: string
  readonly password: string
  /** Where it comes from. */
  readonly address: string
  /** The session that the browser has already; empty: none. */
  readonly replaces: string
}

const FIND = sql(`
  select id, uuid, password, email_verified, moderated, is_rejected, is_active, token_expires
    from users
   where username = $1`)
const LOCK = sql('select password, is_active, token_expires from users where id = $1 for update')
const NOTE = sql('update users set last_login = now() where id = $1')
const UPGRADE = sql('update users set password = $2 where id = $1')

interface Row {
  id: bigint
  uuid: string
  password: string | null
  email_verified: boolean
  moderated: boolean
  is_rejected: boolean
  is_active: boolean
  token_expires: Date | null
}

/** A password that is set anew all the time is nobody's. */
const TRIES_MAX = 3

/**
 * Where people come in. With weblogin, the cookie and the access pages it is the only place that opens the sealed copy of
 * a token. Source: identity specification, 8 and 9.
 */
export class Desk {
  readonly #database: Database
  readonly #key: SecretKeys
  readonly #tokenLifeMs: number

  constructor(database: Database, key: SecretKeys, tokenLifeMs: number) {
    this.#database = database
    this.#key = key
    this.#tokenLifeMs = tokenLifeMs
  }

  /** For signatures of forms. */
  get key(): SecretKeys {
    return this.#key
  }

  /** @throws {TooManyAttempts} @throws {TooManyPasswords} */
  async enter({ name, password, address, replaces }: Credentials): Promise<Entrance> {
    const username = name.trim().toLowerCase()
    const attempt = await countAttempt(this.#database, this.#key, { what: 'sign-in', account: username, address })
    for (let tries = 1; ; tries += 1) {
      const [row] = await this.#database.query<Row>(FIND, [username])
      // As much work where there is no such account.
      const { isRight, replacement } = await verifyPassword(row?.password ?? null, password).catch(
        async (error: unknown) => {
          await attempt.takeBack()
          throw error
        },
      )
      if (!row || !isRight || tries > TRIES_MAX) return { refusal: 'wrong', userId: null }
      const refusal = refusalOf(row)
      if (refusal !== null) return { refusal, userId: row.id }
      const session = await this.#begin(row, replacement, replaces)
      // The password was set meanwhile, or stored anew by another sign-in: what is stored now counts.
      if (session === null) continue
      await attempt.succeeded()
      const user = await findSession(this.#database, session)
      return user ? { refusal: null, user, session } : { refusal: 'inactive', userId: row.id }
    }
  }

  /** @returns null where the account is not any more what the password was checked for. */
  #begin(row: Row, replacement: string | null, replaces: string): Promise<string | null> {
    return this.#database.transaction(async (tx) => {
      const [locked] = await tx.query<Pick<Row, 'password' | 'is_active' | 'token_expires'>>(LOCK, [row.id])
      if (!locked?.is_active || locked.password !== row.password) return null
      if (replacement !== null) await tx.query(UPGRADE, [row.id, replacement])
      const isOver = !locked.token_expires || locked.token_expires.getTime() <= Date.now()
      const expires = isOver ? this.newExpiry() : (locked.token_expires as Date)
      if (isOver) await renewToken(tx, this.#key, row.uuid, expires)
      await tx.query(NOTE, [row.id])
      if (replaces !== '') await endSession(tx, replaces)
      return startSession(tx, row.id, expires)
    })
  }

  newExpiry(): Date {
    return new Date(Date.now() + this.#tokenLifeMs)
  }

  whoIs(session: string): Promise<SignedIn | null> {
    return findSession(this.#database, session)
  }

  /** The token that the user has anyway. */
  tokenOf({ uuid, tokenSealed }: SignedIn): string {
    return openToken(this.#key, uuid, tokenSealed)
  }

  /**
   * A new token; all other sessions end, and this one goes on with another secret.
   *
   * @returns it; null: the session has ended meanwhile, by a new password or a renewal of somebody else.
   */
  renew({ id, uuid }: SignedIn, session: string): Promise<string | null> {
    const expires = this.newExpiry()
    return this.#database.transaction(async (tx) => {
      await tx.query(LOCK, [id])
      if (!(await findSession(tx, session))) return null
      await renewToken(tx, this.#key, uuid, expires)
      return startSession(tx, id, expires)
    })
  }

  /** Codes and access tokens of OAuth2 end with it. */
  async leave({ id }: SignedIn, session: string): Promise<void> {
    await this.#database.transaction(async (tx) => {
      // Whoever gives a grant to this session now is done, or finds it ended.
      await tx.query(LOCK, [id])
      await endSession(tx, session)
      await endGrantsOf(tx, id)
    })
  }
}

function refusalOf(row: Row): DoorRefusal | null {
  if (!row.email_verified) return 'unverified'
  if (!row.moderated) return 'unmoderated'
  if (row.is_rejected) return 'rejected'
  return row.is_active ? null : 'inactive'
}
