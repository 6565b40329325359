import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../packages/server/src/db/statement.ts'
import { playTogether, type CrowdPlayed } from './concurrent.ts'
import { overHttp } from './drive.ts'
import { effectsOf } from './effects.ts'
import { generate, startOf } from './generate.ts'
import { explain, serialOf, type Call } from './history.ts'
import { brokenInvariants } from './invariants.ts'
import { Model, nameOf, type Counter } from './model.ts'
import { listing, play } from './program.ts'
import { Random } from './random.ts'
import { ServiceProcess } from './service-process.ts'
import { shrink } from './shrink.ts'
import { openStage, type Stage } from './stage.ts'
import { readState, type State } from './state.ts'
import { shown, type Answer, type Issue, type Program, type Provision } from './steps.ts'
import { beginAgain, HOLDINGS, PROJECTS, type HoldingName } from './universe.ts'

const SEED = 20261124
const PROGRAMS = 40

let stage: Stage

beforeAll(async () => {
  stage = await openStage(null)
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('random programs', () => {
  it('are answered and stored as the specification says', async () => {
    const answers = new Map<string, number>()
    for (let number = 0; number < PROGRAMS; number += 1) {
      const program = generate(SEED, number)
      const played = await play(program, stage)
      expect(played.violation, `program ${number} of seed ${SEED}:\n${listing(program).join('\n')}`).toBeNull()
      for (const [name, times] of played.answers) answers.set(name, (answers.get(name) ?? 0) + times)
    }
    // Else they would prove little.
    for (const name of ['issue 201', 'issue 201 replayed', 'issue 400', 'issue 404', 'issue 413', 'issue 413 replayed'])
      expect(answers.get(name), name).toBeGreaterThan(0)
    for (const name of [
      'issue 422',
      'malformed 400',
      'act 200',
      'act 404',
      'resolve 200',
      'list 200',
      'show 200',
      'show 404',
    ])
      expect(answers.get(name), name).toBeGreaterThan(0)
  })

  it('are the same for the same seed, and others for another', () => {
    const text = (seed: number, number: number): string => listing(generate(seed, number)).join('\n')
    expect(text(7, 3)).toBe(text(7, 3))
    expect(new Set([text(7, 3), text(7, 4), text(8, 3)]).size).toBe(3)
  })
})

/** Models that get a rule wrong: that is what a service that gets it wrong looks like to a right one. */
class FreeZero extends Model {
  protected override refusal(provision: Provision, force: boolean): ReturnType<Model['refusal']> {
    return super.refusal(provision, force || provision.quantity === 0n)
  }
}
class LimitOffByOne extends Model {
  protected override refusal(provision: Provision, force: boolean): ReturnType<Model['refusal']> {
    const counter = this.counters.get(nameOf(provision))
    if (counter && !force && provision.quantity > 0n && counter.max + provision.quantity === counter.limit)
      return super.refusal({ ...provision, quantity: provision.quantity + 1n }, false)
    return super.refusal(provision, force)
  }
}
class ForcedRelease extends Model {
  protected override refusal(provision: Provision, force: boolean): ReturnType<Model['refusal']> {
    return force && provision.quantity < 0n && this.counters.has(nameOf(provision))
      ? null
      : super.refusal(provision, force)
  }
}
class LastPlaceMerge extends Model {
  protected override merge(provisions: readonly Provision[]): Provision[] {
    return super.merge(provisions.toReversed()).toReversed()
  }
}
class ReleaseAtOnce extends Model {
  protected override settle(counter: Counter, quantity: bigint, action: 'accept' | 'reject'): void {
    super.settle(counter, quantity, quantity < 0n ? 'accept' : action)
  }
}

describe('the comparison with the model', () => {
  for (const Wrong of [FreeZero, LimitOffByOne, ForcedRelease, LastPlaceMerge, ReleaseAtOnce]) {
    it(`notices a rule that differs: ${Wrong.name}`, async () => {
      const makeModel = (): Model => new Wrong()
      let failing: Program | null = null
      for (let number = 0; number < 200 && failing === null; number += 1) {
        const program = generate(SEED, number)
        const { violation } = await play(program, stage, makeModel)
        if (violation) failing = { ...program, steps: program.steps.slice(0, violation.step + 1) }
      }
      if (failing === null) throw new Error('No program noticed it')
      expect((await play(failing, stage)).violation).toBeNull()
      const smallest = await shrink(
        failing,
        async (smaller) => (await play(smaller, stage, makeModel)).violation !== null,
      )
      expect(smallest.steps.length).toBeLessThanOrEqual(8)
      expect((await play(smallest, stage, makeModel)).violation).not.toBeNull()
    })
  }
})

describe('what a request did', () => {
  const [holding] = HOLDINGS as [HoldingName]
  const state = (limit: bigint, min: bigint, max: bigint, more: Partial<State> = {}): State => ({
    holdings: [shown([holding.holder, holding.source, holding.resource, limit, min, max])],
    pending: [],
    log: [],
    keys: [],
    ...more,
  })
  const answer = (status: number, replayed = false): Answer => ({ status, body: null, replayed, key: null })
  const issue = (quantity: bigint): Issue => ({
    kind: 'issue',
    id: 0,
    by: 'model-a',
    provisions: [{ ...holding, quantity }],
    name: '',
    force: false,
    autoAccept: false,
    key: null,
  })
  const before = state(5n, 2n, 4n)

  it('is right as the table of the steps has it', () => {
    expect(effectsOf(issue(1n), answer(201), before, state(5n, 2n, 5n))).toEqual([])
    expect(effectsOf(issue(-2n), answer(201), before, state(5n, 0n, 4n))).toEqual([])
    expect(effectsOf(issue(9n), answer(413), before, before)).toEqual([])
  })

  it('is noticed where a limit was passed: I4', () => {
    expect(effectsOf(issue(2n), answer(201), before, state(5n, 2n, 6n)).join()).toMatch(/^I4/)
  })

  it('is noticed where a counter moved by something else: I5', () => {
    expect(effectsOf(issue(1n), answer(201), before, state(5n, 3n, 5n)).join()).toMatch(/^I5/)
    expect(effectsOf(issue(-1n), answer(201), before, state(5n, 2n, 3n)).join()).toMatch(/^I5/)
  })

  it('is noticed where a refusal or a replay changed something: I9', () => {
    expect(effectsOf(issue(9n), answer(413), before, state(5n, 2n, 5n)).join()).toMatch(/^I9/)
    expect(effectsOf(issue(1n), answer(201, true), before, state(5n, 2n, 5n)).join()).toMatch(/^I9/)
    const issued = state(5n, 2n, 4n, { pending: [shown([1n, 'model-a', '', []])] })
    expect(effectsOf(issue(9n), answer(404), before, issued).join()).toMatch(/^I9/)
    const keyed = state(5n, 2n, 4n, { keys: [shown(['model-a k', 422, '', null])] })
    expect(effectsOf(issue(1n), answer(422), before, keyed).join()).toMatch(/^key/)
  })

  it("is noticed where it ended another's: I11", () => {
    const theirs = state(5n, 2n, 4n, { pending: [shown([1n, 'model-b', '', []])] })
    const act = { kind: 'act', by: 'model-a', action: 'accept', serial: 1n } as const
    expect(effectsOf(act, answer(200), theirs, state(5n, 2n, 4n)).join()).toMatch(/^I11/)
  })
})

const ROLLED_BACK = new Error('rolled back')

describe('the invariants', () => {
  /** One of each: pending import, pending release, accepted; all of them with keys. */
  beforeAll(async () => {
    const { database, world, tokens } = stage
    const start = PROJECTS.map((project) => ({
      ...startOf(new Random(1), project),
      capacities: [
        { resource: 'model.vm', project: 100n, member: 10n },
        { resource: 'model.disk', project: 100n, member: 10n },
      ],
    }))
    await beginAgain(database, start)
    world.forget()
    const drive = overHttp(world.origin + world.basePath, tokens, () => 0)
    const [target, other] = HOLDINGS.filter(({ source }) => source !== null)
    const issue = (key: string, quantity: bigint, autoAccept: boolean): Issue => ({
      kind: 'issue',
      id: 0,
      by: 'model-a',
      provisions: [target, other].map((holding) => ({ ...(holding as Provision), quantity })),
      name: `keyed ${key}`,
      force: false,
      autoAccept,
      key,
    })
    for (const step of [issue('accepted', 5n, true), issue('import', 3n, false), issue('release', -2n, false)])
      expect((await drive(step)).status).toBe(201)
  })

  const touched = '(select holdings[1] from commissions limit 1)'
  const unconstrained = 'alter table holdings drop constraint usage_in_order'
  const faults: readonly (readonly [fault: string, rule: string, statements: readonly string[]])[] = [
    ['nothing', 'nothing', []],
    ['usage below zero', 'I1', [unconstrained, `update holdings set usage_min = -1 where id = ${touched}`]],
    [
      'usages out of order',
      'I1',
      [unconstrained, `update holdings set usage_min = usage_max + 1 where id = ${touched}`],
    ],
    ['one counter that is off', 'I2', [`update holdings set usage_max = usage_max + 1 where id = ${touched}`]],
    [
      'both counters off',
      'I3',
      [`update holdings set usage_min = usage_min + 1, usage_max = usage_max + 1 where id = ${touched}`],
    ],
    ['a commission that vanished', 'I2', ["delete from commissions where name = 'keyed import'"]],
    ['a commission that vanished, and its key', 'key', ["delete from commissions where name = 'keyed release'"]],
    ['a log record that vanished', 'I3', ['delete from resolutions']],
    ['more pending than counted', 'I10', ["update commissions set quantities = '{9, 9}' where name = 'keyed import'"]],
    ['a holding that vanished', 'I10', [`delete from holdings where id = ${touched}`]],
    ['a holding charged twice', 'I12', ['update commissions set holdings = array[holdings[1], holdings[1]]']],
    ['too much accepted', 'I14', ["update resolutions set quantities = '{-1, 5}'"]],
    ['a log record with odd counters', 'log', ["update resolutions set usage_mins = '{9, 9}'"]],
    [
      'a commission both pending and ended',
      'serial',
      ["update resolutions set serial = (select serial from commissions where name = 'keyed import')"],
    ],
    [
      'a serial that was not drawn',
      'serial',
      ["update commissions set serial = 123456789 where name = 'keyed import'"],
    ],
    ['a key without a decision', 'key', ["update idempotency_keys set status = null where key = 'import'"]],
    ['a key of something else', 'key', ["update idempotency_keys set serial = serial + 1 where key = 'import'"]],
    [
      'a key whose body names another',
      'key',
      [`update idempotency_keys set body = '{"serial":1234}' where key = 'import'`],
    ],
    ['a refusal with a serial', 'key', ["update idempotency_keys set status = 413 where key = 'import'"]],
    ['an effect without its key', 'key', ["delete from idempotency_keys where key = 'accepted'"]],
  ]
  for (const [fault, rule, statements] of faults) {
    it(`report ${fault}: ${rule}`, async () => {
      let broken: string[] = []
      const attempt = stage.database.transaction(async (tx) => {
        for (const statement of statements) await tx.query(sql(statement))
        broken = await brokenInvariants(tx)
        throw ROLLED_BACK
      })
      await expect(attempt).rejects.toBe(ROLLED_BACK)
      if (rule === 'nothing') expect(broken).toEqual([])
      else expect(broken.map((line) => line.slice(0, line.indexOf(':')))).toContain(rule)
    })
  }
})

describe('many connections to two processes', () => {
  let played: CrowdPlayed
  let end: State

  beforeAll(async () => {
    const first = await ServiceProcess.start(stage.connection)
    await using _first = first.process
    const second = await ServiceProcess.start(stage.connection)
    await using _second = second.process
    played = await playTogether(SEED, { connections: 32, steps: 12 }, stage, [first, second])
    end = await readState(stage.database)
  })

  it('are told what is stored, each once, and break no invariant', () => {
    expect(played.problems).toEqual([])
    expect(played.calls.length).toBeGreaterThanOrEqual(32 * 12)
    const isThere = (test: (call: Call) => boolean): boolean => played.calls.some(test)
    expect(isThere(({ answer }) => answer.status === 201 && answer.replayed)).toBe(true)
    expect(isThere(({ answer }) => answer.status === 413)).toBe(true)
    expect(isThere(({ request, answer }) => request.kind === 'act' && answer.status === 200)).toBe(true)
  })

  /** The history with one thing changed. */
  const retold = (which: (call: Call) => boolean, change: (call: Call) => Call | null): string[] => {
    const at = played.calls.findIndex(which)
    const call = played.calls[at]
    if (!call) throw new Error('The history has no such call')
    const changed = change(call)
    return explain(played.calls.toSpliced(at, 1, ...(changed ? [changed] : [])), end, new Map())
  }
  const answered = (call: Call, more: Partial<Call['answer']>): Call => ({
    ...call,
    answer: { ...call.answer, ...more },
  })
  const isIssue = ({ request, answer }: Call): boolean =>
    request.kind === 'issue' && answer.status === 201 && !answer.replayed
  const isKeyed = (call: Call): boolean => isIssue(call) && 'key' in call.request && call.request.key !== null

  it('would be noticed if an effect had no answer', () => {
    expect(retold(isIssue, () => null).join()).toMatch(/stored: .*nobody was given it/)
  })

  it('would be noticed if an answer had no effect', () => {
    const lie = (call: Call): Call => answered(call, { body: { serial: 10n ** 12n } })
    expect(retold(isIssue, lie).join()).toMatch(/stored: 1000000000000 is nowhere/)
  })

  it('would be noticed if a serial was given twice, or out of order', () => {
    const [first, second] = played.calls.filter(isIssue) as [Call, Call]
    const twice = retold(
      (call) => call === second,
      (call) => answered(call, first.answer),
    )
    expect(twice.join()).toMatch(/serial: \d+ was given to/)
    const late = retold(
      (call) => call === first,
      (call) => ({ ...call, sent: 10 ** 9, received: 10 ** 9 + 1 }),
    )
    expect(late.join()).toMatch(/serial: .* came after/)
  })

  it('would be noticed if a key had two decisions, or two answers', () => {
    const isReplay = ({ answer }: Call): boolean => answer.status === 201 && answer.replayed
    expect(retold(isReplay, (call) => answered(call, { replayed: false })).join()).toMatch(
      /key: .* was decided 2 times/,
    )
    expect(retold(isReplay, (call) => answered(call, { status: 404, body: {} })).join()).toMatch(
      /key: .* has two answers/,
    )
    expect(retold(isKeyed, (call) => answered(call, { replayed: true })).join()).toMatch(/key: .* was decided 0 times/)
  })

  it('would be noticed if a commission was settled twice, by a stranger, or not when it could be', () => {
    const isAct = ({ request, answer }: Call): boolean => request.kind === 'act' && answer.status === 200
    const act = played.calls.find(isAct) as Call
    expect(explain([...played.calls, act], end, new Map()).join()).toMatch(/settled: \d+ more than once/)
    const stranger = retold(isAct, (call) => ({ ...call, request: { ...call.request, by: 'model-x' } }))
    expect(stranger.join()).toMatch(/I11/)
    const missed = retold(isAct, (call) => answered(call, { status: 404 }))
    expect(missed.join()).toMatch(/settled: \d+ was pending all the while/)
  })

  it('would be noticed if the sums were off', () => {
    const [holding = '', ...others] = end.holdings
    const parts = JSON.parse(holding) as string[]
    const off = JSON.stringify([...parts.slice(0, 5), `${BigInt(parts[5]?.slice(0, -1) ?? 0) + 1n}n`])
    expect(explain(played.calls, { ...end, holdings: [off, ...others] }, new Map()).join()).toMatch(/sum: /)
  })

  it('would be noticed if a refusal did not add up, or named another limit', () => {
    const isRefused = ({ answer }: Call): boolean =>
      answer.status === 413 && JSON.stringify(answer.body).includes('NoCapacityError')
    type Body = { overLimit: { data: { limit: number; provision: Provision } } }
    const generous = retold(isRefused, (call) => {
      const body = structuredClone(call.answer.body) as Body
      body.overLimit.data.limit = 1000
      return answered(call, { body })
    })
    expect(generous.join()).toMatch(/refusal: /)
    const refused = played.calls.find(isRefused) as Call
    const { limit, provision } = (refused.answer.body as Body).overLimit.data
    const fixed = new Map([[nameOf(provision), BigInt(limit) + 1n]])
    expect(explain(played.calls, end, fixed).join()).toMatch(/refusal: /)
  })

  it('never know a serial before it was issued', () => {
    const serials = played.calls.filter(isIssue).map((call) => serialOf(call) ?? 0n)
    expect(new Set(serials).size).toBe(serials.length)
  })
})
