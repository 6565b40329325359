import type { AstakosClient } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cloud, transports } from './cloud.ts'
import { approved, conflict, refusal, sceneOf, specsOf, type Scene } from './project-scene.ts'
import { LargerWorld } from './worlds.ts'

/** Many at once, for what is there for a few. */

const MANY = 20
const world = new LargerWorld({ users: MANY })
const cloud = new Cloud('--world', world.file)
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(async () => {
  await cloud[Symbol.asyncDispose]()
  world[Symbol.dispose]()
})

const VM = 'cyclades.vm'
const FULL = conflict('You have reached the maximum number of members for this Project.')
const DONE = 'done'

/** What became of each, `done` or why not, and how often. */
async function outcomes(calls: readonly Promise<unknown>[]): Promise<Record<string, number>> {
  const ends = calls.map((call) =>
    call.then(
      () => DONE,
      () => refusal(call),
    ),
  )
  return counted(await Promise.all(ends))
}

function counted(items: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1
  return counts
}

for (const transport of transports) {
  describe(`races over ${transport.name}`, () => {
    let scene: Scene
    let crowd: AstakosClient[]
    beforeEach(async () => {
      await cloud.reset()
      scene = sceneOf(cloud, transport)
      crowd = Array.from({ length: MANY }, (_, index) => cloud.client(`user-${index}`, transport))
      await Promise.all(crowd.map((client) => client.authenticate()))
    })

    it('20 users join the last 3 places: exactly 3 are accepted and may use it, and 17 wait', async () => {
      const { alice, bob, carol, dave, cyclades } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', {
        join_policy: 'auto',
        max_members: 5,
        resources: { [VM]: { project_capacity: 10, member_capacity: 2 } },
      })
      await bob.joinProject(id)
      await dave.joinProject(id)
      const joined = await Promise.all(crowd.map((client) => client.joinProject(id)))
      expect(new Set(joined.map((membership) => membership.id)).size).toBe(MANY)

      const memberships = await alice.getMemberships({ projectId: id })
      expect(counted(memberships.map(({ state }) => state))).toEqual({ accepted: 5, requested: 17 })
      const quotas = Object.values(await cyclades.serviceGetQuotas({ projectId: id }))
      expect(quotas.map((byProject) => byProject[id]?.[VM]?.limit)).toEqual([2n, 2n, 2n, 2n, 2n])

      // Two places more, and all who wait are accepted at once.
      const { application } = await alice.modifyProject(id, { max_members: 7 })
      await carol.applicationAction(id, application, 'approve')
      const waiting = memberships.filter(({ state }) => state === 'requested')
      const accepts = waiting.map((membership) => alice.membershipAction(membership.id, 'accept'))
      expect(await outcomes(accepts)).toEqual({ [DONE]: 2, [FULL]: 15 })
      const after = await alice.getMemberships({ projectId: id })
      expect(counted(after.map(({ state }) => state))).toEqual({ accepted: 7, requested: 15 })
    })

    it('one user who joins 20 times has one membership', async () => {
      const { alice, bob, carol } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { join_policy: 'auto' })
      const joins = Array.from({ length: MANY }, () => bob.joinProject(id))
      expect(await outcomes(joins)).toEqual({
        [DONE]: 1,
        [conflict('Request or membership already exists.')]: MANY - 1,
      })
      expect(await bob.getMemberships({ projectId: id })).toMatchObject([{ state: 'accepted' }])
    })

    it('20 applications of one user: 3 are pending, and the rest are refused', async () => {
      const { alice } = scene
      const calls = crowd.map((_, index) => alice.createProject(specsOf(`lab-${index}.example.org`)))
      const full = conflict('You have reached the maximum number of pending project applications: 3.')
      expect(await outcomes(calls)).toEqual({ [DONE]: 3, [full]: MANY - 3 })
      expect(await alice.getProjects({ state: 'uninitialized' })).toHaveLength(3)
    })

    it('20 projects of one name are approved at once: one gets it', async () => {
      const { carol } = scene
      const receipts = await Promise.all(crowd.map((client) => client.createProject(specsOf('lab.example.org'))))
      const calls = receipts.map(({ id, application }) => carol.applicationAction(id, application, 'approve'))
      const ends = await outcomes(calls)
      const [active, ...others] = await carol.getProjects({ name: 'lab.example.org', state: 'active' })
      expect(others).toEqual([])
      const taken = `cannot approve: project with name 'lab.example.org' already exists (id: ${active?.id})`
      expect(ends).toEqual({ [DONE]: 1, [conflict(taken)]: MANY - 1 })
    })

    it('an application that is approved and cancelled at once ends one way', async () => {
      const { carol } = scene
      const ends = await Promise.all(
        crowd.map(async (client, index) => {
          const { id, application } = await client.createProject(specsOf(`lab-${index}.example.org`))
          const calls = [carol, client].map((who, side) =>
            who.applicationAction(id, application, side === 0 ? 'approve' : 'cancel'),
          )
          const ended = await outcomes(calls)
          const { state, last_application: last } = await client.getProject(id)
          const display = last?.state === 'approved' ? 'Approved' : 'Cancelled'
          const late = last?.state === 'approved' ? 'cancel' : 'approve'
          expect(state).toBe(last?.state === 'approved' ? 'active' : 'deleted')
          expect(ended).toEqual({
            [DONE]: 1,
            [conflict(`Cannot ${late} application ${application} in state '${display}'`)]: 1,
          })
          return display
        }),
      )
      expect(ends).toHaveLength(MANY)
      // Each way gave the place back in what counts as pending.
      const [one] = crowd
      const again = ['a', 'b', 'c', 'd'].flatMap((name) => one?.createProject(specsOf(`${name}.example.org`)) ?? [])
      const full = conflict('You have reached the maximum number of pending project applications: 3.')
      expect(await outcomes(again)).toEqual({ [DONE]: 3, [full]: 1 })
    })
  })
}
