import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { Readable } from 'node:stream'
import { parseExact, stringifyExact } from 'astakosclient/wire'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startWorldService, type WorldService, type WorldServiceOptions } from '../../scripts/world-service.ts'
import { admin } from '../../src/admin/command.ts'
import { SCOPES } from '../../src/admin/scopes.ts'
import { addAdminToken } from '../../src/admin/tokens.ts'
import { Refused, type RefusalKind } from '../../src/projects/refused.ts'
import { send } from './http.ts'
import { migrated } from './migrated.ts'
import { databases, freshDatabase, startServer } from './postgres.ts'
import { WORLD } from './world.ts'

/** What a case works with. */
export interface AdminWorld {
  /** What the placeholders of the recorded world stand for: `uuid:alice`, `token:alice`, `token:cyclades`, … */
  readonly names: Readonly<Record<string, string>>
  readonly service: WorldService
  /** An operation on the side, with every right. */
  call(operation: string, input?: object): Promise<unknown>
  query<Row extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
}

type Of<T> = T | ((world: AdminWorld) => T | Promise<T>)

/** One thing that an operation does or refuses. Cases are driven through the command and through HTTP alike. */
export interface Case {
  readonly title: string
  readonly operation: string
  /** What has to be there before. */
  readonly given?: (world: AdminWorld) => Promise<unknown>
  readonly input?: Of<object>
  /** It is refused with exactly this message, and nothing in the whole database changes. */
  readonly refused?: Of<{ readonly kind: RefusalKind; readonly message: string }>
  /** What the output has to match. */
  readonly output?: Of<unknown>
  /** All rows of the audit that it writes, in order; before and after have to match. */
  readonly audit?: Of<readonly { readonly subject: string; readonly before: unknown; readonly after: unknown }[]>
  /** What else has become of it: quotas, tokens, mails. */
  readonly effect?: (world: AdminWorld, output: unknown) => Promise<void>
}

type Channel = (operation: string, input: object) => Promise<unknown>

const KINDS: Readonly<Record<number, RefusalKind>> = {
  400: 'malformed',
  403: 'forbidden',
  404: 'unknown',
  409: 'conflict',
}

/** Runs cases on a fresh world each, twice: by `astakos-server admin` and by `POST /admin/v1/…`. */
export function testCases(area: string, cases: readonly Case[]): void {
  describe.each(['command', 'http'] as const)(`${area} by %s`, (kind) => {
    const setup = adminWorld()
    it.each(cases)('$operation: $title', async (one) => {
      const world = setup.world()
      await one.given?.(world)
      const input = (await valueOf(one.input, world)) ?? {}
      const before = await setup.digest()
      const run = setup.channel(kind)
      if (one.refused !== undefined) {
        const refused = await valueOf(one.refused, world)
        await expect(run(one.operation, input)).rejects.toMatchObject(refused as object)
        expect(await setup.digest(), 'a refusal changes nothing').toEqual(before)
        return
      }
      const [last] = await world.query<{ id: bigint }>('select coalesce(max(id), 0) as id from audit')
      const output = await run(one.operation, input)
      const expected = await valueOf(one.output, world)
      if (expected !== undefined) expect(output).toMatchObject(expected as object)
      const rows = await world.query(
        'select actor, operation, subject, before, after from audit where id > $1 order by id',
        [last?.id],
      )
      const audit = ((await valueOf(one.audit, world)) ?? []).map((row) => ({
        ...row,
        operation: one.operation,
        actor: kind === 'http' ? 'token:all' : (expect.stringMatching(/^command:/) as string),
      }))
      expect(rows).toMatchObject(audit)
      expect(rows).toHaveLength(audit.length)
      if (audit.length === 0) expect(await setup.digest(), 'without a row of the audit nothing changes').toEqual(before)
      await one.effect?.(world, output)
    })
  })
}

export interface Setup {
  world(): AdminWorld
  channel(kind: 'command' | 'http'): Channel
  /** Of each table, what is in it. */
  digest(): Promise<Record<string, string>>
  /** A token of the admin API with these scopes. */
  token(name: string, scopes: readonly string[]): Promise<string>
}

