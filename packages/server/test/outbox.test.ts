import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database } from '../src/db/database.ts'
import { sql } from '../src/db/statement.ts'
import { SecretKeys } from '../src/identity/secret-keys.ts'
import { noMail, type Mail, type Mailer } from '../src/mail/mail.ts'
import { Outbox, type OutboxOptions } from '../src/mail/outbox.ts'
import { claimMail } from '../src/mail/outbox-rows.ts'
import { pauseAfter } from '../src/mail/retry.ts'
import { mailBySmtp } from '../src/mail/smtp.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Connection } from './support/postgres.ts'
import { startSmtpServer, type SmtpServer } from './support/smtp-server.ts'

const KEY = new SecretKeys(Buffer.alloc(32, 7))
const MAIL: Mail = { to: ['bob@example.org'], subject: 'Hello', text: 'The code is open-sesame' }
/** On a busy machine, too. */
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 30_000 })

const OUTBOX_PROCESS = fileURLToPath(new URL('support/outbox-process.ts', import.meta.url))

interface Row {
  readonly recipients: readonly string[]
  readonly attempts: number
  readonly error: string | null
  /** Until it may be tried again. */
  readonly seconds: number
}
const ROWS = sql(`
  select recipients, attempts, last_error as error,
         extract(epoch from next_attempt - clock_timestamp())::float8 as seconds
    from outbox order by id`)

