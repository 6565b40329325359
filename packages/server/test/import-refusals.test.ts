import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Database as OwnDatabase } from '../src/db/database.ts'
import { importOriginal } from '../src/import/command.ts'
import { bootstrap } from '../src/operations/bootstrap.ts'
import { dumpOf } from './support/dump.ts'
import { ask, importFolder, optionsOf, runImport } from './support/imports.ts'
import { migrated } from './support/migrated.ts'
import { smallOriginal, urlOf } from './support/original-database.ts'
import {
  databases,
  freshDatabase,
  startServer,
  type Database,
  type TestDatabase,
  type TestServer,
} from './support/postgres.ts'

const [database] = databases as [Database]
const BIN = fileURLToPath(new URL('../bin/astakos-server.js', import.meta.url))

let server: TestServer
let folder: string
let from: TestDatabase
let to: TestDatabase

beforeAll(async () => {
  server = await startServer(database)
  folder = importFolder()
})
afterAll(() => rmSync(folder, { recursive: true }))

async function pair(): Promise<void> {
  from = await freshDatabase(server, smallOriginal)
  to = await freshDatabase(server, migrated)
}

const run = (...options: readonly string[]): Promise<string> =>
  runImport(from.connection, to.connection, folder, ...options)

/** The key's check is there from the first command on. */
const withoutKey = async (): Promise<string> => (await dumpOf(to.connection)).replace(/\n?secret_key_check .*/, '')

/** Whatever references say. */
const forced = (statement: string): string => `set session_replication_role = replica; ${statement}`

/** In the order of an import, and within a table in that of checks. */
const broken: readonly (readonly [what: string, statement: string, message: string])[] = [
  [
    'an account that is half there',
    forced('delete from auth_user where id = 9'),
    'im_astakosuser 9: user_ptr_id: names no row of auth_user',
  ],
  [
    'a date without end',
    "update im_astakosuser set auth_token_expires = 'infinity' where user_ptr_id = 8",
    'im_astakosuser 8: token_expires: must be a date from the year 1 to 9999',
  ],
  [
    'an active user who was never accepted',
    'update im_astakosuser set moderated = false where user_ptr_id = 6',
    'im_astakosuser 6: is_active: an active user is verified, moderated and not rejected',
  ],
  [
    'two login names that differ in capital letters alone',
    "update auth_user set username = 'USER6@example.org' where id = 7",
    'im_astakosuser 7: username: another user has the same one, but for capital letters',
  ],
  [
    "somebody else's system project",
    'update im_astakosuser set base_project_id = 15 where user_ptr_id = 6',
    'im_astakosuser 6: base_project_id: names no system project of this user',
  ],
  [
    'a member of a group that is gone',
    forced('delete from auth_group where id = 5'),
    'auth_user_groups 5: group_id: names a row that is not there',
  ],
  [
    'data of no endpoint',
    forced("insert into im_endpointdata values (77, 'a', 'b', 999)"),
    'im_endpointdata 77: endpoint_id: names a row that is not there',
  ],
  [
    'a negative default',
    'update im_resource set uplimit = -1 where id = 3',
    'im_resource 3: uplimit: must not be negative',
  ],
  [
    'a resource that is shown and not visible',
    'update im_resource set ui_visible = true where id = 9',
    'im_resource 9: ui_visible: entails api_visible',
  ],
  [
    'a state that there is not',
    'update im_project set state = 7 where id = 3002',
    'im_project 3002: state: must be one of 0, 1, 10, 100, 1000',
  ],
  [
    'a system project with an owner',
    'update im_project set owner_id = 5 where id = 15',
    'im_project 15: owner_id: a system project has no owner',
  ],
  [
    'a terminated project that keeps its name reserved',
    'update im_project set name = realname where id = 3006',
    'im_project 3006: name: is the realname of an active or suspended project, and null for all others',
  ],
  [
    'a policy that there is not',
    'update im_projectapplication set member_join_policy = 9 where id = 104',
    'im_projectapplication 104: member_join_policy: must be one of 1, 2, 3',
  ],
  [
    'two pending applications for a project',
    'update im_projectapplication set state = 0 where id = 402',
    'im_projectapplication 403: state: the project has another pending application',
  ],
  [
    'more for a member than for the project',
    'update im_projectresourcegrant set member_capacity = 41 where id = 4',
    'im_projectresourcegrant 4: member_capacity: must be between 0 and project_capacity',
  ],
  [
    'the last application of another project',
    'update im_project set last_application_id = 102 where id = 3003',
    'im_project 3003: last_application_id: names no application of this project',
  ],
  [
    'a membership of nobody',
    forced('update im_projectmembership set person_id = 999 where id = 2041'),
    'im_projectmembership 2041: person_id: names a row that is not there',
  ],
  [
    'a log of a state that there is not',
    'update im_projectmembershiplog set to_state = 42 where id = 11',
    'im_projectmembershiplog 11: to_state: must be one of 0, 1, 5, 10, 100, 101, 200',
  ],
  [
    'a usage that is greater at best than at worst',
    'update quotaholder_app_holding set usage_min = usage_max + 1 where id = 20',
    'quotaholder_app_holding 20: usage_min, usage_max: must be 0 <= usage_min <= usage_max',
  ],
  [
    'a second holding of a project, which NULL allows there',
    'insert into quotaholder_app_holding select 8000, holder, source, resource, 1, 0, 0 from quotaholder_app_holding where id = 1',
    'quotaholder_app_holding 8000: holder, source, resource: another holding has the same ones',
  ],
  [
    'a provision of nothing',
    "update quotaholder_app_provision set resource = 'nothing' where id = 3",
    'quotaholder_app_provision 3: holder, source, resource: name no holding',
  ],
  [
    'a component whose name is too long',
    "update quotaholder_app_commission set clientkey = repeat('x', 256) where serial = 4003",
    'quotaholder_app_commission 4003: clientkey: has more than 255 characters',
  ],
  [
    'a commission that could not be accepted',
    'update quotaholder_app_provision set quantity = 1000 where id = 1',
    'quotaholder_app_holding \\d+: usage_min, usage_max: its pending provisions are more than their difference',
  ],
  [
    'a time that is none',
    "update quotaholder_app_provisionlog set log_time = 'yesterday' where id = 9",
    'quotaholder_app_provisionlog 9: log_time: must be YYYY-MM-DDTHH:MM:SS.ffff',
  ],
  [
    'a day that there is not',
    "update quotaholder_app_provisionlog set issue_time = '2015-02-30T00:00:00.0000' where id = 12",
    'quotaholder_app_provisionlog 12: has a value that is no value of its type \\(22008\\)',
  ],
  [
    'a confidential client without a secret',
    'update oa2_client set secret = null where id = 2',
    'oa2_client 2: A confidential client has a secret',
  ],
  [
    'a redirect URL that runs something',
    "update oa2_redirecturl set url = 'javascript:alert(1)' where id = 5",
    'oa2_redirecturl 5: url: No absolute URI without a fragment',
  ],
]

