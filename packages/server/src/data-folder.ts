import { readdir } from 'node:fs/promises'

/** What lies in a folder of data that was used before, or is about to be made, or is the machine's own. */
const OURS = /^(?:postgres|mail|\.postgres\.initdb-.*|lost\+found)$/

/** A folder that holds other things was named by mistake. @throws {Error} with a sentence; nothing was touched. */
export async function checkDataFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    // What is not there yet is made; the rest is told by whoever makes it.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return []
    throw new Error(`--data-dir ${folder} can not be read: ${error.message}`, { cause: error })
  })
  if (names.includes('postgres')) return
  const other = names.find((name) => !OURS.test(name))
  if (other !== undefined)
    throw new Error(
      `--data-dir ${folder} holds other things (${other}) and no data of this service: it was not touched`,
    )
}
