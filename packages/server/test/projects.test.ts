import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startWorldService, type WorldService } from '../scripts/world-service.ts'
import { sql } from '../src/db/statement.ts'
import type { Mail } from '../src/mail/mail.ts'
import { activateUser, deactivateUser } from '../src/operations/activation.ts'
import { expiredProjects, terminateExpired } from '../src/operations/projects.ts'
import { acceptUser, addUser, verifyUser } from '../src/operations/users.ts'
import { addResource } from '../src/operations/registry.ts'
import { send, type Reply } from './support/http.ts'
import { migrated } from './support/migrated.ts'
import { databases, freshDatabase, startServer } from './support/postgres.ts'
import { WORLD } from './support/world.ts'

/** What the recordings of the original do not hold, or the original does otherwise. Project and membership specifications. */

const ENDS = '2040-06-01T00:00:00Z'

interface Project {
  readonly id: string
  readonly state: string
  readonly name: string
  readonly last_application?: { readonly id: number; readonly state: string }
}
interface Membership {
  readonly id: number
  readonly state: string
  readonly allowed_actions: readonly string[]
  readonly requested?: string
  readonly accepted?: string
}

for (const database of databases) {
  describe(`projects on ${database.name}`, () => {
    let service: WorldService
    let names: Record<string, string>
    const mails: Mail[] = []

    beforeAll(async () => {
      const { connection } = await freshDatabase(await startServer(database), migrated)
      service = await startWorldService(connection, {
        settings: { projectRecipients: ['helpdesk@example.org'] },
        mailer: {
          send: (mail) => {
            mails.push(mail)
            return Promise.resolve()
          },
        },
      })
    })
    beforeEach(async () => {
      names = await service.load(WORLD)
      mails.length = 0
    })
    afterAll(() => service[Symbol.asyncDispose]())

    const call = (user: string, method: string, path: string, body?: unknown): Promise<Reply> =>
      send(method, `${service.origin}/astakos/account/v1.0/${path}`, {
        headers: { 'x-auth-token': names[`token:${user}`], 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    const message = ({ json }: Reply): unknown => Object.values(json as Record<string, { message: string }>)[0]?.message

    const apply = async (user: string, body: object): Promise<{ id: string; application: number }> => {
      const answer = await call(user, 'POST', 'projects', { end_date: ENDS, ...body })
      expect(answer.status).toBe(201)
      return answer.json as { id: string; application: number }
    }
    const act = (user: string, id: string, action: string, application?: number): Promise<Reply> =>
      call(user, 'POST', `projects/${id}/action`, {
        [action]: { reason: 'r', ...(application === undefined ? {} : { app_id: application }) },
      })
    /** An active one. */
    const open = async (name: string, body: object = {}): Promise<string> => {
      const { id, application } = await apply('alice', { name, ...body })
      expect((await act('carol', id, 'approve', application)).status).toBe(200)
      return id
    }
    const show = async (id: string, user = 'carol'): Promise<Project> =>
      (await call(user, 'GET', `projects/${id}`)).json as Project
    const join = async (user: string, id: string): Promise<number> => {
      const answer = await call(user, 'POST', 'projects/memberships', { join: { project: id } })
      expect(answer.status).toBe(200)
      return (answer.json as { id: number }).id
    }
    const membership = async (id: number): Promise<Membership> =>
      (await call('carol', 'GET', `projects/memberships/${id}`)).json as Membership
    const change = (user: string, id: number, action: string): Promise<Reply> =>
      call(user, 'POST', `projects/memberships/${id}/action`, { [action]: 'r' })
    const limitOf = async (user: string, project: string): Promise<unknown> => {
      const quotas = (await call(user, 'GET', 'quotas')).json as Record<string, Record<string, { limit: number }>>
      return quotas[project]?.['cyclades.vm']?.limit
    }
    const VMS = { resources: { 'cyclades.vm': { project_capacity: 10, member_capacity: 3 } } }

    describe('mended', () => {
      it('P-9: a modification without a name is refused where the old name was taken meanwhile', async () => {
        const old = await open('name.example.org')
        await act('carol', old, 'terminate')
        const { json } = await call('alice', 'PUT', `projects/${old}`, { description: 'again' })
        const { application } = json as { application: number }
        const other = await open('name.example.org')
        const refused = await act('carol', old, 'approve', application)
        expect(refused.status).toBe(409)
        expect(message(refused)).toBe(
          `cannot approve: project with name 'name.example.org' already exists (id: ${other})`,
        )
        expect(await show(old)).toMatchObject({ state: 'terminated', last_application: { state: 'pending' } })
      })

      it('M-1: the date of a state is the latest', async () => {
        const id = await open('dates.example.org')
        const number = await join('bob', id)
        const first = await membership(number)
        expect((await change('bob', number, 'cancel')).status).toBe(200)
        expect(await join('bob', id)).toBe(number)
        const second = await membership(number)
        expect(String(second.requested) > String(first.requested)).toBe(true)
      })

      it('M-4: who leaves while suspended, where leaving is moderated, has the quota until the owner agrees', async () => {
        const id = await open('leave.example.org', { join_policy: 'auto', leave_policy: 'moderated', ...VMS })
        const number = await join('bob', id)
        const { database: base } = service.service
        await base.transaction((tx) => deactivateUser(tx, names['uuid:bob'] as string, 'left'))
        expect((await membership(number)).state).toBe('suspended')
        expect((await change('carol', number, 'leave')).status).toBe(200)
        expect((await membership(number)).state).toBe('leave_requested')
        await base.transaction((tx) => activateUser(tx, names['uuid:bob'] as string))
        expect(await limitOf('bob', id)).toBe(3)
        expect((await change('alice', number, 'remove')).status).toBe(200)
        expect(await limitOf('bob', id)).toBeUndefined()
      })

      it.each([7, '7', '007', '1e3'])('P-10: %j is no project, to join as well as to enroll', async (project) => {
        const joined = await call('bob', 'POST', 'projects/memberships', { join: { project } })
        expect([joined.status, message(joined)]).toEqual([404, `There is no project identified by ${project}.`])
        const user = 'dave@example.org'
        const enrolled = await call('carol', 'POST', 'projects/memberships', { enroll: { project, user } })
        expect([400, 409]).toContain(enrolled.status)
      })
    })

    describe('limits', () => {
      it('are exact at the end of 64 bits', async () => {
        const most = '9223372036854775807'
        const text = `{"name": "most.example.org", "end_date": "${ENDS}", "max_members": ${most}, "join_policy": "auto", "resources": {"cyclades.ram": {"project_capacity": ${most}, "member_capacity": 9007199254740993}}}`
        const { json } = await send('POST', `${service.origin}/astakos/account/v1.0/projects`, {
          headers: { 'x-auth-token': names['token:alice'], 'content-type': 'application/json' },
          body: text,
        })
        const { id, application } = json as { id: string; application: number }
        await act('carol', id, 'approve', application)
        await join('bob', id)
        const quotas = (await call('bob', 'GET', 'quotas')).text
        expect(quotas).toContain(`"limit":9007199254740993,"usage":0,"pending":0,"project_limit":${most}`)
        expect((await call('alice', 'GET', `projects/${id}`)).text).toContain(`"max_members":${most}`)
      })

      it('of a resource that is registered while projects are approved are in all of them', async () => {
        const { json } = await call('alice', 'GET', 'projects')
        expect(json).toHaveLength(1)
        const pending = await Promise.all(['a', 'b', 'c'].map((one) => apply('alice', { name: `${one}.example.org` })))
        const { database: base } = service.service
        await Promise.all([
          ...pending.map(({ id, application }) => act('carol', id, 'approve', application)),
          base.transaction((tx) =>
            addResource(tx, {
              name: 'cyclades.gpu',
              description: null,
              unit: null,
              serviceType: 'compute',
              serviceOrigin: 'cyclades_compute',
              uiVisible: true,
              apiVisible: true,
              systemDefault: 1n,
              projectDefault: 2n,
            }),
          ),
        ])
        const missing = await base.query(
          sql(`select p.id, r.id from projects as p cross join resources as r
               where p.state in ('active', 'suspended', 'terminated')
                 and not exists (select from project_resources as q where q.project_id = p.id and q.resource_id = r.id)`),
        )
        expect(missing).toEqual([])
      })
    })

    describe('capacities', () => {
      it('are checked row after row of the table, each for all of them', async () => {
        const refusal = async (resources: object): Promise<unknown> =>
          message(await call('alice', 'POST', 'projects', { name: 'rows.example.org', end_date: ENDS, resources }))
        const pair = (project_capacity: unknown, member_capacity: unknown): object => ({
          project_capacity,
          member_capacity,
        })
        expect(await refusal({ 'cyclades.vm': pair(-1, 0), nope: pair(1, 1) })).toBe('Malformed resource policies')
        expect(await refusal({ 'cyclades.vm': pair(1, 2), 'cyclades.ram': pair('x', 0) })).toBe(
          'Malformed resource policies',
        )
        expect(await refusal({ 'cyclades.vm': pair(1, 2), 'cyclades.ram': pair(1, -1) })).toBe(
          'Negative quota limit is not allowed',
        )
      })
    })

    describe('the default project', () => {
      it('falls back when its member leaves, and when it is terminated', async () => {
        const [one, two] = [
          await open('one.example.org', { join_policy: 'auto' }),
          await open('two.example.org', { join_policy: 'auto' }),
        ]
        const [left] = [await join('bob', one), await join('bob', two)]
        const current = async (): Promise<unknown> => {
          const { json } = await send('POST', `${service.authUrl}/tokens`, {
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ auth: { token: { id: names['token:bob'] } } }),
          })
          return (json as { access: { token: { tenant: { id: string } } } }).access.token.tenant.id
        }
        const choose = (project_id: string): Promise<Reply> =>
          call('bob', 'POST', 'myaccount/default_project', { project_id })
        await choose(one)
        expect(await current()).toBe(one)
        await change('bob', left, 'leave')
        expect(await current()).toBe(names['uuid:bob'])
        await choose(two)
        await act('carol', two, 'suspend')
        expect(await current()).toBe(two)
        await act('carol', two, 'terminate')
        expect(await current()).toBe(names['uuid:bob'])
      })
    })

    describe('expiry', () => {
      it('does nothing by itself; operators list and terminate what is over', async () => {
        const { database: base } = service.service
        const [over, going] = [await open('over.example.org'), await open('going.example.org')]
        await base.query(sql("update projects set end_date = now() - interval '1 day' where uuid = $1"), [over])
        expect((await show(over)).state).toBe('active')
        expect(await expiredProjects(base)).toEqual([over])
        expect(await terminateExpired(base, service.service.outbox)).toEqual([over])
        expect([(await show(over)).state, (await show(going)).state]).toEqual(['terminated', 'active'])
        expect(await terminateExpired(base, service.service.outbox)).toEqual([])
        const [log] = await base.query<{ actor_id: bigint | null; reason: string | null }>(
          sql("select actor_id, reason from project_log where to_state = 'terminated'"),
        )
        expect(log).toEqual({ actor_id: null, reason: null })
      })

      it('leaves alone what was prolonged while it waited', async () => {
        const { database: base, outbox } = service.service
        const [first, second] = [await open('first.example.org'), await open('second.example.org')]
        await base.query(sql("update projects set end_date = now() - interval '1 day' where uuid = any($1)"), [
          [first, second],
        ])
        let ending: Promise<string[]> | undefined
        await base.transaction(async (tx) => {
          await tx.query(sql('select id from projects where uuid = $1 for update'), [first])
          ending = terminateExpired(base, outbox)
          await vi.waitFor(async () => {
            const [row] = await base.query<{ waiting: bigint }>(
              sql("select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock'"),
            )
            expect(row?.waiting).toBe(1n)
          }, 10_000)
          await base.query(sql("update projects set end_date = now() + interval '1 day' where uuid = $1"), [second])
        })
        expect(await ending).toEqual([first])
        expect((await show(second)).state).toBe('active')
      })
    })

    describe('an account that is deactivated', () => {
      it('is told what follows it, once for all, and what was suspended for another reason stays', async () => {
        const [own, other] = [await open('own.example.org'), await open('stays.example.org')]
        await act('carol', other, 'suspend')
        mails.length = 0
        const { database: base, outbox } = service.service
        const alice = names['uuid:alice'] as string
        await outbox.transaction(async (tx) => ({ mails: await deactivateUser(tx, alice, 'left') }))
        expect([(await show(own)).state, (await show(other)).state]).toEqual(['suspended', 'suspended'])
        await outbox.transaction(async (tx) => ({ mails: await activateUser(tx, alice) }))
        expect([(await show(own)).state, (await show(other)).state]).toEqual(['active', 'suspended'])
        const told = (): Mail[] => mails.filter(({ subject }) => subject.startsWith('Your projects'))
        await vi.waitFor(() => expect(told()).toHaveLength(2), 10_000)
        expect(told().map(({ to }) => to)).toEqual([['alice@example.org'], ['alice@example.org']])
        expect(told()[0]?.text).toContain('own.example.org')
        expect(told()[0]?.text).not.toContain('stays.example.org')
        await expect(base.transaction((tx) => activateUser(tx, alice))).rejects.toThrow('already active')
      })
    })

    describe('mails', () => {
      it('tell whom it concerns, and their failing stops nothing', async () => {
        const id = await open('mail.example.org', { join_policy: 'moderated' })
        const number = await join('bob', id)
        await change('alice', number, 'accept')
        await act('carol', id, 'suspend')
        const email = (name: string): string =>
          (WORLD.users.find((user) => user.name === name) as { email: string }).email
        await expect.poll(() => mails.length, { timeout: 30_000 }).toBe(6)
        expect(mails.map(({ to }) => to)).toEqual([
          ['helpdesk@example.org'],
          [email('alice')],
          ['helpdesk@example.org'],
          [email('alice')],
          [email('bob')],
          [email('alice')],
        ])
      })
    })

    describe('at the same time', () => {
      it('three join the last place: one gets it, the others wait', async () => {
        const id = await open('full.example.org', { join_policy: 'auto', max_members: 1 })
        const numbers = await Promise.all(['alice', 'bob', 'dave'].map((user) => join(user, id)))
        const states = await Promise.all(numbers.map(async (number) => (await membership(number)).state))
        expect(states.toSorted()).toEqual(['accepted', 'requested', 'requested'])
      })

      it('two projects of one name are approved: one is', async () => {
        const pending = await Promise.all([1, 2].map(() => apply('alice', { name: 'same.example.org' })))
        const answers = await Promise.all(
          pending.map(({ id, application }) => act('carol', id, 'approve', application)),
        )
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]))
      })

      it('applications at the limit: as many as there is room for', async () => {
        const answers = await Promise.all(
          [1, 2, 3, 4, 5, 6].map((n) =>
            call('alice', 'POST', 'projects', { name: `p${n}.example.org`, end_date: ENDS }),
          ),
        )
        expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
        expect(answers.filter(({ status }) => status === 409)).toHaveLength(3)
      })

      it('approved and cancelled: one of the two, and what is counted agrees', async () => {
        const { id, application } = await apply('alice', { name: 'race.example.org' })
        const answers = await Promise.all([
          act('carol', id, 'approve', application),
          act('alice', id, 'cancel', application),
        ])
        expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]))
        const { database: base } = service.service
        const [row] = await base.query<{ usage: bigint }>(
          sql("select usage_max as usage from holdings where holder = $1 and resource = 'astakos.pending_app'"),
          [`user:${names['uuid:alice']}`],
        )
        expect(row?.usage).toBe(0n)
      })

      it('an account is accepted while a resource is registered: it has all of them', async () => {
        const { database: base, settings } = service.service
        expect(settings.projectAdmins).toEqual([names['uuid:carol']])
        const { id } = await base.transaction((tx) =>
          addUser(tx, service.secretKey, {
            email: 'new@example.org',
            firstName: 'N',
            lastName: 'N',
            hasSignedTerms: true,
            tokenExpires: new Date(Date.now() + 1e9),
          }),
        )
        await base.transaction((tx) => verifyUser(tx, id))
        await base.transaction((tx) => acceptUser(tx, id, 'manual'))
        const rows = await base.query(
          sql(
            'select r.id from resources as r where not exists (select from project_resources as q join projects as p on p.id = q.project_id join users as u on u.uuid = p.uuid where q.resource_id = r.id and u.id = $1)',
          ),
          [id],
        )
        expect(rows).toEqual([])
      })
    })
  })
}
