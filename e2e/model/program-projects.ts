import { activateUser, deactivateUser } from '../../packages/server/src/operations/activation.ts'
import type { Database } from '../../packages/server/src/db/database.ts'
import { canonical } from './canonical.ts'
import { wrongDates } from './dates.ts'
import { projectsOverHttp, type DriveProjects } from './drive-projects.ts'
import { brokenInvariants } from './invariants.ts'
import { brokenProjectInvariants } from './invariants-projects.ts'
import { ProjectModel } from './model-views.ts'
import { Names } from './names.ts'
import type { Played } from './program.ts'
import type { Stage } from './stage.ts'
import { projectDifferences, projectStateOf, readProjectState } from './state-projects.ts'
import { shown } from './steps.ts'
import {
  bind,
  isAccount,
  isRead,
  type Account,
  type ProjectProgram,
  type Request,
  type Step,
} from './steps-projects.ts'
import { beginProjectsAgain, PEOPLE, userOf } from './universe-projects.ts'

/**
 * Plays a program against the service and the model. After every step the answer has to be the model's, what is stored
 * has to be what the model has, the quotas that people are shown have to be those that it predicts, and the invariants
 * have to hold. At the end everybody looks at everything, and all that is pending is settled.
 *
 * @param makeModel for a model with other rules.
 */
export async function playProjects(
  program: ProjectProgram,
  { database, world, tokens }: Stage,
  makeModel: (memberships: ReadonlyMap<string, bigint>) => ProjectModel = (ids) => new ProjectModel(ids),
): Promise<Played> {
  const model = makeModel(await beginProjectsAgain(database))
  world.forget()
  const drive = projectsOverHttp(world.origin + world.basePath, tokens)
  const names = new Names(model)
  const answered = new Map<string, number>()
  let before = await readProjectState(database)
  let taken = 0

  /** @returns what is wrong with the answer. */
  const ask = async (request: Request): Promise<string[]> => {
    const answer = await drive(request)
    const name = `${nameOf(request)} ${answer.status}`
    answered.set(name, (answered.get(name) ?? 0) + 1)
    const [wanted, got] = [canonical(model.request(request, answer)), canonical(answer)]
    names.learn(request, answer)
    return wanted === got ? [] : [`${shown(request)}: expected ${wanted}`, `  answered ${got}`]
  }
  const look = async (): Promise<string[]> => {
    const [after, ...broken] = await Promise.all([
      readProjectState(database),
      brokenInvariants(database),
      brokenProjectInvariants(database),
    ])
    before = after
    return [...projectDifferences(projectStateOf(model), after), ...broken.flat()]
  }
  const quotasOf = (users: readonly string[]): Promise<string[]>[] => users.map((by) => ask({ kind: 'quotas', by }))

  for (const step of program.steps) {
    taken += 1
    const problems: string[] = []
    if (isAccount(step)) {
      const was = model.user(step.user).isActive
      model[step.kind](step.user)
      if (step.kind === 'deactivate' || !was) await changeAccount(database, step)
      problems.push(...(await look()))
    } else {
      const request = bind(step, names)
      problems.push(...(await ask(request)))
      if (isRead(step)) problems.push(...isUnchanged(before, await readProjectState(database)))
      else problems.push(...(await look()))
    }
    const whom = concerned(step).filter((user) => PEOPLE.includes(user))
    problems.push(...(await Promise.all(quotasOf(whom))).flat())
    if (problems.length > 0) return { steps: taken, answers: answered, violation: { step: taken - 1, problems } }
  }
  const problems = [
    ...(await askAll(ask)),
    ...(await wrongDates(database, drive)),
    ...(await settleAll(model, drive)),
    ...(await look()),
  ]
  return { steps: taken, answers: answered, violation: problems.length > 0 ? { step: taken, problems } : null }
}

/** What an operator's command would do. */
export async function changeAccount(database: Database, { kind, user }: Account): Promise<void> {
  await database.transaction((tx) => (kind === 'activate' ? activateUser(tx, user) : deactivateUser(tx, user, 'gone')))
}

function nameOf(request: Request): string {
  return 'action' in request ? `${request.kind} ${request.action}` : request.kind
}

function isUnchanged(before: object, after: object): string[] {
  return shown(before) === shown(after) ? [] : ['I9: it was a question and changed something']
}

/** Whose quotas may have changed. */
function concerned(step: Step): string[] {
  if (isRead(step) || step.kind === 'settle') return []
  if (isAccount(step)) return [step.user]
  if (step.kind === 'charge') return [step.user]
  if (step.kind === 'enroll') return [userOf(step.email)]
  if (step.kind === 'member' && typeof step.membership !== 'bigint') return [step.membership.user]
  if (step.kind === 'project' || step.kind === 'decide') return [PEOPLE[1] ?? step.by]
  return [step.by]
}

/** Everything that anybody can see. */
async function askAll(ask: (request: Request) => Promise<string[]>): Promise<string[]> {
  const questions = PEOPLE.flatMap((by): Request[] => [
    { kind: 'quotas', by },
    { kind: 'projects', by, filter: {} },
    { kind: 'projects', by, filter: { mode: 'active' } },
    { kind: 'memberships', by, project: null },
  ])
  questions.push({ kind: 'usage', by: 'astakos', user: null }, { kind: 'usage', by: 'model', user: null })
  return (await Promise.all(questions.map(ask))).flat()
}

/** I10: whatever came before, what is pending can be settled, and then nothing is pending. */
async function settleAll(model: ProjectModel, drive: DriveProjects): Promise<string[]> {
  const problems: string[] = []
  for (const { serial, by } of model.quota.pending.values()) {
    const request: Request = { kind: 'settle', by, action: serial % 2n === 0n ? 'accept' : 'reject', serial }
    const answer = await drive(request)
    model.request(request, answer)
    if (answer.status !== 200) problems.push(`I10: ${shown(request)} was answered by ${canonical(answer)}`)
  }
  for (const { holder, resource, min, max } of model.quota.counters.values())
    if (min !== max) problems.push(`I2: nothing is pending, and ${holder} has ${min} … ${max} of ${resource}`)
  return problems
}

/** A program for a reader, a line for each step. */
export function projectListing({ steps }: ProjectProgram): string[] {
  return steps.map((step, index) => `${index + 1}. ${shown(step)}`)
}
