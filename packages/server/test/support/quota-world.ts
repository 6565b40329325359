import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseExact } from 'astakosclient/wire'
import pg from 'pg'
import { startWorldService, type WorldService } from '../../scripts/world-service.ts'
import type { World } from '../../scripts/world.ts'
import type { ConnectionSettings } from '../../src/db/connect.ts'
import { migrate } from '../../src/db/migrate.ts'
import type { EngineOptions } from '../../src/quotas/engine.ts'
import { Component, type Provision } from './component.ts'
import type { Reply } from './http.ts'
import { freshDatabase, startServer, type Connection, type Database, type Prepare } from './postgres.ts'
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts'

const world = parseExact(
  readFileSync(new URL('../../../../fixtures/golden/world.json', import.meta.url), 'utf8'),
) as World

const migrated: Prepare = async (connection) => void (await migrate(connection))

/** Shorter than the service's own, which is the same in all else. */
const LOCK_TIMEOUT_MS = 1000

export interface Key {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
}

export interface Counters {
  readonly limit: number
  readonly min: number
  readonly max: number
}

/** A transaction by hand. */
export interface Held {
  query: pg.Client['query']
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** A service with the recorded world on a database of its own, and whoever else is at that database. */
export class QuotaWorld {
  readonly service: WorldService
  readonly connection: Connection
  /** Statements by hand, each its own transaction. */
  readonly hand: pg.Client
  readonly #bindings: Record<string, string> = {}
  readonly #cleanUps: (() => Promise<unknown>)[]

  private constructor(
    service: WorldService,
    connection: Connection,
    hand: pg.Client,
    cleanUps: (() => Promise<unknown>)[],
  ) {
    this.service = service
    this.connection = connection
    this.hand = hand
    this.#cleanUps = cleanUps
  }

  static async open(database: Database, options: { readonly engine?: EngineOptions } = {}): Promise<QuotaWorld> {
    const { connection, drop } = await freshDatabase(await startServer(database), migrated)
    return QuotaWorld.on(connection, options, [drop])
  }

  /** With a proxy before the database that can break connections. */
  static async openBehindProxy(
    database: Database,
    options: { readonly engine?: EngineOptions } = {},
  ): Promise<{ world: QuotaWorld; proxy: TcpProxy }> {
    const { connection, drop } = await freshDatabase(await startServer(database), migrated)
    const proxy = await startTcpProxy({ path: socketOf(connection) })
    const cleanUps = [drop, () => proxy.close()]
    const opened = await QuotaWorld.on(connection, { ...options, via: through(proxy, connection) }, cleanUps)
    return { world: opened, proxy }
  }

  /** On a migrated database. */
  static async on(
    connection: Connection,
    { engine, via }: { readonly engine?: EngineOptions; readonly via?: ConnectionSettings },
    cleanUps: (() => Promise<unknown>)[] = [],
  ): Promise<QuotaWorld> {
    const service = await startWorldService(via ?? connection, {
      ...(engine && { engine }),
      lockTimeoutMs: LOCK_TIMEOUT_MS,
    })
    const hand = await connectByHand(connection)
    cleanUps.push(
      () => hand.end(),
      async () => service[Symbol.asyncDispose](),
    )
    const opened = new QuotaWorld(service, connection, hand, cleanUps)
    await opened.reset()
    return opened
  }

  /** Another process, as far as the database can tell. */
  async another(engine?: EngineOptions): Promise<WorldService> {
    const service = await startWorldService(this.connection, {
      ...(engine && { engine }),
      lockTimeoutMs: LOCK_TIMEOUT_MS,
    })
    this.#cleanUps.push(async () => service[Symbol.asyncDispose]())
    return service
  }

