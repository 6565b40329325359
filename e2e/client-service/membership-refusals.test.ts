import { BadRequest, Conflict, Forbidden, NotFound, type MembershipAction } from 'astakosclient'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { failure } from '../../packages/client/test/support/transports.ts'
import { Cloud, transports } from './cloud.ts'
import {
  approved,
  badRequest,
  conflict,
  FORBIDDEN,
  noProject,
  NOBODY,
  notFound,
  refusal,
  sceneOf,
  type Scene,
} from './project-scene.ts'

const cloud = new Cloud()
beforeAll(() => cloud.start())
afterEach(() => cloud.closeClients())
afterAll(() => cloud[Symbol.asyncDispose]())

const ACTIONS: readonly MembershipAction[] = ['leave', 'cancel', 'accept', 'reject', 'remove']
const NO_REQUEST = 'This is not a valid membership request.'
const NOT_ACCEPTED = 'This is not an accepted membership.'
const JOIN_CLOSED = "The Project's member join policy is closed."
const LEAVE_CLOSED = "The project's member leave policy is closed."
const FULL = 'You have reached the maximum number of members for this Project.'
const notAlive = (id: string): string => `Project ${id} is not alive.`

for (const transport of transports) {
  describe(`refusals of memberships over ${transport.name}`, () => {
    let scene: Scene
    beforeEach(async () => {
      await cloud.reset()
      scene = sceneOf(cloud, transport)
    })

    it('BadRequest is the answer to an action that there is not', async () => {
      const { alice } = scene
      expect(await refusal(alice.membershipAction(1, 'suspend' as 'leave'))).toBe(badRequest('No recognized action'))
      expect(await failure(alice.membershipAction(1, 'join' as 'leave'))).toBeInstanceOf(BadRequest)
      expect(await failure(alice.joinProject(''))).toMatchObject({ name: 'BadValue', attempts: 0 })
    })

    it('NotFound is the answer to memberships and projects that there are not, but for an enrollment', async () => {
      const { carol } = scene
      expect(await refusal(carol.getMembership(999))).toBe(notFound(NO_REQUEST))
      for (const action of ACTIONS) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(carol.membershipAction(Number.MAX_SAFE_INTEGER, action))).toBe(notFound(NO_REQUEST))
      }
      for (const id of [NOBODY, 'Δ', '1']) {
        // oxlint-disable no-await-in-loop -- one after the other
        expect(await refusal(carol.joinProject(id))).toBe(notFound(noProject(id)))
        expect(await refusal(carol.enrollMember(id, 'bob@example.org'))).toBe(conflict(noProject(id)))
        // oxlint-enable no-await-in-loop
      }
      expect(await failure(carol.joinProject(NOBODY))).toBeInstanceOf(NotFound)
    })

    it('Forbidden is the answer to those whom a membership is no matter of', async () => {
      const { alice, bob, carol, dave } = scene
      const { id } = await approved(alice, carol, 'lab.example.org')
      const { id: membership } = await bob.joinProject(id)
      expect(await refusal(dave.getMembership(membership))).toBe(FORBIDDEN)
      for (const action of ['accept', 'reject'] as const) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(bob.membershipAction(membership, action)), action).toBe(FORBIDDEN)
      }
      expect(await refusal(alice.membershipAction(membership, 'cancel'))).toBe(FORBIDDEN)
      await alice.membershipAction(membership, 'accept')
      expect(await refusal(bob.membershipAction(membership, 'remove'))).toBe(FORBIDDEN)
      expect(await refusal(alice.membershipAction(membership, 'leave'))).toBe(FORBIDDEN)
      expect(await refusal(bob.enrollMember(id, 'dave@example.org'))).toBe(FORBIDDEN)
      expect(await failure(dave.enrollMember(id, 'dave@example.org'))).toBeInstanceOf(Forbidden)
      expect(await bob.getMembership(membership)).toMatchObject({ state: 'accepted' })
    })

    it('Conflict is the answer to an action that the state does not allow, whoever asks', async () => {
      const { alice, bob, carol, dave } = scene
      const { id } = await approved(alice, carol, 'lab.example.org')
      const { id: membership } = await bob.joinProject(id)
      const expected = async (refused: Partial<Record<MembershipAction, string>>): Promise<void> => {
        for (const [action, message] of Object.entries(refused)) {
          for (const client of [bob, alice, carol, dave]) {
            // oxlint-disable-next-line no-await-in-loop -- one after the other
            const answer = await refusal(client.membershipAction(membership, action as MembershipAction))
            expect(answer, action).toBe(conflict(message))
          }
        }
      }
      await expected({ leave: NOT_ACCEPTED, remove: NOT_ACCEPTED })
      expect(await refusal(bob.joinProject(id))).toBe(conflict('Request or membership already exists.'))
      await alice.membershipAction(membership, 'accept')
      await expected({ accept: NO_REQUEST, reject: NO_REQUEST, cancel: NO_REQUEST })
      expect(await refusal(bob.joinProject(id))).toBe(conflict('Request or membership already exists.'))
      expect(await refusal(alice.enrollMember(id, 'bob@example.org'))).toBe(conflict('Membership already exists.'))
      await alice.membershipAction(membership, 'remove')
      await expected({ leave: NOT_ACCEPTED, remove: NOT_ACCEPTED, accept: NO_REQUEST })
      expect(await failure(bob.membershipAction(membership, 'leave'))).toBeInstanceOf(Conflict)
    })

    it('Conflict is the answer where a policy is closed or no place is left', async () => {
      const { alice, bob, carol, dave, bobId } = scene
      const { id } = await approved(alice, carol, 'lab.example.org', { max_members: 1 })
      const { id: ofBob } = await bob.joinProject(id)
      const { id: ofDave } = await dave.joinProject(id)
      await alice.membershipAction(ofBob, 'accept')
      expect(await refusal(alice.membershipAction(ofDave, 'accept'))).toBe(conflict(FULL))
      expect(await refusal(alice.enrollMember(id, 'dave@example.org'))).toBe(conflict(FULL))

      const { application } = await alice.modifyProject(id, { join_policy: 'closed', leave_policy: 'closed' })
      await carol.applicationAction(id, application, 'approve')
      expect(await refusal(alice.membershipAction(ofDave, 'accept'))).toBe(conflict(JOIN_CLOSED))
      expect(await refusal(alice.enrollMember(id, 'dave@example.org'))).toBe(conflict(JOIN_CLOSED))
      expect(await refusal(carol.joinProject(id))).toBe(conflict(JOIN_CLOSED))
      expect(await refusal(bob.membershipAction(ofBob, 'leave'))).toBe(conflict(LEAVE_CLOSED))
      expect(await refusal(alice.membershipAction(ofBob, 'remove'))).toBe(conflict(LEAVE_CLOSED))
      await alice.membershipAction(ofDave, 'reject')

      // Nobody comes to a system project, and nobody leaves it.
      expect(await refusal(alice.joinProject(bobId))).toBe(conflict(JOIN_CLOSED))
      expect(await refusal(carol.enrollMember(bobId, 'dave@example.org'))).toBe(conflict(JOIN_CLOSED))
      const [own] = await bob.getMemberships({ projectId: bobId })
      expect(own).toMatchObject({ state: 'accepted', allowed_actions: [] })
      expect(await refusal(bob.membershipAction(own?.id ?? 0, 'leave'))).toBe(conflict(LEAVE_CLOSED))
      expect(await refusal(carol.membershipAction(own?.id ?? 0, 'remove'))).toBe(conflict(LEAVE_CLOSED))
    })

    it('Conflict is the answer where the project is not alive, or the account does not work', async () => {
      const { alice, bob, carol, dave } = scene
      const { id } = await approved(alice, carol, 'lab.example.org')
      const { id: ofBob } = await bob.joinProject(id)
      const { id: ofDave } = await dave.joinProject(id)
      await alice.membershipAction(ofDave, 'accept')
      expect(await refusal(alice.enrollMember(id, 'frank@example.org'))).toBe(conflict('User account is not active.'))
      for (const email of ['erin@example.org', 'trent@example.org', 'ivan@example.org', 'Bob@example.org', 'Ω']) {
        // oxlint-disable-next-line no-await-in-loop -- one after the other
        expect(await refusal(alice.enrollMember(id, email))).toBe(conflict(`Unknown users: ${email}`))
      }

      await carol.projectAction(id, 'terminate')
      const dead = conflict(notAlive(id))
      expect(await refusal(bob.membershipAction(ofBob, 'cancel'))).toBe(dead)
      expect(await refusal(alice.membershipAction(ofBob, 'accept'))).toBe(dead)
      expect(await refusal(alice.membershipAction(ofBob, 'reject'))).toBe(dead)
      expect(await refusal(dave.membershipAction(ofDave, 'leave'))).toBe(dead)
      expect(await refusal(alice.membershipAction(ofDave, 'remove'))).toBe(dead)
      expect(await refusal(carol.joinProject(id))).toBe(dead)
      expect(await refusal(alice.enrollMember(id, 'bob@example.org'))).toBe(dead)
    })
  })
}
