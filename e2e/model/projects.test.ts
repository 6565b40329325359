import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../packages/server/src/db/statement.ts'
import { kindOf, notAllowed } from './allowed.ts'
import { messageIn } from './answers.ts'
import { playProjectsTogether, type ProjectCrowdPlayed } from './concurrent-projects.ts'
import { wasPossible, type CrowdCall } from './crowd.ts'
import { generateProjects } from './generate-projects.ts'
import { explainProjects } from './history-projects.ts'
import { brokenInvariants } from './invariants.ts'
import { brokenProjectInvariants, tooManyMembers } from './invariants-projects.ts'
import { ProjectModel } from './model-views.ts'
import { playProjects, projectListing } from './program-projects.ts'
import type { Membership, Project } from './records.ts'
import { ServiceProcess } from './service-process.ts'
import { shrink } from './shrink.ts'
import { openProjectStage, PROJECT_SETTINGS } from './stage-projects.ts'
import type { Stage } from './stage.ts'
import type { ProjectProgram, Step } from './steps-projects.ts'
import { ADMIN } from './universe-projects.ts'

const SEED = 20261124
const PROGRAMS = 25

let stage: Stage

beforeAll(async () => {
  stage = await openProjectStage(null)
})

afterAll(async () => {
  await stage[Symbol.asyncDispose]()
})

describe('random programs of projects', () => {
  it('are answered and stored as the specification says', async () => {
    const answers = new Map<string, number>()
    for (let number = 0; number < PROGRAMS; number += 1) {
      const program = generateProjects(SEED, number)
      const played = await playProjects(program, stage)
      expect(played.violation, `program ${number} of seed ${SEED}:\n${projectListing(program).join('\n')}`).toBeNull()
      for (const [name, times] of played.answers) answers.set(name, (answers.get(name) ?? 0) + times)
    }
    // Else they would prove little.
    const done = ['create 201', 'modify 201', 'join 200', 'enroll 200', 'charge 201', 'prefer 200', 'usage 200']
    const decided = ['approve', 'deny', 'cancel'].map((action) => `decide ${action} 200`)
    const acted = ['suspend', 'unsuspend', 'terminate', 'reinstate'].map((action) => `project ${action} 200`)
    const members = ['accept', 'reject', 'cancel', 'leave', 'remove'].map((action) => `member ${action} 200`)
    const refused = ['create 400', 'join 401', 'join 409', 'enroll 403', 'show 403', 'charge 413', 'decide approve 409']
    for (const name of [...done, ...decided, ...acted, ...members, ...refused])
      expect(answers.get(name), name).toBeGreaterThan(0)
  })

  it('are the same for the same seed, and others for another', () => {
    const text = (seed: number, number: number): string => projectListing(generateProjects(seed, number)).join('\n')
    expect(text(7, 3)).toBe(text(7, 3))
    expect(new Set([text(7, 3), text(7, 4), text(8, 3)]).size).toBe(3)
  })
})

/** Models that get a rule wrong: that is what a service that gets it wrong looks like to a right one. */
class OneMoreMember extends ProjectModel {
  protected override roomLeft(project: Project): boolean {
    return super.roomLeft({ ...project, max_members: project.max_members + 1n })
  }
}
class OneMoreApplication extends ProjectModel {
  protected override isTooMany(pending: bigint, limit: bigint): boolean {
    return pending > limit + 1n
  }
}
class DefaultProjectStays extends ProjectModel {
  protected override resetDefault(_: Membership): void {
    // It stays.
  }
}
class DeadTakeMembers extends ProjectModel {
  override requireAlive(project: Project): void {
    if (project.state !== 'terminated') super.requireAlive(project)
  }
}
class DeniedStaysPending extends ProjectModel {
  protected override countPending(applicant: string, by: bigint): void {
    if (by > 0n || [...this.applications.values()].at(-1)?.state !== 'denied') super.countPending(applicant, by)
  }
}

