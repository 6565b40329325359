import { createHash, timingSafeEqual } from 'node:crypto'
import { refuseIf } from './refused.ts'

/**
 * Proof Key for Code Exchange, RFC 7636: whoever redeems a code has to know what the one who asked for it kept secret.
 * The original knows nothing of it, so it is left to the client; S256 alone, since `plain` hides nothing.
 */

/** @returns null where none is used. @throws {GrantRefused} */
export function readChallenge(challenge: string | null, method: string | null): string | null {
  if (challenge === null) {
    refuseIf(method !== null, 'Missing code challenge')
    return null
  }
  refuseIf(method !== 'S256', 'Unsupported code challenge method')
  // The hash, in base64url.
  refuseIf(!/^[\w-]{43}$/.test(challenge), 'Invalid code challenge')
  return challenge
}

/** @throws {GrantRefused} */
export function checkVerifier(challenge: string | null, verifier: string | null): void {
  if (challenge === null) {
    // Somebody took the challenge out on the way. Source: RFC 9700, 4.8.
    refuseIf(verifier !== null, 'No code challenge was used during authorization')
    return
  }
  refuseIf(verifier === null, 'Missing code verifier')
  const isPlausible = /^[\w.~-]{43,128}$/.test(verifier ?? '')
  refuseIf(!isPlausible || !fits(verifier ?? '', challenge), 'Invalid code verifier')
}

function fits(verifier: string, challenge: string): boolean {
  const hash = createHash('sha256').update(verifier).digest('base64url')
  return timingSafeEqual(Buffer.from(hash), Buffer.from(challenge))
}
