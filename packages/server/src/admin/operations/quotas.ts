import { z } from 'zod'
import { Refused } from '../../projects/refused.ts'
import { listHoldings } from '../../quotas/list-holdings.ts'
import { verifyLimits } from '../../quotas/verify.ts'
import { flag, page, pageOf, quantity, text, uuid } from '../input.ts'
import { reads, type Operation } from '../operation.ts'
import { fix, reconcile, unexpected } from './quota-repairs.ts'

/** Source: administration specification, 1.4. */

const list = reads({
  name: 'quota-list',
  scope: 'quotas:read',
  summary: 'Lists limits and usage of accepted users, or of projects.',
  input: z.strictObject({
    holder: z
      .enum(['user', 'project'], { error: "must be 'user' or 'project'" })
      .default('user')
      .describe("'user': what members hold; 'project': what projects do ('user')"),
    user: uuid.optional().describe('uuid of the member'),
    source: uuid.optional().describe('uuid of the project that pays; of what projects hold, the project itself'),
    resource: text(255).optional().describe('its name'),
    overlimit: flag.default(false).describe('only where usage is above the limit (false)'),
    usage_min: quantity.optional().describe('usage is at least so much, such as 10GiB'),
    usage_max: quantity.optional().describe('usage is at most so much'),
    limit_min: quantity.optional().describe('the limit is at least so much'),
    limit_max: quantity.optional().describe('the limit is at most so much'),
    ...page,
  }),
  async run({ tx }, { holder, user, source, resource, overlimit, after = 0n, limit, ...bounds }) {
    if (holder === 'project' && user !== undefined)
      throw new Refused('malformed', "user: projects' own holdings have none")
    const filter = {
      of: holder === 'user' ? ('users' as const) : ('projects' as const),
      user: user ?? null,
      source: source ?? null,
      resource: resource ?? null,
      isOverLimit: overlimit,
      usageMin: bounds.usage_min ?? null,
      usageMax: bounds.usage_max ?? null,
      limitMin: bounds.limit_min ?? null,
      limitMax: bounds.limit_max ?? null,
    }
    return pageOf(await listHoldings(tx, filter, after), limit)
  },
})

const verify = reads({
  name: 'quota-verify',
  scope: 'quotas:read',
  summary: 'Compares all limits with what projects and memberships say they should be.',
  input: z.strictObject({ unexpected, limit: page.limit }),
  run: ({ tx }, input) => verifyLimits(tx, input),
})

export const quotaOperations: readonly Operation[] = [list, verify, fix, reconcile]
