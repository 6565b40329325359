import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canReach, give, type Account } from './account.ts'
import { EmbeddedError } from './errors.ts'

/** The kernel's limit for a socket's path is 103 bytes on macOS, 107 on Linux. */
const socketPathBytesMax = 103

/** A short, new folder that only the account and this process can enter. */
export async function makePrivateFolder(account: Account | null): Promise<string> {
  const parents = [...new Set([tmpdir(), '/tmp', '/var/tmp'])]
  for (const parent of parents) {
    const socket = join(parent, 'astakos-XXXXXX', '.s.PGSQL.5432')
    if (Buffer.byteLength(socket) > socketPathBytesMax) continue
    if (account !== null && !(await canReach(account, parent))) continue
    const folder = await mkdtemp(join(parent, 'astakos-')).catch(() => null)
    if (folder === null) continue
    await give(account, folder)
    return folder
  }
  throw new EmbeddedError(
    `PostgreSQL's socket needs a folder, but none of ${parents.join(', ')} can be written to, or their names are too long.`,
  )
}

export async function removePrivateFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
