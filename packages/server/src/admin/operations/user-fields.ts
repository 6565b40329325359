import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Queryable } from '../../db/statement.ts'
import { hashPassword, passwordProblem } from '../../identity/passwords.ts'
import { isAccountAddress } from '../../mail/headers.ts'
import { findUser, type Account, type UserName } from '../../operations/find-user.ts'
import { Refused } from '../../projects/refused.ts'
import type { ServiceSettings } from '../../settings.ts'
import { isWellFormed } from '../../well-formed.ts'
import { id, text } from '../input.ts'
import type { Change } from '../operation.ts'

/** What operations on users have in common. */

const ONE: readonly z.ZodType<UserName>[] = [id, text(254)]

export const user: z.ZodType<UserName> = z
  .unknown()
  .transform((value) => ONE.find((kind) => kind.safeParse(value).success)?.parse(value) ?? null)
  .refine((value): value is UserName => value !== null, 'must be an id, an e-mail address or a uuid')
  .describe('whom: id, e-mail address or uuid')

export const firstName: z.ZodString = text(30).describe('the first name')
export const lastName: z.ZodString = text(30).describe('the last name')
export const groupName: z.ZodString = text(80).describe('name of the group')
export const password: z.ZodString = text(1024).describe('the password').meta({ secret: true })

const DEPTH_MAX = 20
const CHARACTERS_MAX = 16_384

/** An object that the database can hold. */
export const metadata: z.ZodType<Record<string, unknown>> = z
  .record(z.string(), z.unknown(), { error: 'must be an object' })
  .refine((value) => sizeOf(value, DEPTH_MAX) <= CHARACTERS_MAX, {
    error: `must have at most ${CHARACTERS_MAX} characters and ${DEPTH_MAX} levels, without NUL or half a surrogate pair`,
  })

/** About as many characters as it has in JSON; infinite where it can't be kept. */
function sizeOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.includes('\0') || !isWellFormed(value) ? Infinity : value.length + 3
  if (typeof value === 'number') return Number.isFinite(value) ? 20 : Infinity
  if (typeof value === 'bigint') return String(value).length
  if (typeof value !== 'object' || value === null) return 5
  if (depth === 0) return Infinity
  return Object.entries(value).reduce(
    (size, [name, member]) => size + (Array.isArray(value) ? 1 : sizeOf(name, 1)) + sizeOf(member, depth - 1),
    2,
  )
}

/** Something of an address, with a domain that has a dot. */
export function isEmail(email: string): boolean {
  return isAccountAddress(email)
}

/** @throws {Refused} malformed: it could be guessed. */
export async function hashed(given: string, email: string): Promise<string> {
  const problem = passwordProblem(given, email)
  if (problem !== null) throw new Refused('malformed', `password: ${problem}`)
  return hashPassword(given)
}

/** 120 random bits, which can be read over the telephone. */
export function generatePassword(): string {
  return randomBytes(15).toString('base64url')
}

export function newExpiry({ tokenLifeMs }: ServiceSettings): Date {
  return new Date(Date.now() + tokenLifeMs)
}

/** For the audit: those fields of the account as they were, and as they are now. */
export async function changeOf(
  tx: Queryable,
  before: Account,
  fields: readonly (keyof Account)[],
): Promise<Change & { readonly now: Account }> {
  const now = await findUser(tx, before.id)
  return { subject: subjectOf(before), before: pick(before, fields), after: pick(now, fields), now }
}

export function subjectOf({ uuid }: { readonly uuid: string }): string {
  return `user:${uuid}`
}

export function pick(account: Account, fields: readonly (keyof Account)[]): object {
  return Object.fromEntries(fields.map((field) => [field, account[field]]))
}

/** Says what was not done: a failure is none that a script overlooks. */
export async function failing<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof Refused && error.kind === 'conflict')
      throw new Refused('conflict', `Failed to ${what}: ${error.message}`)
    throw error
  }
}
