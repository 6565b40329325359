import { z } from 'zod'
import { modifyDirectly, modifySystemProjects, type ProjectChange } from '../../projects/modify-directly.ts'
import { differenceOf, projectDocuments, type ProjectDocument } from '../../projects/project-documents.ts'
import { Refused } from '../../projects/refused.ts'
import { anyText, flag, moment, quantity, text, uuid } from '../input.ts'
import { changes, type Change, type Operation } from '../operation.ts'

/** What is changed of projects without an application. Source: administration specification, 1.5. */

const POLICY = "must be 'auto', 'moderated' or 'closed'"
const policy = z.enum(['auto', 'moderated', 'closed'], { error: POLICY }).optional()

/** Of one project, and of many. */
const shared = {
  end_date: moment.optional().describe('when it ends, with an offset; may be past'),
  join_policy: policy.describe("who admits members: 'auto', 'moderated' or 'closed'"),
  leave_policy: policy.describe("who lets them go: 'auto', 'moderated' or 'closed'"),
  max_members: quantity.optional().describe("how many members there may be, or 'inf'"),
  private: flag.optional().describe('who is no member does not see it'),
  limits: z
    .array(
      z.strictObject({
        resource: text(255).describe('its name'),
        member: quantity.describe('of a member'),
        project: quantity.describe('of all together'),
      }),
      { error: 'must be a list of {resource, member, project}' },
    )
    .default([])
    .describe('list of {resource, member, project}, quantities such as 10GiB or inf'),
}
const ofOne = {
  name: text(80).optional().describe('its new name'),
  owner: uuid.optional().describe('uuid of its new owner'),
  homepage: anyText(255).optional().describe('an address of the web'),
  description: anyText(4096).optional().describe('what it is for'),
}

const oneInput = z.strictObject({ project: uuid.describe('its uuid'), ...ofOne, ...shared })
type Given = Omit<z.output<typeof oneInput>, 'project'>

/** @throws {Refused} nothing is asked for; a limit is asked for twice, or is greater for a member than for all. */
function changeOf({ limits, ...given }: Given): ProjectChange {
  if (limits.length === 0 && Object.values(given).every((value) => value === undefined))
    throw new Refused('malformed', 'input: names nothing to change')
  const names = limits.map(({ resource }) => resource)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw new Refused('malformed', `limits: names ${twice} twice`)
  const inverted = limits.find(({ member, project }) => project < member)
  if (inverted)
    throw new Refused('malformed', `Project quota limit is less than member limit for resource '${inverted.resource}'`)
  return {
    name: given.name ?? null,
    owner: given.owner ?? null,
    homepage: given.homepage ?? null,
    description: given.description ?? null,
    endDate: given.end_date ?? null,
    joinPolicy: given.join_policy ?? null,
    leavePolicy: given.leave_policy ?? null,
    maxMembers: given.max_members ?? null,
    isPrivate: given.private ?? null,
    limits: limits.map(({ resource, member, project }) => ({
      resource,
      memberCapacity: member,
      projectCapacity: project,
    })),
  }
}

/** A row for each project that is another one now. */
function auditOf(before: readonly ProjectDocument[], after: readonly ProjectDocument[]): Change[] {
  return after.flatMap((document, index) => {
    const difference = differenceOf(before[index] as ProjectDocument, document)
    return difference === null ? [] : [{ subject: `project:${document.uuid}`, ...difference }]
  })
}

const modify = changes({
  name: 'project-modify',
  scope: 'projects:write',
  summary: 'Changes a project without an application, at once.',
  input: oneInput,
  async run({ tx }, { project, ...given }) {
    const change = changeOf(given)
    let before: ProjectDocument[] = []
    let ids: bigint[] = []
    await modifyDirectly(tx, project, change, async ({ id }) => {
      ids = [id]
      before = await projectDocuments(tx, ids)
    })
    const after = await projectDocuments(tx, ids)
    const [{ uuid: of, ...shown }] = after as [ProjectDocument]
    return { output: { id: of, ...shown }, changes: auditOf(before, after) }
  },
})

/** Above so many, one row of the audit tells what was asked for and of how many. */
const AUDITED_MAX = 1000

const notInBulk = z.unknown().optional().describe('of one project alone: is refused')

const modifySystem = changes({
  name: 'project-modify-system',
  scope: 'projects:write',
  summary: 'Changes all system projects at once, but those that are excluded.',
  input: z.strictObject({
    exclude: z
      .array(uuid, { error: 'must be a list of uuids' })
      .default([])
      .describe('list of uuids of those that stay as they are'),
    ...shared,
    name: notInBulk,
    owner: notInBulk,
    homepage: notInBulk,
    description: notInBulk,
  }),
  async run({ tx }, { exclude, name, owner, homepage, description, ...given }) {
    for (const [field, value] of Object.entries({ name, owner, homepage, description }))
      if (value !== undefined) throw new Refused('malformed', `Cannot modify field '${field}' in bulk`)
    const change = changeOf(given)
    let before: ProjectDocument[] = []
    let ids: readonly bigint[] = []
    await modifySystemProjects(tx, exclude, change, async (all) => {
      ids = all
      if (ids.length <= AUDITED_MAX) before = await projectDocuments(tx, ids)
    })
    const projects = ids.length
    return {
      output: { projects },
      changes:
        projects <= AUDITED_MAX
          ? auditOf(before, await projectDocuments(tx, ids))
          : [{ subject: 'system-projects', before: null, after: { projects, exclude, ...given } }],
    }
  },
})

export const projectChanges: readonly Operation[] = [modify, modifySystem]
