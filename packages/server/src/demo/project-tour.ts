import type { AstakosClient, Project } from 'astakosclient'
import { machinesOf, refusalOf, type Screen } from './screen.ts'

/** Clients of those who take part, and the uuid of the one who joins. */
export interface Cast {
  readonly applicant: AstakosClient
  readonly administrator: AstakosClient
  readonly member: AstakosClient
  readonly memberId: string
  readonly service: AstakosClient
}

const NAME = 'lab.example.org'
const YEAR_MS = 365 * 24 * 3600 * 1000

/** A project from its application to its first charge. At a later start both the project and its member are there. */
export async function tourOfProjects(screen: Screen, cast: Cast): Promise<void> {
  const { member, memberId, service } = cast

  const id = await projectOf(screen, cast)

  screen.step('Another user joins, and may use what it offers its members')
  const [known] = await member.getMemberships({ projectId: id })
  if (known?.state !== 'accepted') {
    screen.code('await other.joinProject(project)')
    await member.joinProject(id)
  }
  screen.code('await other.getMemberships({ projectId: project })')
  for (const { state, allowed_actions: actions } of await member.getMemberships({ projectId: id }))
    screen.result(`bob is ${state}, and may ${actions.join(' or ')}`)
  screen.code('await other.getQuotas()')
  screen.result(await machinesOf(member, id))

  screen.step("It is charged, up to its member's limit")
  screen.code("await service.issueOneCommission(bob, project, { 'cyclades.vm': 2 }, { autoAccept: true })")
  await service.issueOneCommission(memberId, id, { 'cyclades.vm': 2 }, { autoAccept: true })
  screen.result(await machinesOf(member, id))
  screen.code("await service.issueOneCommission(bob, project, { 'cyclades.vm': 2 })")
  screen.result(await refusalOf(service.issueOneCommission(memberId, id, { 'cyclades.vm': 2 })))
  screen.code("await service.issueOneCommission(bob, project, { 'cyclades.vm': -2 }, { autoAccept: true })")
  await service.issueOneCommission(memberId, id, { 'cyclades.vm': -2 }, { autoAccept: true })
  screen.result(await machinesOf(member, id))
}

async function projectOf(screen: Screen, { applicant, administrator }: Cast): Promise<string> {
  const [known] = await applicant.getProjects({ name: NAME, state: 'active' })
  if (known) {
    screen.step('A project that an earlier start made')
    screen.code(`await user.getProjects({ name: '${NAME}', state: 'active' })`)
    screen.result(`${shown(known)}`)
    return known.id
  }
  screen.step('A user applies for a project, and an administrator approves it')
  screen.code(`await user.createProject({ name: '${NAME}', join_policy: 'auto', max_members: 5, …`)
  screen.code("  resources: { 'cyclades.vm': { project_capacity: 6, member_capacity: 3 } } })")
  const { id, application } = await applicant.createProject({
    name: NAME,
    end_date: new Date(Date.now() + YEAR_MS).toISOString(),
    join_policy: 'auto',
    max_members: 5,
    resources: { 'cyclades.vm': { project_capacity: 6, member_capacity: 3 } },
  })
  screen.result(`application ${application} is pending: ${shown(await applicant.getProject(id))}`)
  screen.code(`await administrator.applicationAction(project, ${application}, 'approve')`)
  await administrator.applicationAction(id, application, 'approve')
  screen.result(`approved: ${shown(await applicant.getProject(id))}`)
  return id
}

function shown({ name, state, max_members: most }: Project): string {
  return `${name} is ${state}, for up to ${most} members`
}
