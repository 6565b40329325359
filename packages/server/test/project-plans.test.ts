import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database as ServiceDatabase } from '../src/db/database.ts'
import { sql, type Queryable } from '../src/db/statement.ts'
import { actOnApplication } from '../src/projects/application-actions.ts'
import type { Wishes } from '../src/projects/application.ts'
import { listMembers } from '../src/projects/list-members.ts'
import { listProjects, type ListFilter } from '../src/projects/list-projects.ts'
import { actOnMembership, enrollUser, joinProject } from '../src/projects/memberships.ts'
import { actOnProject } from '../src/projects/project-actions.ts'
import { readMembership, readMemberships } from '../src/projects/read-memberships.ts'
import { LIST_MODES, readProject, readProjects } from '../src/projects/read-projects.ts'
import { createProject, modifyProject } from '../src/projects/submit.ts'
import { listCommissions } from '../src/quotas/list-commissions.ts'
import { listHoldings, type HoldingFilter } from '../src/quotas/list-holdings.ts'
import { Explained, type Plan, rowsRead, sequentialScans } from './support/explained.ts'
import { LARGE, largeCloud } from './support/large-cloud.ts'
import { databases, freshDatabase, startServer, type Connection, type Database } from './support/postgres.ts'

/** One kind is enough of what takes a while; on each, all statements are the same. */
const [database] = databases as [Database]

const user = (id: bigint): { userId: bigint; uuid: string; isAdmin: boolean } => ({
  userId: id,
  uuid: `user ${id}`,
  isAdmin: false,
})
const { owner, member, crowd } = LARGE
const ADMIN = { ...user(LARGE.admin.id), isAdmin: true }
const STRANGER = user(777n)
const CROWD_OWNER = user(crowd.owner.id)
const READERS = {
  'an administrator': ADMIN,
  'an owner of many': user(owner.id),
  'a member of many': user(member.id),
  'the owner of a large project': CROWD_OWNER,
  'somebody else': STRANGER,
}

/** A page has 250 rows and what belongs to them; a reader of much must not read all of it for each page. */
const ROWS_OF_A_PAGE = 5000
/** Of few pages: a name or an owner is looked for among all that the reader, or that owner, has. */
const ROWS_OF_A_SEARCH = ROWS_OF_A_PAGE + owner.projects + member.memberships

const NO_CHANGE: Wishes = {
  name: null,
  ownerId: null,
  homepage: null,
  description: null,
  startDate: null,
  endDate: null,
  comments: null,
  joinPolicy: null,
  leavePolicy: null,
  maxMembers: null,
  isPrivate: null,
  capacities: [{ resource: 'c.vm', projectCapacity: 5000n, memberCapacity: 50n }],
}
const NEW: Wishes = {
  ...NO_CHANGE,
  name: 'new',
  ownerId: STRANGER.userId,
  homepage: '',
  description: '',
  endDate: '2100-01-01',
  joinPolicy: 'auto',
  leavePolicy: 'auto',
  maxMembers: 10n,
  isPrivate: false,
}

