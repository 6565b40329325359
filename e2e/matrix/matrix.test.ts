import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from '../../packages/server/src/db/statement.ts'
import { Builder } from './builder.ts'
import { SYSTEM_PROJECTS } from './expected-projects.ts'
import { ENROLL, JOIN, MEMBERSHIPS } from './expected-memberships.ts'
import { ENROLLED, JOINED, OUTCOMES } from './expected-situations.ts'
import { brokenInvariants } from './invariants.ts'
import { joins, neverAlive } from './joins.ts'
import { allMachines } from './machines.ts'
import { memberships } from './memberships.ts'
import { report } from './report.ts'
import { runMatrix, type Outcome } from './run.ts'
import { changedBetween, snapshot } from './snapshot.ts'
import { openStage, type Stage } from './stage.ts'
import { systemProjects } from './system-projects.ts'
import { table, type Table } from './table.ts'
import { axesOf, type Tables } from './tables.ts'

let stage: Stage
beforeAll(async () => {
  stage = await openStage(null)
})
afterAll(() => stage[Symbol.asyncDispose]())

const failed = ({ failures }: Outcome): string[] =>
  failures.map(({ cell }) => `${cell.action} by ${cell.actor} in ${cell.state}`)

/** A table of that one row. */
const only = (from: Table, row: string): Table =>
  table(`
    ${from.columns.join('  ')}
    ${row}  ${from.columns.map((column) => from.at(row, column)).join('  ')}`)

describe('the matrix', () => {
  it('is what the tables say, and every invariant holds', async () => {
    const outcome = await runMatrix(stage, allMachines(['last place', 'suspended']))
    const lines = report(outcome)
    // 336 of projects, 120 of system projects, 308 + 672 + 16 of applications, 2 × (384 + 72 + 40) of memberships, 20.
    expect(lines.at(-1), lines.join('\n')).toBe(
      'all: Σ actions × actors × states = 2464 cells, 2464 passed, 0 failed, 0 invariants broken',
    )
    expect(lines).toContain('projects: actions 6 × actors 7 × states 8 = 336 cells, 336 passed, 0 failed')
  })

  it('has a cell for each action, actor and state', () => {
    for (const machine of allMachines()) {
      const { name, actions, actors, states } = machine
      const cells = machine.scenes(stage).flatMap((scene) => scene.cells)
      const keys = new Set(cells.map(({ action, actor, state }) => [action, actor, state].join('|')))
      expect(cells.length, name).toBe(actions.length * actors.length * states.length)
      expect(keys.size, name).toBe(cells.length)
    }
  })
})

describe('a wrong expectation', () => {
  const suspend = (word: string): Tables => ({
    suspend: (SYSTEM_PROJECTS['suspend'] ?? ENROLL).with('admin', 'active', word),
  })

  it('fails where something else is refused', async () => {
    const outcome = await runMatrix(stage, [
      neverAlive({ join: JOIN_OF_NOTHING.with('owner', 'deleted', 'forbidden') }),
    ])
    expect(failed(outcome)).toEqual(['join by owner in deleted'])
    const [line, ...rest] = report(outcome)
    expect(line).toMatch(
      /^FAILED .*: join by owner in “deleted” \(forbidden\): 403 forbidden “You do not have .*” expected, got 409 .*is not alive/,
    )
    expect(rest.at(-1)).toBe('all: Σ actions × actors × states = 4 cells, 3 passed, 1 failed, 0 invariants broken')
  })

  it('fails where what should be refused is done', async () => {
    const outcome = await runMatrix(stage, [systemProjects(suspend('forbidden'))])
    expect(failed(outcome)).toEqual(['suspend by admin in active'])
    const problems = outcome.failures[0]?.problems.join('\n')
    expect(problems).toMatch(/^403 forbidden “.*” expected, got 200 without a body$/m)
    expect(problems).toMatch(/^changed project: /m)
    expect(problems).toMatch(/^changed limit /m)
  })

  it('fails where another state follows', async () => {
    const outcome = await runMatrix(stage, [systemProjects(suspend('terminated'))])
    expect(failed(outcome)).toEqual(['suspend by admin in active'])
    expect(outcome.failures[0]?.problems[0]).toBe('state: "terminated" expected, got "suspended"')
  })

  it('fails where what should be done is refused', async () => {
    const tables = { rename: only(SYSTEM_PROJECTS['rename'] ?? ENROLL, 'admin').with('admin', 'active', 'submitted') }
    const outcome = await runMatrix(stage, [systemProjects(tables)])
    expect(failed(outcome)).toEqual(['rename by admin in active'])
    expect(outcome.failures[0]?.problems[0]).toMatch(/^200 expected, got 409 /)
  })

  it('fails in the list of allowed actions, too', async () => {
    const tables = {
      memberships: MEMBERSHIPS,
      enroll: ENROLL,
      outcomes: OUTCOMES.with('closed', 'leave', 'removed'),
      enrolled: ENROLLED,
    }
    const outcome = await runMatrix(stage, [memberships(['closed'], tables)])
    const places = ['accepted', 'leave_requested'].flatMap((state) => [`self in ${state}`, `admin in ${state}`])
    const expected = [...places, 'admin in suspended'].flatMap((place) => [
      `leave by ${place}, closed`,
      `read by ${place}, closed`,
    ])
    expect(failed(outcome).toSorted()).toEqual(expected.toSorted())
  })

  it('fails where a request is expected to be an admission', async () => {
    const tables = { join: only(JOIN, 'other'), joined: JOINED.with('full, auto', 'none', 'accepted') }
    const outcome = await runMatrix(stage, [joins(['full, auto'], tables)])
    expect(failed(outcome)).toEqual(['join by other in none, full, auto'])
  })
})

