import type { Database } from '../../packages/server/src/db/database.ts'
import { canonical } from './canonical.ts'
import { intoEngine, overHttp, type Drive } from './drive.ts'
import { brokenInvariants } from './invariants.ts'
import { Model } from './model.ts'
import { Random } from './random.ts'
import { countersOf, differences, readState, stateOf } from './state.ts'
import { bind, shown, type Answer, type Issue, type Program, type Request, type Step } from './steps.ts'
import type { Stage } from './stage.ts'
import { beginAgain, change } from './universe.ts'
import { effectsOf } from './effects.ts'

/** Where a program went wrong. */
export interface Violation {
  /** Of the last step that was taken. */
  readonly step: number
  readonly problems: readonly string[]
}

export interface Played {
  readonly steps: number
  /** How often what was answered, such as `issue 201`. */
  readonly answers: ReadonlyMap<string, number>
  readonly violation: Violation | null
}

/** Nobody has it: serials are drawn from 1 on. */
const NOBODYS = 10n ** 15n

/**
 * Plays a program against the service and the model. After every step (with bursts: after every burst) the answers have
 * to be the model's, what is stored has to be what the model has, and the invariants have to hold. At the end all that
 * is pending is settled: I10.
 *
 * @param makeModel for a model with other rules.
 */
export async function play(
  program: Program,
  stage: Stage,
  makeModel: () => Model = () => new Model(),
): Promise<Played> {
  const { database, world, tokens } = stage
  const model = makeModel()
  await beginAgain(database, program.start)
  world.forget()
  for (const sync of program.start) model.sync(sync)

  const random = new Random(program.number)
  const http = overHttp(world.origin + world.basePath, tokens, () => random.below(64))
  const engine = intoEngine(world.service.engine)
  const serials = new Map<number, bigint>()
  const answered = new Map<string, number>()
  const serialOf = (issue: number): bigint => serials.get(issue) ?? NOBODYS + BigInt(issue)
  let before = await readState(database)
  let last = 0

  const judge = async (requests: readonly Request[], answers: readonly Answer[]): Promise<string[]> => {
    const problems: string[] = []
    for (const [index, request] of requests.entries()) {
      const answer = answers[index] as Answer
      const serial = serialIn(answer)
      const name = `${request.kind} ${answer.status}${answer.replayed ? ' replayed' : ''}`
      answered.set(name, (answered.get(name) ?? 0) + 1)
      const expected = model.request(request, serial)
      if (request.kind === 'issue' && serial !== null) serials.set(request.id, serial)
      const [wanted, got] = [canonical(expected), canonical(answer)]
      if (wanted !== got)
        problems.push(`step ${last - requests.length + index + 1}: expected ${wanted}`, `  answered ${got}`)
    }
    const after = await readState(database)
    problems.push(...differences(stateOf(model), after), ...(await brokenInvariants(database)))
    if (requests.length === 1) problems.push(...effectsOf(requests[0] as Request, answers[0] as Answer, before, after))
    before = after
    return problems
  }

  for (const group of groupsOf(program)) {
    last += group.length
    const problems: string[] = []
    const [first] = group
    if (first && (first.kind === 'limit' || first.kind === 'sync')) {
      await change(database, first)
      model[first.kind](first as never)
      problems.push(...(await judge([], [])))
    } else {
      const requests = group.map((step) => bind(step, serialOf) as Request)
      const drive: Drive = program.through === 'engine' && isForEngine(first) ? engine : http
      const answers = await Promise.all(requests.map(drive))
      problems.push(...(await judge(requests, answers)))
    }
    if (problems.length > 0) return { steps: last, answers: answered, violation: { step: last - 1, problems } }
  }
  const problems = await settleAll(model, database, http, (serial) => {
    // The same for the same issue, also where steps were left out.
    const issue = [...serials].find(([, other]) => other === serial)?.[0] ?? 0
    return new Random(program.number, issue).pick(['accept', 'reject'])
  })
  return { steps: last, answers: answered, violation: problems.length > 0 ? { step: last, problems } : null }
}

/** I10: whatever came before, what is pending can be settled, either way; and then nothing is pending. */
async function settleAll(
  model: Model,
  database: Database,
  drive: Drive,
  actionOf: (serial: bigint) => 'accept' | 'reject',
): Promise<string[]> {
  const problems: string[] = []
  for (const { serial, by } of model.pending.values()) {
    const act: Request = { kind: 'act', by, action: actionOf(serial), serial }
    const answer = await drive(act)
    model.request(act, null)
    if (answer.status !== 200) problems.push(`I10: the ${act.action} of ${serial} was answered by ${canonical(answer)}`)
  }
  const end = await readState(database)
  problems.push(...differences(stateOf(model), end), ...(await brokenInvariants(database)))
  for (const [name, { min, max }] of countersOf(end))
    if (min !== max) problems.push(`I2: nothing is pending, and ${name} has ${min} … ${max}`)
  return problems
}

function serialIn({ status, body }: Answer): bigint | null {
  if (status !== 201 || typeof body !== 'object' || body === null || !('serial' in body)) return null
  const { serial } = body
  return typeof serial === 'bigint' || typeof serial === 'number' ? BigInt(serial) : null
}

function isForEngine(step: Step | undefined): boolean {
  return step?.kind === 'issue' || step?.kind === 'act' || step?.kind === 'resolve'
}

/** Requests that are handed over together; all else is a group of its own. */
function groupsOf({ steps, burst }: Program): Step[][] {
  const groups: Step[][] = []
  for (const step of steps) {
    const group = groups.at(-1)
    const joins =
      group && group.length < burst && isForEngine(step) && isForEngine(group[0]) && !namesOneOf(step, group)
    if (joins) group.push(step)
    else groups.push([step])
  }
  return groups
}

/** A serial is not known before its issue was answered. */
function namesOneOf(step: Step, group: readonly Step[]): boolean {
  const issued = new Set(group.filter((other): other is Issue => other.kind === 'issue').map(({ id }) => id))
  const refs = step.kind === 'act' ? [step.serial] : step.kind === 'resolve' ? [...step.accept, ...step.reject] : []
  return refs.some((ref) => typeof ref !== 'bigint' && issued.has(ref.issue))
}

/** A program for a reader: its start and its steps, a line each. */
export function listing({ start, steps }: Program): string[] {
  return [...start.map((sync) => `start ${shown(sync)}`), ...steps.map((step, index) => `${index + 1}. ${shown(step)}`)]
}
