import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import { mailBySmtp } from '../src/mail/smtp.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'
import { startSmtpServer, type SmtpServer } from './support/smtp-server.ts'
import { WORLD } from './support/world.ts'

for (const database of databases.slice(0, 1)) {
  describe(`a service with a mail server on ${database.name}`, () => {
    let server: SmtpServer
    let service: WorldService
    let names: Record<string, string>

    beforeAll(async () => {
      server = await startSmtpServer()
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection, {
        settings: { projectRecipients: ['helpdesk@example.org'], feedbackRecipients: ['board@example.org'] },
        mailer: mailBySmtp(server.url, 'accounts@example.org'),
      })
    })
    beforeEach(async () => {
      names = await service.load(WORLD)
      server.behaviour = {}
      server.taken.length = 0
    })
    afterAll(async () => {
      await service[Symbol.asyncDispose]()
      await server.close()
    })

    const post = (path: string, type: string, body: string): Promise<Reply> =>
      send('POST', `${service.origin}/astakos/account/v1.0/${path}`, {
        headers: { 'x-auth-token': names['token:alice'], 'content-type': type },
        body,
      })
    const apply = (name: string): Promise<Reply> =>
      post('projects', 'application/json', JSON.stringify({ name, end_date: '2040-06-01T00:00:00Z' }))
    const feedback = (): Promise<Reply> =>
      post('feedback', 'application/x-www-form-urlencoded', 'feedback_msg=hello&feedback_data=x')
    const waiting = async (): Promise<unknown[]> =>
      (await service.service.database.query<{ recipients: unknown }>(sql('select recipients from outbox'))).map(
        ({ recipients }) => recipients,
      )

    it('tells of an application', async () => {
      expect((await apply('mail.example.org')).status).toBe(201)
      await expect.poll(() => server.taken.map(({ to }) => to), { timeout: 30_000 }).toEqual([['helpdesk@example.org']])
      await expect.poll(waiting, { timeout: 30_000 }).toEqual([])
    })

    it('that says no takes applications all the same, and tells later', async () => {
      server.behaviour = { MAIL: '451 4.3.0 later' }
      expect((await apply('mail.example.org')).status).toBe(201)
      await expect.poll(() => server.said.at(-1), { timeout: 30_000 }).toMatch(/^(?:MAIL|QUIT|RSET)/)
      expect(await waiting()).toEqual([['helpdesk@example.org']])
    })

    it('tells nobody of an application that is refused', async () => {
      expect((await apply('no name')).status).toBe(400)
      expect(await waiting()).toEqual([])
    })

    it('passes feedback on at once to those who get it', async () => {
      expect((await feedback()).status).toBe(200)
      expect(server.taken.map(({ to }) => to)).toEqual([['board@example.org']])
      expect(server.taken[0]?.raw).toContain('hello')
    })

    it('that says no answers 502 to feedback, and does not keep it', async () => {
      server.behaviour = { body: '554 5.7.1 no' }
      expect((await feedback()).status).toBe(502)
      expect(await waiting()).toEqual([])
    })
  })
}
