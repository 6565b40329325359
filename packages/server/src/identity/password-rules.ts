import { COMMON_PASSWORDS } from './common-passwords.ts'

const CHARACTERS_MIN = 8
const CHARACTERS_MAX = 1024

/**
 * Length and no guessable choice is all that is asked: rules on capitals and digits make passwords worse. It looks at
 * passwords to be set; one that was imported goes on as it is.
 *
 * @param address the e-mail address of whose it will be.
 * @returns a sentence for the person, which repeats nothing of the password, or null where it may be set.
 */
export function passwordProblem(password: unknown, address: string): string | null {
  if (typeof password !== 'string') return 'A password is a text.'
  if (password.length > CHARACTERS_MAX) return `A password has at most ${CHARACTERS_MAX} characters.`
  if (Array.from(password.normalize('NFC')).length < CHARACTERS_MIN)
    return `A password has at least ${CHARACTERS_MIN} characters.`
  // A lone half of a character becomes the same replacement as every other one.
  if (/[\0\p{Surrogate}]/u.test(password)) return 'A password consists of characters that can be typed.'
  const [lower, own] = [password.toLowerCase(), address.trim().toLowerCase()]
  if (lower.trim() === own || lower === own.split('@')[0]) return 'A password is not your e-mail address.'
  if (/^(.)\1*$/su.test(lower) || COMMON_PASSWORDS.has(lower))
    return 'This password is one of those that are tried first. Choose another one.'
  return null
}