for (const postgres of databases) {
  describe(`the outbox on ${postgres.name}`, () => {
    let connection: Connection
    let database: Database
    let server: SmtpServer
    const outboxes: Outbox[] = []
    const failures: unknown[] = []

    beforeAll(async () => {
      ;({ connection } = await freshDatabase(await startServer(postgres), migrated))
      database = new Database(connection)
    })
    afterAll(() => database.close())
    beforeEach(async () => {
      server = await startSmtpServer()
      failures.length = 0
    })
    afterEach(async () => {
      await server.close()
      await Promise.all(outboxes.splice(0).map((outbox) => outbox.stop()))
      await execute('truncate outbox')
    })

    /** Not yet started. */
    const newOutbox = (options: Partial<OutboxOptions> = {}): Outbox => {
      const outbox = new Outbox(database, {
        mailer: mailBySmtp(server.url, 'accounts@example.org'),
        secretKey: KEY,
        onFailure: (error) => failures.push(error),
        pollMs: 20,
        stopMs: 1000,
        ...options,
      })
      outboxes.push(outbox)
      return outbox
    }
    const startOutbox = (options?: Partial<OutboxOptions>): Outbox => {
      const outbox = newOutbox(options)
      outbox.start()
      return outbox
    }
    const execute = (text: string): Promise<unknown[]> => database.transaction((tx) => tx.query(sql(text)))
    const rows = (): Promise<Row[]> => database.query<Row>(ROWS)
    const post = (outbox: Outbox, ...mails: Mail[]): Promise<unknown> =>
      outbox.transaction(() => Promise.resolve({ mails }))
    /** As if the time had passed. */
    const timePasses = (): Promise<unknown> => execute('update outbox set next_attempt = now()')
    const namesOf = (): (string | undefined)[] =>
      server.taken.map(({ raw }) => /^Message-ID: <([^>]+)>/im.exec(raw)?.[1])
    const isDue = async (): Promise<boolean> => (await database.transaction((tx) => claimMail(tx, 1000))) !== null

    it('sends a mail once, when the change is there', async () => {
      const outbox = startOutbox()
      await execute('create table changes (a integer)')
      await outbox.transaction(async (tx) => {
        await tx.query(sql('insert into changes values (1)'))
        return { mails: [MAIL] }
      })
      await eventually(() => server.taken.length).toBe(1)
      await eventually(rows).toEqual([])
      expect(await execute('table changes')).toEqual([{ a: 1 }])
      await execute('drop table changes')
      await outbox.stop()
      expect(server.taken.map(({ to }) => to)).toEqual([['bob@example.org']])
      expect(failures).toEqual([])
    })

    it('sends nothing when the change is undone', async () => {
      const outbox = startOutbox()
      const undone = outbox.transaction(async (tx) => {
        await outbox.enqueue(tx, [{ ...MAIL, to: ['nobody@example.org'] }])
        outbox.wake()
        throw new Error('No')
      })
      await expect(undone).rejects.toThrow('No')
      expect(await rows()).toEqual([])
      await post(outbox, MAIL)
      await eventually(rows).toEqual([])
      expect(server.taken.map(({ to }) => to)).toEqual([['bob@example.org']])
    })

    it('sends in the order in which they were written', async () => {
      const outbox = newOutbox()
      const mails = Array.from({ length: 20 }, (_, n) => ({ ...MAIL, to: [`u${n}@example.org`] }))
      await post(outbox, ...mails.slice(0, 10))
      await post(outbox, ...mails.slice(10))
      outbox.start()
      await eventually(rows).toEqual([])
      expect(server.taken.map(({ to }) => to)).toEqual(mails.map(({ to }) => to))
    })

    it('sees what another process wrote', async () => {
      startOutbox()
      await post(newOutbox(), MAIL)
      await eventually(() => server.taken.length).toBe(1)
    })

    it('keeps what a mail says sealed under the secret key', async () => {
      await post(newOutbox(), MAIL)
      const [row] = (await execute("select outbox::text as plain, encode(body, 'escape') as body from outbox")) as {
        plain: string
        body: string
      }[]
      expect(row?.plain).toContain('bob@example.org')
      expect(`${row?.plain} ${row?.body}`).not.toContain('sesame')
      startOutbox({ secretKey: new SecretKeys(Buffer.alloc(32, 8)) })
      await eventually(async () => (await rows())[0]?.error).toContain('unable to authenticate data')
      expect(server.taken).toEqual([])
    })

    it('keeps nothing where there is no place for mails', async () => {
      const outbox = startOutbox({ mailer: noMail })
      await post(outbox, MAIL)
      expect(await rows()).toEqual([])
    })

    describe('after a failure', () => {
      it.each([
        ['RCPT', '450 4.2.1 later', '450 4.2.1'],
        ['body', '550 5.7.1 no', '550 5.7.1'],
        ['DATA', { hangUp: true }, 'The mail server can not be reached'],
      ] as const)('at %s (%o) tries again, not in the same minute', async (moment, reaction, message) => {
        server.behaviour = { [moment]: reaction }
        const outbox = startOutbox()
        await post(outbox, MAIL)
        await eventually(() => failures.length).toBe(1)
        await eventually(async () => (await rows())[0]?.error).toContain(message)
        const [row] = await rows()
        expect(row).toMatchObject({ recipients: ['bob@example.org'], attempts: 1 })
        expect(row?.seconds).toBeGreaterThan(50)
        expect(row?.seconds).toBeLessThanOrEqual(60)
        expect(await isDue()).toBe(false)
        server.behaviour = {}
        await timePasses()
        await eventually(rows).toEqual([])
        expect(server.taken).toHaveLength(1)
      })

      it('waits twice as long each time, at most an hour, for three days', () => {
        const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 80].map((attempts) => (pauseAfter(attempts, 0) ?? 0) / 60_000)
        expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
        const days = 24 * 3600 * 1000
        expect([pauseAfter(80, 2.9 * days), pauseAfter(80, 3.1 * days)]).toEqual([3_600_000, null])
      })

      it('doubles the pause in the database', async () => {
        server.behaviour = { MAIL: '451 no' }
        await post(newOutbox(), MAIL)
        await execute('update outbox set attempts = 3')
        startOutbox()
        await eventually(() => failures.length).toBe(1)
        await eventually(async () => Math.round(((await rows())[0]?.seconds ?? 0) / 60)).toBe(8)
      })

      it('gives up after three days, and says so', async () => {
        server.behaviour = { MAIL: '451 no' }
        await post(newOutbox(), MAIL)
        await execute("update outbox set attempts = 75, created = now() - interval '73 hours'")
        startOutbox()
        await eventually(rows).toEqual([])
        expect(failures.map(String)).toEqual([
          expect.stringMatching(/^Error: Mail [\da-f-]{36} was given up after 76 attempts$/),
        ])
        expect(server.taken).toEqual([])
      })

      it('tries again for those alone who were refused', async () => {
        server.behaviour = { RCPT: (line) => (line.includes('carol') ? '450 4.2.1 full' : '250 fine') }
        startOutbox()
        await post(newOutbox(), { ...MAIL, to: ['bob@example.org', 'carol@example.org'] })
        await eventually(async () => (await rows())[0]?.recipients).toEqual(['carol@example.org'])
        server.behaviour = {}
        await timePasses()
        await eventually(rows).toEqual([])
        expect(server.taken.map(({ to }) => to)).toEqual([['bob@example.org'], ['carol@example.org']])
      })

      it('goes on with the other mails', async () => {
        server.behaviour = { RCPT: (line) => (line.includes('nobody') ? '550 5.1.1 who?' : '250 fine') }
        await post(startOutbox(), { ...MAIL, to: ['nobody@example.org'] }, MAIL)
        await eventually(() => server.taken.map(({ to }) => to)).toEqual([['bob@example.org']])
        await expect
          .poll(async () => (await rows()).map(({ recipients }) => recipients))
          .toEqual([['nobody@example.org']])
      })
    })

    describe('with a server that takes the mail and does not say so', () => {
      beforeEach(() => {
        server.behaviour = { body: { silence: true }, takes: true }
      })

      it('gives up waiting, hangs up, and does not send it again within a minute', async () => {
        await post(startOutbox({ sendMs: 3000 }), MAIL)
        await eventually(async () => (await rows())[0]?.error).toMatch(/^No answer within \d+ ms$/)
        expect((await rows())[0]?.seconds).toBeGreaterThan(50)
        await eventually(() => server.open()).toBe(0)
        expect(await isDue()).toBe(false)
        expect(server.taken).toHaveLength(1)
      })

      it('leaves it to another process after a minute when this one is killed', async () => {
        const settings = { connection, url: server.url, secretKey: KEY.first.toString('hex') }
        await post(newOutbox(), MAIL)
        const child = spawn(
          process.execPath,
          ['--import', 'tsx', '--conditions=astakos-source', OUTBOX_PROCESS, JSON.stringify(settings)],
          { stdio: 'inherit' },
        )
        try {
          await eventually(() => server.taken.length).toBe(1)
        } finally {
          child.kill('SIGKILL')
          await once(child, 'exit')
        }
        await eventually(() => server.open()).toBe(0)
        server.behaviour = {}
        const [row] = await rows()
        // It was noted before it was sent: what an attempt may take, and a minute.
        expect(row?.seconds).toBeGreaterThan(60)
        expect(await isDue()).toBe(false)
        const other = startOutbox()
        await post(other, { ...MAIL, to: ['carol@example.org'] })
        await eventually(async () => (await rows()).length).toBe(1)
        expect(server.taken.map(({ to }) => to)).toEqual([['bob@example.org'], ['carol@example.org']])
        await timePasses()
        await eventually(rows).toEqual([])
        // Whoever gets it twice can tell that it is the same.
        const [first, , again] = namesOf()
        expect(again).toBe(first)
      })
    })

    it('of many processes sends each mail once', async () => {
      const mails = Array.from({ length: 40 }, (_, n) => ({ ...MAIL, to: [`u${n}@example.org`] }))
      await post(newOutbox(), ...mails)
      const others = Array.from({ length: 4 }, () => new Database(connection))
      const many = others.map(
        (other) =>
          new Outbox(other, {
            mailer: mailBySmtp(server.url, 'accounts@example.org'),
            secretKey: KEY,
            onFailure: (error) => failures.push(error),
            pollMs: 5,
          }),
      )
      for (const outbox of many) outbox.start()
      await eventually(rows).toEqual([])
      await Promise.all(many.map((outbox) => outbox.stop()))
      await Promise.all(others.map((other) => other.close()))
      expect(server.taken.flatMap(({ to }) => to).toSorted()).toEqual(mails.flatMap(({ to }) => to).toSorted())
      expect(failures).toEqual([])
    })

    it('notes what was sent as soon as the database lets it, and sends it no second time', async () => {
      const smtp = mailBySmtp(server.url, 'accounts@example.org')
      const mailer: Mailer = {
        async send(mail, sending) {
          await smtp.send(mail, sending)
          await execute('alter table outbox rename to away')
        },
      }
      await post(startOutbox({ mailer }), MAIL)
      await eventually(() => failures.map(String)).toEqual(['Error: What became of a mail could not be noted'])
      // Far in the past, so that whoever looks would take it.
      await execute('update away set next_attempt = now()')
      await execute('alter table away rename to outbox')
      await eventually(rows).toEqual([])
      expect(server.taken).toHaveLength(1)
      expect(failures).toHaveLength(1)
    })

    it('does not send what it claimed too slowly', async () => {
      await post(newOutbox(), MAIL)
      const outbox = startOutbox({ sendMs: 0 })
      await eventually(async () => (await rows())[0]?.attempts).toBe(1)
      await outbox.stop()
      const [row] = await rows()
      expect(row).toMatchObject({ attempts: 1, error: null })
      expect(row?.seconds).toBeGreaterThan(50)
      expect(server.said).toEqual([])
    })

    describe('that stops', () => {
      it('waits for the mail that is under way', async () => {
        let answer: (text: string) => void = () => undefined
        server.behaviour = { body: new Promise<string>((resolve) => (answer = resolve)) }
        const outbox = startOutbox({ stopMs: 20_000 })
        await post(outbox, MAIL)
        await eventually(() => server.said.at(-1)).toBe('DATA')
        const stopped = outbox.stop()
        answer('250 taken')
        await stopped
        expect(server.taken).toHaveLength(1)
        expect(await rows()).toEqual([])
      })

      it('leaves it to others when it takes too long', async () => {
        server.behaviour = { connect: { silence: true } }
        const outbox = startOutbox({ stopMs: 100 })
        await post(outbox, MAIL)
        await eventually(() => server.open()).toBe(1)
        await outbox.stop()
        await eventually(() => server.open()).toBe(0)
        const [row] = await rows()
        expect(row?.error).toBe('The mail server took too long')
        expect(row?.seconds).toBeGreaterThan(50)
      })

      it('sends nothing any more', async () => {
        const outbox = startOutbox()
        await outbox.stop()
        await post(outbox, MAIL)
        expect(await rows()).toHaveLength(1)
        expect(server.said).toEqual([])
      })
    })
  })
}
