/** A line feed would begin another header. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u0085\u2028\u2029]+/g, ' ')
}

/**
 * One address and nothing else: no name, no list, no line feed, nothing that begins a comment or a route. Quoted local parts,
 * which nobody has, are none.
 */
export function isAddress(text: string): boolean {
  return /^[^\s\p{Cc}@<>(),;:"\\[\]]+@[^\s\p{Cc}@<>(),;:"\\[\]]+$/u.test(text)
}

const CHARACTERS_MAX = 254

/** Control characters, marks that turn the direction of what follows, and separators of lines: they are no part of a name. */
const UNSEEN = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/u

export function isPlain(text: string): boolean {
  return !UNSEEN.test(text)
}

/** One that looks like another, or becomes it in lower case, is none. An address that an account may have: something of one; the mail that reaches it is the proof. */
export function isAccountAddress(text: string): boolean {
  const isPlainText = isPlain(text) && text.normalize('NFKC') === text
  return isPlainText && isAddress(text) && /@.+\../.test(text) && Array.from(text).length <= CHARACTERS_MAX
}
