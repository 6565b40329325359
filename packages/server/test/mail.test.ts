import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mailToFolder } from '../src/mail/folder.ts'
import { isAddress } from '../src/mail/headers.ts'
import { SomeRefused, type Mail } from '../src/mail/mail.ts'
import { mailerOf } from '../src/mail/place.ts'
import { mailBySmtp } from '../src/mail/smtp.ts'
import { readSmtpUrl } from '../src/mail/smtp-url.ts'
import { startSmtpServer, type Moment, type Reaction, type SmtpServer } from './support/smtp-server.ts'

const SENDER = 'accounts@example.org'
const MAIL: Mail = { to: ['bob@example.org'], subject: 'Hello', text: 'One line\n.\nthe last' }
const ID = '7f3c1d2e-0000-4000-8000-000000000001'

/** On a busy machine, too. */
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 30_000 })

const failureOf = async (sending: Promise<unknown>): Promise<Error> => {
  const failure: unknown = await sending.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(failure instanceof Error)) throw new Error('It did not fail')
  return failure
}

/** With the lines of a header that was folded. */
const headersOf = (raw: string): string[] =>
  (raw.split('\r\n\r\n')[0] ?? '').replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n')

describe('a mail server', () => {
  let server: SmtpServer
  beforeEach(async () => {
    server = await startSmtpServer()
  })
  afterEach(() => server.close())
  const withPassword = (password: string): string =>
    `smtp://astakos:${encodeURIComponent(password)}@127.0.0.1:${server.port}`

  it('gets a mail with its sender, recipients, subject, text, and a name of its own', async () => {
    await mailBySmtp(server.url, SENDER).send(MAIL, { id: ID })
    expect(server.taken).toHaveLength(1)
    const { from, to, raw } = server.taken[0] as (typeof server.taken)[0]
    expect({ from, to }).toEqual({ from: SENDER, to: ['bob@example.org'] })
    expect(headersOf(raw)).toEqual(
      expect.arrayContaining([
        `From: ${SENDER}`,
        'To: bob@example.org',
        'Subject: Hello',
        `Message-ID: <${ID}@example.org>`,
        'Auto-Submitted: auto-generated',
      ]),
    )
    expect(raw.split('\r\n\r\n')[1]).toMatch(/^One line\r\n\.\.\r\nthe last/)
  })

  it('gets what is for nobody in particular addressed to the sender', async () => {
    await mailBySmtp(server.url, SENDER).send({ subject: 'Feedback', text: 'x' })
    expect(server.taken.map(({ to }) => to)).toEqual([[SENDER]])
  })

  it('gets mails with letters of any alphabet', async () => {
    await mailBySmtp(server.url, SENDER).send({ to: ['bob@αστακός.gr'], subject: 'Αίτηση', text: 'Καλημέρα' })
    const [mail] = server.taken
    expect(mail?.to).toEqual([`bob@${new URL('http://αστακός.gr').hostname}`])
    expect(mail?.raw).toContain('Subject: =?UTF-8?')
  })

  const refusals: readonly (readonly [Moment, Reaction, string])[] = [
    ['connect', '554 5.3.2 no', 'The mail server said something that was not expected: 554 5.3.2'],
    ['MAIL', '451 4.3.0 later', 'The mail server refused the mail: 451 4.3.0'],
    ['RCPT', '550 5.1.1 who?', 'The mail server refused the mail: 550 5.1.1'],
    ['DATA', '421 too busy', 'The mail server refused the mail: 421'],
    ['body', '554 5.7.1 spam', 'The mail server refused the mail: 554 5.7.1'],
    ...(['connect', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'body'] as const).map(
      (moment) => [moment, { hangUp: true }, 'The mail server can not be reached: '] as const,
    ),
  ]
  for (const [moment, reaction, message] of refusals) {
    const what = typeof reaction === 'string' ? `says ${reaction}` : 'hangs up'
    it(`that ${what} at ${moment} is an error that names the numbers`, async () => {
      server.behaviour = { [moment]: reaction }
      const failure = await failureOf(mailBySmtp(server.url, SENDER).send(MAIL))
      expect(failure.message.startsWith(message), failure.message).toBe(true)
      expect(server.taken).toEqual([])
    })
  }

  it('that is not there is an error', async () => {
    await server.close()
    const failure = await failureOf(mailBySmtp(server.url, SENDER).send(MAIL))
    expect(failure.message).toContain(
      `The mail server can not be reached: connect ECONNREFUSED 127.0.0.1:${server.port}`,
    )
    server = await startSmtpServer()
  })

  it('that refuses some of the recipients has the mail for the others', async () => {
    server.behaviour = { RCPT: (line) => (line.includes('carol') ? '450 4.2.1 full' : '250 fine') }
    const to = ['bob@example.org', 'carol@example.org']
    const failure = await failureOf(mailBySmtp(server.url, SENDER).send({ ...MAIL, to }))
    expect((failure as SomeRefused).recipients).toEqual(['carol@example.org'])
    expect(failure).toBeInstanceOf(SomeRefused)
    expect(server.taken.map((mail) => mail.to)).toEqual([['bob@example.org']])
  })

  it('that says nothing is left when the signal says so, and gets nothing more', async () => {
    let answer: (text: string) => void = () => undefined
    server.behaviour = { DATA: new Promise<string>((resolve) => (answer = resolve)) }
    const abort = new AbortController()
    const failing = failureOf(mailBySmtp(server.url, SENDER).send(MAIL, { signal: abort.signal }))
    await eventually(() => server.said.at(-1)).toBe('DATA')
    abort.abort()
    expect((await failing).message).toBe('The mail server took too long')
    answer('354 go on')
    await eventually(() => server.open()).toBe(0)
    expect(server.taken).toEqual([])
  })

  it('is told the password where the URL has one', async () => {
    await mailBySmtp(withPassword('p@ss/word %'), SENDER).send(MAIL)
    const auth = server.said.find((line) => line.startsWith('AUTH PLAIN ')) ?? ''
    expect(Buffer.from(auth.slice('AUTH PLAIN '.length), 'base64').toString()).toBe('\0astakos\0p@ss/word %')
    expect(server.taken).toHaveLength(1)
  })

  it('that repeats the password in its refusal is not repeated', async () => {
    server.behaviour = { AUTH: (line) => `535 5.7.8 I don't know ${line}, astakos:open-sesame` }
    const failure = await failureOf(mailBySmtp(withPassword('open-sesame'), SENDER).send(MAIL))
    expect(failure.message).toBe('The mail server refused the sign-in: 535 5.7.8')
    const everything = `${failure.stack} ${JSON.stringify(Object.entries(Object.getOwnPropertyDescriptors(failure)))}`
    expect(everything).not.toContain('sesame')
    expect(everything).not.toContain(Buffer.from('\0astakos\0open-sesame').toString('base64'))
  })

  it('that does not ask for the password gets no mail without', async () => {
    server.behaviour = { EHLO: '250 mail.test', AUTH: '502 5.5.1 no' }
    const failure = await failureOf(mailBySmtp(withPassword('secret'), SENDER).send(MAIL))
    expect(failure.message).toBe('The mail server refused the sign-in: 502 5.5.1')
    expect(server.taken).toEqual([])
  })

  it('that speaks no TLS hears nothing where the URL says smtps', async () => {
    await failureOf(mailBySmtp(withPassword('secret').replace('smtp:', 'smtps:'), SENDER).send(MAIL))
    expect(server.said.filter((line) => /EHLO|HELO|AUTH|MAIL/.test(line))).toEqual([])
    expect(server.taken).toEqual([])
  })

  it.each(['\r\n', '\n', '\r', '\u2028'])('gets no header more for %j in a subject', async (lineFeed) => {
    const subject = `Hello${lineFeed}Bcc: eve@example.org${lineFeed}${lineFeed}<script>`
    await mailBySmtp(server.url, SENDER).send({ ...MAIL, subject })
    const [mail] = server.taken
    expect(mail?.to).toEqual(['bob@example.org'])
    expect(headersOf(mail?.raw ?? '').filter((line) => /^bcc/i.test(line))).toEqual([])
    expect(headersOf(mail?.raw ?? '')).toContain('Subject: Hello Bcc: eve@example.org <script>')
  })

  const addresses = [
    'bob@example.org\r\nBcc: eve@example.org',
    'bob@example.org>\r\nRCPT TO:<eve@example.org',
    'bob@example.org, eve@example.org',
    'Bob <bob@example.org>',
    '"bob@example.org eve"@example.org',
    'bob',
    '',
  ]
  it.each(addresses)('gets nothing for the address %j', async (address) => {
    expect(isAddress(address)).toBe(false)
    const failure = await failureOf(mailBySmtp(server.url, SENDER).send({ ...MAIL, to: ['bob@example.org', address] }))
    expect(failure.message).toBe('A recipient is no address of mail')
    expect(server.said).toEqual([])
  })

  it('goes before a folder, and its mails come from the host of the service', async () => {
    const place = { smtpUrl: server.url, mailFrom: null, mailDir: '/nowhere' }
    await mailerOf(place, 'https://accounts.example.org/astakos').send(MAIL)
    expect(server.taken.map(({ from }) => from)).toEqual(['astakos@accounts.example.org'])
  })
})

