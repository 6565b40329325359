import type { AstakosClient, Membership } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cloud, transports } from './cloud.ts'
import { approved, DATE, sceneOf, type Scene } from './project-scene.ts'

const cloud = new Cloud()
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(() => cloud[Symbol.asyncDispose]())

const VM = 'cyclades.vm'
const ODD = 2n ** 53n + 1n
const RESOURCES = { [VM]: { project_capacity: 2n ** 63n - 1n, member_capacity: ODD } }

for (const transport of transports) {
  describe(`memberships over ${transport.name}`, () => {
    let scene: Scene
    beforeEach(async () => {
      await cloud.reset()
      scene = sceneOf(cloud, transport)
    })

    /** What a member may use of a project, and how much of it is used. */
    async function held(client: AstakosClient, project: string): Promise<string> {
      const quota = (await client.getQuotas())[project]?.[VM]
      return quota === undefined ? 'nothing' : `${quota.usage} of ${quota.limit}`
    }

    function seen({ state, allowed_actions: actions }: Membership): string {
      return `${state}: ${actions.toSorted().join(' ')}`
    }

    it('joinProject is accepted at once where everybody is welcome, and leave ends it', async () => {
      const { alice, bob, carol, cyclades, bobId } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { join_policy: 'auto', resources: RESOURCES })
      expect(await held(bob, id)).toBe('nothing')
      const { id: membership, ...more } = await bob.joinProject(id)
      expect(more).toEqual({})
      const accepted = await bob.getMembership(membership)
      expect(accepted).toEqual({
        id: membership,
        user: bobId,
        project: id,
        state: 'accepted',
        allowed_actions: ['leave'],
        requested: DATE,
        accepted: DATE,
      })
      expect(Date.parse(accepted.accepted ?? '')).toBeGreaterThanOrEqual(Date.parse(accepted.requested ?? ''))
      expect(seen(await alice.getMembership(membership))).toBe('accepted: remove')
      expect(seen(await carol.getMembership(membership))).toBe('accepted: leave remove')
      expect(await held(bob, id)).toBe(`0 of ${ODD}`)
      expect((await bob.authenticate()).access.user.projects).toContain(id)

      await cyclades.issueOneCommission(bobId, id, { [VM]: ODD }, { autoAccept: true })
      await bob.setDefaultProject(id)
      expect(await bob.membershipAction(membership, 'leave', { reason: 'αντίο' })).toBeUndefined()
      const left = await bob.getMembership(membership)
      expect(left).toMatchObject({ state: 'removed', allowed_actions: [], removed: DATE })
      expect(await cloudQuota(bobId, id)).toMatchObject({ limit: 0n, usage: ODD })
      expect((await bob.authenticate()).access.token.tenant.id).toBe(bobId)
      expect(await bob.joinProject(id)).toEqual({ id: membership })
      expect(await held(bob, id)).toBe(`${ODD} of ${ODD}`)
    })

    async function cloudQuota(user: string, project: string): Promise<object | undefined> {
      const quotas = await scene.cyclades.serviceGetQuotas({ user, projectId: project })
      return quotas[user]?.[project]?.[VM]
    }

    it('a moderated request is accepted, rejected or cancelled, each by whom it is for', async () => {
      const { alice, bob, carol, dave } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { resources: RESOURCES })
      const { id: ofBob } = await bob.joinProject(id)
      const { id: ofDave } = await dave.joinProject(id)
      expect(seen(await bob.getMembership(ofBob))).toBe('requested: cancel')
      expect(seen(await alice.getMembership(ofBob))).toBe('requested: accept reject')
      expect(seen(await carol.getMembership(ofBob))).toBe('requested: accept cancel reject')
      expect(await held(bob, id)).toBe('nothing')

      expect(await alice.membershipAction(ofBob, 'reject', { reason: 'not now' })).toBeUndefined()
      expect(seen(await bob.getMembership(ofBob))).toBe('rejected: ')
      expect(await bob.joinProject(id)).toEqual({ id: ofBob })
      await bob.membershipAction(ofBob, 'cancel')
      expect(seen(await bob.getMembership(ofBob))).toBe('cancelled: ')
      const first = await bob.getMembership(ofBob)
      expect(await bob.joinProject(id)).toEqual({ id: ofBob })
      await alice.membershipAction(ofBob, 'accept')
      const accepted = await bob.getMembership(ofBob)
      expect(accepted).toMatchObject({ state: 'accepted', rejected: first.rejected, cancelled: first.cancelled })
      expect(Date.parse(accepted.requested ?? '')).toBeGreaterThan(Date.parse(first.requested ?? ''))
      expect(await held(bob, id)).toBe(`0 of ${ODD}`)

      await alice.membershipAction(ofDave, 'accept')
      expect(await alice.membershipAction(ofDave, 'remove', { reason: 'no' })).toBeUndefined()
      expect(seen(await dave.getMembership(ofDave))).toBe('removed: ')
    })

    it('where leaving is moderated, who asks stays a member until the owner removes them', async () => {
      const { alice, bob, carol } = scene
      const policies = { join_policy: 'auto', leave_policy: 'moderated', resources: RESOURCES } as const
      const { id } = await approved(alice, carol, 'lab.example.org', policies)
      const { id: membership } = await bob.joinProject(id)
      await bob.membershipAction(membership, 'leave')
      const asked = await bob.getMembership(membership)
      expect(seen(asked)).toBe('leave_requested: leave')
      expect(asked).toMatchObject({ leave_requested: DATE })
      expect(await held(bob, id)).toBe(`0 of ${ODD}`)
      await alice.membershipAction(membership, 'remove')
      expect(seen(await bob.getMembership(membership))).toBe('removed: ')
    })

    it('enrollMember makes a member of whoever is named by address, also out of a request', async () => {
      const { alice, bob, carol, dave, daveId } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { max_members: 3, resources: RESOURCES })
      const { id: requested } = await bob.joinProject(id)
      expect(await alice.enrollMember(id, 'bob@example.org')).toEqual({ id: requested })
      expect(seen(await bob.getMembership(requested))).toBe('accepted: leave')
      const { id: enrolled } = await carol.enrollMember(id, 'dave@example.org')
      expect(await dave.getMembership(enrolled)).toEqual({
        id: enrolled,
        user: daveId,
        project: id,
        state: 'accepted',
        allowed_actions: ['leave'],
        accepted: DATE,
      })
      expect(await held(dave, id)).toBe(`0 of ${ODD}`)
      const { id: mixed } = await alice.enrollMember(id, 'Judy.Mixed@Example.org')
      expect(await alice.getMembership(mixed)).toMatchObject({ user: cloud.value('uuid:judy'), state: 'accepted' })
    })

    it('a full project takes requests, and an open place goes to who is accepted', async () => {
      const { alice, bob, carol, dave } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { join_policy: 'auto', max_members: 1 })
      const { id: ofBob } = await bob.joinProject(id)
      const { id: ofDave } = await dave.joinProject(id)
      expect(seen(await dave.getMembership(ofDave))).toBe('requested: cancel')
      expect(seen(await alice.getMembership(ofDave))).toBe('requested: reject')
      await bob.membershipAction(ofBob, 'leave')
      expect(seen(await alice.getMembership(ofDave))).toBe('requested: accept reject')
      await alice.membershipAction(ofDave, 'accept')
      expect(seen(await dave.getMembership(ofDave))).toBe('accepted: leave')
    })

    it("getMemberships are one's own and those of one's projects, and all for the administrator", async () => {
      const { alice, bob, carol, dave, aliceId, bobId, daveId } = scene
      const lab = await approved(alice, carol, 'lab.example.org', { join_policy: 'auto' })
      const club = await approved(bob, carol, 'club.example.org', { join_policy: 'auto' })
      await bob.joinProject(lab.id)
      await dave.joinProject(lab.id)
      await dave.joinProject(club.id)
      const short: Record<string, string> = { [aliceId]: 'alice', [bobId]: 'bob', [daveId]: 'dave' }
      const inProject = { [lab.id]: 'lab', [club.id]: 'club', ...short }
      const listed = async (client: AstakosClient, projectId?: string | null): Promise<string> => {
        const all = await client.getMemberships(projectId === undefined ? {} : { projectId })
        const known = all.filter(({ user, project }) => short[user] !== undefined && inProject[project] !== undefined)
        return known
          .map(({ user, project }) => `${short[user]}@${inProject[project]}`)
          .toSorted()
          .join(' ')
      }
      expect(await listed(alice)).toBe('alice@alice bob@lab dave@lab')
      expect(await listed(bob, null)).toBe('bob@bob bob@lab dave@club')
      expect(await listed(dave)).toBe('dave@club dave@dave dave@lab')
      expect(await listed(carol)).toBe('alice@alice bob@bob bob@lab dave@club dave@dave dave@lab')
      expect(await listed(alice, lab.id)).toBe('bob@lab dave@lab')
      expect(await listed(bob, lab.id)).toBe('bob@lab')
      expect(await alice.getMemberships({ projectId: club.id })).toEqual([])
      expect(await alice.getMemberships({ projectId: 'ä/ö?&project=' })).toEqual([])
    })

    it('limits of members go with their project, and their memberships stay', async () => {
      const { alice, bob, carol } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { join_policy: 'auto', resources: RESOURCES })
      const { id: membership } = await bob.joinProject(id)
      await carol.projectAction(id, 'suspend')
      expect(await held(bob, id)).toBe('0 of 0')
      expect(seen(await bob.getMembership(membership))).toBe('accepted: leave')
      await carol.projectAction(id, 'terminate')
      expect(seen(await bob.getMembership(membership))).toBe('accepted: ')
      await carol.projectAction(id, 'reinstate')
      expect(await held(bob, id)).toBe(`0 of ${ODD}`)
    })
  })
}
