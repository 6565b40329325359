import { Busy } from '../quotas/engine.ts'
import { KeyReused } from '../quotas/requests.ts'
import { TooManyPasswords } from '../identity/passwords.ts'
import { Refused, type RefusalKind } from '../projects/refused.ts'
import { isLockConflict, isUnavailable, OutcomeUnknown } from '../db/errors.ts'
import { Fault, type FaultName } from './fault.ts'

const RETRY = { 'retry-after': '1' }

const FAULTS: Readonly<Record<RefusalKind, FaultName>> = {
  malformed: 'badRequest',
  forbidden: 'forbidden',
  unknown: 'itemNotFound',
  conflict: 'conflict',
}

/** What the domain says no with, as a fault; null for what nobody expected. */
export function faultOf(error: unknown): Fault | null {
  if (error instanceof Fault) return error
  if (error instanceof Refused) return new Fault(FAULTS[error.kind], error.message)
  if (error instanceof TooManyPasswords)
    return new Fault('serviceUnavailable', error.message, { 'retry-after': String(error.retryAfterSeconds) })
  if (error instanceof KeyReused) return new Fault('unprocessableEntity', error.message)
  // Without `Retry-After`: whoever has no key must not come again blindly. Idempotency contract, 10.
  if (error instanceof OutcomeUnknown) return new Fault('serviceUnavailable', error.message)
  if (error instanceof Busy) return new Fault('serviceUnavailable', error.message, RETRY)
  if (isLockConflict(error)) return new Fault('serviceUnavailable', 'A row is locked by another transaction', RETRY)
  if (isUnavailable(error)) return new Fault('serviceUnavailable', 'The database can not be reached', RETRY)
  return byFramework(error)
}

/** What the framework refuses by itself. */
function byFramework(error: unknown): Fault | null {
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Fault('requestEntityTooLarge', 'The body is too large')
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
    ? new Fault('badRequest', 'Malformed request')
    : null
}
