import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ServerConfig } from '../config.ts'

/** A configuration by which mails have a place. */
export interface Mailing {
  readonly config: ServerConfig
  readonly isTemporary: boolean
  /** What was made for it goes. May be repeated. */
  readonly remove: () => Promise<void>
}

/** Where mails would have none, a folder that goes with the service: a forgotten password can be tried. */
export async function withMails(config: ServerConfig): Promise<Mailing> {
  if (config.smtpUrl !== null || config.mailDir !== null)
    return { config, isTemporary: false, remove: () => Promise.resolve() }
  const mailDir = await mkdtemp(join(tmpdir(), 'astakos-mails-'))
  const remove = (): Promise<void> => rm(mailDir, { recursive: true, force: true })
  return { config: { ...config, mailDir }, isTemporary: true, remove }
}
