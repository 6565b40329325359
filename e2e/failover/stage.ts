import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../packages/server/src/db/database.ts'
import { Journal } from '../faults/journal.ts'
import { freePort } from '../faults/processes.ts'
import { Closing, Service } from '../faults/stage.ts'
import { makeWorld, type World } from '../faults/world.ts'
import { Balancer } from './balancer.ts'
import { Pair } from './pair.ts'

/** Some services behind HAProxy, over a primary and a standby. */
export interface Stage extends AsyncDisposable {
  readonly pair: Pair
  readonly services: readonly Service[]
  readonly balancer: Balancer
  readonly authUrl: string
  readonly journal: Journal
  readonly world: World
  /** A way around the services. */
  ask<T>(question: (database: Database) => Promise<T>): Promise<T>
}

export async function openStage(services: number): Promise<Stage> {
  const closing = new Closing()
  try {
    return await build(closing, services)
  } catch (error) {
    await closing.close()
    throw error
  }
}

async function build(closing: Closing, count: number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'astakos-failover-'))
  closing.add(() => rm(folder, { recursive: true, force: true }))
  // Where this runs as root, PostgreSQL runs as somebody else, who has to get in.
  await chmod(folder, 0o755)
  const pair = await Pair.start(join(folder, 'postgres'))
  closing.add(() => pair[Symbol.asyncDispose]())
  const ports = await Promise.all(Array.from({ length: count }, () => freePort()))
  // One name for all of them, which has to be known before the balancer is there; the client asks for the origin alone.
  const balancerPort = await freePort()
  const args = [
    `--database-url=${pair.url}`,
    `--secret-key-file=${join(folder, 'secret.key')}`,
    `--base-url=http://127.0.0.1:${balancerPort}/astakos`,
  ]
  const services = ports.map((port) => new Service(port, args))
  for (const service of services) {
    closing.add(() => service.stop())
    // oxlint-disable-next-line no-await-in-loop -- the first one makes the key
    await service.start()
  }
  const ask = async <T>(question: (database: Database) => Promise<T>): Promise<T> => {
    const database = new Database({ connectionString: pair.primaryUrl })
    try {
      return await question(database)
    } finally {
      await database.close()
    }
  }
  const world = await ask((database) => makeWorld(database))
  const journal = new Journal(join(folder, 'journal.jsonl'))
  closing.add(() => journal[Symbol.dispose]())
  const balancer = await Balancer.start(folder, balancerPort, ports)
  closing.add(() => balancer[Symbol.asyncDispose]())
  return {
    pair,
    services,
    balancer,
    authUrl: `${balancer.origin}/astakos/identity/v2.0`,
    journal,
    world,
    ask,
    [Symbol.asyncDispose]: () => closing.close(),
  }
}
