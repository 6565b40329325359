import {
  chownSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { newLine, readKeyLines, textOf, type KeyLine } from '../identity/secret-key.ts'

type Lines = readonly [KeyLine, ...KeyLine[]]

/** A key that opens and does not seal yet, so that every process can learn of it first. */
export function addKey(file: string): void {
  const lines = readKeyLines(file)
  if (lines.some(({ part }) => part === 'next'))
    throw new Error(`${file} holds a next key already: once every process was restarted, go on with --promote`)
  if (lines.length > 1)
    throw new Error(`${file} holds former keys: re-seal with rotate-key and drop them with --drop first`)
  replace(file, [...lines, newLine('next')])
}

/** The added key seals from the next start of each process on. */
export function promoteKey(file: string): void {
  const [first, ...others] = readKeyLines(file)
  const next = others.find(({ part }) => part === 'next')
  if (!next)
    throw new Error(`${file} holds no next key: add one with --add, or go on with rotate-key if it was promoted`)
  const former = [first, ...others.filter((line) => line !== next)].map(({ key }) => ({ key, part: 'former' }) as const)
  replace(file, [{ key: next.key, part: null }, ...former])
}

/** Of the lines, those whose keys stay. */
export function keptOf([first, ...others]: Lines): Lines {
  return [first, ...others.filter(({ part }) => part === 'next')]
}

/** The whole new file or the whole old one is there at each moment, for the same owner alone. */
export function replace(path: string, lines: Lines): void {
  // Where it is a link, the file behind it.
  const file = realpathSync(path)
  const { uid, gid } = statSync(file)
  const beside = `${file}.new`
  const handle = open(beside)
  try {
    fchmodSync(handle, 0o600)
    // Whoever runs this as root must not take it from the account of the service.
    if (process.platform !== 'win32') chownSync(beside, uid, gid)
    writeSync(handle, textOf(lines))
    fsyncSync(handle)
    renameSync(beside, file)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
  if (process.platform !== 'win32') syncFolder(dirname(file))
}

/** One at a time: two that change it at once would lose a key. */
function open(file: string): number {
  try {
    return openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST') throw new Error(`The key file can not be written: ${message}`, { cause: error })
    throw new Error(`${file} is there: another rotate-key is at work, or one was killed; then remove it`, {
      cause: error,
    })
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}
