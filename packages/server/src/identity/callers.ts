import type { Database } from '../db/database.ts'
import { Loader } from '../db/loader.ts'
import { sql } from '../db/statement.ts'
import { hashToken } from './tokens.ts'

export interface UserCaller {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
  readonly isActive: boolean
  readonly hasExpired: boolean
  readonly hasSignedTerms: boolean
}

export interface ComponentCaller {
  readonly id: bigint
  readonly name: string
  readonly hasExpired: boolean
}

/** Why a caller is refused, in this order. Source: overview, 3. */
export function refusalOfUser({ isActive, hasExpired, hasSignedTerms }: UserCaller): string | null {
  if (!isActive) return 'User inactive'
  if (hasExpired) return 'Authentication expired'
  return hasSignedTerms ? null : 'Pending approval terms'
}

export function refusalOfComponent({ hasExpired }: ComponentCaller): string | null {
  return hasExpired ? 'Authentication expired' : null
}

const USERS = sql(`
  select token_hash, id, uuid, email, is_active, token_expires < now() as has_expired, has_signed_terms
    from users
   where token_hash = any($1::bytea[])`)

const COMPONENTS = sql(`
  select token_hash, id, name, coalesce(token_expires < now(), false) as has_expired
    from components
   where token_hash = any($1::bytea[])`)

interface UserRow {
  token_hash: Buffer
  id: bigint
  uuid: string
  email: string
  is_active: boolean
  has_expired: boolean
  has_signed_terms: boolean
}
interface ComponentRow {
  token_hash: Buffer
  id: bigint
  name: string
  has_expired: boolean
}

/** Finds out who calls. Users and components have tokens of their own kind. */
export class Callers {
  readonly #users: Loader<Buffer, UserCaller | null>
  readonly #components: Loader<Buffer, ComponentCaller | null>

  constructor(database: Database) {
    this.#users = byHash(async (hashes) => {
      const rows = await database.query<UserRow>(USERS, [hashes])
      return rows.map(({ token_hash, id, uuid, email, is_active, has_expired, has_signed_terms }) => [
        token_hash,
        { id, uuid, email, isActive: is_active, hasExpired: has_expired, hasSignedTerms: has_signed_terms },
      ])
    })
    this.#components = byHash(async (hashes) => {
      const rows = await database.query<ComponentRow>(COMPONENTS, [hashes])
      return rows.map(({ token_hash, id, name, has_expired }) => [token_hash, { id, name, hasExpired: has_expired }])
    })
  }

  userOf(token: string): Promise<UserCaller | null> {
    return this.#users.load(hashToken(token))
  }

  componentOf(token: string): Promise<ComponentCaller | null> {
    return this.#components.load(hashToken(token))
  }
}

/** A loader over rows that each bring the hash that they were found by. */
export function byHash<V>(
  read: (hashes: readonly Buffer[]) => Promise<readonly (readonly [Buffer, V])[]>,
): Loader<Buffer, V | null> {
  return new Loader<Buffer, V | null>(async (hashes) => {
    const names = hashes.map((hash) => hash.toString('latin1'))
    // Many calls at once are often one caller's.
    const distinct = new Map(names.map((name, index) => [name, hashes[index] as Buffer]))
    const found = new Map((await read([...distinct.values()])).map(([hash, value]) => [hash.toString('latin1'), value]))
    return names.map((name) => found.get(name) ?? null)
  })
}
