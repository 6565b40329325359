import { z } from 'zod'
import { addClient, listClients, removeClient, type Client } from '../../oauth2/clients.ts'
import { REDIRECT_URI_LENGTH_MAX } from '../../oauth2/redirect-uri.ts'
import { Refused } from '../../projects/refused.ts'
import { flag, page, pageOf, text } from '../input.ts'
import { changes, reads, type Operation } from '../operation.ts'
import { reference } from '../reference.ts'

/** Applications that ask on somebody's behalf. Source: administration specification, 1.6; OAuth2 specification, 2. */

const type = z.enum(['confidential', 'public'], { error: 'must be confidential or public' })

/** Without its secret, of which there is a hash alone. */
function documentOf({
  isConfidential,
  isTrusted,
  redirectUris,
}: Pick<Client, 'isConfidential' | 'isTrusted' | 'redirectUris'>): object {
  return {
    type: isConfidential ? 'confidential' : 'public',
    is_trusted: isTrusted,
    redirect_urls: redirectUris,
  }
}

const add = changes({
  name: 'oauth2-client-add',
  scope: 'oauth2:write',
  summary: 'Registers an application that people sign in to with their account here.',
  input: z.strictObject({
    identifier: text(255).describe('the name that it gives of itself: visible ASCII characters without a colon'),
    redirect_urls: z
      .array(text(100_000), { error: 'must be a list of addresses' })
      .default([])
      .describe('where people may be sent back to; the first one is the default'),
    type: type.default('confidential').describe('confidential: it has a secret and keeps it; or public'),
    is_trusted: flag.default(false).describe('whether nobody is asked for consent (false)'),
    secret: text(255)
      .optional()
      .describe('what it proves itself with; a confidential one has to')
      .meta({ secret: true }),
  }),
  async run({ tx, secretKey }, { identifier, redirect_urls, type: kind, is_trusted, secret }) {
    const isShort = (url: string): boolean => url.length < REDIRECT_URI_LENGTH_MAX
    const redirectUris = [...new Set(redirect_urls.filter(isShort))]
    if (redirectUris.length === 0) throw new Refused('malformed', 'There should be at least one redirect URI')
    const isConfidential = kind === 'confidential'
    if (isConfidential && secret === undefined) throw new Refused('malformed', 'Confidential clients require a secret')
    const client = { isConfidential, isTrusted: is_trusted, redirectUris }
    const id = await addClient(tx, secretKey, { ...client, identifier, secret: secret ?? null }).catch(sayRule)
    const skipped = redirect_urls.filter((url) => !isShort(url))
    return {
      output: {
        id,
        identifier,
        ...documentOf(client),
        messages: ['Client created successfully'],
        warnings: skipped.map(
          (url) =>
            `Skipped a redirect URI of ${url.length} characters: it must have fewer than ${REDIRECT_URI_LENGTH_MAX}`,
        ),
      },
      changes: [{ subject: `oauth2-client:${identifier}`, before: null, after: documentOf(client) }],
    }
  },
})

/** It names the rule. @throws {Refused} */
function sayRule(error: unknown): never {
  throw error instanceof RangeError ? new Refused('malformed', error.message) : error
}

const list = reads({
  name: 'oauth2-client-list',
  scope: 'oauth2:read',
  summary: 'Lists the applications that people sign in to, without their secrets.',
  input: z.strictObject({
    type: type.optional().describe('only these: confidential or public'),
    is_trusted: flag.optional().describe('only those that are trusted, or that are not'),
    ...page,
  }),
  async run({ tx }, { type: kind, is_trusted, after, limit }) {
    const filter = {
      isConfidential: kind === undefined ? null : kind === 'confidential',
      isTrusted: is_trusted ?? null,
    }
    const clients = await listClients(tx, filter, after ?? null, limit + 1)
    return pageOf(
      clients.map(({ id, identifier, ...client }) => ({ id, identifier, ...documentOf(client) })),
      limit,
    )
  },
})

const remove = changes({
  name: 'oauth2-client-remove',
  scope: 'oauth2:write',
  summary: 'Removes an application with its addresses, and ends its codes and tokens at once.',
  input: z.strictObject({ client: reference('application') }),
  async run({ tx }, { client: which }) {
    const client = await removeClient(tx, which)
    return {
      output: { id: client.id, identifier: client.identifier },
      changes: [{ subject: `oauth2-client:${client.identifier}`, before: documentOf(client), after: null }],
    }
  },
})

export const oauth2Operations: readonly Operation[] = [add, list, remove]
