import { Database } from '../../packages/server/src/db/database.ts'
import { startEmbedded } from '../../packages/server/src/db/embedded/index.ts'
import { sql, type Statement } from '../../packages/server/src/db/statement.ts'
import { SERVE_WORLD, WorldService } from '../replay-server/service.ts'
import type { Scope } from '../replay-server/scope.ts'
import { BASE } from './template.ts'
import { NAMED, STEPS } from './stage.ts'
import { WORLD_FILE } from './world.ts'

/** What every table holds, in a line that differs when it does. */
export type Tables = ReadonlyMap<string, { readonly rows: number; readonly md5: string }>

/** A service that may be tried. */
export interface Target {
  readonly host: string
  readonly port: number
  /** Fills in what the names of the world stand for. */
  bind(text: string): string
  tables(): Promise<Tables>
  /** A world as if nothing had happened. */
  reset(): Promise<void>
}

// Attempts to sign in are counted, and none is one that changes anything.
const TABLES = sql(`select table_name as name from information_schema.tables
                     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'sign_in_failures'
                     order by 1`)

/** Of each table a line; sequences aside, which attempts may use up. */
function fingerprintOf(names: readonly string[]): Statement {
  return sql(
    names
      .map(
        (name) => `select '${name}' as name, count(*)::int as rows,
                          md5(coalesce(string_agg(t::text, chr(10) order by t::text), '')) as md5 from "${name}" as t`,
      )
      .join(' union all '),
  )
}

/** A service in a process of its own, so that its end is noticed, on a PostgreSQL that is looked into from here. */
export async function startTarget(root: string): Promise<Target & AsyncDisposable> {
  await using stack = new AsyncDisposableStackLike()
  const postgres = await startEmbedded({ dataDir: null })
  stack.defer(() => postgres.stop())
  const { host: folder, port, user, database: name } = postgres.connection
  const url = `postgresql://${user}@localhost:${port}/${name}?host=${encodeURIComponent(folder)}`
  const service = new WorldService([...SERVE_WORLD, '--world', WORLD_FILE, '--database-url', url], root)
  stack.defer(() => service[Symbol.asyncDispose]())
  const database = new Database(postgres.connection)
  stack.defer(() => database.close())

  const prepared = async (scope: Scope): Promise<Scope> => {
    await service.order({ requires: 'user-admin-api' })
    return staged(scope)
  }
  let scope = await prepared(await service.start())
  const tables = await database.query<{ name: string }>(TABLES)
  const fingerprint = fingerprintOf(tables.map((table) => table.name))
  const origin = new URL(scope.text('<origin>'))

  const all = stack.move()
  return {
    host: origin.hostname,
    port: Number(origin.port),
    bind: (text) => bound(text, scope),
    async tables() {
      const rows = await database.query<{ name: string; rows: number; md5: string }>(fingerprint)
      return new Map(rows.map((row) => [row.name, { rows: row.rows, md5: row.md5 }]))
    },
    async reset() {
      scope = await prepared(await service.reset())
    },
    [Symbol.asyncDispose]: () => all[Symbol.asyncDispose](),
  }
}

/** A name that stands for nothing stays as it is. */
function bound(text: string, scope: Scope): string {
  return text.replaceAll(NAMED, (name) => (scope.isBound(name) ? scope.text(name) : name))
}

/** Prepares a fresh world. */
async function staged(scope: Scope): Promise<Scope> {
  for (const { path, as, body, answer } of STEPS) {
    // oxlint-disable-next-line no-await-in-loop -- each builds on those before
    const response = await fetch(`${scope.text('<origin>')}${BASE}/account/v1.0/${bound(path, scope)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-auth-token': scope.text(`<token:${as}>`) },
      body: bound(JSON.stringify(body), scope),
    })
    // oxlint-disable-next-line no-await-in-loop -- so does its answer
    const text = await response.text()
    if (!scope.matches(answer, text)) throw new Error(`${path} was answered by ${response.status} ${text}`)
  }
  return scope
}

/** What was started is ended in the reverse order, also where a later start fails. */
class AsyncDisposableStackLike implements AsyncDisposable {
  #ends: (() => PromiseLike<void>)[] = []

  defer(end: () => PromiseLike<void>): void {
    this.#ends.push(end)
  }

  move(): AsyncDisposable {
    const moved = new AsyncDisposableStackLike()
    moved.#ends = this.#ends
    this.#ends = []
    return moved
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.toReversed()) await end()
  }
}
