import { sql, type Queryable } from '../db/statement.ts'
import { addClient } from '../oauth2/clients.ts'
import { randomText } from '../oauth2/random-text.ts'
import type { SecretKeys } from '../identity/secret-keys.ts'

/** What asks who somebody is: `examples/web-login` of the repository. */
export interface SampleApplication {
  readonly identifier: string
  readonly secret: string
}

const IDENTIFIER = 'example-web-login'
/** By another name than the service's, so that it gets none of the service's cookies, as in a real cloud. */
const REDIRECT_URI = 'http://localhost:8100/callback'

const FORGET = sql('delete from oauth2_clients where identifier = $1')

/** With a new secret each time: the old one can't be read. */
export async function registerSampleApplication(tx: Queryable, secretKey: SecretKeys): Promise<SampleApplication> {
  await tx.query(FORGET, [IDENTIFIER])
  const secret = randomText(24)
  await addClient(tx, secretKey, {
    identifier: IDENTIFIER,
    secret,
    isConfidential: true,
    isTrusted: false,
    redirectUris: [REDIRECT_URI],
  })
  return { identifier: IDENTIFIER, secret }
}
