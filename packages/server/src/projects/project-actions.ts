import { sql, type Queryable } from '../db/statement.ts'
import type { Mail } from '../mail/mail.ts'
import type { Actor } from './actor.ts'
import { holderOfName, lockProject, rolesIn, setProjectState, type LockedProject } from './locked-project.ts'
import { logProjects } from './log.ts'
import { decide, type Move } from './machine.ts'
import { mailTo } from './mails.ts'
import { PROJECT_MACHINE, type ProjectWords } from './project-machine.ts'
import { refuseProject } from './refusals.ts'
import { noSuchProject } from './refused.ts'
import { syncLimits } from './sync.ts'

export const PROJECT_ACTIONS = ['suspend', 'unsuspend', 'terminate', 'reinstate'] as const
export type OpenProjectAction = (typeof PROJECT_ACTIONS)[number]

/**
 * Source: project specification, 10.1.
 *
 * @returns what is to be told by mail once it is committed.
 * @throws {Refused} in this order: there is no such project; not permitted; its state forbids it.
 */
export async function actOnProject(
  tx: Queryable,
  actor: Actor,
  uuid: string,
  action: OpenProjectAction,
  reason: string | null,
): Promise<Mail[]> {
  const project = await lockProject(tx, uuid, { registry: action === 'reinstate' })
  if (!project) throw noSuchProject(uuid)
  const nameHolder = action === 'reinstate' ? await holderOfName(tx, project.name, project.id) : null
  const { refusal, move } = decide(PROJECT_MACHINE[action], {
    state: project.state,
    roles: rolesIn(project, actor),
    rules: { 'not a system project': !project.isSystem, 'name free': nameHolder === null },
  })
  if (refusal !== null) throw refuseProject(refusal, project, nameHolder)
  await changeState(tx, project, move, actor, reason)
  if (move.effects.includes('sync limits')) await syncLimits(tx, { projects: [project.id] })
  return move.effects.includes('mail owner')
    ? mailTo(
        project.ownerEmail,
        `Project ${project.name}: ${action}`,
        `The project is ${move.to} now. ${reason ?? ''}`.trim(),
      )
    : []
}

const RESET_DEFAULT_PROJECTS = sql('update users set default_project = uuid where default_project = $1')

/** All that follows from a move but the limits, whose locks come last. */
export async function changeState(
  tx: Queryable,
  project: LockedProject,
  move: Move<ProjectWords>,
  actor: Actor | null,
  reason: string | null,
): Promise<void> {
  if (move.to !== project.state) {
    await setProjectState(tx, [project.id], move.to)
    await logProjects(tx, [{ id: project.id, from: project.state, to: move.to }], actor, reason)
  }
  if (move.effects.includes('reset default projects')) await tx.query(RESET_DEFAULT_PROJECTS, [project.uuid])
}
