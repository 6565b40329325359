import { AstakosClient, QuotaLimit } from 'astakosclient'
import type { Intent, Journal } from '../faults/journal.ts'
import { RESOURCES, type World } from '../faults/world.ts'
import type { Random } from '../model/random.ts'

/** What a service would do: everything through the client, which knows when to come again. */
export interface Load {
  readonly world: World
  readonly authUrl: string
  readonly journal: Journal
  /** Told of calls that the client gave up. */
  readonly onFailure: (what: string) => void
  /** A commission was acknowledged. */
  readonly onIssued: () => void
}

/** Each call may be made so often; a failover takes some seconds. */
const RETRIES = 200

/** Issues and settles until it is told to stop; what it has begun it settles. */
export async function charge(load: Load, name: string, random: Random, isOver: () => boolean): Promise<void> {
  const { world, authUrl, journal } = load
  const component = random.below(world.components.length)
  const client = new AstakosClient(world.components[component]?.token ?? '', authUrl, {
    usePool: true,
    retry: RETRIES,
    retryDelayMsMax: 1000,
  })
  for (let n = 0; !isOver(); n++) {
    const one = chargeOf(world, `${name}-${n}`, component, random)
    const { intent } = one
    journal.write({ at: 'intend', intent })
    const serial = await tried(load, `issue ${intent.key}`, () => issue(client, journal, one))
    if (typeof serial !== 'number') continue
    load.onIssued()
    if (intent.autoAccept) continue
    const isAccept = random.chance(0.5)
    const [accept, reject] = isAccept ? [[intent.key], []] : [[], [intent.key]]
    journal.write({ at: 'act', accept, reject })
    await tried(load, `settle ${serial}`, async () => {
      await (isAccept ? client.acceptCommission(serial) : client.rejectCommission(serial))
      journal.write({ at: 'acted', key: intent.key, state: isAccept ? 'accepted' : 'rejected' })
    })
  }
  await client.close()
}

interface Charge {
  readonly intent: Intent
  readonly user: string
  readonly quantities: Readonly<Record<string, number>>
}

async function issue(
  client: AstakosClient,
  journal: Journal,
  { intent: { key, autoAccept }, user, quantities }: Charge,
): Promise<number | null> {
  const decided = (status: number, serial: number | null): void =>
    journal.write({ at: 'decided', key, decision: { status, body: '', serial, by: 'worker' } })
  try {
    const name = `keyed ${key}`
    const serial = await client.issueOneCommission(user, user, quantities, { idempotencyKey: key, name, autoAccept })
    decided(201, serial)
    return serial
  } catch (error) {
    if (!(error instanceof QuotaLimit)) throw error
    decided(413, null)
    return null
  }
}

async function tried<T>({ onFailure }: Load, what: string, call: () => Promise<T>): Promise<T | null> {
  try {
    return await call()
  } catch (error) {
    onFailure(`${what}: ${String(error)}`)
    return null
  }
}

function chargeOf({ users }: World, key: string, component: number, random: Random): Charge {
  const user = random.pick(users)
  const { name: resource, step } = random.pick(RESOURCES)
  // A little more is taken than given back, so that both limits are met.
  const quantity = (1 + random.below(step)) * (random.chance(0.45) ? -1 : 1)
  const provisions = [
    { holder: `user:${user}`, source: `project:${user}`, resource, quantity },
    { holder: `project:${user}`, source: null, resource, quantity },
  ]
  const intent = { key, component, provisions, autoAccept: random.chance(0.4) }
  return { intent, user, quantities: { [resource]: quantity } }
}