/** A service on the recorded world, which each test gets fresh. */
export function adminWorld(serviceOptions: WorldServiceOptions = {}): Setup {
  let service: WorldService
  let world: AdminWorld
  let all: string
  let folder: string
  let url: string
  let pool: pg.Pool
  let drop: () => Promise<void>

  beforeAll(async () => {
    const [database] = databases
    if (!database) throw new Error('There is no PostgreSQL')
    const server = await startServer(database)
    const fresh = await freshDatabase(server, migrated)
    const { connection } = fresh
    service = await startWorldService(connection, serviceOptions)
    pool = new pg.Pool({ ...connection, max: 1, types: EXACT })
    // It is dropped under it.
    pool.on('error', () => undefined)
    folder = mkdtempSync(join(tmpdir(), 'astakos-admin-'))
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'key'), service.secretKey.first.toString('hex'), { mode: 0o600 })
    url = `postgresql://${connection.user}@/${connection.database}?host=${encodeURIComponent(connection.host)}&port=${connection.port}`
    drop = fresh.drop
  })
  afterAll(async () => {
    await service[Symbol.asyncDispose]()
    await pool.end()
    await drop()
    rmSync(folder, { recursive: true })
  })

  const token = async (name: string, scopes: readonly string[]): Promise<string> =>
    (await service.service.database.transaction((tx) => addAdminToken(tx, { name, scopes, expires: null }))) ?? ''

  const byHttp: Channel = async (operation, input) => {
    const { status, json } = await send('POST', `${service.origin}${service.basePath}/admin/v1/${operation}`, {
      headers: { 'x-auth-token': all, 'content-type': 'application/json' },
      body: stringifyExact(input),
    })
    if (status === 200) return json
    const [fault] = Object.values(json as Record<string, { message: string }>)
    const kind = KINDS[status]
    throw kind === undefined ? new Error(`${status}: ${fault?.message}`) : new Refused(kind, fault?.message ?? '')
  }
  const byCommand: Channel = async (operation, input) => {
    const pieces: string[] = []
    const streams = {
      input: Readable.from([stringifyExact(input)]),
      output: { write: (piece: string | Uint8Array) => pieces.push(String(piece)) > 0 },
    }
    const options = ['--database-url', url, '--secret-key-file', join(folder, 'key'), '--mail-dir', folder]
    await admin([operation, '-', ...options], streams)
    return parseExact(pieces.join(''))
  }

  const digest = async (): Promise<Record<string, string>> => {
    // Mails of what was done before leave by themselves, and their rows with them.
    while ((await pool.query('select from outbox limit 1')).rows.length > 0) {
      service.service.outbox.wake()
      await sleep(5)
    }
    const { rows } = await pool.query<{ name: string }>(
      "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> 'secret_key_check' order by 1",
    )
    const sums = rows.map(
      ({ name }) =>
        `select '${name}' as name, coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as sum from ${name} as t`,
    )
    const digests = await pool.query<{ name: string; sum: string }>(sums.join(' union all '))
    return Object.fromEntries(digests.rows.map(({ name, sum }) => [name, sum]))
  }

  // A world that was left as it was is as good as a fresh one.
  let loaded: Record<string, string> | null = null
  beforeEach(async () => {
    if (loaded !== null && isDeepStrictEqual(await digest(), loaded)) return

    const names = await service.load(WORLD)
    await pool.query('truncate audit, admin_tokens restart identity')
    all = await token('all', SCOPES)
    world = {
      names,
      service,
      call: (operation, input = {}) => byHttp(operation, input),
      query: async (text, values = []) => (await pool.query(text, [...values])).rows as never,
    }
    loaded = await digest()
  })

  return {
    world: () => world,
    channel: (kind) => (kind === 'http' ? byHttp : byCommand),
    token,
    digest,
  }
}

async function valueOf<T>(value: Of<T> | undefined, world: AdminWorld): Promise<T | undefined> {
  return typeof value === 'function' ? (value as (world: AdminWorld) => T | Promise<T>)(world) : value
}

/** Integers of 64 bits as they are. */
const EXACT: pg.CustomTypesConfig = {
  getTypeParser(oid: number) {
    if (oid === 20) return BigInt
    if (oid === 114 || oid === 3802) return parseExact
    return pg.types.getTypeParser(oid) as (text: string) => unknown
  },
}
