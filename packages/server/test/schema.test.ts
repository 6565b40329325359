import { readFileSync } from 'node:fs'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { describeSchema, SCHEMA_FILE } from '../scripts/schema.ts'
import { migrate, migrations, pendingSteps } from '../src/db/migrate.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer, type Connection } from './support/postgres.ts'

const nothing = async (): Promise<void> => undefined

for (const database of databases) {
  describe(`the schema on ${database.name}`, () => {
    const fresh = async (prepare: (connection: Connection) => Promise<void>): Promise<Connection> =>
      (await freshDatabase(await startServer(database), prepare)).connection

    it('is the one that was reviewed (`npm run schema` writes it anew)', async () => {
      expect(await describeSchema(await fresh(migrated))).toBe(readFileSync(SCHEMA_FILE, 'utf8'))
    })

    it('is made once, however many processes start at once', async () => {
      const connection = await fresh(nothing)
      const taken = await Promise.all(Array.from({ length: 8 }, () => migrate(connection)))
      expect(taken.filter((steps) => steps.length > 0)).toEqual([migrations().map(({ name }) => name)])
      expect(await migrate(connection)).toEqual([])
    })

    it('takes a step as a whole or not at all', async () => {
      const connection = await fresh(nothing)
      const steps = [
        { number: 1, name: 'good', text: 'create table one (a integer)' },
        { number: 2, name: 'bad', text: 'create table two (a integer); select 1 / 0' },
      ]
      await expect(migrate(connection, steps)).rejects.toThrow('division by zero')
      const client = new pg.Client(connection)
      await client.connect()
      const tables = await client.query("select relname from pg_class where relname in ('one', 'two')")
      await client.end()
      expect(tables.rows).toEqual([{ relname: 'one' }])
      const mended = steps.map((step) => ({ ...step, text: step.text.replace('; select 1 / 0', '') }))
      expect(await migrate(connection, mended)).toEqual(['bad'])
    })

    describe('of a later release', () => {
      const newest = migrations().at(-1)?.number
      const later = [
        { number: 9998, name: 'wider', text: 'create table wider (a integer)', isCompatible: true },
        { number: 9999, name: 'future', text: 'drop table wider', isCompatible: false },
      ]

      it('is worked with while all of its further steps are compatible', async () => {
        const connection = await fresh(migrated)
        expect(await migrate(connection, [...migrations(), ...later.slice(0, 1)])).toEqual(['wider'])
        expect(await migrate(connection)).toEqual([])
        expect(await pendingSteps(connection)).toEqual([])
      })

      it('is refused when one is not, and changed by nobody', async () => {
        const connection = await fresh(migrated)
        await migrate(connection, [...migrations(), ...later])
        const message = `The database is of a later release: its schema is 9999, this code knows ${newest}`
        await expect(migrate(connection)).rejects.toThrow(message)
        await expect(pendingSteps(connection)).rejects.toThrow(message)
      })
    })

    it('that was made before steps could be compatible is brought up to date, each step of it', async () => {
      const connection = await fresh(nothing)
      await migrate(connection, migrations().slice(0, 6))
      const client = new pg.Client(connection)
      await client.connect()
      await client.query('alter table migrations drop column compatible')
      await client.end()
      const rest = migrations().slice(6)
      expect(await pendingSteps(connection)).toEqual(rest)
      expect(await migrate(connection)).toEqual(rest.map(({ name }) => name))
      expect(await describeSchema(connection)).toBe(readFileSync(SCHEMA_FILE, 'utf8'))
    })

    const refused: readonly (readonly [string, string])[] = [
      ['a usage below zero', "insert into holdings (holder, resource, \"limit\", usage_min) values ('h', 'r', 1, -1)"],
      [
        'a usage that is greater at best than at worst',
        "insert into holdings (holder, resource, \"limit\", usage_min, usage_max) values ('h', 'r', 1, 2, 1)",
      ],
      [
        'a second holding of a project',
        "insert into holdings (holder, resource, \"limit\") values ('h', 'r', 1), ('h', 'r', 2)",
      ],
      [
        'a limit beyond 64 bits',
        "insert into holdings (holder, resource, \"limit\") values ('h', 'r', 9223372036854775808)",
      ],
      [
        'a commission without a quantity for each holding',
        "insert into commissions values (1, 'c', '', now(), '{1,2}', '{1}')",
      ],
      [
        'a resource that is shown but not visible',
        "insert into components (name) values ('c'); insert into services (component_id, name, type) select id, 's', 't' from components; insert into resources (name, service_type, service_origin, ui_visible, api_visible, system_default, project_default) values ('r', 't', 's', true, false, 0, 0)",
      ],
      [
        'a token hash without its sealed copy',
        "insert into users (uuid, email, username, token_hash) values ('u', 'e', 'e', sha256('x'))",
      ],
      ['a login name with capital letters', "insert into users (uuid, email, username) values ('u', 'E', 'E')"],
      [
        'an active user who was never accepted',
        "insert into users (uuid, email, username, is_active) values ('u', 'e', 'e', true)",
      ],
      [
        'a system project with an owner',
        "insert into users (uuid, email, username) values ('u', 'e', 'e'); insert into projects (uuid, name, realname, is_system, owner_id, state, end_date, join_policy, leave_policy, max_members) select 'p', 'p', 'p', true, id, 'active', now(), 'auto', 'auto', 1 from users",
      ],
      [
        'an active project whose name is not reserved',
        "insert into projects (uuid, realname, is_system, state, end_date, join_policy, leave_policy, max_members) values ('p', 'p', false, 'active', now(), 'auto', 'auto', 1)",
      ],
      [
        'a terminated project that keeps its name reserved',
        "insert into projects (uuid, name, realname, is_system, state, end_date, join_policy, leave_policy, max_members) values ('p', 'p', 'p', false, 'terminated', now(), 'auto', 'auto', 1)",
      ],
      [
        'two pending applications for one project',
        "insert into users (uuid, email, username) values ('u', 'e', 'e'); insert into projects (uuid, realname, is_system, state, end_date, join_policy, leave_policy, max_members) values ('p', 'p', false, 'uninitialized', now(), 'auto', 'auto', 1); insert into applications (project_id, applicant_id, state) select p.id, u.id, 'pending' from projects as p, users as u, generate_series(1, 2)",
      ],
    ]
    for (const [what, statement] of refused) {
      it(`refuses ${what}`, async () => {
        const client = new pg.Client(await fresh(migrated))
        await client.connect()
        await expect(client.query(statement)).rejects.toThrow(/violates|out of range/)
        await client.end()
      })
    }
  })
}
