// Who am I, and what may I use? Run it with `npx tsx examples/authenticate.ts`.
import { AstakosClient, parseEndpoints, Unauthorized } from 'astakosclient'
import { exampleService } from './support/service.ts'

const service = await exampleService()
const client = new AstakosClient(service.token, service.authUrl)

try {
  const { access } = await client.authenticate()
  console.log(`${access.user.name} (${access.user.id})`)
  console.log(`token until ${access.token.expires}, projects: ${access.user.projects.join(', ')}`)

  const [account] = parseEndpoints(await client.getEndpoints(), { name: 'astakos_account', versionId: 'v1.0' })
  console.log(`the account API is at ${account?.endpoints[0]?.publicURL}`)
} catch (error) {
  if (!(error instanceof Unauthorized)) throw error
  console.error(`The token is not valid: ${error.fault?.message}`)
  process.exitCode = 1
} finally {
  await service.stop()
}
