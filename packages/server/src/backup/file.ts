import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { finished } from 'node:stream/promises'

/**
 * A file that is there once all of it is on the disk, or not at all; what was there before stays until then. Its owner alone may read
 * it.
 */
export async function writeWhole<T>(name: string, write: (output: NodeJS.WritableStream) => Promise<T>): Promise<T> {
  const file = await placeOf(name)
  const beside = `${file}.partial-${process.pid}`
  const output = createWriteStream(beside, { flags: 'wx', mode: 0o600, flush: true })
  await once(output, 'open')
  try {
    const [result] = await Promise.all([write(output), finished(output)])
    await rename(beside, file)
    await syncFolder(dirname(resolve(file)))
    return result
  } catch (error) {
    output.destroy()
    await rm(beside, { force: true })
    throw error
  }
}

/** A link is followed. @throws {Error} it is something that a file can't take the place of: a device, a pipe, a folder. */
async function placeOf(name: string): Promise<string> {
  const status = await stat(name).catch(() => null)
  if (!status) return name
  if (!status.isFile()) throw new Error(`${name} is not a file: for a device or a pipe write to standard output, -`)
  return realpath(name)
}

/** The name too. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
