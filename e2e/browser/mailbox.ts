import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { mailToFolder } from '../../packages/server/src/mail/folder.ts'
import type { Mailer } from '../../packages/server/src/mail/mail.ts'

const PATIENCE_MS = 20_000

/** The folder that mails go to where there is no mail server, and somebody who reads them. */
export class Mailbox implements AsyncDisposable {
  readonly mailer: Mailer
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
    this.mailer = mailToFolder(folder)
  }

  static async open(): Promise<Mailbox> {
    return new Mailbox(await mkdtemp(join(tmpdir(), 'astakos-mails-')))
  }

  /** Waits for a mail, and throws it away. @returns the address in it. */
  async linkFor(recipient: string): Promise<string> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(20)) {
      const mail = (await this.#read()).find(({ text }) => text.startsWith(`To: ${recipient}\n`))
      if (mail === undefined) continue
      await rm(join(this.#folder, mail.name))
      return /https?:\/\/\S+/.exec(mail.text)?.[0] ?? ''
    }
    throw new Error(`No mail came for ${recipient}`)
  }

  /** How many nobody has read. */
  async count(): Promise<number> {
    return (await this.#read()).length
  }

  async empty(): Promise<void> {
    for (const { name } of await this.#read()) await rm(join(this.#folder, name))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true })
  }

  async #read(): Promise<{ name: string; text: string }[]> {
    const names = (await readdir(this.#folder)).filter((name) => !name.startsWith('.')).toSorted()
    return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(this.#folder, name), 'utf8') })))
  }
}
