import type { MembershipAction } from 'astakosclient'
import { isObject } from '../json.ts'
import type { Recorded } from '../recorded.ts'
import { distinct, objectBody, onlyMember, onlyMembers } from './bodies.ts'
import { numberOf } from './commissions.ts'
import { isId, toArgument, type Drive, type Recognised } from './drive.ts'
import { LeftOut } from './rules.ts'

export function memberships(recorded: Recorded): Recognised {
  const projectId = distinct(recorded.query, 'query').get('project')
  const drive: Drive = { name: 'getMemberships', call: (c, o) => c.getMemberships({ ...o, projectId }) }
  if (projectId === '') throw new LeftOut('refused', [drive])
  return { drives: [drive] }
}

export function membership(_: Recorded, [segment = '']: readonly string[]): Recognised {
  const id = numberOf(segment)
  const drive: Drive = { name: 'getMembership', call: (c, o) => c.getMembership(id as number, o) }
  if (typeof id === 'string') throw new LeftOut('refused', [drive])
  return { drives: [drive] }
}

export function membershipAction(recorded: Recorded, [segment = '']: readonly string[]): Recognised {
  const id = numberOf(segment) as number
  const body = objectBody(recorded)
  const [action, reason] = onlyMember(body)
  const drive: Drive = {
    name: 'membershipAction',
    answer: 'nothing',
    call: (c, o) => c.membershipAction(id, action as MembershipAction, { ...o, reason: toArgument(reason) as string }),
  }
  if (typeof id === 'string' || action === '' || typeof reason !== 'string') throw new LeftOut('refused', [drive])
  return { json: body, drives: [drive] }
}

export function newMembership(recorded: Recorded): Recognised {
  const body = objectBody(recorded)
  const [verb, value] = onlyMember(body)
  if (verb !== 'join' && verb !== 'enroll') throw new LeftOut('members')
  if (!isObject(value)) throw new LeftOut('value')
  onlyMembers(value, 'project', ...(verb === 'enroll' ? ['user'] : []))
  const { project, user } = value
  if (project === undefined || (verb === 'enroll' && user === undefined)) throw new LeftOut('members')
  const projectId = toArgument(project) as string
  const drive: Drive =
    verb === 'join'
      ? { name: 'joinProject', call: (c, o) => c.joinProject(projectId, o) }
      : { name: 'enrollMember', call: (c, o) => c.enrollMember(projectId, toArgument(user ?? null) as string, o) }
  if (!isId(project) || (verb === 'enroll' && !isId(user))) throw new LeftOut('refused', [drive])
  return { json: body, drives: [drive] }
}
