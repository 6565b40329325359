import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { KEY_BYTES, SecretKeys } from './secret-keys.ts'

/** What a line of the file is, beside the first one, which seals: to become that, or to be dropped. */
export type Part = 'next' | 'former'

export interface KeyLine {
  readonly key: Buffer
  readonly part: Part | null
}

/**
 * The keys: 64 hexadecimal digits in a line each, in a file that only its owner may read. The first one seals, all of them
 * open. Made at the first start; two that start at once end up with the same one.
 *
 * @throws when the file holds something else, or others may read it.
 */
export function loadSecretKeys(file: string, dataDir: string | null = null): SecretKeys {
  // Not into what is not there for long: `/proc` and the like never say so.
  if (/^\/(?:proc|sys|dev)\//.test(file)) throw new Error(`--secret-key-file: ${file} is no place for a key`)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    checkOutside(file, dataDir)
    writeFileSync(file, textOf([newLine(null)]), { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (error instanceof InDataDirectory) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new Error(`--secret-key-file: ${message}`, { cause: error })
  }
  return readSecretKeys(file)
}

/** Of a database that has keys already: none is made. @throws when the file is missing, too. */
export function readSecretKeys(file: string, dataDir: string | null = null): SecretKeys {
  if (existsSync(dirname(file))) checkOutside(file, dataDir)
  return keysOf(readKeyLines(file))
}

export function readKeyLines(file: string): [KeyLine, ...KeyLine[]] {
  const status = statSync(file, { throwIfNoEntry: false })
  if (!status) throw new Error(`--secret-key-file: the key file ${file} is missing`)
  if (!status.isFile()) throw new Error(`--secret-key-file: ${file} is not a file`)
  if (process.platform !== 'win32' && (status.mode & 0o077) !== 0)
    throw new Error(`--secret-key-file: ${file} may be read by others: its mode must be 0600`)
  const lines = readFileSync(file, 'utf8').trim().split('\n').map(lineOf)
  const [first, ...others] = lines
  if (!first || lines.includes(null))
    throw new Error(`--secret-key-file: ${file} does not hold 64 hexadecimal digits in each line`)
  if (first.part !== null) throw new Error(`--secret-key-file: ${file} begins with a key that does not seal`)
  return [first, ...(others as KeyLine[])]
}

export function newLine(part: Part | null): KeyLine {
  return { key: randomBytes(KEY_BYTES), part }
}

export function keysOf([first, ...others]: readonly [KeyLine, ...KeyLine[]]): SecretKeys {
  return new SecretKeys(first.key, ...others.map(({ key }) => key))
}

export function textOf(lines: readonly KeyLine[]): string {
  return lines.map(({ key, part }) => `${key.toString('hex')}${part === null ? '' : ` ${part}`}\n`).join('')
}

function lineOf(text: string): KeyLine | null {
  const [, hex, part] = /^([0-9a-f]{64})(?: (next|former))?\r?$/.exec(text) ?? []
  return hex === undefined ? null : { key: Buffer.from(hex, 'hex'), part: (part as Part | undefined) ?? null }
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
