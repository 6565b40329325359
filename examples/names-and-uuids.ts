// Names for uuids, and back. Run it with `npx tsx examples/names-and-uuids.ts`.
import { AstakosClient, NoUUID } from 'astakosclient'
import { exampleService } from './support/service.ts'

const service = await exampleService()
const client = new AstakosClient(service.token, service.authUrl)

try {
  // One at a time: an unknown one is an error.
  console.log(await client.getUsername(service.alice))
  console.log(await client.getUuid('bob@example.org'))

  // Many at once: unknown ones are missing from the answer. A service asks with its own token.
  const asService = client.withToken(service.serviceToken)
  const names = await asService.serviceGetUsernames([service.bob])
  console.log(names[service.bob] ?? 'nobody')
} catch (error) {
  if (!(error instanceof NoUUID)) throw error
  console.error(`There is no ${error.displayName}`)
  process.exitCode = 1
} finally {
  await service.stop()
}
