import type { SecretKeys } from '../identity/secret-keys.ts'
import type { Change } from '../admin/operation.ts'
import type { Queryable } from '../db/statement.ts'
import type { Mail } from '../mail/mail.ts'
import { Refused } from '../projects/refused.ts'
import { activateUser, deactivateUser } from './activation.ts'
import { signTerms } from './terms.ts'
import { findAccount, lockAccount, type AccountFacts } from './user-admin.ts'
import { renewToken } from './users.ts'

/** What a helpdesk does with an account. Source: administration specification, 2.3. */
export interface Acted {
  /** What is answered of it, beside its id. */
  readonly user: object
  readonly changes: readonly Change[]
  readonly mails?: readonly Mail[]
}

/** An account that may not be activated stays as it is, without a word. @throws {Refused} unknown */
export function activateAccount(tx: Queryable, uuid: string): Promise<Acted> {
  return switched(tx, uuid, () => activateUser(tx, uuid))
}

/** Likewise. With it sessions and grants end. @throws {Refused} unknown */
export function deactivateAccount(tx: Queryable, uuid: string, reason: string): Promise<Acted> {
  return switched(tx, uuid, () => deactivateUser(tx, uuid, reason))
}

/** The account is not locked here: projects and memberships are locked before it. */
async function switched(tx: Queryable, uuid: string, act: () => Promise<Mail[]>): Promise<Acted> {
  const before = await findAccount(tx, uuid)
  const mails = await act().catch((error: unknown) => {
    if (error instanceof Refused && error.kind === 'conflict') return null
    throw error
  })
  const after = await findAccount(tx, uuid)
  const user = { is_active: after.is_active }
  if (mails === null) return { user, changes: [] }
  return { user, changes: changed(before, after, ['is_active', 'deactivated_reason']), mails }
}

/** Sessions and grants end with the old one. @throws {Refused} unknown */
export async function renewTokenOf(tx: Queryable, secretKey: SecretKeys, uuid: string, expires: Date): Promise<Acted> {
  const before = await lockAccount(tx, uuid)
  const token = await renewToken(tx, secretKey, uuid, expires)
  return { user: { auth_token: token }, changes: changed(before, await findAccount(tx, uuid), ['token_created']) }
}

/** @throws {Refused} unknown */
export async function signTermsOf(tx: Queryable, uuid: string): Promise<Acted> {
  const before = await lockAccount(tx, uuid)
  await signTerms(tx, before.id)
  return {
    user: { has_signed_terms: true },
    changes: changed(before, await findAccount(tx, uuid), ['has_signed_terms']),
  }
}

/** The row of the audit: those of its facts that it is about. */
export function changed(
  before: AccountFacts,
  after: AccountFacts,
  names: readonly (keyof AccountFacts)[],
): readonly Change[] {
  const of = (facts: AccountFacts): object => Object.fromEntries(names.map((name) => [name, facts[name]]))
  return [{ subject: `user:${after.uuid}`, before: of(before), after: of(after) }]
}
