// Reserve quota, do the work, then accept or reject. Run it with `npx tsx examples/commission.ts`.
import { AstakosClient, AstakosClientException, QuotaLimit } from 'astakosclient'
import { exampleService } from './support/service.ts'

const service = await exampleService()
const client = new AstakosClient(service.serviceToken, service.authUrl, { usePool: true, retry: 3 })
const user = service.bob
const project = service.bob // a user's own project has the user's uuid

const RAM = 2n * 1024n ** 3n
const SERVER = { 'cyclades.vm': 1, 'cyclades.cpu': 4, 'cyclades.ram': RAM, 'cyclades.total_ram': RAM }

async function createServer(): Promise<void> {
  // Reserved: nobody else can take it now, and it can still be undone.
  const serial = await client.issueOneCommission(user, project, SERVER, { name: 'create server 1' })
  console.log(`commission ${serial} is pending`)
  try {
    await work()
  } catch (error) {
    await client.rejectCommission(serial)
    throw error
  }
  await client.acceptCommission(serial)
  console.log(`commission ${serial} is accepted`)
}

async function work(): Promise<void> {
  console.log('the server is made')
}

try {
  await createServer()
  await client.issueCommissionGeneric(
    [{ user, project, resource: 'cyclades.vm', quantity: 2 }],
    [{ project, resource: 'cyclades.vm', quantity: 1 }],
    { name: 'too much' },
  )
} catch (error) {
  if (error instanceof QuotaLimit) {
    console.log(`no quota of ${error.provision?.resource}: ${error.requested} wanted, ${error.available} left`)
  } else if (error instanceof AstakosClientException && error.outcome === 'unknown') {
    // It may have been reserved. With a key, the same call again tells; without, look through what is pending.
    console.error(`unsure: ${error.idempotencyKey ?? (await client.getPendingCommissions()).join(', ')}`)
  } else throw error
} finally {
  await client.close()
  await service.stop()
}
