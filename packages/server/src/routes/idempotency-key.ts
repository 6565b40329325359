import { badRequest } from '../http/fault.ts'

/**
 * The key of an issue; null without one. Two headers come joined by a comma and a blank, which no key holds.
 *
 * @throws {Fault} 400, naming the header. Idempotency contract, 2.
 */
export function idempotencyKeyOf(header: string | undefined): string | null {
  if (header === undefined) return null
  if (!/^[!-~]{1,255}$/.test(header))
    throw badRequest('Idempotency-Key should be given once, as 1 to 255 visible ASCII characters')
  return header
}
