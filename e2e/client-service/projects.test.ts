import { UNLIMITED, type AstakosClient, type ProjectsFilter } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cloud, transports } from './cloud.ts'
import { approved, NOBODY, refusal, sceneOf, specsOf, type Scene } from './project-scene.ts'

const cloud = new Cloud()
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(() => cloud[Symbol.asyncDispose]())

const VM = 'cyclades.vm'
const RAM = 'cyclades.ram'
/** More than a number holds exactly. */
const ODD = 2n ** 53n + 1n

for (const transport of transports) {
  describe(`projects over ${transport.name}`, () => {
    let scene: Scene
    beforeEach(async () => {
      await cloud.reset()
      scene = sceneOf(cloud, transport)
    })

    it('createProject applies with every field, exactly, and getProject shows it to whoever may see it', async () => {
      const { alice, bob, carol, aliceId } = scene
      const capacities = {
        [VM]: { project_capacity: UNLIMITED, member_capacity: 0n },
        [RAM]: { project_capacity: ODD + 1n, member_capacity: ODD },
      }
      const policies = { join_policy: 'auto', leave_policy: 'closed', private: true } as const
      const texts = { homepage: 'https://lab.example.org/ä', description: 'Εργαστήριο', comments: 'please\n"soon"' }
      const { id, application } = await alice.createProject(
        specsOf('lab.example.org', {
          ...policies,
          ...texts,
          start_date: '2020-02-29T12:00:00+02:00',
          max_members: UNLIMITED,
          resources: capacities,
        }),
      )
      expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      const { comments, ...shown } = texts
      const asked = {
        name: 'lab.example.org',
        owner: aliceId,
        ...policies,
        ...shown,
        max_members: UNLIMITED,
        resources: capacities,
      }
      const project = await alice.getProject(id)
      expect(project).toMatchObject({ id, state: 'uninitialized', system_project: false, ...asked })
      expect(new Date(project.end_date)).toEqual(new Date('2040-06-01T00:00:00Z'))
      expect(project).not.toHaveProperty('deactivation_date')
      expect(project.last_application).toMatchObject({
        id: application,
        state: 'pending',
        applicant: aliceId,
        comments,
        ...asked,
      })
      expect(new Date(project.last_application?.start_date ?? '')).toEqual(new Date('2020-02-29T10:00:00Z'))
      expect(await carol.getProject(id)).toEqual(project)
      expect(await refusal(bob.getProject(id))).toMatch(/^Forbidden 403/)
    })

    it('max_members may be a text with a unit, and is unlimited where nothing is said', async () => {
      const { carol } = scene
      for (const [max_members, expected] of [
        ['2k', 2048n],
        ['inf', UNLIMITED],
        ['9223372036854775807', UNLIMITED],
        [ODD, ODD],
        [0, 0n],
        [undefined, UNLIMITED],
      ] as const) {
        const specs = specsOf('lab.example.org', max_members === undefined ? {} : { max_members })
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        const { id } = await carol.createProject(specs)
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect((await carol.getProject(id)).max_members, String(max_members)).toBe(expected)
      }
    })

    it('an approved project is active, has every resource, and its members what it says, exactly', async () => {
      const { alice, bob, carol, cyclades, bobId } = scene
      const { id, application } = await alice.createProject(
        specsOf('lab.example.org', {
          join_policy: 'auto',
          resources: {
            [VM]: { project_capacity: 6, member_capacity: 3 },
            [RAM]: { project_capacity: UNLIMITED, member_capacity: ODD },
          },
        }),
      )
      expect(await carol.applicationAction(id, application, 'approve', { reason: 'καλό' })).toBeUndefined()
      const project = await alice.getProject(id)
      expect(project).toMatchObject({ state: 'active', last_application: { id: application, state: 'approved' } })
      const given = (limit: bigint): object => ({ project_capacity: limit, member_capacity: limit })
      expect(project.resources).toEqual({
        [VM]: { project_capacity: 6n, member_capacity: 3n },
        [RAM]: { project_capacity: UNLIMITED, member_capacity: ODD },
        'cyclades.cpu': given(4n),
        'cyclades.network.private': given(5n),
        'pithos.diskspace': given(UNLIMITED),
      })

      await bob.joinProject(id)
      const idle = { usage: 0n, pending: 0n, project_usage: 0n, project_pending: 0n }
      const quotas = (await bob.getQuotas())[id]
      expect(quotas?.[VM]).toEqual({ limit: 3n, project_limit: 6n, ...idle })
      expect(quotas?.[RAM]).toEqual({ limit: ODD, project_limit: UNLIMITED, ...idle })

      await cyclades.issueOneCommission(bobId, id, { [RAM]: ODD, [VM]: 2 }, { autoAccept: true })
      expect((await bob.getQuotas())[id]?.[RAM]).toMatchObject({ usage: ODD, project_usage: ODD })
      const above = cyclades.issueOneCommission(bobId, id, { [VM]: 2 })
      await expect(above).rejects.toMatchObject({ name: 'QuotaLimit', limit: 3n, usage: 2n, available: 1n })
      const most = cyclades.issueOneCommission(bobId, id, { [RAM]: 1 })
      await expect(most).rejects.toMatchObject({ name: 'QuotaLimit', limit: ODD, usage: ODD, available: 0n })
    })

    it('getProjects takes every filter and mode, for a user and for the administrator', async () => {
      const { alice, bob, carol, aliceId, bobId } = scene
      const open = { join_policy: 'auto' } as const
      const ofAlice = await approved(alice, carol, 'open.example.org', open)
      await approved(alice, carol, 'hidden.example.org', { ...open, private: true })
      const suspended = await approved(bob, carol, 'suspended.example.org', open)
      const terminated = await approved(bob, carol, 'terminated.example.org', open)
      await alice.createProject(specsOf('waiting.example.org'))
      const given = await bob.createProject(specsOf('given.example.org'))
      await bob.applicationAction(given.id, given.application, 'cancel')
      await bob.joinProject(ofAlice.id)
      await alice.joinProject(suspended.id)
      await alice.joinProject(terminated.id)
      await carol.projectAction(suspended.id, 'suspend')
      await carol.projectAction(terminated.id, 'terminate')

      /** Of the system projects Bob's alone, as `own`. */
      const names = async (client: AstakosClient, filter?: ProjectsFilter): Promise<string> => {
        const found = (await client.getProjects(filter)).map(({ id, name }) => (id === bobId ? 'own' : name))
        const shown = found.filter((name) => !name.startsWith('system:'))
        return shown
          .map((name) => name.replace('.example.org', ''))
          .toSorted()
          .join(' ')
      }
      // Bob's project of his own, which he is a member of; what he owns; and what he joined.
      const bobs = 'given open own suspended terminated'
      expect(await names(bob)).toBe(bobs)
      expect(await names(bob, { mode: 'default' })).toBe(bobs)
      expect(await names(bob, { mode: 'related' })).toBe(bobs)
      expect(await names(bob, { mode: 'member' })).toBe('open own')
      expect(await names(bob, { mode: 'active' })).toBe('open')
      expect(await names(alice, { mode: 'related' })).toBe('hidden open suspended terminated waiting')
      expect(await names(alice, { mode: 'member' })).toBe('')
      const all = 'given hidden open own suspended terminated waiting'
      expect(await names(carol)).toBe(all)
      expect(await names(carol, { mode: 'related' })).toBe(all)
      expect(await names(carol, { mode: 'active' })).toBe(all)
      expect(await names(carol, { mode: 'member' })).toBe('')

      expect(await names(carol, { state: 'uninitialized' })).toBe('waiting')
      expect(await names(carol, { state: 'active' })).toBe('hidden open own')
      expect(await names(carol, { state: 'suspended' })).toBe('suspended')
      expect(await names(carol, { state: 'terminated' })).toBe('terminated')
      expect(await names(carol, { state: 'deleted' })).toBe('given')
      expect(await names(carol, { owner: bobId })).toBe('given suspended terminated')
      expect(await names(bob, { owner: aliceId })).toBe('open')
      expect(await names(bob, { owner: NOBODY })).toBe('')
      expect(await names(bob, { name: 'open.example.org' })).toBe('open')
      expect(await names(bob, { name: 'Open.example.org' })).toBe('')
      expect(await names(bob, { name: 'hidden.example.org' })).toBe('')
      expect(await names(bob, { name: `system:${bobId}`, state: 'active', mode: 'member' })).toBe('own')
      expect(await names(bob, { mode: 'member', state: 'suspended' })).toBe('')
      expect(await names(alice, { owner: bobId, state: 'suspended', name: null, mode: null })).toBe('suspended')
    })
  })
}
