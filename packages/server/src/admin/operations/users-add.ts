import { z } from 'zod'
import { lockUser } from '../../operations/find-user.ts'
import { addGroups, joinGroups } from '../../operations/groups.ts'
import { setPassword } from '../../operations/passwords.ts'
import { addInPlace, newVerificationCode, verificationMail } from '../../operations/sign-up.ts'
import { readTerms } from '../../operations/terms.ts'
import { deleteUser } from '../../operations/users.ts'
import { Refused } from '../../projects/refused.ts'
import { flag, text } from '../input.ts'
import { changes, type Change, type Operation } from '../operation.ts'
import {
  changeOf,
  firstName,
  generatePassword,
  groupName,
  hashed,
  isEmail,
  lastName,
  newExpiry,
  password,
  pick,
  subjectOf,
  user,
} from './user-fields.ts'

/** How accounts come and go. Source: administration specification, 1.2; identity specification, 1.2. */

const ADDED = ['email', 'first_name', 'last_name', 'is_admin', 'groups', 'has_signed_terms'] as const

const add = changes({
  name: 'user-add',
  scope: 'users:write',
  summary: 'Makes an account, unverified and inactive; user-verify and user-accept let it in.',
  input: z.strictObject({
    email: text(254).describe('the address, which is the login name'),
    first_name: firstName,
    last_name: lastName,
    password: password.optional().describe('the password (one is made and shown, this once)').meta({ secret: true }),
    is_admin: flag.default(false).describe('an administrator (false)'),
    groups: z
      .array(groupName, { error: 'must be a list of names' })
      .default([])
      .describe('groups that it is in; those that are missing are made'),
  }),
  /** An account of that address that was never verified is replaced. */
  async run({ tx, secretKey, settings }, { email, password: given, is_admin, groups, ...names }) {
    if (!isEmail(email)) throw new Refused('malformed', 'Invalid email')
    const secret = given ?? generatePassword()
    const stored = await hashed(secret, email)
    const { id, uuid, replaced } = await addInPlace(tx, secretKey, {
      email,
      firstName: names.first_name,
      lastName: names.last_name,
      hasSignedTerms: (await readTerms(tx, null)) === null,
      isAdmin: is_admin,
      tokenExpires: newExpiry(settings),
    })
    await setPassword(tx, id, stored)
    const made = await addGroups(tx, [...new Set(groups)])
    const missing = await joinGroups(tx, id, [...new Set(groups)])
    if (missing !== null) throw new Refused('conflict', `Group named ${missing} does not exist`)
    const account = await lockUser(tx, id)
    return {
      output: { id, uuid, email, ...(given === undefined ? { password: secret } : {}) },
      changes: [
        ...(replaced
          ? [{ subject: subjectOf(replaced), before: { email: replaced.email, email_verified: false }, after: null }]
          : []),
        ...made.map((name): Change => ({ subject: `group:${name}`, before: null, after: { name } })),
        { subject: subjectOf(account), before: null, after: pick(account, ADDED) },
      ],
    }
  },
})

const remove = changes({
  name: 'user-delete',
  scope: 'users:write',
  summary: 'Deletes an account that was never accepted; user-deactivate is for the others.',
  input: z.strictObject({ user }),
  async run({ tx }, { user: name }) {
    const account = await lockUser(tx, name)
    const { id, uuid, username } = account
    if (account.moderated && !account.is_rejected)
      throw new Refused('conflict', `Cannot delete. User ${username} is accepted.`)
    await deleteUser(tx, id, username)
    return {
      output: { id, uuid, email: account.email },
      changes: [
        {
          subject: subjectOf(account),
          before: pick(account, [...ADDED, 'email_verified', 'moderated', 'is_rejected', 'rejected_reason']),
          after: null,
        },
      ],
    }
  },
})

const sendActivation = changes({
  name: 'user-activation-send',
  scope: 'users:write',
  summary: 'Mails a new code that proves the address; earlier ones are worth nothing any more.',
  input: z.strictObject({ user }),
  async run({ tx, settings, outbox }, { user: name }) {
    const account = await lockUser(tx, name).catch((error: unknown) => {
      throw error instanceof Refused ? new Refused('unknown', `Unknown user '${name}'`) : error
    })
    const { id, uuid, email } = account
    if (account.email_verified) throw new Refused('conflict', `User email already verified '${email}'`)
    // It would be told of as sent, and nobody would ever see it.
    if (outbox.isOff) throw new Refused('conflict', 'There is no place for mails: --smtp-url or --mail-dir says one')
    const mail = verificationMail(settings.baseUrl, email, await newVerificationCode(tx, id))
    const { now, ...change } = await changeOf(tx, account, ['activation_sent'])
    return { output: { id, uuid, email, activation_sent: now.activation_sent }, changes: [change], mails: [mail] }
  },
})

export const userAddOperations: readonly Operation[] = [add, remove, sendActivation]
