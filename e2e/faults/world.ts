import type { Database } from '../../packages/server/src/db/database.ts'
import { SecretKeys } from '../../packages/server/src/identity/secret-keys.ts'
import { addComponent, addResource, addService } from '../../packages/server/src/operations/registry.ts'
import { acceptUser, addUser, verifyUser } from '../../packages/server/src/operations/users.ts'

/** Few holdings, so that workers meet at them; tight limits, so that some are refused. */
export interface World {
  readonly users: readonly string[]
  readonly components: readonly { readonly name: string; readonly token: string }[]
}

export const RESOURCES: readonly { readonly name: string; readonly limit: bigint; readonly step: number }[] = [
  { name: 'faults.vm', limit: 60n, step: 3 },
  { name: 'faults.disk', limit: 2n ** 40n, step: 2 ** 32 },
]

const USERS = 4
const DAY_MS = 24 * 3600 * 1000

export function makeWorld(database: Database): Promise<World> {
  return database.transaction(async (tx) => {
    const components = []
    for (const name of ['faults-a', 'faults-b']) {
      const { token } = await addComponent(tx, { name, baseUrl: null, uiUrl: null })
      components.push({ name, token })
    }
    await addService(tx, { component: 'faults-a', name: 'faults', type: 'faults', endpoints: [] })
    for (const { name, limit } of RESOURCES) {
      await addResource(tx, {
        name,
        description: null,
        unit: null,
        serviceType: 'faults',
        serviceOrigin: 'faults',
        uiVisible: true,
        apiVisible: true,
        systemDefault: limit,
        projectDefault: 0n,
      })
    }
    const users = []
    for (let n = 0; n < USERS; n++) {
      const { id, uuid } = await addUser(tx, SecretKeys.random(), {
        email: `user-${n}@example.org`,
        firstName: 'User',
        lastName: String(n),
        hasSignedTerms: true,
        tokenExpires: new Date(Date.now() + DAY_MS),
      })
      await verifyUser(tx, id)
      await acceptUser(tx, id, 'manual')
      users.push(uuid)
    }
    return { users, components }
  })
}
