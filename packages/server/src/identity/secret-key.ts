import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const KEY_BYTES = 32

/**
 * The key that seals tokens: 64 hexadecimal digits in a file that only its owner may read. Made at the first start; two
 * that start at once end up with the same one.
 *
 * @throws when the file holds something else, or others may read it.
 */
export function loadSecretKey(file: string): Buffer {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new Error(`--secret-key-file: ${file} may be read by others: its mode must be 0600`)
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`--secret-key-file: ${file} does not hold 64 hexadecimal digits`)
  return Buffer.from(text, 'hex')
}
