import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { idOf, KEY_ID_BYTES, type SecretKeys } from './secret-keys.ts'

/** Of users and components alike: 43 characters of URL-safe base64. Source: overview, 1. */
export function generateToken(): string {
  return randomBytes(32).toString('base64url')
}

/** A token has 256 random bits, so a plain hash is enough to look it up and nobody gets from the hash to the token. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Fewer could be guessed, and what a person thinks up is worse than its length. */
const CHARACTERS_MIN = 22
const CHARACTERS_MAX = 64

/** For a token that is set by hand. @throws {RangeError} naming the rule. */
export function checkToken(token: string): void {
  if (!/^[!-~]*$/.test(token)) throw new RangeError('A token consists of visible ASCII characters')
  if (token.length < CHARACTERS_MIN || token.length > CHARACTERS_MAX)
    throw new RangeError(`A token has ${CHARACTERS_MIN} to ${CHARACTERS_MAX} characters`)
}

const [NONCE_BYTES, TAG_BYTES] = [12, 16]

/** AES-256-GCM under the first key, whose name stands before it; bound to its owner: moved to another row it does not open. */
export function sealToken(secretKey: SecretKeys, owner: string, token: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', secretKey.first, nonce).setAAD(Buffer.from(owner))
  return Buffer.concat([
    idOf(secretKey.first),
    nonce,
    cipher.update(token, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ])
}

/** For sign-in and the pages that show a person their token; nothing else opens it. @throws when none of the keys fits. */
export function openToken(secretKey: SecretKeys, owner: string, sealed: Buffer): string {
  const named = secretKey.namedBy(sealed)
  if (named) return openWith(named, owner, sealed.subarray(KEY_ID_BYTES))
  // What was sealed before keys had names does not say which one it was.
  const key = secretKey.all.find((one) => isOpenedBy(one, owner, sealed))
  return openWith(key ?? secretKey.first, owner, sealed)
}

/** Whether one of the keys is the one that it was sealed under. */
export function opensWith(secretKey: SecretKeys, owner: string, sealed: Buffer): boolean {
  return isFine(() => openToken(secretKey, owner, sealed))
}

function isOpenedBy(key: Buffer, owner: string, sealed: Buffer): boolean {
  return isFine(() => openWith(key, owner, sealed))
}

function openWith(key: Buffer, owner: string, sealed: Buffer): string {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAAD(Buffer.from(owner)).setAuthTag(sealed.subarray(-TAG_BYTES))
  return decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
}

function isFine(open: () => unknown): boolean {
  try {
    open()
    return true
  } catch {
    return false
  }
}
