import { z } from 'zod'
import {
  lockChosenProject,
  messageOf,
  setDefaultProject,
  type DefaultProjectRefusal,
} from '../../identity/default-project.ts'
import { lockUser, type Account } from '../../operations/find-user.ts'
import { joinGroups, leaveGroup, unknownGroup } from '../../operations/groups.ts'
import { forgetCodes } from '../../operations/passwords.ts'
import { signTerms } from '../../operations/terms.ts'
import { changeUser } from '../../operations/user-edit.ts'
import { addressTaken, setAdmin } from '../../operations/users.ts'
import { Refused, type RefusalKind } from '../../projects/refused.ts'
import { flag, text, uuid } from '../input.ts'
import { changes, type Changing, type Done, type Operation } from '../operation.ts'
import { changeOf, firstName, groupName, isEmail, lastName, metadata, pick, user } from './user-fields.ts'

/** What an account says of its user, and what it may. Source: administration specification, 1.2. */

async function done(tx: Changing['tx'], before: Account, fields: readonly (keyof Account)[]): Promise<Done> {
  const { now, ...change } = await changeOf(tx, before, fields)
  return { output: pick(now, ['id', 'uuid', 'email', ...fields]), changes: [change] }
}

const setEmail = changes({
  name: 'user-set-email',
  scope: 'users:write',
  summary: 'Changes the address, and with it the login name; codes that were mailed to the old one are worth nothing.',
  input: z.strictObject({ user, email: text(254).describe('the new address') }),
  /** The token stays, and so does the proof: it is the operator's word. */
  async run({ tx }, { user: name, email }) {
    if (!isEmail(email)) throw new Refused('malformed', 'Invalid email address.')
    const account = await lockUser(tx, name)
    await changeUser(tx, account.id, { email }).catch((error: unknown) => {
      throw error instanceof Refused && error.kind === 'conflict' ? addressTaken() : error
    })
    await forgetCodes(tx, account.id)
    return done(tx, account, ['email', 'username'])
  },
})

const MODIFIED = ['first_name', 'last_name', 'affiliation', 'is_admin', 'metadata'] as const

const modify = changes({
  name: 'user-modify',
  scope: 'users:write',
  summary: 'Changes names, affiliation, metadata and whether it is an administrator.',
  input: z.strictObject({
    user,
    first_name: firstName.optional().describe('the first name'),
    last_name: lastName.optional().describe('the last name'),
    affiliation: text(255).nullable().optional().describe('where the user belongs to; null: nowhere'),
    is_admin: flag.optional().describe('an administrator'),
    metadata: metadata.optional().describe('an object of your own, which replaces the one that is there'),
  }),
  async run({ tx }, { user: name, first_name, last_name, affiliation, is_admin, metadata: data }) {
    const given = { first_name, last_name, affiliation, is_admin, metadata: data }
    const fields = MODIFIED.filter((field) => given[field] !== undefined)
    if (fields.length === 0) throw new Refused('malformed', 'No option specified.')
    const account = await lockUser(tx, name)
    await changeUser(tx, account.id, {
      ...(first_name === undefined ? {} : { firstName: first_name }),
      ...(last_name === undefined ? {} : { lastName: last_name }),
      ...(affiliation === undefined ? {} : { affiliation }),
      ...(data === undefined ? {} : { metadata: data }),
    })
    if (is_admin !== undefined) await setAdmin(tx, account.id, is_admin)
    return done(tx, account, fields)
  },
})

const KINDS: Readonly<Record<DefaultProjectRefusal, RefusalKind>> = {
  unverified: 'conflict',
  unmoderated: 'conflict',
  rejected: 'conflict',
  inactive: 'conflict',
  unknown: 'unknown',
  dead: 'conflict',
  'no member': 'unknown',
  'not permitted': 'forbidden',
}

const defaultProject = changes({
  name: 'user-set-default-project',
  scope: 'users:write',
  summary: 'Sets the project that the tokens API names as the tenant; the user has to be a member.',
  input: z.strictObject({ user, project: uuid.describe('uuid of the project') }),
  async run({ tx }, { user: name, project }) {
    await lockChosenProject(tx, project)
    const account = await lockUser(tx, name)
    const refusal = await setDefaultProject(tx, account.id, project)
    if (refusal !== null) throw new Refused(KINDS[refusal], messageOf(refusal, project))
    return done(tx, account, ['default_project'])
  },
})

const sign = changes({
  name: 'user-sign-terms',
  scope: 'users:write',
  summary: 'Notes that the user agreed to the terms of use.',
  input: z.strictObject({ user }),
  async run({ tx }, { user: name }) {
    const account = await lockUser(tx, name)
    await signTerms(tx, account.id)
    return done(tx, account, ['has_signed_terms', 'date_signed_terms'])
  },
})

const addGroup = changes({
  name: 'user-add-group',
  scope: 'users:write',
  summary: 'Puts a user into a group, which the API tells as a role.',
  input: z.strictObject({ user, group: groupName }),
  async run({ tx }, { user: name, group }) {
    const account = await lockUser(tx, name)
    if (account.groups.includes(group)) throw new Refused('conflict', `group: ${account.email} is in ${group} already`)
    if ((await joinGroups(tx, account.id, [group])) !== null) throw noSuchGroup(group)
    return done(tx, account, ['groups'])
  },
})

const removeGroup = changes({
  name: 'user-remove-group',
  scope: 'users:write',
  summary: 'Takes a user out of a group.',
  input: z.strictObject({ user, group: groupName }),
  async run({ tx }, { user: name, group }) {
    const account = await lockUser(tx, name)
    if ((await unknownGroup(tx, [group])) !== null) throw noSuchGroup(group)
    if (!account.groups.includes(group)) throw new Refused('conflict', `group: ${account.email} is not in ${group}`)
    await leaveGroup(tx, account.id, group)
    return done(tx, account, ['groups'])
  },
})

const noSuchGroup = (name: string): Refused => new Refused('unknown', `Group named ${name} does not exist`)

export const userEditOperations: readonly Operation[] = [setEmail, modify, defaultProject, sign, addGroup, removeGroup]
