/** The numbers of the original and what they are called. Source: database specification. */

export type Codes = Readonly<Record<string, string>>

export const PROJECT_STATES: Codes = {
  0: 'uninitialized',
  1: 'active',
  10: 'suspended',
  100: 'terminated',
  1000: 'deleted',
}

export const POLICIES: Codes = { 1: 'auto', 2: 'moderated', 3: 'closed' }

export const APPLICATION_STATES: Codes = {
  0: 'pending',
  1: 'approved',
  2: 'replaced',
  3: 'denied',
  4: 'dismissed',
  5: 'cancelled',
}

export const MEMBERSHIP_STATES: Codes = {
  0: 'requested',
  1: 'accepted',
  5: 'leave_requested',
  10: 'suspended',
  100: 'rejected',
  101: 'cancelled',
  200: 'removed',
}

/** Null stays null. @throws {RangeError} there is no such number. */
export function nameOf(codes: Codes, column: string, code: number | null): string | null {
  if (code === null) return null
  const name = codes[String(code)]
  if (name === undefined) throw new RangeError(`${column}: must be one of ${Object.keys(codes).join(', ')}`)
  return name
}
