/** Sends the mails of a database, in a process of its own that can be killed. Its argument: the connection and the server. */
import { Database } from '../../src/db/database.ts'
import { SecretKeys } from '../../src/identity/secret-keys.ts'
import { mailBySmtp } from '../../src/mail/smtp.ts'
import { Outbox } from '../../src/mail/outbox.ts'

const { connection, url, secretKey } = JSON.parse(process.argv[2] ?? '') as {
  connection: object
  url: string
  secretKey: string
}
new Outbox(new Database(connection), {
  mailer: mailBySmtp(url, 'accounts@example.org'),
  secretKey: new SecretKeys(Buffer.from(secretKey, 'hex')),
  onFailure: () => undefined,
}).start()