  /** Everything as it was at first, with some room more for virtual machines. */
  async reset(): Promise<void> {
    Object.assign(this.#bindings, await this.service.load(world))
    await this.hand.query(`update holdings set "limit" = 10 where resource = 'cyclades.vm'`)
  }

  component(name: string, service: WorldService = this.service): Component {
    return new Component(service.origin, this.binding(`token:component:${name}`))
  }

  binding(name: string): string {
    const value = this.#bindings[name]
    if (value === undefined) throw new Error(`The world has no ${name}`)
    return value
  }

  member(user: string, resource = 'cyclades.vm'): Key {
    const uuid = this.binding(`uuid:${user}`)
    return { holder: `user:${uuid}`, source: `project:${uuid}`, resource }
  }

  project(user: string, resource = 'cyclades.vm'): Key {
    return { holder: `project:${this.binding(`uuid:${user}`)}`, source: null, resource }
  }

  /** Both halves of a charge. */
  charge(user: string, quantity: unknown, resource = 'cyclades.vm'): Provision[] {
    return [
      { ...this.member(user, resource), quantity },
      { ...this.project(user, resource), quantity },
    ]
  }

  async counters({ holder, source, resource }: Key): Promise<Counters> {
    const { rows } = await this.hand.query<{ limit: string; min: string; max: string }>(
      `select "limit", usage_min as min, usage_max as max
         from holdings
        where holder = $1 and source is not distinct from $2 and resource = $3`,
      [holder, source, resource],
    )
    const [row] = rows
    if (row === undefined) throw new Error('There is no such holding')
    return { limit: Number(row.limit), min: Number(row.min), max: Number(row.max) }
  }

  /** Of the member, and the project's must be the same. */
  async usage(user: string, resource = 'cyclades.vm'): Promise<[min: number, max: number]> {
    const [member, project] = [
      await this.counters(this.member(user, resource)),
      await this.counters(this.project(user, resource)),
    ]
    if (member.min !== project.min || member.max !== project.max)
      throw new Error(`The halves differ: ${JSON.stringify({ member, project })}`)
    return [member.min, member.max]
  }

  async set(key: Key, column: 'limit' | 'usage_min' | 'usage_max', value: bigint | number): Promise<void> {
    await this.hand.query(
      `update holdings set "${column}" = $4 where holder = $1 and source is not distinct from $2 and resource = $3`,
      [key.holder, key.source, key.resource, value],
    )
  }

  /** Of both halves. */
  async setLimit(user: string, limit: bigint | number, resource = 'cyclades.vm'): Promise<void> {
    await this.set(this.member(user, resource), 'limit', limit)
    await this.set(this.project(user, resource), 'limit', limit)
  }

  async count(table: 'commissions' | 'resolutions' | 'idempotency_keys'): Promise<number> {
    const { rows } = await this.hand.query<{ count: string }>(`select count(*) from ${table}`)
    return Number(rows[0]?.count)
  }

  async begin(): Promise<Held> {
    const client = await connectByHand(this.connection)
    await client.query('begin')
    const end = (how: string) => async (): Promise<void> => {
      await client.query(how)
      await client.end()
    }
    return { query: client.query.bind(client), commit: end('commit'), rollback: end('rollback') }
  }

  /** Locks a holding in a transaction of its own. */
  async lock({ holder, source, resource }: Key): Promise<Held> {
    const held = await this.begin()
    await held.query(
      'select from holdings where holder = $1 and source is not distinct from $2 and resource = $3 for update',
      [holder, source, resource],
    )
    return held
  }

  /** Until so many sessions wait for a lock. */
  async untilWaiting(sessions = 1): Promise<void> {
    await until(async () => {
      const { rows } = await this.hand.query<{ count: string }>(
        `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return Number(rows[0]?.count) === sessions
    })
  }

  /** Keeps the engine busy with a request that changes nothing. What comes meanwhile waits. @returns ends it. */
  async stall(): Promise<() => Promise<void>> {
    const held = await this.lock(this.member('judy'))
    const decoy = this.component('pithos').issue({ provisions: [{ ...this.member('judy'), quantity: -1 }] })
    await this.untilWaiting()
    return async () => {
      await held.rollback()
      await decoy
    }
  }

  /** Sends them so that they are decided in one transaction, in this order. */
  async together(requests: readonly (() => Promise<Reply>)[], service: WorldService = this.service): Promise<Reply[]> {
    const goOn = await this.stall()
    const replies: Promise<Reply>[] = []
    for (const request of requests) {
      replies.push(request())
      await untilQueued(service, replies.length)
    }
    await goOn()
    return Promise.all(replies)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanUp of this.#cleanUps.splice(0).toReversed()) await cleanUp()
  }
}

export async function untilQueued({ service }: WorldService, requests: number): Promise<void> {
  await until(() => service.engine.waiting === requests)
}

/** Asks again and again. A condition that never comes true ends with the test's time. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(5)
}

export function socketOf({ host, port }: Connection): string {
  return `${host}/.s.PGSQL.${port}`
}

/** The same database by way of a proxy. */
export function through(proxy: TcpProxy, connection: Connection): ConnectionSettings {
  return { ...connection, host: '127.0.0.1', port: proxy.port }
}

async function connectByHand(connection: Connection): Promise<pg.Client> {
  const client = new pg.Client(connection)
  // Where a server is killed, the statements under way tell.
  client.on('error', () => undefined)
  await client.connect()
  return client
}
