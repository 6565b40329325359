import { z } from 'zod'
import { terminateEach, terminateIfExpired, type ExpiredProject } from '../../operations/projects.ts'
import type { Actor } from '../../projects/actor.ts'
import { actOnApplication, type OpenApplicationAction } from '../../projects/application-actions.ts'
import { findApplication } from '../../projects/find-application.ts'
import { lockProject, lockProjectById } from '../../projects/locked-project.ts'
import { actOnProject, type OpenProjectAction } from '../../projects/project-actions.ts'
import { differenceOf, projectDocuments, type ProjectDocument } from '../../projects/project-documents.ts'
import { noSuchApplication, noSuchProject } from '../../projects/refused.ts'
import { anyText, id, uuid } from '../input.ts'
import { changes, series, type Operation } from '../operation.ts'

/** What is decided about projects: the checks and messages are those of the API. Source: administration specification, 1.5. */

/** Nobody in particular, with every right. */
const OPERATOR: Actor = { userId: null, isAdmin: true }

/** kept with every action. */
const reason = anyText(4096).default('').describe('why, for the log of the project and for mails')

const decides = (action: OpenApplicationAction, summary: string): Operation =>
  changes({
    name: `project-${action}`,
    scope: 'projects:write',
    summary,
    input: z.strictObject({ application: id.describe('its number'), reason }),
    async run({ tx, settings }, { application, reason: why }) {
      const found = await findApplication(tx, application)
      if (found === null) throw noSuchApplication(String(application))
      await lockProjectById(tx, found.projectId, { registry: action === 'approve' })
      const [before, was] = [await projectDocuments(tx, [found.projectId]), await findApplication(tx, application)]
      const mails = await actOnApplication(tx, OPERATOR, {
        action,
        project: found.project,
        application,
        shown: String(application),
        reason: why,
        recipients: settings.projectRecipients,
      })
      const [after, is] = [await projectDocuments(tx, [found.projectId]), await findApplication(tx, application)]
      const difference = differenceOf(before[0] as ProjectDocument, after[0] as ProjectDocument)
      return {
        output: { id: found.project, application, status: is?.state, project_status: after[0]?.state },
        mails,
        changes: [
          {
            subject: `application:${application}`,
            before: { state: was?.state, project: found.project },
            after: { state: is?.state, project: found.project, reason: why },
          },
          ...(difference === null ? [] : [{ subject: `project:${found.project}`, ...difference }]),
        ],
      }
    },
  })

const acts = (action: OpenProjectAction, summary: string): Operation =>
  changes({
    name: `project-${action}`,
    scope: 'projects:write',
    summary,
    input: z.strictObject({ project: uuid.describe('its uuid'), reason }),
    async run({ tx }, { project, reason: why }) {
      const locked = await lockProject(tx, project, { registry: action === 'reinstate' })
      if (!locked) throw noSuchProject(project)
      const mails = await actOnProject(tx, OPERATOR, project, action, why)
      const after = await lockProject(tx, project)
      return {
        output: { id: project, name: locked.name, status: after?.state },
        mails,
        changes: [
          {
            subject: `project:${project}`,
            before: { state: locked.state },
            after: { state: after?.state, reason: why },
          },
        ],
      }
    },
  })

const terminateExpired = series({
  name: 'project-terminate-expired',
  scope: 'projects:write',
  summary: 'Terminates the projects whose end date has passed, each by itself; to be run now and then.',
  input: z.strictObject({}),
  async run(environment) {
    const items: object[] = []
    await terminateEach(environment.database, async (of) => {
      const ended = (await environment.change(async ({ tx }) => {
        const { project, mails = [] } = (await terminateIfExpired(tx, of)) ?? {}
        const { status, end_date } = project ?? {}
        const state = status?.toLowerCase()
        const row = { subject: `project:${of}`, before: { state }, after: { state: 'terminated', end_date } }
        return { output: project ?? null, mails, changes: project ? [row] : [] }
      })) as ExpiredProject | null
      if (ended !== null) items.push({ id: of, name: ended.name, status: 'Terminated', end_date: ended.end_date })
      return ended !== null
    })
    const message = items.length === 0 ? 'No expired projects.' : `${items.length} projects have been terminated.`
    return { items, message }
  },
})

export const projectActions: readonly Operation[] = [
  decides('approve', 'Approves an application: the project becomes active, as it was asked for.'),
  decides('deny', 'Denies an application.'),
  decides('dismiss', 'Dismisses an application that was denied; a new project is deleted.'),
  decides('cancel', 'Cancels a pending application; a new project is deleted.'),
  acts('suspend', 'Suspends a project: its limits are 0.'),
  acts('unsuspend', 'Makes a suspended project active again.'),
  acts('terminate', 'Terminates a project: its limits are 0 and its name is free.'),
  acts('reinstate', 'Makes a terminated project active again.'),
  terminateExpired,
]