describe('a broken row stops an import', () => {
  beforeAll(async () => {
    from = await freshDatabase(server, smallOriginal)
    to = await freshDatabase(server, migrated)
  })
  afterAll(async () => {
    await from.drop()
    await to.drop()
  })

  // From the last one to the first, so that each comes before those that were broken before it: one original does for all.
  for (const [what, statement, message] of broken.toReversed())
    it(`${what}: with its name, and nothing is imported`, async () => {
      const before = await withoutKey()
      await ask(from.connection, statement)
      await expect(run()).rejects.toThrow(new RegExp(`^${message}; nothing was imported$`))
      expect(await withoutKey()).toBe(before)
    })
})

describe('an import', () => {
  beforeEach(pair)
  afterEach(async () => {
    await from.drop()
    await to.drop()
  })

  it('is only tried with --dry-run: it leaves nothing, and sequences as they were', async () => {
    const before = await withoutKey()
    const text = await run('--dry-run')
    expect(text).toMatch(/\n\d+ quotas compared, 0 differ\nA dry run: nothing was imported\n$/)
    expect(await withoutKey()).toBe(before)
    expect(await ask(to.connection, "select nextval('serials')::text, nextval('users_id_seq')::text as users")).toEqual(
      [{ nextval: '1', users: '1' }],
    )
    // It says what the import itself says.
    const real = await run()
    expect(real.replace('Imported\n', '')).toBe(text.replace('A dry run: nothing was imported\n', ''))
  })

  it('changes nothing a second time', async () => {
    await run()
    const before = await dumpOf(to.connection)
    expect(await run()).toMatch(/^nothing to do: this database holds what --from held at the import of 20/)
    expect(JSON.parse(await run('--json'))).toMatchObject({ outcome: 'nothing to do' })
    expect(await dumpOf(to.connection)).toBe(before)
  })

  it('makes the services of serve make room, and is the same after its next start', async () => {
    const started = async (baseUrl: string): Promise<void> => {
      const own = new OwnDatabase(to.connection)
      await bootstrap(own, baseUrl)
      await own.close()
    }
    await started('https://try.example/astakos')
    expect(await run()).toContain('Imported')
    const names = 'select name from services order by id limit 3'
    expect((await ask<{ name: string }>(to.connection, names)).map(({ name }) => name)).toEqual([
      'astakos_identity',
      'astakos_account',
      'pithos_object-store',
    ])
    await started('https://new.example/astakos')
    expect(await run()).toContain('nothing to do')
  })

  it('is refused once something has changed, on either side', async () => {
    await run()
    await ask(from.connection, "update auth_user set first_name = 'Else' where id = 4")
    await expect(run()).rejects.toThrow(
      /^This database holds the import of .*, and --from is another database or has changed since, in auth_user: /,
    )
    await ask(
      to.connection,
      "update holdings set usage_max = usage_max + 1 where id = 1; update users set affiliation = 'x' where id = 4",
    )
    await expect(run()).rejects.toThrow(
      /^This database has changed since the import of .*, in users, holdings: import into an empty one$/,
    )
  })

  it('is refused by a database with something in it', async () => {
    await ask(to.connection, "insert into components (name) values ('mine'); insert into groups (name) values ('mine')")
    const before = await withoutKey()
    await expect(run()).rejects.toThrow(
      'This database is not empty, it has groups, components: import into an empty one',
    )
    expect(await withoutKey()).toBe(before)
  })

  it('is refused while somebody writes, and says what to do', async () => {
    const hand = new pg.Client(to.connection)
    await hand.connect()
    await hand.query("begin; insert into groups (name) values ('mine')")
    await expect(run()).rejects.toThrow('This database is being written to: stop the service on it, and other imports')
    await hand.end()
  })

  it('is refused for what is no original', async () => {
    await expect(runImport(to.connection, to.connection, folder)).rejects.toThrow(
      /^--from: this is no database of Astakos 0\.21: relation "im_astakosuser" does not exist$/,
    )
    await expect(
      importOriginal(['--from', 'postgresql://nobody@127.0.0.1:1/x', ...optionsOf(to.connection, folder)]),
    ).rejects.toThrow(/^--from: connect ECONNREFUSED/)
  })

  it('that is killed leaves nothing, and can be made anew', async () => {
    const before = await withoutKey()
    const hand = new pg.Client(to.connection)
    await hand.connect()
    // It comes as far as the provision log, with everything before it written.
    await hand.query('begin; lock table imported_provisions in share mode')
    const child = spawn(process.execPath, [
      BIN,
      'import',
      '--from',
      urlOf(from.connection),
      ...optionsOf(to.connection, folder),
    ])
    const ended = once(child, 'exit')
    const others = (waiting: string): Promise<{ pid: number }[]> =>
      ask(
        to.connection,
        `select pid from pg_stat_activity where datname = current_database() and application_name = 'astakos-server' ${waiting}`,
      )
    while ((await others("and wait_event_type = 'Lock'")).length === 0) await sleep(20)
    child.kill('SIGKILL')
    await ended
    await hand.query('rollback')
    await hand.end()
    while ((await others('')).length > 0) await sleep(20)
    expect(await withoutKey()).toBe(before)
    expect(await run()).toContain('Imported')
  })

  it('takes its options in any order, and says what is wrong with them', async () => {
    const at = optionsOf(to.connection, folder)
    await expect(importOriginal(at, undefined, {})).rejects.toThrow('--from is missing')
    await expect(importOriginal(['--from'], undefined, {})).rejects.toThrow('--from needs a value')
    const secret = 'mysql://somebody:secret@host/x'
    const refused: unknown = await importOriginal(['--from', secret, ...at], undefined, {}).catch(
      (error: unknown) => error,
    )
    expect(String(refused)).toBe('ConfigError: --from must be a postgresql:// URL')
    const out: string[] = []
    const write = (piece: unknown): boolean => out.push(String(piece)) > 0
    expect(await importOriginal([...at, '--dry-run', `--from=${urlOf(from.connection)}`], { write }, {})).toBe(0)
    expect(await importOriginal([...at, '--json'], { write }, { ASTAKOS_IMPORT_FROM: urlOf(from.connection) })).toBe(0)
    expect(JSON.parse(out[1] ?? '')).toMatchObject({ outcome: 'imported', quotas: { differ: 0 } })
    expect(await importOriginal(['--help'], { write })).toBe(0)
    expect(out[2]).toContain('--terms-dir DIR')
  })

  it('writes who did it into the audit', async () => {
    await run()
    const rows = await ask<{ operation: string; subject: string; after: Record<string, number> }>(
      to.connection,
      'select operation, subject, after from audit',
    )
    expect(rows).toMatchObject([{ operation: 'import', subject: 'database', after: { users: 60, memberships: 180 } }])
  })
})