describe(`a cloud of ${LARGE.projects} projects, on ${database.name}`, () => {
  let connection: Connection

  beforeAll(async () => {
    ;({ connection } = await freshDatabase(await startServer(database), largeCloud))
  })

  describe.each(Object.entries(READERS))('for %s', (_, reader) => {
    let explained: Explained
    beforeAll(async () => {
      explained = await Explained.on(connection, 'force_generic_plan')
    })
    afterAll(() => explained.end())

    const pages = async (read: (on: Queryable) => AsyncIterable<string>): Promise<Plan[]> =>
      explained.plansOf(async (on) => {
        let count = 0
        for await (const piece of read(on)) if (piece !== '' && ++count === 3) break
      })

    it.each(LIST_MODES)('lists projects from indexes, mode %s', async (mode) => {
      for (const name of [null, 'name 25000'])
        for (const projectOwner of [null, 'user 1', 'user 777'])
          for (const state of [null, 'active', 'deleted'] as const) {
            const filter = { mode, name, owner: projectOwner, state }
            const plans = await pages((on) => readProjects(on, reader, filter))
            expect(plans.length).toBeGreaterThan(0)
            expect(sequentialScans(plans)).toEqual([])
            const isSearch = name !== null || projectOwner !== null
            expect(rowsRead(plans)).toBeLessThan(isSearch ? ROWS_OF_A_SEARCH : ROWS_OF_A_PAGE)
          }
    })

    it('lists memberships from indexes', async () => {
      for (const project of [null, crowd.uuid, 'project 25000', 'nothing']) {
        const plans = await pages((on) => readMemberships(on, reader, project))
        expect(plans.length).toBeGreaterThan(0)
        expect(sequentialScans(plans)).toEqual([])
        // Of a large project, those who count are counted once for its requests.
        expect(rowsRead(plans.filter(({ statement }) => !isCount(statement)))).toBeLessThan(ROWS_OF_A_PAGE)
      }
    })

    it('shows one from indexes', async () => {
      const plans = [
        ...(await explained.plansOf((on) => readProject(on, reader, crowd.uuid))),
        ...(await explained.plansOf((on) => readMembership(on, ADMIN, 50_000n))),
      ]
      expect(plans.length).toBeGreaterThanOrEqual(2)
      expect(sequentialScans(plans)).toEqual([])
      expect(rowsRead(plans)).toBeLessThan(100)
    })
  })

  describe('for an operator', () => {
    let explained: Explained
    beforeAll(async () => {
      explained = await Explained.on(connection, 'force_generic_plan')
    })
    afterAll(() => explained.end())

    /** A page, and one that begins somewhere. */
    const ROWS_OF_AN_OPERATORS_PAGE = 5 * 1001

    const EVERYTHING: HoldingFilter = {
      of: 'users',
      user: null,
      source: null,
      resource: null,
      isOverLimit: false,
      usageMin: null,
      usageMax: null,
      limitMin: null,
      limitMax: null,
    }

    it('lists holdings from indexes', async () => {
      const filters: readonly Partial<HoldingFilter>[] = [
        {},
        { resource: 'c.vm' },
        { user: '1' },
        { source: crowd.uuid, resource: 'c.vm' },
        { source: 'project 90001' },
        { of: 'projects' },
        { of: 'projects', resource: 'c.vm' },
        { of: 'projects', source: crowd.uuid },
        { limitMin: 1n },
      ]
      for (const filter of filters) {
        const plans = await explained.plansOf(async (on) => {
          const first = await listHoldings(on, { ...EVERYTHING, ...filter }, 0n)
          await listHoldings(on, { ...EVERYTHING, ...filter }, first.at(-1)?.id ?? 0n)
        })
        expect(plans).toHaveLength(2)
        expect(sequentialScans(plans)).toEqual([])
        const isSearch = filter.source !== undefined
        expect(rowsRead(plans)).toBeLessThan(
          isSearch ? ROWS_OF_A_SEARCH + 2 * crowd.members : ROWS_OF_AN_OPERATORS_PAGE,
        )
      }
    })

    it('lists projects and their members from indexes', async () => {
      const everything: ListFilter = { pending: null, withDeleted: false, withSystem: false, name: null, owner: null }
      const filters: readonly Partial<ListFilter>[] = [
        {},
        { withDeleted: true },
        { withSystem: true },
        { pending: 'new' },
        { pending: 'any' },
        { name: 'name 25000' },
        { owner: 'user@nowhere' },
        { owner: '3' },
      ]
      for (const filter of filters) {
        const plans = await explained.plansOf(async (on) => {
          const first = await listProjects(on, { ...everything, ...filter }, 0n)
          await listProjects(on, { ...everything, ...filter }, first.at(-1)?.id ?? 0n)
        })
        expect(plans).toHaveLength(2)
        expect(sequentialScans(plans)).toEqual([])
        // With each its owner, its application and its log.
        // System projects have pending applications here as well, and are first; that is more than there would be.
        const passedBy = filter.pending === undefined ? 0 : 2 * LARGE.users
        expect(rowsRead(plans)).toBeLessThan(2 * ROWS_OF_AN_OPERATORS_PAGE + passedBy)
      }
      const plans = await explained.plansOf((on) => listMembers(on, crowd.id, ['accepted', 'requested'], 0n))
      expect(sequentialScans(plans)).toEqual([])
      expect(rowsRead(plans)).toBeLessThan(ROWS_OF_AN_OPERATORS_PAGE)
    })

    it('lists commissions from indexes', async () => {
      const client = new pg.Client(connection)
      await client.connect()
      await client.query(
        `insert into commissions (serial, component, name, issue_time, holdings, quantities)
         select i, 'c ' || i % 10, '', now() - i * interval '1 second', '{}', '{}' from generate_series(1, 20000) as i`,
      )
      await client.query('analyze commissions')
      const plans = await explained.plansOf(async (on) => {
        for (const component of [null, 'c 1'])
          for (const overdue of [null, 100]) await listCommissions(on, { component, overdue }, 500n)
      })
      await client.query('truncate commissions')
      await client.end()
      expect(plans).toHaveLength(4)
      const types = plans.flatMap(({ steps }) => steps.map((step) => step['Node Type']))
      expect(types).toContain('Index Scan')
      expect(types).not.toContain('Seq Scan')
    })
  })

  // Transactions are planned as PostgreSQL thinks best: at first for the values, then maybe once for all.
  describe.each(['force_generic_plan', 'force_custom_plan'] as const)('with %s', (planning) => {
    let explained: Explained
    beforeAll(async () => {
      explained = await Explained.on(connection, planning)
    })
    afterAll(() => explained.end())

    const decide = (
      on: Queryable,
      action: 'approve' | 'deny' | 'cancel',
      of: { project: string; application: bigint },
    ) => actOnApplication(on, ADMIN_OF[action], { ...of, action, shown: '', reason: '', recipients: [] })
    const ADMIN_OF = { approve: ADMIN, deny: ADMIN, cancel: STRANGER }
    const modify = async (on: Queryable, uuid: string): Promise<unknown> =>
      decide(on, 'approve', await modifyProject(on, ADMIN, uuid, () => Promise.resolve(NO_CHANGE)))

    it('applications are filed and decided from indexes', async () => {
      for (const action of ['approve', 'deny', 'cancel'] as const) {
        const plans = await explained.plansOf(async (on) => decide(on, action, await createProject(on, STRANGER, NEW)))
        expect(sequentialScans(plans)).toEqual([])
        expect(rowsRead(plans)).toBeLessThan(100)
      }
    })

    it('one in a large project changes without a look at the others', async () => {
      const change = async (on: Queryable): Promise<void> => {
        const { id } = await joinProject(on, user(19_000n), crowd.uuid)
        for (const action of ['accept', 'remove'] as const) await actOnMembership(on, CROWD_OWNER, id, action, '')
        await enrollUser(on, CROWD_OWNER, { project: crowd.uuid, email: 'user19001', shown: '' })
        const [{ id: of19001 }] = (await on.query<{ id: bigint }>(
          sql('select id from memberships where user_id = 19001 and project_id = $1'),
          [crowd.id],
        )) as [{ id: bigint }]
        await actOnMembership(on, user(19_001n), of19001, 'leave', '')
      }
      const plans = await explained.plansOf(change)
      expect(sequentialScans(plans)).toEqual([])
      const [counts, others] = [true, false].map((is) => plans.filter(({ statement }) => isCount(statement) === is))
      expect(rowsRead(counts ?? [])).toBeGreaterThanOrEqual(crowd.members)
      expect(rowsRead(others ?? [])).toBeLessThan(100)
    })

    it('a large project changes in as many statements as a small one, from indexes', async () => {
      const changes: readonly ((on: Queryable, uuid: string) => Promise<unknown>)[] = [
        modify,
        async (on, uuid) => {
          for (const action of ['suspend', 'unsuspend', 'terminate', 'reinstate'] as const)
            await actOnProject(on, ADMIN, uuid, action, '')
        },
      ]
      for (const change of changes) {
        const large = await explained.plansOf((on) => change(on, crowd.uuid))
        const small = await explained.plansOf((on) => change(on, 'project 90001'))
        expect(sequentialScans([...large, ...small])).toEqual([])
        expect(large.map(({ statement }) => statement)).toEqual(small.map(({ statement }) => statement))
        expect(rowsRead(small)).toBeLessThan(100)
        // For each member the membership, the user, the project and so on, and the holdings.
        expect(rowsRead(large)).toBeLessThan(10 * crowd.members)
      }
    })

    it('a sequential scan would be told', async () => {
      const plans = await explained.plansOf((on) => on.query(sql('select id from users where email = $1'), ['user1']))
      expect(sequentialScans(plans)).toEqual(['users: select id from users where email = $1'])
      expect(rowsRead(plans)).toBe(LARGE.users)
    })
  })

  describe('read by the service', () => {
    let service: ServiceDatabase
    const filter = { mode: 'default', name: null, owner: null, state: null } as const
    beforeAll(() => {
      service = new ServiceDatabase(connection)
    })
    afterAll(() => service.close())

    it('has each project once, in order, in the memory of a page', async () => {
      setFlagsFromString('--expose-gc')
      const collect = runInNewContext('gc') as () => void
      const heap = (): number => {
        collect()
        return process.memoryUsage().heapUsed
      }
      let [projects, pages, length, first, peak] = [0, 0, 0, 0, 0]
      for await (const piece of readProjects(service, ADMIN, filter)) {
        length += piece.length
        for (const { id } of JSON.parse(`[${piece}]`) as { id: string }[]) {
          projects += 1
          // No `expect` for each of so many.
          if (id !== `${projects <= LARGE.users ? 'user' : 'project'} ${projects}`)
            throw new Error(`${id} at ${projects}`)
        }
        pages += 1
        if (pages === 10) first = heap()
        if (pages % 40 === 0) peak = Math.max(peak, heap())
      }
      expect(projects).toBe(LARGE.projects)
      expect(length).toBeGreaterThan(50e6)
      expect(peak - first).toBeLessThan(10e6)
    })

    it('leaves the database alone when nobody reads on', async () => {
      let statements = 0
      const counted: Queryable = {
        query: (statement, values) => {
          statements += 1
          return service.query(statement, values)
        },
      }
      for await (const piece of readProjects(counted, ADMIN, filter)) {
        expect(piece).toContain('"id":"user 1"')
        break
      }
      for await (const piece of readMemberships(counted, ADMIN, null)) {
        expect(piece).toContain('"user":"user 1"')
        break
      }
      const client = new pg.Client(connection)
      await client.connect()
      const { rows } = await client.query(
        `select state, query from pg_stat_activity
          where datname = current_database() and application_name = 'astakos-server' and state <> 'idle'`,
      )
      await client.end()
      expect(rows).toEqual([])
      expect(statements).toBe(2)
    })
  })
})

function isCount(statement: string): boolean {
  return statement.includes('count(*)')
}