describe('the comparison with the model of projects', () => {
  for (const Wrong of [OneMoreMember, OneMoreApplication, DefaultProjectStays, DeadTakeMembers, DeniedStaysPending]) {
    it(`notices a rule that differs: ${Wrong.name}`, async () => {
      const fails = async (program: ProjectProgram): Promise<number | null> =>
        (await playProjects(program, stage, (ids) => new Wrong(ids))).violation?.step ?? null
      let failing: ProjectProgram | null = null
      for (let number = 0; number < 400 && failing === null; number += 1) {
        const program = generateProjects(SEED, number)
        const step = await fails(program)
        if (step !== null) failing = { ...program, steps: program.steps.slice(0, step + 1) }
      }
      if (failing === null) throw new Error('No program noticed it')
      expect((await playProjects(failing, stage)).violation).toBeNull()
      const smallest = await shrink(failing, async (smaller) => (await fails(smaller)) !== null)
      expect(smallest.steps.length).toBeLessThanOrEqual(10)
      expect(await fails(smallest)).not.toBeNull()
    })
  }
})

const ROLLED_BACK = new Error('rolled back')

describe('the invariants of projects', () => {
  /** A project with two members and a modification that waits; one that waits; and one that was given up. */
  beforeAll(async () => {
    const specs = { name: 'team.example.org', end_date: '2040-06-01T00:00:00+00:00', join_policy: 'auto' } as const
    const team = { created: 1 }
    const program: Step[] = [
      { kind: 'create', id: 1, by: 'ann', specs },
      { kind: 'decide', by: ADMIN, action: 'approve', project: team, application: { submitted: 1 }, reason: '' },
      { kind: 'join', by: 'bob', project: team },
      { kind: 'enroll', by: 'ann', project: team, email: 'cat@example.org' },
      { kind: 'prefer', by: 'bob', project: team },
      { kind: 'modify', id: 2, by: 'ann', project: team, specs: { max_members: 2n } },
      { kind: 'create', id: 3, by: 'cat', specs: { ...specs, name: 'waits.example.org' } },
      { kind: 'create', id: 4, by: 'cat', specs: { ...specs, name: 'gone.example.org' } },
      {
        kind: 'decide',
        by: 'cat',
        action: 'cancel',
        project: { created: 4 },
        application: { submitted: 4 },
        reason: '',
      },
    ]
    expect((await playProjects({ number: 0, steps: program }, stage)).violation).toBeNull()
  })

  const project = (name: string): string => `(select id from projects where realname = '${name}.example.org')`
  const user = (uuid: string): string => `(select id from users where uuid = '${uuid}')`
  const membership = (uuid: string): string =>
    `(select id from memberships where user_id = ${user(uuid)} and project_id = ${project('team')})`
  const unreserved = 'alter table projects drop constraint name_reserved_while_alive'
  const faults: readonly (readonly [fault: string, rule: string, statements: readonly string[]])[] = [
    ['nothing', 'nothing', []],
    ['a holding without its half', 'I6', ["delete from holdings where source is null and holder <> 'project:ann'"]],
    ['a limit that is off', 'I7', [`update holdings set "limit" = "limit" + 1 where holder = 'user:bob'`]],
    ['a limit that should be there', 'I7', ["delete from holdings where holder = 'user:bob'"]],
    ['a capacity that nobody carried out', 'I7', ['update project_resources set member_capacity = 1']],
    [
      'a limit of nobody',
      'I7',
      ["insert into holdings (holder, resource, \"limit\") values ('user:x', 'model.vm', 0)"],
    ],
    [
      'applications that are not counted',
      'I13',
      ["update holdings set usage_min = 0, usage_max = 0 where resource = 'astakos.pending_app'"],
    ],
    [
      'a name that two have',
      'name',
      [
        'alter table projects drop constraint projects_name_key',
        unreserved,
        `update projects set realname = 'team.example.org', name = 'team.example.org', state = 'active' where id = ${project('waits')}`,
      ],
    ],
    [
      'a name that is not reserved',
      'name',
      [unreserved, `update projects set name = null where id = ${project('team')}`],
    ],
    [
      'two pending applications',
      'pending',
      ['drop index one_pending_application', "update applications set state = 'pending'"],
    ],
    [
      'too many pending applications',
      'pending',
      [
        "insert into applications (project_id, applicant_id, state) select id, (select id from users where uuid = 'dan'), 'pending' from projects where is_system",
      ],
    ],
    ['a last application that is not', 'last', ['update projects set last_application_id = null']],
    ['a project that waits for nothing', 'state', ["update applications set state = 'approved'"]],
    [
      'a project that nobody has approved',
      'state',
      ["update applications set state = 'denied' where state = 'approved'"],
    ],
    [
      'two memberships of one',
      'pair',
      [
        'alter table memberships drop constraint memberships_user_id_project_id_key',
        'insert into memberships (user_id, project_id, state) select user_id, project_id, state from memberships',
      ],
    ],
    [
      'a project whose log has a gap',
      'log',
      [
        "insert into project_log (project_id, from_state, to_state) select id, 'terminated', 'active' from projects where state = 'active'",
      ],
    ],
    ['a project whose log ends elsewhere', 'log', [`delete from project_log where project_id = ${project('gone')}`]],
    ['a membership whose log has a gap', 'log', ["delete from membership_log where to_state = 'requested'"]],
    [
      'a membership whose log ends elsewhere',
      'log',
      [`update memberships set state = 'suspended' where id = ${membership('bob')}`],
    ],
    [
      'a membership of what never was active',
      'initialized',
      [`update memberships set project_id = ${project('waits')} where id = ${membership('bob')}`],
    ],
    [
      'a member that never was accepted',
      'initialized',
      [`update memberships set initialized = false where id = ${membership('bob')}`],
    ],
    ['an inactive account that is accepted', 'account', ["update users set is_active = false where uuid = 'bob'"]],
    [
      'a default project of others',
      'default',
      [`update memberships set state = 'removed' where id = ${membership('bob')}`],
    ],
  ]
  for (const [fault, rule, statements] of faults) {
    it(`report ${fault}: ${rule}`, async () => {
      let broken: string[] = []
      const attempt = stage.database.transaction(async (tx) => {
        for (const statement of statements) await tx.query(sql(statement))
        broken = [...(await brokenInvariants(tx)), ...(await brokenProjectInvariants(tx))]
        throw ROLLED_BACK
      })
      await expect(attempt).rejects.toBe(ROLLED_BACK)
      if (rule === 'nothing') expect(broken).toEqual([])
      else expect(broken.map((line) => line.slice(0, line.indexOf(':')))).toContain(rule)
    })
  }

  it('report more members than there is room for, where the room was never taken away', async () => {
    const { database } = stage
    const [team] = await database.query<{ uuid: string }>(
      sql(`select uuid from projects where id = ${project('team')}`),
    )
    const attempt = database.transaction(async (tx) => {
      expect(await tooManyMembers(tx, [team?.uuid ?? ''])).toEqual([])
      await tx.query(sql(`update projects set max_members = 1 where id = ${project('team')}`))
      expect((await tooManyMembers(tx, [team?.uuid ?? ''])).join()).toMatch(/^members: .* has 2 members of 1$/)
      throw ROLLED_BACK
    })
    await expect(attempt).rejects.toBe(ROLLED_BACK)
  })
})

