import { z } from 'zod'
import { Refused } from '../../projects/refused.ts'
import { moment, text } from '../input.ts'
import { changes, reads, type Operation } from '../operation.ts'
import { allows, SCOPES, type Scope } from '../scopes.ts'
import { addAdminToken, listAdminTokens, removeAdminToken } from '../tokens.ts'

/** Who may call the admin API. A token can't make one that may do more than itself. */

const name = text(80).describe('of the token, for the audit')

const add = changes({
  name: 'admin-token-add',
  scope: 'tokens:write',
  summary: 'Makes a token for the admin API and shows it, this once.',
  input: z.strictObject({
    name,
    scopes: z
      .array(z.enum(SCOPES, { error: `must be some of ${SCOPES.join(', ')}` }), { error: 'must be a list of scopes' })
      .min(1, 'must not be empty')
      .describe(`what it may do: ${SCOPES.join(', ')}`),
    expires: moment.optional().describe('when it ends (never)'),
  }),
  async run({ tx, scopes: own }, { name: tokenName, scopes: given, expires = null }) {
    const scopes = [...new Set(given)]
    const beyond = own && scopes.find((scope: Scope) => !allows(own, scope))
    if (beyond) throw new Refused('forbidden', `scopes: this token lacks ${beyond} itself`)
    const token = await addAdminToken(tx, { name: tokenName, scopes, expires })
    if (token === null) throw new Refused('conflict', `name: there is already an admin token ${tokenName}`)
    const after = { scopes, expires }
    return {
      output: { name: tokenName, ...after, token },
      changes: [{ subject: `admin-token:${tokenName}`, before: null, after }],
    }
  },
})

const list = reads({
  name: 'admin-token-list',
  scope: 'tokens:read',
  summary: 'Lists the tokens of the admin API, without the tokens themselves.',
  input: z.strictObject({}),
  run: async ({ tx }) => ({ items: await listAdminTokens(tx) }),
})

const remove = changes({
  name: 'admin-token-remove',
  scope: 'tokens:write',
  summary: 'Ends a token of the admin API, at once.',
  input: z.strictObject({ name }),
  async run({ tx }, { name: tokenName }) {
    const before = await removeAdminToken(tx, tokenName)
    if (!before) throw new Refused('unknown', `name: there is no admin token ${tokenName}`)
    return { output: { name: tokenName }, changes: [{ subject: `admin-token:${tokenName}`, before, after: null }] }
  },
})

export const tokenOperations: readonly Operation[] = [add, list, remove]
