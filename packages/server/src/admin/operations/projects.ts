import { z } from 'zod'
import { listExpired } from '../../operations/projects.ts'
import { listMembers } from '../../projects/list-members.ts'
import { listProjects } from '../../projects/list-projects.ts'
import { MEMBERSHIP_STATES } from '../../projects/membership-machine.ts'
import { Refused } from '../../projects/refused.ts'
import { showProject } from '../../projects/show-project.ts'
import { flag, page, pageOf, text, uuid } from '../input.ts'
import { reads, type Operation } from '../operation.ts'
import { projectActions } from './project-actions.ts'
import { projectChanges } from './project-changes.ts'
import { projectMembers } from './project-members.ts'

/** Source: administration specification, 1.5. */

const project = uuid.describe('its uuid')
const notFound = (of: string): Refused => new Refused('unknown', `Project with id ${of} not found.`)

/** Projects have a number that tells their place in a list, and are known by their uuid. */
function placed<Row extends { readonly id: bigint; readonly uuid: string }>(
  rows: readonly Row[],
  limit: number,
): { items: object[]; next: bigint | null } {
  const { items, next } = pageOf(rows, limit)
  return { items: items.map(({ id: _, uuid: of, ...item }) => ({ id: of, ...item })), next }
}

const list = reads({
  name: 'project-list',
  scope: 'projects:read',
  summary: 'Lists projects; deleted, terminated and system projects where they are asked for.',
  input: z.strictObject({
    new: flag.default(false).describe('only with a pending application for a new project (false)'),
    modified: flag.default(false).describe('only with a pending application for a change (false)'),
    pending: flag.default(false).describe('only with a pending application (false)'),
    deleted: flag.default(false).describe('deleted and terminated ones, too (false)'),
    system_projects: flag.default(false).describe('system projects, too (false)'),
    name: text(80).optional().describe('of exactly this name'),
    owner: text(254).optional().describe('of this owner: a uuid or an e-mail address'),
    ...page,
  }),
  async run({ tx }, { after = 0n, limit, name = null, owner = null, ...flags }) {
    const isAny = flags.pending || (flags.new && flags.modified)
    const filter = {
      pending: isAny ? ('any' as const) : flags.new ? ('new' as const) : flags.modified ? ('modified' as const) : null,
      withDeleted: flags.deleted,
      withSystem: flags.system_projects,
      name,
      owner,
    }
    return placed(await listProjects(tx, filter, after), limit)
  },
})

/** More of them are in the list of its memberships. */
const MEMBERS_SHOWN = 1000

const show = reads({
  name: 'project-show',
  scope: 'projects:read',
  summary: 'Shows a project.',
  input: z.strictObject({
    project,
    members: flag.default(false).describe(`with its members, the first ${MEMBERS_SHOWN} (false)`),
    pending_app: flag.default(false).describe('with what its pending application asks for (false)'),
    quota: flag.default(false).describe('with its limits and usage (false)'),
  }),
  async run({ tx }, { project: of, members, pending_app: withApplication, quota: withQuota }) {
    const found = await showProject(tx, of, { withApplication, withQuota })
    if (found === null) throw notFound(of)
    const { number, ...shown } = found
    if (!members) return shown
    const listed = await listMembers(tx, number, ['accepted', 'leave_requested', 'suspended'], 0n)
    return {
      ...shown,
      members: listed.slice(0, MEMBERS_SHOWN).map(({ id: _, user, ...rest }) => ({ uuid: user, ...rest })),
    }
  },
})

const memberships = reads({
  name: 'membership-list',
  scope: 'projects:read',
  summary: 'Lists the memberships of a project, requests and those that are over among them.',
  input: z.strictObject({
    project,
    status: z
      .enum(MEMBERSHIP_STATES, { error: `must be one of ${MEMBERSHIP_STATES.join(', ')}` })
      .optional()
      .describe(`only these: ${MEMBERSHIP_STATES.join(', ')}`),
    ...page,
  }),
  async run({ tx }, { project: of, status, after = 0n, limit }) {
    const found = await showProject(tx, of, { withApplication: false, withQuota: false })
    if (found === null) throw notFound(of)
    const states = status === undefined ? MEMBERSHIP_STATES : [status]
    return pageOf(await listMembers(tx, found.number, states, after), limit)
  },
})

const expired = reads({
  name: 'project-expired-list',
  scope: 'projects:read',
  summary: 'Lists projects whose end date has passed and that go on.',
  input: z.strictObject({ ...page }),
  run: async ({ tx }, { after = 0n, limit }) => placed(await listExpired(tx, after), limit),
})

export const projectOperations: readonly Operation[] = [
  list,
  show,
  ...projectActions,
  ...projectChanges,
  expired,
  memberships,
  ...projectMembers,
]
