import { z } from 'zod'
import { activateAccount, deactivateAccount, lockAccount } from '../../operations/activation.ts'
import { lockUser, type Account } from '../../operations/find-user.ts'
import {
  accept as acceptAccount,
  lockForAcceptance,
  reject as rejectAccount,
  verify as verifyAccount,
} from '../../operations/moderation.ts'
import { statusOf } from '../../operations/read-users.ts'
import type { Queryable } from '../../db/statement.ts'
import type { Mail } from '../../mail/mail.ts'
import { anyText } from '../input.ts'
import { changes, type Done, type Operation } from '../operation.ts'
import { changeOf, failing, user } from './user-fields.ts'

/**
 * Who comes in, and who has to stay outside. Of two operators who decide at once, the second is refused with what the first
 * one made of it. Source: administration specification, 1.2; identity specification, 1.2 and 1.3.
 */

const STATE = [
  'email_verified',
  'moderated',
  'is_rejected',
  'rejected_reason',
  'accepted_policy',
  'is_active',
  'deactivated_reason',
  'default_project',
] as const

async function done(tx: Queryable, before: Account, more: object = {}, mails: readonly Mail[] = []): Promise<Done> {
  const { now, ...change } = await changeOf(tx, before, STATE)
  const { id, uuid, email } = now
  return { output: { id, uuid, email, status: statusOf(now), ...more }, changes: [change], mails }
}

const reason = anyText(4096).optional().describe('why, for operators and for the account')

const verify = changes({
  name: 'user-verify',
  scope: 'users:write',
  summary: 'Takes the address as proved; without moderation the account is accepted with it.',
  input: z.strictObject({ user }),
  async run({ tx, settings }, { user: name }) {
    const account = await lockForAcceptance(tx, name)
    const result = await failing('verify', () => verifyAccount(tx, account, settings.isModerated))
    return done(tx, account, { result })
  },
})

const accept = changes({
  name: 'user-accept',
  scope: 'users:write',
  summary: 'Accepts a verified account and activates it: it gets its system project with quotas.',
  input: z.strictObject({ user }),
  async run({ tx }, { user: name }) {
    const account = await lockForAcceptance(tx, name)
    await failing('accept', () => acceptAccount(tx, account))
    return done(tx, account)
  },
})

const reject = changes({
  name: 'user-reject',
  scope: 'users:write',
  summary: 'Rejects a verified account that waits for a decision; it may still be accepted later.',
  input: z.strictObject({ user, reason }),
  async run({ tx }, { user: name, reason: why = null }) {
    const account = await lockUser(tx, name)
    await failing('reject', () => rejectAccount(tx, account, why))
    return done(tx, account)
  },
})

const activate = changes({
  name: 'user-activate',
  scope: 'users:write',
  summary: 'Lets a deactivated account work again, with the projects and memberships that were suspended with it.',
  input: z.strictObject({ user }),
  async run({ tx }, { user: name }) {
    const account = await lockAccount(tx, name)
    return done(tx, account, {}, await failing('activate', () => activateAccount(tx, account)))
  },
})

const deactivate = changes({
  name: 'user-deactivate',
  scope: 'users:write',
  summary:
    'Stops an account: its sessions and grants end, its projects and memberships are suspended, limits become 0.',
  input: z.strictObject({ user, reason }),
  async run({ tx }, { user: name, reason: why = null }) {
    const account = await lockAccount(tx, name)
    return done(tx, account, {}, await failing('deactivate', () => deactivateAccount(tx, account, why)))
  },
})

export const userModerationOperations: readonly Operation[] = [verify, accept, reject, activate, deactivate]
