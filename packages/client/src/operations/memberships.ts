import { encodable, idOf, serialOf } from '../arguments.ts'
import { JSON_TYPE, pathOf, type Call, type Operation } from '../call.ts'
import type { Membership } from '../wire/types.ts'
import { listAnswer, nothing, objectAnswer } from './answers.ts'
import { reasonOf } from './projects.ts'

const ON_MEMBERSHIPS = { base: 'account', path: '/projects/memberships' } as const

export const GET_MEMBERSHIPS: Operation = {
  name: 'getMemberships',
  method: 'GET',
  ...ON_MEMBERSHIPS,
  retry: 'safe',
  answer: 'document',
}
export const GET_MEMBERSHIP: Operation = {
  name: 'getMembership',
  method: 'GET',
  base: 'account',
  path: '/projects/memberships/{membershipId}',
  retry: 'safe',
  answer: 'document',
}
export const MEMBERSHIP_ACTION: Operation = {
  name: 'membershipAction',
  method: 'POST',
  base: 'account',
  path: '/projects/memberships/{membershipId}/action',
  retry: 'once',
  answer: 'nothing',
}
export const JOIN_PROJECT: Operation = {
  name: 'joinProject',
  method: 'POST',
  ...ON_MEMBERSHIPS,
  retry: 'once',
  answer: 'document',
}
export const ENROLL_MEMBER: Operation = {
  name: 'enrollMember',
  method: 'POST',
  ...ON_MEMBERSHIPS,
  retry: 'once',
  answer: 'document',
}

export function getMemberships(projectId: unknown): Call<Membership[]> {
  const method = GET_MEMBERSHIPS.name
  const project =
    projectId === undefined || projectId === null
      ? null
      : encodable(method, 'projectId', idOf(method, 'projectId', projectId))
  return { operation: GET_MEMBERSHIPS, path: pathOf(GET_MEMBERSHIPS.path, {}, { project }), read: listAnswer }
}

export function getMembership(membershipId: unknown): Call<Membership> {
  const id = serialOf(GET_MEMBERSHIP.name, 'membershipId', membershipId)
  return { operation: GET_MEMBERSHIP, path: pathOf(GET_MEMBERSHIP.path, { membershipId: id }), read: objectAnswer }
}

export function membershipAction(membershipId: unknown, action: unknown, reason: unknown): Call<void> {
  const method = MEMBERSHIP_ACTION.name
  const id = serialOf(method, 'membershipId', membershipId)
  const word = idOf(method, 'action', action)
  return {
    operation: MEMBERSHIP_ACTION,
    path: pathOf(MEMBERSHIP_ACTION.path, { membershipId: id }),
    contentType: JSON_TYPE,
    body: JSON.stringify({ [word]: reasonOf(method, reason) }),
    read: nothing,
  }
}

export function joinProject(projectId: unknown): Call<{ id: number }> {
  return create(JOIN_PROJECT, { join: { project: idOf(JOIN_PROJECT.name, 'projectId', projectId) } })
}

export function enrollMember(projectId: unknown, email: unknown): Call<{ id: number }> {
  const { name } = ENROLL_MEMBER
  return create(ENROLL_MEMBER, {
    enroll: { project: idOf(name, 'projectId', projectId), user: idOf(name, 'email', email) },
  })
}

function create(operation: Operation, body: object): Call<{ id: number }> {
  return { operation, path: operation.path, contentType: JSON_TYPE, body: JSON.stringify(body), read: objectAnswer }
}