const JOIN_OF_NOTHING = table(`
           uninitialized  deleted
  owner    not alive      not alive
  nobody   no token       no token`)

describe('what the matrix looks at', () => {
  it('shows every change of a project and of usage', async () => {
    await stage.reset()
    const builder = new Builder(stage)
    const project = await builder.inhabited()
    await builder.charge(project, ['member'])
    const before = await snapshot(stage.database, project.uuid)
    const change = async (statement: string): Promise<string[]> => {
      await stage.database.query(sql(statement))
      return changedBetween(before, await snapshot(stage.database, project.uuid))
    }
    const member = stage.uuid('member')
    expect(
      await change(
        `update holdings set usage_max = usage_max + 1 where source = 'project:${project.uuid}' and resource = 'cyclades.vm' and usage_max > 0`,
      ),
    ).toEqual([`usage user:${member} cyclades.vm`])
    expect(await change(`update users set default_project = uuid || '!' where uuid = '${member}'`)).toContain(
      `account ${member}`,
    )
    expect(await change(`update projects set description = 'x' where uuid = '${project.uuid}'`)).toContain('project')
  })

  it.each([
    ['I2', /^I2: /m, `update holdings set usage_max = usage_max + 1 where id = (select min(id) from holdings)`],
    [
      'I3',
      /^I3: /m,
      `update holdings set usage_max = usage_max + 1, usage_min = usage_min + 1 where id = (select min(id) from holdings)`,
    ],
    [
      'I6',
      /^I6: /m,
      `update holdings set resource = 'gone' where source is null and id = (select min(id) from holdings where source is null)`,
    ],
    ['I7', /^I7: /m, `update holdings set "limit" = "limit" - 1 where id = (select min(id) from holdings)`],
    ['I7 without a holding', /^I7: .*missing/m, `delete from holdings where id = (select max(id) from holdings)`],
    ['I13', /^I13: /m, `update applications set state = 'pending'`],
  ])('finds that %s is broken', async (_, pattern, statement) => {
    await stage.reset()
    const builder = new Builder(stage)
    await builder.inhabited()
    expect(await brokenInvariants(stage.database, null)).toEqual([])
    await stage.database.query(sql(statement))
    expect((await brokenInvariants(stage.database, null)).join('\n')).toMatch(pattern)
  })
})

describe('a table', () => {
  it('has a word for each column', () => {
    expect(() => table('  a  b\n  row  x')).toThrow(RangeError)
    expect(() => table('  a\n  row  x\n  row  y')).toThrow(RangeError)
    expect(() => table('  a\n  row  x').at('row', 'b')).toThrow(RangeError)
  })

  it('has the rows and columns of the others', () => {
    expect(() => axesOf({ one: table('  a\n  row  x'), other: table('  b\n  row  x') })).toThrow(RangeError)
  })
})
