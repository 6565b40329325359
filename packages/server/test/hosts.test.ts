import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { givenCluster, type Cluster } from '../src/db/cluster.ts'
import { Database } from '../src/db/database.ts'
import { weakSettings } from '../src/db/durability.ts'
import { startEmbedded, type EmbeddedPostgres } from '../src/db/embedded/index.ts'
import { isReadOnly, isUnavailable } from '../src/db/errors.ts'
import { placeOf, urlsOf } from '../src/db/hosts.ts'
import { migrate } from '../src/db/migrate.ts'
import { sql } from '../src/db/statement.ts'
import { Busy, QuotaEngine } from '../src/quotas/engine.ts'
import { until } from './support/quota-world.ts'

describe('a URL with several hosts', () => {
  it.each([
    ['postgresql://u:p@h/d', ['postgresql://u:p@h/d']],
    ['postgres://u@/d?host=/run/postgresql', ['postgres://u@/d?host=/run/postgresql']],
    ['postgresql://u:p%2C@a,b:5433/d', ['postgresql://u:p%2C@a/d', 'postgresql://u:p%2C@b:5433/d']],
    ['postgresql://[::1]:1,[::2]/d', ['postgresql://[::1]:1/d', 'postgresql://[::2]/d']],
    ['postgresql://a,b/d?sslmode=require', ['postgresql://a/d?sslmode=require', 'postgresql://b/d?sslmode=require']],
    ['postgresql://a,b/d?port=1,2', ['postgresql://a/d?port=1', 'postgresql://b/d?port=2']],
    [
      'postgresql://u@/d?host=/a,/b&port=1',
      ['postgresql://u@/d?host=%2Fa&port=1', 'postgresql://u@/d?host=%2Fb&port=1'],
    ],
    ['postgresql://a,b/d?target_session_attrs=read-write', ['postgresql://a/d', 'postgresql://b/d']],
    ['postgresql://a/d?target_session_attrs=primary', ['postgresql://a/d']],
  ])('%s is one for each', (url, urls) => {
    expect(urlsOf(url)).toEqual(urls)
  })

  it.each([
    ['mysql://a/d', 'must be a postgresql:// URL'],
    ['postgresql://a:x/d', 'must be a postgresql:// URL'],
    ['postgresql://u:hush@a,/d', 'names a host that is empty'],
    ['postgresql://a,b/d?host=/c,/d', 'names hosts before its database and behind it'],
    ['postgresql://a,b/d?port=1,2,3', 'has another number of ports than of hosts'],
    ['postgresql://a,b/d?target_session_attrs=any', 'may have no other target_session_attrs than read-write'],
  ])('%s is refused', (url, rule) => {
    expect(() => urlsOf(url)).toThrow(new RangeError(rule))
  })

  it('is called by its places, without who and with what', () => {
    expect(urlsOf('postgresql://u:hush@a,b:5433/d').map(placeOf)).toEqual(['a', 'b:5433'])
    expect(urlsOf('postgresql://u:hush@/d?host=/a,/b&port=1').map(placeOf)).toEqual(['/a:1', '/b:1'])
  })
})

const WHICH = sql("select setting as folder from pg_settings where name = 'data_directory'")
const WRITE = sql('insert into notes default values')

