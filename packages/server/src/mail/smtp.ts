import { createTransport, type NodemailerError, type SMTPSentMessageInfo, type Transporter } from 'nodemailer'
import { isAddress, oneLine } from './headers.ts'
import { SomeRefused, type Mailer } from './mail.ts'
import { readSmtpUrl } from './smtp-url.ts'

const CONNECT_MS = 10_000
const SILENCE_MS = 20_000
/** All of it, where whoever sends says nothing else: a server that speaks one byte a second is never silent. */
const SEND_MS = 30_000

/** Mails from the sender's address; those without recipients go there, too. @throws {RangeError} what is wrong with the URL. */
export function mailBySmtp(url: string, sender: string): Mailer {
  const domain = sender.slice(sender.indexOf('@') + 1)
  const transport = transportTo(url)
  return {
    async send({ to = [], subject, text }, { id, signal = AbortSignal.timeout(SEND_MS) } = {}) {
      const recipients = to.length > 0 ? to : [sender]
      if (!recipients.every(isAddress)) throw new Error('A recipient is no address of mail')
      let rejected: readonly string[]
      try {
        ;({ rejected } = await transport.sendMail({
          from: mailbox(sender),
          // Not as text, of which the commas would count.
          to: recipients.map(mailbox),
          subject: oneLine(subject),
          text,
          ...(id === undefined ? {} : { messageId: `<${id}@${domain}>` }),
          // Nobody's holiday notice shall answer.
          headers: { 'Auto-Submitted': 'auto-generated' },
          signal,
        }))
      } catch (error) {
        throw withoutSecrets(error as NodemailerError)
      }
      if (rejected.length > 0) throw new SomeRefused(rejected)
    },
  }
}

/** Whether it is there, speaks SMTP and takes the password; no mail is sent. @throws {Error} a sentence without secrets. */
export async function smtpGreets(url: string): Promise<void> {
  const transport = transportTo(url)
  try {
    await transport.verify()
  } catch (error) {
    throw withoutSecrets(error as NodemailerError)
  } finally {
    transport.close()
  }
}

function transportTo(url: string): Transporter<SMTPSentMessageInfo> {
  const server = readSmtpUrl(url)
  return createTransport({
    ...server,
    // Else a server that stopped asking for a password would get mails without.
    forceAuth: server.auth !== undefined,
    dnsTimeout: CONNECT_MS,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

function mailbox(address: string): { name: string; address: string } {
  return { name: '', address }
}

const SAID_NO: Readonly<Record<string, string>> = {
  EAUTH: 'The mail server refused the sign-in',
  EENVELOPE: 'The mail server refused the mail',
  EMESSAGE: 'The mail server refused the mail',
  EABORT: 'The mail server took too long',
}

/**
 * Another error instead, without a cause: a server may repeat what was sent to it, the password or a code in the mail, so of its
 * answers the numbers alone are kept. They tell enough: RFC 5321, 4.2, and RFC 3463.
 */
function withoutSecrets({ code = '', response, responseCode, message }: NodemailerError): Error {
  // Of Node or of the library: they know nothing but the place.
  if (!response && !(code in SAID_NO) && code !== 'EPROTOCOL')
    return new Error(`The mail server can not be reached: ${message}`)
  const status = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1]
  const numbers = [responseCode || undefined, status].filter((number) => number !== undefined).join(' ')
  const text = SAID_NO[code] ?? 'The mail server said something that was not expected'
  return new Error(numbers === '' ? text : `${text}: ${numbers}`)
}
