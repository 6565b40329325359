import { randomUUID } from 'node:crypto'
import { ApplicationScene, type Subject } from './application-scene.ts'
import { Builder, freshName, type Project } from './builder.ts'
import { FIRST_APPLICATIONS, MODIFICATIONS, TAKEN_NAMES } from './expected-applications.ts'
import type { Cell, Machine, Scene } from './matrix.ts'
import type { Stage } from './stage.ts'
import type { Table } from './table.ts'
import { axesOf, cellsOf, changesSomething, type Tables } from './tables.ts'

/** One scene for all that is refused, and one for each of the others. */
function scenesOf(stage: Stage, cells: readonly Cell[], arrange: () => Promise<Subject>): Scene[] {
  const shared = cells.filter((cell) => !changesSomething(cell))
  const alone = cells.filter(changesSomething).map((cell) => [cell])
  return [shared, ...alone]
    .filter((together) => together.length > 0)
    .map((together) => new ApplicationScene(stage, together, arrange))
}

export function firstApplications(tables: Tables = FIRST_APPLICATIONS): Machine {
  const axes = axesOf(tables)
  return {
    name: 'first applications',
    ...axes,
    scenes: (stage) =>
      axes.states.flatMap((column) =>
        scenesOf(stage, cellsOf(tables, column), () => arrangeFirst(new Builder(stage), column)),
      ),
  }
}

async function arrangeFirst(builder: Builder, column: string): Promise<Subject> {
  const isOwners = column === "owner's" || column === "owner's denied"
  const project = await builder.create(isOwners ? { applicant: 'owner' } : {})
  const subject = {
    project,
    application: project.application,
    state: 'uninitialized',
    applicant: isOwners ? 'owner' : 'applicant',
  }
  if (column === 'approved') {
    await builder.decide(project, 'approve')
    await builder.membership(project, 'member', 'accepted')
    await builder.membership(project, 'former', 'removed')
    return { ...subject, state: 'active' }
  }
  await builder.keepOut(project)
  switch (column) {
    case 'name taken':
      return { ...subject, taker: await takeName(builder, project.name) }
    case 'denied':
    case "owner's denied":
      await builder.decide(project, 'deny')
      return subject
    case 'dismissed':
      await builder.decide(project, 'deny')
      await builder.decide(project, 'dismiss')
      return { ...subject, state: 'deleted' }
    case 'cancelled':
      await builder.decide(project, 'cancel')
      return { ...subject, state: 'deleted' }
    case 'unknown':
      return { ...subject, application: 999_999_999n }
    case 'elsewhere':
      return { ...subject, address: (await builder.create()).uuid }
    case 'nowhere':
      return { ...subject, address: randomUUID() }
    default:
      return subject
  }
}

async function takeName(builder: Builder, name: string): Promise<Project> {
  const taker = await builder.create({ name })
  await builder.decide(taker, 'approve')
  return taker
}

const ALIVE_ONCE = ['active', 'suspended', 'terminated'] as const
type AliveOnce = (typeof ALIVE_ONCE)[number]

export function modifications(tables: Tables = MODIFICATIONS): Machine {
  const { states, ...axes } = axesOf(tables)
  const stateOf = (project: string, column: string): string => `${column}, project ${project}`
  return {
    name: 'modifications',
    ...axes,
    states: ALIVE_ONCE.flatMap((project) => states.map((column) => stateOf(project, column))),
    scenes: (stage) =>
      ALIVE_ONCE.flatMap((project) =>
        states.flatMap((column) =>
          scenesOf(stage, cellsOf(tables, column, stateOf(project, column)), () =>
            arrangeModification(new Builder(stage), project, column),
          ),
        ),
      ),
  }
}

async function arrangeModification(builder: Builder, state: AliveOnce, column: string): Promise<Subject> {
  const project = await builder.inhabited()
  await builder.charge(project, ['member'])
  const applicant = column.startsWith("admin's") ? 'steward' : 'owner'
  const application = await builder.modify(project, applicant, { description: 'asked for', max_members: 50 })
  switch (column) {
    case 'approved':
      await builder.decide(project, 'approve', application)
      break
    case 'replaced':
      await builder.modify(project, 'owner', { description: 'asked for instead' })
      break
    case 'denied':
    case "admin's denied":
      await builder.decide(project, 'deny', application)
      break
    case 'dismissed':
      await builder.decide(project, 'deny', application)
      await builder.decide(project, 'dismiss', application)
      break
    case 'cancelled':
      await builder.decide(project, 'cancel', application)
      break
    default:
  }
  await come(builder, project, state)
  return { project, application, state, applicant }
}

async function come(builder: Builder, project: Project, state: AliveOnce): Promise<void> {
  if (state === 'suspended') await builder.turn(project, 'suspend')
  if (state === 'terminated') await builder.turn(project, 'terminate')
}

/** The name that would be reserved is another project's. The columns are those of the table. */
export function takenNames(table: Table = TAKEN_NAMES): Machine {
  return {
    name: 'modifications and names',
    actions: table.rows,
    actors: ['admin'],
    states: table.columns,
    scenes: (stage) =>
      table.columns.flatMap((state) => {
        const cells = table.rows.map((action) => ({ action, actor: 'admin', state, expected: table.at(action, state) }))
        return scenesOf(stage, cells, () => arrangeTaken(new Builder(stage), state))
      }),
  }
}

async function arrangeTaken(builder: Builder, column: string): Promise<Subject> {
  const project = await builder.inhabited()
  const isNew = column.endsWith('new name')
  const state = ALIVE_ONCE.find((each) => column.startsWith(each)) ?? 'active'
  const name = isNew ? freshName() : project.name
  const application = await builder.modify(project, 'owner', { description: 'asked for', ...(isNew && { name }) })
  await come(builder, project, state)
  return { project, application, state, applicant: 'owner', taker: await takeName(builder, name) }
}
