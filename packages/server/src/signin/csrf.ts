import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** A form's proof that it is ours. Source: identity specification, 9. */
export const CSRF_COOKIE = 'csrftoken'
export const CSRF_FIELD = 'csrfmiddlewaretoken'
export const CSRF_HEADER = 'x-csrftoken'

/**
 * A random text with a signature that holds for one session alone: neither a neighbour domain that may set cookies nor
 * somebody with a session of their own can make one for another's.
 *
 * @param session its secret; empty for a browser that is not signed in.
 */
export function newCsrfToken(keys: SecretKeys, session: string): string {
  const random = randomBytes(16).toString('base64url')
  return `${random}.${signatureOf(keys.first, session, random)}`
}

export interface CsrfProof {
  readonly session: string
  readonly cookie: string | undefined
  /** From the field of a form, or the header. */
  readonly sent: string | undefined
  readonly isSecure: boolean
  readonly referer: string | undefined
  readonly origin: string | undefined
  readonly ownOrigin: string
}

export function isOurs(keys: SecretKeys, proof: CsrfProof): boolean {
  const { session, cookie, sent, isSecure, referer, ownOrigin } = proof
  if (isForeign(proof.origin, ownOrigin)) return false
  if (isSecure && originOf(referer ?? proof.origin) !== secure(ownOrigin)) return false
  if (cookie === undefined || sent === undefined || !same(cookie, sent)) return false
  return isTokenOf(keys, session, sent)
}

/** Whether it was made for that session, under whichever key: forms outlive a replacement. */
export function isTokenOf(keys: SecretKeys, session: string, token: string): boolean {
  const [random = '', signature = '', ...more] = token.split('.')
  return more.length === 0 && keys.all.some((key) => same(signature, signatureOf(key, session, random)))
}

/** Said by the browser itself; absent where it says nothing. */
export function isForeign(origin: string | undefined, ownOrigin: string): boolean {
  return origin !== undefined && secure(originOf(origin) ?? '') !== secure(ownOrigin)
}

/** A proxy may speak plainly to us of what it was asked securely. */
function secure(origin: string): string {
  return origin.replace(/^http:/, 'https:').replace(/:(?:80|443)$/, '')
}

function originOf(url: string | undefined): string | null {
  if (url === undefined || !URL.canParse(url)) return null
  return secure(new URL(url).origin)
}

function signatureOf(key: Buffer, session: string, random: string): string {
  return createHmac('sha256', key).update(`csrf\0${session}\0${random}`).digest('base64url')
}

function same(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
