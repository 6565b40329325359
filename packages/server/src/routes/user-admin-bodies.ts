import { stringifyExact } from 'astakosclient/wire'
import { badRequest } from '../http/fault.ts'
import { withNumbers } from '../http/json.ts'
import { hasAtMost, isObject } from '../http/validate.ts'
import { passwordProblem } from '../identity/passwords.ts'
import { isAccountAddress, isPlain } from '../mail/headers.ts'

/** What administrators send of an account. Source: administration specification, 2.3. */
export type Sent = Readonly<Record<string, unknown>>

/** One that is missing has no members. @throws {Fault} 400 */
export function sentUser(document: unknown): Sent {
  const user = isObject(document) ? (document['user'] ?? {}) : null
  if (!isObject(user)) throw badRequest('Malformed request: user must be an object')
  return user
}

/** @throws {Fault} 400 */
export function addressIn({ username }: Sent): string {
  if (typeof username === 'string' && isAccountAddress(username)) return username
  throw badRequest('Invalid username (email format required)')
}

const NAME_MAX = 30

/** @throws {Fault} 400 */
export function nameIn(sent: Sent, field: 'first_name' | 'last_name'): string {
  const name = sent[field]
  if (typeof name === 'string' && name.trim() !== '' && isPlain(name) && hasAtMost(name, NAME_MAX)) return name
  throw badRequest(`Invalid ${field}`)
}

/** @throws {Fault} 400: in a sentence that says nothing of the password. */
export function passwordIn({ password }: Sent, address: string): string {
  const problem = passwordProblem(password, address)
  if (problem !== null) throw badRequest(problem)
  return password as string
}

const AFFILIATION_MAX = 255

/** @throws {Fault} 400 */
export function affiliationIn({ affiliation }: Sent): string | null {
  if (affiliation === null) return null
  if (typeof affiliation === 'string' && hasAtMost(affiliation, AFFILIATION_MAX)) return affiliation
  throw badRequest(`Invalid affiliation: a text of at most ${AFFILIATION_MAX} characters, or null`)
}

const METADATA_MAX = 64 * 1024

/** @throws {Fault} 400 */
export function metadataIn({ metadata }: Sent): object {
  const value = isObject(metadata) ? (withNumbers(metadata) as object) : null
  if (value === null || !isFiniteAll(value) || stringifyExact(value).length > METADATA_MAX)
    throw badRequest(`Invalid metadata: an object of at most ${METADATA_MAX} characters`)
  return value
}

/** One that is too large for a number would be lost. */
function isFiniteAll(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isFiniteAll)
}