describe('several hosts of which one accepts writes', () => {
  let hosts: EmbeddedPostgres[]
  let hands: pg.Client[]
  let folders: string[]
  let cluster: Cluster
  let database: Database
  const moves: string[] = []

  const setReadOnly = async (index: number, isReadOnly: boolean): Promise<void> => {
    await hands[index]?.query(`alter system set default_transaction_read_only = ${isReadOnly ? 'on' : 'off'}`)
    await hands[index]?.query('select pg_reload_conf()')
  }
  const folderOf = async (on: { query: Database['query'] }): Promise<string> =>
    (await on.query<{ folder: string }>(WHICH))[0]?.folder ?? ''
  const urlOf = (list: readonly EmbeddedPostgres[]): string =>
    `postgresql://astakos@/astakos?host=${list.map(({ connection }) => connection.host).join()}`

  beforeAll(async () => {
    hosts = await Promise.all([startEmbedded({ dataDir: null }), startEmbedded({ dataDir: null })])
    hands = hosts.map(
      ({ connection }) => new pg.Client({ ...connection, options: '-c default_transaction_read_only=off' }),
    )
    folders = []
    await Promise.all(hosts.map(({ connection }) => migrate(connection)))
    for (const hand of hands) {
      // The last host ends before its hand.
      hand.on('error', () => undefined)
      await hand.connect()
      // A host is a copy of the other, as far as anybody sees.
      await hand.query('create table notes (at timestamptz not null default now())')
      const { rows } = await hand.query<{ folder: string }>(WHICH.text)
      folders.push(rows[0]?.folder ?? '')
    }
    await setReadOnly(0, true)
    cluster = await givenCluster(urlOf(hosts), (what) => void moves.push(what))
    database = new Database(cluster)
  })
  afterAll(async () => {
    await database.close()
    await cluster.stop()
    await Promise.all(hands.map((hand) => hand.end()))
    await Promise.all(hosts.map((host) => host.stop()))
  })

  it('are read and written there alone', async () => {
    expect(await folderOf(database)).toBe(folders[1])
    expect(await database.transaction((tx) => folderOf(tx))).toBe(folders[1])
    await database.transaction((tx) => tx.query(WRITE))
  })

  it('are weak without a standby that has each commit', async () => {
    const weak = await weakSettings(database, true)
    expect(weak).toContain('synchronous_standby_names')
    expect(weak.filter((name) => name !== 'synchronous_standby_names')).toEqual(await weakSettings(database, false))
  })

  it('are left when it takes no more writes, for reads as well', async () => {
    const engine = new QuotaEngine(database)
    const decide = (): Promise<unknown> =>
      engine.submit({ kind: 'resolve', component: 'nobody', accept: [1n], reject: [], reason: '' })
    const decided = { accepted: [], rejected: [], notFound: [1n], conflicting: [] }
    expect(await decide()).toEqual(decided)
    const line = database.line()
    expect(await folderOf(line)).toBe(folders[1])
    await setReadOnly(1, true)
    const failures: unknown[] = []
    // A session that is busy hears of a new setting a moment later.
    await until(async () => {
      await database.transaction((tx) => tx.query(WRITE)).catch((error: unknown) => failures.push(error))
      return failures.length > 0
    })
    expect(failures.map(isUnavailable)).toEqual([true])
    expect(failures.map(isReadOnly)).toEqual([true])
    await expect(decide()).rejects.toThrow(Busy)
    await until(() => moves.includes('No host of the database accepts writes'))
    await expect(database.transaction((tx) => tx.query(WRITE))).rejects.toThrow('The database can not be reached')

    await setReadOnly(0, false)
    await until(() =>
      database
        .transaction((tx) => tx.query(WRITE))
        .then(
          () => true,
          () => false,
        ),
    )
    expect(moves.at(-1)).toBe('Another host of the database is used')
    await until(async () =>
      (await Promise.all([database, line].map((on) => folderOf(on).catch(() => '')))).every(
        (folder) => folder === folders[0],
      ),
    )
    await until(() =>
      decide().then(
        () => true,
        () => false,
      ),
    )
    expect(await decide()).toEqual(decided)
    await engine.close()
    await line.close()
  })

  it('are left when it dies', async () => {
    await setReadOnly(1, false)
    await hosts[0]?.stop()
    await until(() =>
      database
        .transaction((tx) => tx.query(WRITE))
        .then(
          () => true,
          () => false,
        ),
    )
    expect(await folderOf(database)).toBe(folders[1])
  })

  it('are refused at the start where none does, with the reason of each', async () => {
    await setReadOnly(1, true)
    const started = givenCluster(urlOf(hosts), () => undefined, 0)
    await expect(started).rejects.toThrow(
      /^--database-url: no host accepts writes \(\/.*: connect ENOENT .*; \/.*: This server does not accept writes\)$/,
    )
  })
})
