import { BadRequest, Conflict, Forbidden, NotFound, type ProjectSpecs } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure } from '../../packages/client/test/support/transports.ts'
import { Cloud, transports } from './cloud.ts'
import {
  approved,
  badRequest,
  conflict,
  END_DATE,
  FORBIDDEN,
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

function pair(project_capacity: unknown, member_capacity: unknown): object {
  return { resources: { [VM]: { project_capacity, member_capacity } } }
}

/** What is wrong with a new project and, but for what may be left out there, with a change of one. */
const BAD_SPECS: readonly (readonly [specs: object, message: string, isFineInAChange?: true])[] = [
  [{ owner: NOBODY }, 'User does not exist.'],
  [{ name: undefined }, 'Name missing.', true],
  [{ name: null }, 'Name missing.', true],
  [{ join_policy: 'open' }, 'Invalid join policy'],
  [{ leave_policy: 'never' }, 'Invalid leave policy'],
  [{ end_date: undefined }, 'Missing end date', true],
  [{ max_members: '-5' }, 'Invalid max_members'],
  [{ max_members: '1e3' }, 'Invalid max_members'],
  [{ max_members: -1 }, 'max_members out of range'],
  [{ max_members: String(2n ** 63n) }, 'max_members out of range'],
  [{ private: 'yes' }, 'private must be boolean'],
  [{ homepage: 1 }, 'homepage must be string'],
  [{ description: ['d'] }, 'description must be string'],
  [{ comments: false }, 'comments must be string'],
  [{ resources: { 'no.such': { project_capacity: 1, member_capacity: 1 } } }, 'Malformed resource policies'],
  [
    { resources: { 'astakos.pending_app': { project_capacity: 1, member_capacity: 1 } } },
    'Malformed resource policies',
  ],
  [{ resources: { [VM]: { project_capacity: 1 } } }, 'Malformed resource policies'],
  [pair(1, -1), 'Negative quota limit is not allowed'],
  [pair(2n ** 53n, 2n ** 53n + 1n), `Project quota limit is less than member limit for resource '${VM}'`],
  [{ name: `${'a.'.repeat(39)}org` }, "'name' value exceeds max length 80"],
  [{ name: 'lab' }, 'Project name should be in domain format'],
  [{ name: 'lab.example.org\n' }, 'Project name should be in domain format'],
  [{ homepage: 'h'.repeat(256) }, "'homepage' value exceeds max length 255"],
  [{ description: 'δ'.repeat(4097) }, "'description' value exceeds max length 4096"],
  [{ comments: 'c'.repeat(4097) }, "'comments' value exceeds max length 4096"],
  [{ start_date: '2040-06-01' }, 'Invalid start_date'],
  [{ end_date: '2040-06-01T00:00:00' }, 'Invalid end_date'],
  [{ end_date: '2020-06-01T00:00:00Z' }, "'end_date' must be in the future"],
]

for (const transport of transports) {
  describe(`refusals of projects over ${transport.name}`, () => {
    let scene: Scene
    beforeEach(async () => {
      await cloud.reset()
      scene = sceneOf(cloud, transport)
    })

    it('BadRequest says which rule of the specs is broken, for a new project and for a change', async () => {
      const { alice, carol } = scene
      const { id } = await approved(alice, carol, 'there.example.org')
      const before = await alice.getProjects()
      for (const [bad, message, isFineInAChange] of BAD_SPECS) {
        const specs = { ...specsOf('lab.example.org'), ...bad } as ProjectSpecs & { name: string; end_date: string }
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(alice.createProject(specs))).toBe(badRequest(message))
        if (isFineInAChange) continue
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(alice.modifyProject(id, bad))).toBe(badRequest(message))
      }
      expect(await failure(alice.createProject(specsOf('lab')))).toBeInstanceOf(BadRequest)
      expect(await alice.getProjects()).toEqual(before)
    })

    it('BadRequest is the answer to a mode, a state or an action that there is not', async () => {
      const { alice } = scene
      expect(await refusal(alice.getProjects({ mode: 'mine' }))).toBe(badRequest("Unrecognized mode 'mine'."))
      expect(await refusal(alice.getProjects({ state: 'Active' }))).toBe(badRequest('Unrecognized state Active'))
      expect(await refusal(alice.projectAction(NOBODY, 'delete' as 'suspend'))).toBe(badRequest('No recognized action'))
      expect(await refusal(alice.applicationAction(NOBODY, 1, 'accept' as 'approve'))).toBe(
        badRequest('No recognized action'),
      )
    })

    it('what could not be sent as meant is refused before anything is sent', async () => {
      const { alice } = scene
      for (const specs of [{ max_members: 2 ** 53 }, { max_members: 2n ** 63n }, pair(2n ** 63n, 1), pair(0.5, 0)]) {
        const call = alice.createProject({ ...specsOf('lab.example.org'), ...specs })
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await failure(call)).toMatchObject({ name: 'BadValue', attempts: 0 })
      }
    })

    it('Forbidden is the answer to those who are neither owner nor administrator', async () => {
      const { alice, bob, carol, dave, daveId } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { private: true })
      const { application } = await alice.modifyProject(id, { max_members: 5 })
      expect(await refusal(bob.getProject(id))).toBe(FORBIDDEN)
      expect(await refusal(bob.modifyProject(id, {}))).toBe(FORBIDDEN)
      for (const action of ['approve', 'deny', 'cancel', 'dismiss'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(bob.applicationAction(id, application, action)), action).toBe(FORBIDDEN)
      }
      for (const action of ['approve', 'deny'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(alice.applicationAction(id, application, action)), action).toBe(FORBIDDEN)
      }
      for (const action of ['suspend', 'unsuspend', 'terminate', 'reinstate'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(alice.projectAction(id, action)), action).toBe(FORBIDDEN)
      }
      expect(await failure(alice.projectAction(id, 'suspend'))).toBeInstanceOf(Forbidden)

      // Who applies for somebody else may withdraw, and no more; the owner may change, and not withdraw.
      const given = await bob.createProject(specsOf('given.example.org', { owner: daveId }))
      expect(await refusal(bob.getProject(given.id))).toBe(FORBIDDEN)
      expect(await dave.getProject(given.id)).toMatchObject({ owner: daveId })
      expect(await refusal(dave.applicationAction(given.id, given.application, 'cancel'))).toBe(FORBIDDEN)
      await bob.applicationAction(given.id, given.application, 'cancel')
      expect(await dave.getProject(given.id)).toMatchObject({ state: 'deleted' })
      // A public one shows nobody else what was applied for.
      const open = await approved(alice, carol, 'open.example.org')
      expect(await bob.getProject(open.id)).not.toHaveProperty('last_application')
    })

    it('NotFound is the answer to projects and applications that there are not', async () => {
      const { carol } = scene
      for (const id of [NOBODY, 'ä ö?', '1']) {
        // oxlint-disable no-await-in-loop -- one after the other
        expect(await refusal(carol.getProject(id))).toBe(notFound(noProject(id)))
        expect(await refusal(carol.modifyProject(id, {}))).toBe(notFound(noProject(id)))
        expect(await refusal(carol.projectAction(id, 'suspend'))).toBe(notFound(noProject(id)))
        // oxlint-enable no-await-in-loop
      }
      const unknown = carol.applicationAction(NOBODY, Number.MAX_SAFE_INTEGER, 'approve')
      expect(await refusal(unknown)).toBe(
        notFound(`There is no project application identified by ${Number.MAX_SAFE_INTEGER}.`),
      )
      expect(await failure(carol.getProject(NOBODY))).toBeInstanceOf(NotFound)
    })

    it('Conflict is the answer where states, names or the number of applications forbid it', async () => {
      const { alice, bob, carol } = scene
      const { id, application } = await approved(bob, carol, 'lab.example.org')
      expect(await refusal(carol.applicationAction(id, application, 'approve'))).toBe(
        conflict(`Cannot approve application ${application} in state 'Approved'`),
      )
      expect(await refusal(carol.applicationAction(NOBODY, application, 'approve'))).toBe(
        conflict(`${application} is not a pending application for project ${NOBODY}.`),
      )

      const same = await alice.createProject(specsOf('lab.example.org'))
      const taken = conflict(`cannot approve: project with name 'lab.example.org' already exists (id: ${id})`)
      expect(await refusal(carol.applicationAction(same.id, same.application, 'approve'))).toBe(taken)
      expect(await refusal(alice.modifyProject(same.id, {}))).toBe(conflict('Cannot modify an uninitialized project.'))
      expect(await refusal(carol.projectAction(same.id, 'suspend'))).toBe(conflict(`Project ${same.id} is not alive.`))

      // The name is free while its project is terminated, and is not taken back from whoever got it.
      await carol.projectAction(id, 'terminate')
      await carol.applicationAction(same.id, same.application, 'approve')
      const takenNow = conflict(`cannot approve: project with name 'lab.example.org' already exists (id: ${same.id})`)
      expect(await refusal(carol.projectAction(id, 'reinstate'))).toBe(takenNow)
      const unnamed = await bob.modifyProject(id, { description: 'again' })
      expect(await refusal(carol.applicationAction(id, unnamed.application, 'approve'))).toBe(takenNow)
      const renamed = await bob.modifyProject(id, { name: 'lab2.example.org' })
      await carol.applicationAction(id, renamed.application, 'approve')
      expect(await bob.getProject(id)).toMatchObject({ state: 'active', name: 'lab2.example.org' })

      for (const name of ['a', 'b', 'c']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await alice.createProject(specsOf(`${name}.example.org`))
      }
      const full = conflict('You have reached the maximum number of pending project applications: 3.')
      expect(await refusal(alice.createProject(specsOf('d.example.org')))).toBe(full)
      expect(await refusal(alice.modifyProject(same.id, { end_date: END_DATE }))).toBe(full)
      expect(await failure(alice.createProject(specsOf('d.example.org')))).toBeInstanceOf(Conflict)
      // The administrator is not limited.
      for (const name of ['e', 'f', 'g', 'h']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        await carol.createProject(specsOf(`${name}.example.org`))
      }
    })
  })
}
