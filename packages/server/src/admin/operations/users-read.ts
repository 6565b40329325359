import { z } from 'zod'
import { findUser } from '../../operations/find-user.ts'
import { unknownGroup } from '../../operations/groups.ts'
import { listUsers, projectsOf, providersOf, quotaOf, statusOf } from '../../operations/read-users.ts'
import { Refused } from '../../projects/refused.ts'
import { flag, page, pageOf, text } from '../input.ts'
import { reads, type Operation } from '../operation.ts'
import { groupName, user } from './user-fields.ts'

/** Looking at accounts. Source: administration specification, 1.2. */

const list = reads({
  name: 'user-list',
  scope: 'users:read',
  summary: 'Lists accounts by id; filters that are given have to hold all.',
  input: z.strictObject({
    active: flag.optional().describe('that work, or do not'),
    pending_moderation: flag.optional().describe('that are verified and wait for a decision, or do not'),
    pending_verification: flag.optional().describe('whose address is not proved, or is'),
    rejected: flag.optional().describe('that were rejected, or were not'),
    groups: z
      .array(groupName, { error: 'must be a list of names' })
      .min(1, 'must not be empty')
      .optional()
      .describe('that are in one of these groups at least'),
    email: text(254).optional().describe('whose address begins like this, in any case'),
    ...page,
  }),
  async run({ tx }, { pending_moderation, pending_verification, limit, ...filter }) {
    const missing = filter.groups ? await unknownGroup(tx, filter.groups) : null
    if (missing !== null) throw new Refused('unknown', `Group named ${missing} does not exist`)
    const wanted = {
      ...filter,
      pendingModeration: pending_moderation,
      pendingVerification: pending_verification,
      limit,
    }
    return pageOf(await listUsers(tx, wanted), limit)
  },
})

const show = reads({
  name: 'user-show',
  scope: 'users:read',
  summary: 'Shows an account, and its quota and projects if wanted; never its token.',
  input: z.strictObject({
    user,
    quota: flag.default(false).describe('with its holdings (false)'),
    projects: flag.default(false).describe('with the projects that it owns or is in (false)'),
  }),
  async run({ tx }, { user: name, quota, projects }) {
    const account = await findUser(tx, name)
    const { is_admin, is_active, email_verified, is_rejected, updated, token_expires, ...shown } = account
    const { has_signed_terms, date_signed_terms, ...rest } = shown
    return {
      ...rest,
      status: statusOf(account),
      admin: is_admin,
      active: is_active,
      verified: email_verified,
      rejected: is_rejected,
      last_update: updated,
      token_expiration: token_expires,
      providers: await providersOf(tx, account.id),
      terms: { signed: has_signed_terms, date: date_signed_terms },
      ...(quota ? { quota: await quotaOf(tx, account.uuid) } : {}),
      ...(projects ? { projects: await projectsOf(tx, account.id) } : {}),
    }
  },
})

export const userReadOperations: readonly Operation[] = [list, show]
