import { randomBytes } from 'node:crypto'
import { sql, type Queryable } from '../db/statement.ts'
import { hashToken } from '../identity/tokens.ts'
import type { Mail } from '../mail/mail.ts'
import { Refused } from '../projects/refused.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { admitVerified } from './moderation.ts'
import { signTerms } from './terms.ts'
import { setPassword } from './passwords.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'
import { addressTaken, addUser, deleteUser, verifyUser, type NewUser, type UserInput } from './users.ts'

/** People who come by themselves, and prove their address. Source: identity specification, 1.2. */
export interface SignUp {
  readonly email: string
  readonly firstName: string
  readonly lastName: string
  /** From `hashPassword`. */
  readonly hashed: string
  /** To the terms of use, at this moment; where there are none, there is nothing to agree to. */
  readonly hasAgreed: boolean
  readonly tokenExpires: Date
}

const FIND = sql('select id, uuid, email, email_verified from users where username = $1 for update')
/** Of accounts that came from elsewhere, whose login names are others. */
const OF_ADDRESS = sql('select id from users where lower(email) = $1 and username <> $1 and email_verified limit 1')

/** The account that was never verified, and made room for another one. */
export interface Replaced {
  readonly id: bigint
  readonly uuid: string
  readonly email: string
}

/**
 * An account that was never verified makes room; one that was is left alone.
 *
 * @throws {Refused} conflict: there is such an account.
 */
export async function addInPlace(
  tx: Queryable,
  secretKey: SecretKeys,
  input: UserInput,
): Promise<NewUser & { readonly replaced: Replaced | null }> {
  const username = input.email.toLowerCase()
  const [existing] = await tx.query<Replaced & { email_verified: boolean }>(FIND, [username])
  if ((await tx.query(OF_ADDRESS, [username])).length > 0) throw addressTaken()
  if (existing && !existing.email_verified) await deleteUser(tx, existing.id, username)
  return { ...(await addUser(tx, secretKey, input)), replaced: existing ?? null }
}

/** @returns the code that proves the address; null where there is such an account. */
export async function signUp(
  tx: Queryable,
  secretKey: SecretKeys,
  { hashed, hasAgreed, ...input }: SignUp,
): Promise<string | null> {
  try {
    const { id } = await addInPlace(tx, secretKey, { ...input, hasSignedTerms: true })
    if (hasAgreed) await signTerms(tx, id)
    await setPassword(tx, id, hashed)
    return await newVerificationCode(tx, id)
  } catch (error) {
    if (error instanceof Refused) return null
    throw error
  }
}

const STORE_CODE = sql('update users set verification_hash = $2, verification_sent = now() where id = $1')

/** Another one that is on its way is worth nothing any more. */
export async function newVerificationCode(tx: Queryable, userId: bigint): Promise<string> {
  const code = randomBytes(32).toString('base64url')
  await tx.query(STORE_CODE, [userId, hashToken(code)])
  return code
}

/** As PostgreSQL reads it, and people do. Mails that wait are given up sooner. */
const CODE_LIFE = '7 days'

/** The mail that proves an address by reaching it. */
export function verificationMail(baseUrl: string, email: string, code: string): Mail {
  return {
    to: [email],
    subject: 'Your account',
    text: `Open this address within ${CODE_LIFE} to prove that this one is yours: ${baseUrl}/ui/activate?auth=${code}`,
  }
}

const IS_GOOD = `verification_hash = $1 and not email_verified and verification_sent > now() - interval '${CODE_LIFE}'`
const KNOWN = sql(`select id from users where ${IS_GOOD}`)
const OF_CODE = sql(`select id, moderated from users where ${IS_GOOD} for update`)

/** @param isModerated an operator decides who comes in. @returns what became of the account; null: the code is not good. */
export async function proveAddress(
  tx: Queryable,
  code: string,
  isModerated: boolean,
): Promise<'accepted' | 'waiting' | null> {
  const hash = hashToken(code)
  // Guesses hold up nobody.
  const [known] = await tx.query(KNOWN, [hash])
  if (!known) return null
  // An operator may be accepting the same account: both lock in one order.
  await lockInOrder(tx, { registry: true })
  const [user] = await tx.query<{ id: bigint; moderated: boolean }>(OF_CODE, [hash])
  if (!user) return null
  await verifyUser(tx, user.id)
  return (await admitVerified(tx, user, isModerated)) === 'ACCEPTED' ? 'accepted' : 'waiting'
}

/** Also those of an import of which nobody knows when they were sent. Whoever is at an account now keeps it from nothing but this round. */
const CLEAN = sql(`
  update users
     set verification_hash = null
   where id in (select id
                  from users
                 where verification_hash is not null
                   and coalesce(verification_sent, '-infinity') <= now() - interval '${CODE_LIFE}'
                   for update skip locked)`)

export async function cleanUpVerificationCodes(on: Queryable): Promise<void> {
  await on.query(CLEAN)
}
