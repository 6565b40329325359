import { randomUUID } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { oneLine } from './headers.ts'
import type { Mailer } from './mail.ts'

/** Without a mail server a mail is a file that an operator reads. */
export function mailToFolder(folder: string): Mailer {
  return {
    async send({ to = [], subject, text }, { id = randomUUID() } = {}) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const name = `${new Date().toISOString().replaceAll(':', '-')}-${id}`
      const temporary = join(folder, `.${name}`)
      const recipients = to.length > 0 ? `To: ${oneLine(to.join(', '))}\n` : ''
      await writeFile(temporary, `${recipients}Subject: ${oneLine(subject)}\n\n${text}\n`, { mode: 0o600 })
      // Whoever watches the folder sees whole mails alone.
      await rename(temporary, join(folder, `${name}.txt`))
    },
  }
}
