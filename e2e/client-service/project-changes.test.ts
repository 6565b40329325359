import { UNLIMITED } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cloud, transports } from './cloud.ts'
import {
  approved,
  conflict,
  DATE,
  noProject,
  NOBODY,
  notFound,
  refusal,
  sceneOf,
  specsOf,
  type Scene,
} from './project-scene.ts'

const cloud = new Cloud()
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(() => cloud[Symbol.asyncDispose]())

const VM = 'cyclades.vm'
/** More than a number holds exactly. */
const ODD = 2n ** 53n + 1n

for (const transport of transports) {
  describe(`changes of projects over ${transport.name}`, () => {
    let scene: Scene
    beforeEach(async () => {
      await cloud.reset()
      scene = sceneOf(cloud, transport)
    })

    it('modifyProject changes nothing before it is approved, and what is pending is replaced or cancelled', async () => {
      const { alice, bob, carol, bobId } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { join_policy: 'auto', max_members: 3 })
      await bob.joinProject(id)
      const before = await alice.getProject(id)
      const changes = { max_members: ODD, resources: { [VM]: { project_capacity: UNLIMITED, member_capacity: ODD } } }

      const first = await alice.modifyProject(id, { description: 'first' })
      const second = await alice.modifyProject(id, changes)
      expect([first.id, second.id]).toEqual([id, id])
      const { last_application: pending, ...current } = await alice.getProject(id)
      expect({ ...current, last_application: before.last_application }).toEqual(before)
      expect(pending).toMatchObject({ id: second.application, state: 'pending', name: null, description: null })
      expect(pending).toMatchObject(changes)
      expect(await refusal(carol.applicationAction(id, first.application, 'approve'))).toBe(
        conflict(`${first.application} is not a pending application for project ${id}.`),
      )

      await carol.applicationAction(id, second.application, 'approve')
      expect(await alice.getProject(id)).toMatchObject({ ...changes, description: '', state: 'active' })
      expect((await bob.getQuotas())[id]?.[VM]).toMatchObject({ limit: ODD, project_limit: UNLIMITED })

      const third = await alice.modifyProject(id, { owner: bobId })
      expect(await alice.applicationAction(id, third.application, 'cancel', { reason: 'no' })).toBeUndefined()
      expect(await alice.getProject(id)).toMatchObject({ last_application: { state: 'cancelled', owner: bobId } })
      const fourth = await carol.modifyProject(id, { owner: bobId, name: 'new.example.org' })
      await carol.applicationAction(id, fourth.application, 'approve')
      expect(await bob.getProject(id)).toMatchObject({ owner: bobId, name: 'new.example.org' })
    })

    it('an application is denied and dismissed, or cancelled, and its project is deleted for good', async () => {
      const { alice, carol } = scene
      const denied = await alice.createProject(specsOf('denied.example.org'))
      expect(await carol.applicationAction(denied.id, denied.application, 'deny', { reason: 'no' })).toBeUndefined()
      expect(await alice.getProject(denied.id)).toMatchObject({
        state: 'uninitialized',
        last_application: { state: 'denied' },
      })
      const again = (action: 'approve' | 'deny' | 'cancel'): Promise<void> =>
        carol.applicationAction(denied.id, denied.application, action)
      for (const action of ['approve', 'deny', 'cancel'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(again(action))).toBe(
          conflict(`Cannot ${action} application ${denied.application} in state 'Denied'`),
        )
      }
      expect(await alice.applicationAction(denied.id, denied.application, 'dismiss')).toBeUndefined()
      expect(await alice.getProject(denied.id)).toMatchObject({
        state: 'deleted',
        last_application: { state: 'dismissed' },
      })

      const cancelled = await alice.createProject(specsOf('cancelled.example.org'))
      await alice.applicationAction(cancelled.id, cancelled.application, 'cancel')
      expect(await alice.getProject(cancelled.id)).toMatchObject({ state: 'deleted' })
      expect(await refusal(alice.modifyProject(cancelled.id, {}))).toBe(
        conflict('Cannot modify an uninitialized project.'),
      )
      const gone = refusal(alice.applicationAction(cancelled.id, cancelled.application, 'dismiss'))
      expect(await gone).toBe(conflict(`Cannot dismiss application ${cancelled.application} in state 'Cancelled'`))
    })

    it('projectAction suspends, unsuspends, terminates and reinstates: limits go and come, usage stays', async () => {
      const { alice, bob, carol, cyclades, bobId } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', {
        join_policy: 'auto',
        resources: { [VM]: { project_capacity: 6, member_capacity: 3 } },
      })
      await bob.joinProject(id)
      await cyclades.issueOneCommission(bobId, id, { [VM]: 2 }, { autoAccept: true })
      const held = async (): Promise<string> => {
        const quota = (await bob.getQuotas())[id]?.[VM]
        return `${quota?.usage} of ${quota?.limit}, ${quota?.project_usage} of ${quota?.project_limit}`
      }
      expect(await held()).toBe('2 of 3, 2 of 6')
      expect(await alice.getProject(id)).not.toHaveProperty('deactivation_date')

      for (const [action, state, holding, wrong] of [
        ['suspend', 'suspended', '2 of 0, 2 of 0', `Project ${id} is suspended.`],
        ['unsuspend', 'active', '2 of 3, 2 of 6', `Project ${id} is not suspended.`],
        ['terminate', 'terminated', '2 of 0, 2 of 0', `Project ${id} is not alive.`],
        ['reinstate', 'active', '2 of 3, 2 of 6', `Project ${id} is not terminated.`],
      ] as const) {
        // oxlint-disable no-await-in-loop -- one after the other
        expect(await carol.projectAction(id, action, { reason: 'γιατί όχι' }), action).toBeUndefined()
        const project = await alice.getProject(id)
        expect(project, action).toMatchObject({ state, deactivation_date: DATE })
        expect(await held(), action).toBe(holding)
        expect(await refusal(carol.projectAction(id, action)), action).toBe(conflict(wrong))
        // oxlint-enable no-await-in-loop
      }
    })

    it('a system project can be suspended and changed, and neither ended nor renamed', async () => {
      const { bob, carol, bobId, cyclades } = scene
      expect(await bob.getProject(bobId)).toMatchObject({
        name: `system:${bobId}`,
        owner: null,
        system_project: true,
        private: true,
        max_members: 1n,
        join_policy: 'closed',
        leave_policy: 'closed',
      })
      expect(await refusal(carol.projectAction(bobId, 'terminate'))).toBe(
        conflict(`Cannot terminate: ${bobId} is a system project.`),
      )
      for (const change of [{ name: 'new.example.org' }, { homepage: 'h' }, { description: 'd' }, { owner: bobId }]) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(carol.modifyProject(bobId, change))).toBe(
          conflict("Cannot modify fields 'owner', 'name', 'homepage', and 'description' of a system project."),
        )
      }
      const larger = { resources: { [VM]: { project_capacity: ODD, member_capacity: ODD } } }
      const { application } = await carol.modifyProject(bobId, larger)
      await carol.applicationAction(bobId, application, 'approve')
      expect(await cloud.holding(cyclades, 'bob', VM)).toMatchObject({ limit: ODD, project_limit: ODD })
      await carol.projectAction(bobId, 'suspend')
      expect(await cloud.holding(cyclades, 'bob', VM)).toMatchObject({ limit: 0n, project_limit: 0n })
      expect(await refusal(bob.createProject(specsOf('lab.example.org')))).toBe(
        conflict('You have reached the maximum number of pending project applications: 0.'),
      )
      await carol.projectAction(bobId, 'unsuspend')
      expect(await cloud.holding(cyclades, 'bob', VM)).toMatchObject({ limit: ODD, project_limit: ODD })
      expect(await refusal(bob.getProject(NOBODY))).toBe(notFound(noProject(NOBODY)))
    })
  })
}
