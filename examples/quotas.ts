// What is left of a user's quotas, exactly. Run it with `npx tsx examples/quotas.ts`.
import { AstakosClient, effectiveQuota, formatQuantity } from 'astakosclient'
import { exampleService } from './support/service.ts'

const service = await exampleService()
const client = new AstakosClient(service.token, service.authUrl)

try {
  const [quotas, resources] = await Promise.all([client.getQuotas(), client.getResources()])
  for (const [project, byResource] of Object.entries(quotas)) {
    console.log(`project ${project}`)
    for (const [resource, quota] of Object.entries(byResource)) {
      // Limits are `bigint`: 9223372036854775807n, which a number would round, is how a service says "unlimited".
      const { limit, usage, available, boundBy } = effectiveQuota(quota)
      const [of, used, left] = [limit, usage, available].map((quantity) =>
        formatQuantity(quantity, resources[resource]?.unit),
      )
      console.log(`  ${resource.padEnd(26)}${used} of ${of} used, ${left} left (bound by the ${boundBy})`)
    }
  }
} finally {
  await service.stop()
}
