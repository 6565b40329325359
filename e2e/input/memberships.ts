import { isObject, type Json, type JsonObject } from '../replay/json.ts'
import { only, type Effect, type Verdict } from './expectation.ts'
import { isAdmin, oneOf, projectOf } from './projects.ts'
import { FIRST, MEMBERSHIPS, PROJECTS } from './stage.ts'
import { accepted } from './world.ts'

/** What becomes of the calls on memberships in the world that every case meets. */

const ownerOf = (id: string): string | null => PROJECTS.get(id)?.owner ?? null

/** The digits of a number that is known: its name may stand behind zeros. */
const membershipOf = (digits: string): ReturnType<typeof MEMBERSHIPS.get> => MEMBERSHIPS.get(digits.replace(/^0+/, ''))

/** Membership specification, 4.2. */
export function ofShowMembership(caller: string, digits: string): Verdict {
  const membership = membershipOf(digits)
  if (!membership) return only(404)
  return only(isAdmin(caller) || caller === ownerOf(FIRST) || caller === membership.user ? 200 : 403)
}

const ACTIONS = ['leave', 'cancel', 'accept', 'reject', 'remove']
const MOVED: Effect = { memberships: 0, membership_log: 1 }

/** Membership specification, 5. The project is alive, takes members by request, has room and lets none go. */
export function ofMembershipAction(document: Json, caller: string, digits: string): Verdict {
  const order = oneOf(document, ACTIONS)
  if (!order) return only(400)
  const membership = membershipOf(digits)
  if (!membership) return only(404)
  const { action } = order
  if (membership.isRequest === ['leave', 'remove'].includes(action)) return only(409)
  const isOfMember = action === 'leave' || action === 'cancel'
  if (!isAdmin(caller) && caller !== (isOfMember ? membership.user : ownerOf(FIRST))) return only(403)
  return membership.isRequest ? { statuses: [200], effect: MOVED } : only(409)
}

/** Membership specification, 6. */
export function ofBegin(document: Json, caller: string): Verdict {
  const order = oneOf(document, ['join', 'enroll'])
  if (!order || !isObject(order.value)) return only(400)
  const project = idIn(order.value)
  if (project === null) return only(400)
  return order.action === 'join' ? ofJoin(caller, project) : ofEnroll(caller, project, order.value['user'])
}

/** A number is that of no project. */
function idIn({ project }: JsonObject): string | null {
  if (typeof project === 'string') return project
  return typeof project === 'bigint' && BigInt.asIntN(64, project) === project ? 'a number' : null
}

const stateIn = (project: string, user: string): 'requested' | 'accepted' | null => {
  if (project !== FIRST) return null
  const membership = [...MEMBERSHIPS.values()].find((each) => each.user === user)
  return membership ? (membership.isRequest ? 'requested' : 'accepted') : null
}

/** Nobody may join but the first: others are not alive, or system projects, which are closed. */
function ofJoin(caller: string, project: string): Verdict {
  if (!projectOf(project)) return only(404)
  if (project !== FIRST || stateIn(project, caller) !== null) return only(409)
  return { statuses: [200], effect: { memberships: 1, membership_log: 1 } }
}

function ofEnroll(caller: string, project: string, address: Json | undefined): Verdict {
  if (typeof address !== 'string') return only(409)
  const found = [...accepted].find(([each]) => each.toLowerCase() === address.toLowerCase())
  const verdict = found ? ofKnownUser(caller, project, found[1]) : only(409)
  // M-8: addresses may be compared whatever their case.
  return !found || found[0] === address ? verdict : { ...verdict, statuses: [409, ...verdict.statuses] }
}

function ofKnownUser(
  caller: string,
  project: string,
  { uuid, isActive }: { readonly uuid: string; readonly isActive: boolean },
): Verdict {
  const found = projectOf(project)
  if (!found || !isActive) return only(409)
  if (!isAdmin(caller) && caller !== found.owner) return only(403)
  const state = stateIn(project, uuid)
  if (project !== FIRST || state === 'accepted') return only(409)
  return { statuses: [200], effect: { memberships: state === null ? 1 : 0, membership_log: 1 } }
}
