import { createHash, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Whether it is the password. Django hashes the text as it was typed, so it is not normalised. */
export type OldCheck = (password: string) => Promise<boolean>

/** About a second's work. Django's own default was 10,000 in Astakos' time and is a million or so today. */
const ITERATIONS_MAX = 2_000_000

const PBKDF2 = /^pbkdf2_(sha256|sha1)\$([1-9]\d{0,7})\$([^$]{1,64})\$([A-Za-z0-9+/]+={0,2})$/
const SALTED = /^(sha1|md5)\$([^$]{0,64})\$([0-9a-f]+)$/
/** As very old Djangos wrote it: no name, no salt. */
const BARE_MD5 = /^[0-9a-f]{32}$/
const KEY_BYTES: Readonly<Record<string, number>> = { sha256: 32, sha1: 20, md5: 16 }

const stretch = promisify(pbkdf2)

/**
 * The formats of an imported `auth_user.password`. What is malformed, starts with `!` or would cost too much is no
 * password's. Source: database specification, `auth_user`.
 */
export function readOldPassword(text: string): OldCheck | null {
  return readPbkdf2(text) ?? readSalted(BARE_MD5.test(text) ? `md5$$${text}` : text)
}

function readPbkdf2(text: string): OldCheck | null {
  const [, digest = '', count, salt = '', encoded = ''] = PBKDF2.exec(text) ?? []
  const [iterations, key] = [Number(count), Buffer.from(encoded, 'base64')]
  if (key.length !== KEY_BYTES[digest] || iterations > ITERATIONS_MAX) return null
  return async (password) => timingSafeEqual(await stretch(password, salt, iterations, key.length, digest), key)
}

/** A salt may be empty. */
function readSalted(text: string): OldCheck | null {
  const [, digest = '', salt = '', encoded = ''] = SALTED.exec(text) ?? []
  const key = Buffer.from(encoded, 'hex')
  if (encoded.length !== 2 * key.length || key.length !== KEY_BYTES[digest]) return null
  return (password) =>
    Promise.resolve(
      timingSafeEqual(
        createHash(digest)
          .update(salt + password)
          .digest(),
        key,
      ),
    )
}