describe('a state', () => {
  const entries = [
    { to: 'active', call: { sent: 10, received: 20 } },
    { to: 'suspended', call: { sent: 30, received: 40 } },
  ]
  const at = (sent: number, received: number, state: string): boolean =>
    wasPossible({ sent, received }, 'uninitialized', entries, (other) => other === state)

  it('is possible from the first moment of the call that made it to the last one of the next', () => {
    expect([at(0, 5, 'active'), at(0, 12, 'active'), at(38, 50, 'active'), at(41, 50, 'active')]).toEqual([
      false,
      true,
      true,
      false,
    ])
    expect([at(18, 19, 'uninitialized'), at(21, 22, 'uninitialized')]).toEqual([true, false])
  })
})

describe('many connections to two processes, about projects', () => {
  let played: ProjectCrowdPlayed

  beforeAll(async () => {
    const first = await ServiceProcess.start(stage.connection, PROJECT_SETTINGS)
    await using _first = first.process
    const second = await ServiceProcess.start(stage.connection, PROJECT_SETTINGS)
    await using _second = second.process
    played = await playProjectsTogether(SEED, { connections: 32, steps: 15 }, stage, [first, second])
  })

  const isDone =
    (kind: string) =>
    ({ request, answer }: CrowdCall): boolean =>
      kindOf(request) === kind && answer.status < 300
  const isRefused =
    (pattern: RegExp) =>
    ({ answer }: CrowdCall): boolean =>
      pattern.test(messageIn(answer) ?? '')

  it('are told what happened, and break no invariant', () => {
    expect(played.problems).toEqual([])
    expect(played.calls.length).toBeGreaterThanOrEqual(32 * 15)
    for (const kind of [
      'create',
      'modify',
      'decide approve',
      'join',
      'enroll',
      'member accept',
      'member leave',
      'charge',
    ])
      expect(played.calls.some(isDone(kind)), kind).toBe(true)
    // Somebody was too late; for what, is up to the race.
    const tooLate = /maximum number of pending|with name .* already exists|maximum number of members/
    expect(played.calls.some(isRefused(tooLate))).toBe(true)
  })

  /** The history with one call changed. */
  const retold = (which: (call: CrowdCall) => boolean, change: (call: CrowdCall) => CrowdCall[]): string => {
    const at = played.calls.findIndex(which)
    const call = played.calls[at]
    if (!call) throw new Error('The history has no such call')
    return explainProjects(played.calls.toSpliced(at, 1, ...change(call)), played.end).join('\n')
  }
  const answered = (call: CrowdCall, status: number, body: unknown = null): CrowdCall => ({
    ...call,
    answer: { ...call.answer, status, body },
  })
  /** Before anything was there. */
  const early = (call: CrowdCall): CrowdCall => ({ ...call, sent: -1, received: 0 })

  it('are explained as they were', () => {
    expect(explainProjects(played.calls, played.end)).toEqual([])
  })

  it('would be noticed if a refusal had an effect, or an answer none', () => {
    expect(retold(isDone('member leave'), (call) => [answered(call, 403)])).toMatch(/was refused .* and is in the log/)
    const isLeave = ({ request, answer }: CrowdCall): boolean =>
      kindOf(request) === 'member leave' && answer.status === 409
    expect(retold(isLeave, (call) => [answered(call, 200)])).toMatch(/was done and is 0 times in the log/)
  })

  it('would be noticed if a join or an enrolment had no answer', () => {
    expect(retold(isDone('join'), () => [])).toMatch(/joined .* times and it is .* in the log/)
    const both = retold(isDone('enroll'), (call) => [call, call, call, call, call, call, call, call])
    expect(both).toMatch(/enrolled .* times it is in the log/)
  })

  it('would be noticed if an application was decided twice, or by nobody', () => {
    const twice = retold(isDone('decide approve'), (call) => [
      call,
      { ...call, request: { ...call.request, action: 'cancel' } as CrowdCall['request'] },
    ])
    expect(twice).toMatch(/ended as approved and cancelled/)
    expect(retold(isDone('decide approve'), () => [])).toMatch(/is approved, and was made pending/)
  })

  it('would be noticed if a refusal had no reason', () => {
    expect(retold(isRefused(/^Request or membership already exists/), (call) => [early(call)])).toMatch(/^refusal: /m)
    expect(retold(isRefused(/with name .* already exists/), (call) => [early(call)])).toMatch(/can not have been alive/)
    expect(retold(isRefused(/in state '/), (call) => [early(call)])).toMatch(/which it can not have been/)
  })

  it('would be noticed if an answer was none that there is', () => {
    const [call] = played.calls as [CrowdCall]
    expect(notAllowed([answered(call, 500)])).toHaveLength(1)
    expect(
      notAllowed([answered(call, 409, { conflict: { code: 409, message: 'Go away', details: '' } })]),
    ).toHaveLength(1)
    expect(notAllowed(played.calls)).toEqual([])
  })
})
