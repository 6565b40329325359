import { mailToFolder } from './folder.ts'
import { isAddress } from './headers.ts'
import { noMail, type Mailer } from './mail.ts'
import { mailBySmtp } from './smtp.ts'

export interface MailPlace {
  readonly smtpUrl: string | null
  readonly mailFrom: string | null
  readonly mailDir: string | null
}

/** A mail server goes before a folder; without either there is no mail. */
export function mailerOf({ smtpUrl, mailFrom, mailDir }: MailPlace, baseUrl: string): Mailer {
  if (smtpUrl !== null) return mailBySmtp(smtpUrl, mailFrom ?? senderAt(baseUrl))
  return mailDir === null ? noMail : mailToFolder(mailDir)
}

/** The host that people know the service by. An IPv6 address would need brackets, and is nobody's domain of mail. */
function senderAt(baseUrl: string): string {
  const address = `astakos@${new URL(baseUrl).hostname}`
  return isAddress(address) ? address : 'astakos@localhost'
}
