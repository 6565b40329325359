import { z } from 'zod'
import { addGroups, listGroups, lockGroup, removeGroup } from '../../operations/groups.ts'
import { Refused } from '../../projects/refused.ts'
import { flag, page, pageOf } from '../input.ts'
import { changes, reads, type Operation } from '../operation.ts'
import { groupName } from './user-fields.ts'

/** Groups, which the API tells as roles. Source: administration specification, 1.2. */

const add = changes({
  name: 'group-add',
  scope: 'users:write',
  summary: 'Makes a group, which the API tells as a role of its users.',
  input: z.strictObject({ name: groupName }),
  async run({ tx }, { name }) {
    const made = await addGroups(tx, [name])
    if (made.length === 0) throw new Refused('conflict', `There already exists a group named '${name}'.`)
    return { output: { name }, changes: [{ subject: `group:${name}`, before: null, after: { name } }] }
  },
})

const list = reads({
  name: 'group-list',
  scope: 'users:read',
  summary: 'Lists groups by id, with the number of their users.',
  input: z.strictObject(page),
  run: async ({ tx }, { after = 0n, limit }) => pageOf(await listGroups(tx, after, limit), limit),
})

const remove = changes({
  name: 'group-remove',
  scope: 'users:write',
  summary: 'Removes a group that nobody is in, or, by force, any.',
  input: z.strictObject({
    name: groupName,
    force: flag.default(false).describe('also one that users are in, who lose the role (false)'),
  }),
  async run({ tx }, { name, force }) {
    const group = await lockGroup(tx, name)
    if (!group) throw new Refused('unknown', `Group named ${name} does not exist`)
    const { id, users } = group
    if (users.length > 0 && !force)
      throw new Refused('conflict', `Group named ${name} has ${users.length} users; force removes it nevertheless`)
    await removeGroup(tx, id)
    return {
      output: { name, users_count: users.length },
      changes: [{ subject: `group:${name}`, before: { name, users }, after: null }],
    }
  },
})

export const groupOperations: readonly Operation[] = [add, list, remove]
