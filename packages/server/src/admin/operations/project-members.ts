import { z } from 'zod'
import { sql, type Queryable } from '../../db/statement.ts'
import type { Actor } from '../../projects/actor.ts'
import { lockProject } from '../../projects/locked-project.ts'
import type { ChangeResult } from '../../projects/membership-change.ts'
import { actOnMembership, enrollUser } from '../../projects/memberships.ts'
import { noSuchProject } from '../../projects/refused.ts'
import { anyText, uuid } from '../input.ts'
import { changes, type Done, type Operation } from '../operation.ts'

/** Members come and go as the policies of the project allow: the checks and messages are those of the API. */

const OPERATOR: Actor = { userId: null, isAdmin: true }

const project = uuid.describe('uuid of the project')
const user = uuid.describe('uuid of the user')

const FIND = sql(`
  select m.id, m.state
    from memberships as m
   where m.project_id = (select id from projects where uuid = $1) and m.user_id = (select id from users where uuid = $2)`)
const EMAIL = sql('select email from users where uuid = $1')

interface Membership {
  readonly id: bigint
  readonly state: string
}

/** The project is locked, so its memberships neither come nor change meanwhile. */
async function changeOf(
  tx: Queryable,
  bond: { readonly project: string; readonly user: string },
  reason: string | undefined,
  body: (before: Membership | undefined) => Promise<ChangeResult>,
): Promise<Done> {
  await lockProject(tx, bond.project)
  const find = async (): Promise<Membership | undefined> =>
    (await tx.query<Membership>(FIND, [bond.project, bond.user]))[0]
  const before = await find()
  const { id, mails } = await body(before)
  const after = await find()
  return {
    output: { id, ...bond, status: after?.state },
    mails,
    changes: [
      {
        subject: `membership:${id}`,
        before: before ? { ...bond, state: before.state } : null,
        after: { ...bond, state: after?.state, ...(reason !== undefined && { reason }) },
      },
    ],
  }
}

const enroll = changes({
  name: 'project-enroll',
  scope: 'projects:write',
  summary: 'Makes a user a member of a project, whether they asked or not.',
  input: z.strictObject({ project, user }),
  run: ({ tx }, bond) =>
    changeOf(tx, bond, undefined, async () => {
      const [found] = await tx.query<{ email: string }>(EMAIL, [bond.user])
      return enrollUser(tx, OPERATOR, { project: bond.project, email: found?.email ?? null, shown: bond.user })
    }),
})

const remove = changes({
  name: 'project-remove-member',
  scope: 'projects:write',
  summary: 'Ends the membership of a user in a project.',
  input: z.strictObject({
    project,
    user,
    reason: anyText(4096).default('').describe('why, for the log of the membership and for mails'),
  }),
  async run({ tx }, { reason, ...bond }) {
    if (!(await lockProject(tx, bond.project))) throw noSuchProject(bond.project)
    return changeOf(tx, bond, reason, (before) => actOnMembership(tx, OPERATOR, before?.id ?? null, 'remove', reason))
  },
})

export const projectMembers: readonly Operation[] = [enroll, remove]
