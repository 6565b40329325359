import { checkClient, secretHashOf } from '../oauth2/clients.ts'
import { checkOwnRedirectUri } from '../oauth2/redirect-uri.ts'
import { copy, type Import } from './copy.ts'
import { insertInto } from './target.ts'

/** Applications that act for users. Source: database specification, `oa2_client`. */

const CLIENTS = insertInto('oauth2_clients', {
  id: 'bigint',
  identifier: 'text',
  secret_hash: 'bytea',
  is_confidential: 'boolean',
  is_trusted: 'boolean',
})
const URLS = insertInto('oauth2_redirect_urls', { id: 'bigint', client_id: 'bigint', url: 'text' })

interface Client {
  readonly id: number
  readonly identifier: string
  readonly secret: string | null
  readonly type: string
  readonly is_trusted: boolean
}

export async function copyOauth2(to: Import): Promise<void> {
  await copy<Client, typeof CLIENTS.columns>(to, {
    what: 'OAuth2 clients',
    from: 'oa2_client',
    select: 'select id, identifier, secret, type, is_trusted from oa2_client order by id',
    into: CLIENTS,
    row({ id, identifier, secret: given, type, is_trusted }) {
      if (type !== 'confidential' && type !== 'public') throw new RangeError('type: must be confidential or public')
      const secret = given === '' ? null : given
      checkClient({ identifier, secret, isConfidential: type === 'confidential' })
      return {
        id,
        identifier,
        secret_hash: secret === null ? null : secretHashOf(to.pepper, identifier, secret),
        is_confidential: type === 'confidential',
        is_trusted,
      }
    },
  })
  await copy<{ id: number; client_id: number; url: string }, typeof URLS.columns>(to, {
    what: 'redirect URLs of clients',
    from: 'oa2_redirecturl',
    select: 'select id, client_id, url from oa2_redirecturl order by id',
    into: URLS,
    row(row) {
      try {
        checkOwnRedirectUri(row.url)
      } catch (error) {
        // It is repeated, and may hold a secret.
        throw new RangeError(`url: ${(error as Error).message.replace(`: ${row.url}`, '')}`)
      }
      return row
    },
  })
  const why = 'they are good for minutes'
  to.notes.leaveOut('OAuth2 codes', why, await to.source.count('oa2_authorizationcode'))
  to.notes.leaveOut('OAuth2 access tokens', why, await to.source.count('oa2_token'))
}
