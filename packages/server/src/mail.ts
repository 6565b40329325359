import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Mail {
  /** Addresses; none: whoever reads the service's own mail. */
  readonly to?: readonly string[]
  readonly subject: string
  readonly text: string
}

/** Where mails go. @throws when one can't be sent. */
export interface Mailer {
  send(mail: Mail): Promise<void>
}

/** Without a mail server a mail is a file that an operator reads. */
export function mailToFolder(folder: string): Mailer {
  return {
    async send({ to = [], subject, text }) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID()}`
      const temporary = join(folder, `.${name}`)
      const recipients = to.length > 0 ? `To: ${oneLine(to.join(', '))}\n` : ''
      await writeFile(temporary, `${recipients}Subject: ${oneLine(subject)}\n\n${text}\n`, { mode: 0o600 })
      // Whoever watches the folder sees whole mails alone.
      await rename(temporary, join(folder, `${name}.txt`))
    },
  }
}

/** A line feed would begin another header. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ')
}

/** For a service that was given no place for mails: every attempt fails. */
export const noMail: Mailer = {
  send: () => Promise.reject(new Error('No mail server and no folder for mails is set')),
}
