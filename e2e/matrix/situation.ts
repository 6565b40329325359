import { sql } from '../../packages/server/src/db/statement.ts'
import type { Builder, Project } from './builder.ts'
import { SITUATIONS } from './expected-situations.ts'

/**
 * A project that was open to everything comes to be as the situation says.
 * @param whileActive done in between.
 */
export async function settleSituation(
  builder: Builder,
  project: Project,
  situation: string,
  whileActive: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const at = (column: string): string => SITUATIONS.at(situation, column)
  // What was suspended with its owner is active again: P-1.
  const application = await builder.modify(project, 'steward', {
    join_policy: at('join'),
    leave_policy: at('leave'),
    max_members: await limitOf(builder, project, at('members')),
    private: at('private') === 'yes',
  })
  await builder.decide(project, 'approve', application)
  await whileActive()
  if (at('project') === 'suspended') await builder.turn(project, 'suspend')
  if (at('project') === 'terminated') await builder.turn(project, 'terminate')
}

/** Where there is one place, and whoever was before has taken it. */
export async function renewSituation(builder: Builder, project: Project, situation: string): Promise<void> {
  const members = SITUATIONS.at(situation, 'members')
  if (members !== 'one more') return
  const max_members = await limitOf(builder, project, members)
  await builder.decide(project, 'approve', await builder.modify(project, 'steward', { max_members }))
}

const MEMBERS = sql(`
  select count(*) as members
    from memberships as m
    join projects as p on p.id = m.project_id
   where p.uuid = $1 and m.state in ('accepted', 'leave_requested', 'suspended')`)

async function limitOf(builder: Builder, { uuid }: Project, members: string): Promise<number | string> {
  const [row] = await builder.stage.database.query<{ members: bigint }>(MEMBERS, [uuid])
  const taken = Number(row?.members ?? 0n)
  switch (members) {
    case 'any':
      return 'inf'
    case 'taken':
      return taken
    case 'one more':
      return taken + 1
    default:
      return Number(members)
  }
}
