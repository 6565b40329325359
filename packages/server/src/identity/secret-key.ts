import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

const KEY_BYTES = 32

/**
 * The key that seals tokens: 64 hexadecimal digits in a file that only its owner may read. Made at the first start; two
 * that start at once end up with the same one.
 *
 * @throws when the file holds something else, or others may read it.
 */
export function loadSecretKey(file: string, dataDir: string | null = null): Buffer {
  // Not into what is not there for long: `/proc` and the like never say so.
  if (/^\/(?:proc|sys|dev)\//.test(file)) throw new Error(`--secret-key-file: ${file} is no place for a key`)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    checkOutside(file, dataDir)
    writeFileSync(file, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error instanceof InDataDirectory) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new Error(`--secret-key-file: ${message}`, { cause: error })
  }
  const status = statSync(file, { throwIfNoEntry: false })
  if (!status?.isFile()) throw new Error(`--secret-key-file: ${file} is not a file`)
  if (process.platform !== 'win32' && (status.mode & 0o077) !== 0)
    throw new Error(`--secret-key-file: ${file} may be read by others: its mode must be 0600`)
  const text = readFileSync(file, 'utf8').trim()
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Error(`--secret-key-file: ${file} does not hold 64 hexadecimal digits`)
  return Buffer.from(text, 'hex')
}

class InDataDirectory extends Error {}

/** Links resolved: whoever copies the data would copy the key. */
function checkOutside(file: string, dataDir: string | null): void {
  if (dataDir === null) return
  const [folder, data] = [realpathSync(dirname(file)), realpathSync(dataDir)]
  if (`${folder}/`.startsWith(`${data}/`))
    throw new InDataDirectory(
      `--secret-key-file: ${file} is in the data directory: a copy of the data would hold the key`,
    )
}
