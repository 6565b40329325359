import { chown, lchown, lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './process.ts'

/** Whom PostgreSQL runs as, where that is someone else than this process. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/**
 * PostgreSQL refuses to run as root. Then the owner of an existing data directory runs it; else an account `astakos`
 * where the machine has one, or `nobody`. Null: this process's own account will do.
 */
export async function chooseAccount(existingDirectory: string | null): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null
  const accounts = await readAccounts()
  if (existingDirectory !== null) {
    const { uid, gid } = await lstat(existingDirectory)
    if (uid !== 0) return { name: accounts.find((one) => one.uid === uid)?.name ?? `uid ${uid}`, uid, gid }
  }
  const named = (name: string): Account | undefined => accounts.find((one) => one.name === name && one.uid !== 0)
  return named('astakos') ?? named('nobody') ?? { name: 'nobody', uid: 65_534, gid: 65_534 }
}

async function readAccounts(): Promise<Account[]> {
  const text = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter((one) => Number.isInteger(one.uid) && Number.isInteger(one.gid))
}

/** Whether the account can go to a folder. Asked of the machine: modes alone do not tell. */
export async function canReach(account: Account | null, folder: string): Promise<boolean> {
  return (await run(account, '/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder])).code === 0
}

export async function give(account: Account | null, folder: string): Promise<void> {
  if (account !== null) await chown(folder, account.uid, account.gid)
}

/** For a data directory that root brought along, from a backup for instance. */
export async function giveAll(account: Account, folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await giveAll(account, path)
    else await lchown(path, account.uid, account.gid)
  }
  await chown(folder, account.uid, account.gid)
}
