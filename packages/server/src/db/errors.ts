/** The database can't be reached, or hung up; another attempt may help. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('The database can not be reached', { cause })
    this.name = 'DatabaseUnavailable'
  }
}

/** The COMMIT was sent and its answer did not come: what was done may stand, or not. Idempotency contract, 10. */
export class OutcomeUnknown extends Error {
  constructor(message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'OutcomeUnknown'
  }
}

/** What PostgreSQL said no to; see its appendix A for the codes. */
interface SqlError extends Error {
  readonly code: string
}

export function isSqlError(error: unknown): error is SqlError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
}

/** It is going down or coming up, or has no room for another connection: classes 08, 53 and 57. */
const AWAY = /^(?:08|53|57P)/

export function isUnavailable(error: unknown): boolean {
  return error instanceof DatabaseUnavailable || (isSqlError(error) && (AWAY.test(error.code) || isReadOnly(error)))
}

/** A server that has become a standby, or was told to take no more writes: nothing was done. */
export function isReadOnly(error: unknown): boolean {
  return isSqlError(error) && error.code === '25006'
}

/** A lock that was waited for too long, or a deadlock: nothing was done, and later it may work. */
export function isLockConflict(error: unknown): boolean {
  return isSqlError(error) && (error.code === '55P03' || error.code === '40P01')
}

/** There is such a row already, perhaps since a moment ago. */
export function isUniqueViolation(error: unknown): boolean {
  return isSqlError(error) && error.code === '23505'
}