describe('the URL of a mail server', () => {
  it.each([
    ['smtps://u:p@h', { host: 'h', port: 465, secure: true, requireTLS: false, ignoreTLS: false }],
    ['smtp://h', { host: 'h', port: 587, secure: false, requireTLS: false, ignoreTLS: false }],
    ['smtp://h:25/', { host: 'h', port: 25, secure: false, requireTLS: false, ignoreTLS: false }],
    ['smtp://u:p@h', { host: 'h', port: 587, secure: false, requireTLS: true, ignoreTLS: false }],
    ['smtp://u:p@127.0.0.9', { host: '127.0.0.9', port: 587, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://u:p@[::1]:25', { host: '::1', port: 25, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://u:p@localhost', { host: 'localhost', port: 587, secure: false, requireTLS: false, ignoreTLS: true }],
    ['smtp://u:p@localhost.example.org', { host: 'localhost.example.org', requireTLS: true, ignoreTLS: false }],
  ])('%s says where, and whether the words are sealed', (url, expected) => {
    expect(readSmtpUrl(url)).toMatchObject(expected)
  })
})

describe('a folder for mails', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'astakos-mail-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('gets a file for each, which its owner alone reads', async () => {
    await mailToFolder(join(folder, 'mail')).send(MAIL, { id: ID })
    const files = readdirSync(join(folder, 'mail'))
    expect(files).toEqual([expect.stringMatching(new RegExp(`^\\d{4}-.*Z-${ID}\\.txt$`))])
    const file = join(folder, 'mail', files[0] ?? '')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toBe('To: bob@example.org\nSubject: Hello\n\nOne line\n.\nthe last\n')
  })

  it('gets no header more for line feeds', async () => {
    await mailToFolder(folder).send({ to: ['a@b\nBcc: c@d'], subject: 'x\r\nBcc: c@d', text: 'y' })
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')).toBe(
      'To: a@b Bcc: c@d\nSubject: x Bcc: c@d\n\ny\n',
    )
  })
})
