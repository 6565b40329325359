// Apply for a project, join it, enroll somebody. Run it with `npx tsx examples/projects.ts`.
import { AstakosClient, BadRequest, Conflict } from 'astakosclient'
import { exampleService } from './support/service.ts'

const service = await exampleService()
const client = new AstakosClient(service.token, service.authUrl)

try {
  // The specs are the service's own document, so its members keep their names.
  const { id, application } = await client.createProject({
    name: 'walk.example.org',
    end_date: '2040-06-01T00:00:00Z',
    description: 'd',
    comments: 'c',
    join_policy: 'auto',
    max_members: 3,
    resources: { 'cyclades.vm': { project_capacity: 6, member_capacity: 3 } },
  })
  console.log(`application ${application} for project ${id} waits for approval`)

  for (const project of await client.getProjects({ state: 'uninitialized' })) {
    console.log(`${project.name}: ${project.state}, up to ${project.last_application?.max_members} members`)
  }

  // Once an administrator has approved it, members come by themselves, or are enrolled by the owner.
  await client.joinProject(id)
  for (const { user, state, allowed_actions: actions } of await client.getMemberships({ projectId: id })) {
    console.log(`${user} is ${state} and may ${actions.join(' or ')}`)
  }
  const { id: membership } = await client.enrollMember(id, 'dave@example.org')
  await client.membershipAction(membership, 'remove', { reason: 'no' })
} catch (error) {
  if (error instanceof BadRequest) console.error(`The service refuses the specs: ${error.fault?.message}`)
  else if (error instanceof Conflict) console.error(`Not now: ${error.fault?.message}`)
  else throw error
  process.exitCode = 1
} finally {
  await service.stop()
}
