import { readOldPassword } from './old-passwords.ts'
import { newScryptHash, readScryptHash } from './scrypt.ts'
import { Turns } from './turns.ts'

export { passwordProblem } from './password-rules.ts'

/** So many sign in at this moment that another would wait for long. A caller answers 503. */
export class TooManyPasswords extends Error {
  readonly retryAfterSeconds: number = 5
  constructor() {
    super('Too many passwords are being checked right now. Try again in a few seconds.')
    this.name = 'TooManyPasswords'
  }
}

/** Each takes 32 MiB and one or two of Node's four threads, which files and names of hosts need too. */
export const passwordTurns: Turns = new Turns(2, 100, () => new TooManyPasswords())

/** @returns what is stored. @throws {TooManyPasswords} */
export function hashPassword(password: string): Promise<string> {
  return passwordTurns.take(() => newScryptHash(password))
}

export interface Verdict {
  readonly isRight: boolean
  /** What to store from now on: the password is right, and what is stored is of an old format or costs too little. */
  readonly replacement: string | null
}

/**
 * Whoever asks learns from the time it takes neither whether there is such an account nor how old its password is: a
 * new hash is computed where today's was not, used or not, while an old format is checked beside it.
 *
 * @param stored null where there is no such account, or it has no password.
 * @throws {TooManyPasswords} nothing was checked.
 */
export function verifyPassword(stored: string | null, password: string): Promise<Verdict> {
  return passwordTurns.take(async () => {
    const hash = readScryptHash(stored ?? '')
    if (hash && !hash.isWeak) return { isRight: await hash.matches(password), replacement: null }
    const check = hash?.matches ?? readOldPassword(stored ?? '')
    const [isRight, replacement] = await Promise.all([check?.(password) ?? false, newScryptHash(password)])
    return { isRight, replacement: isRight ? replacement : null }
  })
}
