import type { MemberProvision, ProjectProvision, Reassignment, UserProvision } from 'astakosclient'
import { isObject, type Json, type JsonObject } from '../json.ts'
import { splitOnce, type Recorded } from '../recorded.ts'
import { objectBody, onlyMember, onlyMembers } from './bodies.ts'
import { equal, isId, isInt64, isSafe, memberOf, toArgument, type Drive, type Recognised } from './drive.ts'
import { LeftOut } from './rules.ts'

/** A provision, its prefixes cut. `user` is null in a project's half. */
interface Item {
  readonly user: string | null
  readonly project: string
  readonly resource: Json
  readonly quantity: Json
}

export function issue(recorded: Recorded): Recognised {
  const body = objectBody(recorded)
  onlyMembers(body, 'provisions', 'name', 'force', 'auto_accept')
  const { provisions, name = '', force = false, auto_accept: autoAccept = false } = body
  if (provisions === undefined) throw new LeftOut('members')
  if (!Array.isArray(provisions)) throw new LeftOut('value')
  const items = provisions.map(itemOf)
  const options = { name: toArgument(name), force: toArgument(force), autoAccept: toArgument(autoAccept) }
  const drives = waysToIssue(items, options as { name: string; force: boolean; autoAccept: boolean })
  if (drives.length === 0) throw new LeftOut('pairing')
  const sendable =
    typeof name === 'string' &&
    typeof force === 'boolean' &&
    typeof autoAccept === 'boolean' &&
    items.every(({ user, project, resource, quantity }) => {
      return user !== '' && project !== '' && isId(resource) && isInt64(quantity)
    })
  if (!sendable) throw new LeftOut('refused', drives)
  return { json: { provisions, name, force, auto_accept: autoAccept }, drives }
}

function itemOf(provision: Json): Item {
  if (!isObject(provision)) throw new LeftOut('value')
  const { holder, source, resource, quantity } = provision
  onlyMembers(provision, 'holder', 'source', 'resource', 'quantity')
  if (holder === undefined || source === undefined || resource === undefined || quantity === undefined)
    throw new LeftOut('members')
  const [kind, id] = prefixed(holder)
  const [from, project] = prefixed(source)
  if (kind === 'user' && from === 'project') return { user: id, project, resource, quantity }
  if (kind === 'project' && source === null) return { user: null, project: id, resource, quantity }
  throw new LeftOut('pairing')
}

function prefixed(value: Json): [prefix: string, id: string] {
  const [prefix, id = ''] = typeof value === 'string' ? splitOnce(value, ':') : ['']
  return [prefix, id]
}

/** Every way to issue that sends these provisions in this order. */
function waysToIssue(
  items: readonly Item[],
  options: { readonly name: string; readonly force: boolean; readonly autoAccept: boolean },
): Drive[] {
  const ways: Drive[] = []
  const add = (name: string, call: Drive['call']): void => {
    ways.push({ name, call, issues: true, result: memberOf('serial') })
  }
  const users = items.filter(({ user }) => user !== null)
  const projects = items.filter(({ user }) => user === null)
  if (items.slice(0, users.length).every((item) => item.user !== null)) {
    add('issueCommissionGeneric', (c, o) =>
      c.issueCommissionGeneric(users.map(argumentOf) as UserProvision[], projects.map(argumentOf), {
        ...options,
        ...o,
      }),
    )
  }
  const charges = chargesOf(items)
  if (charges === null) return ways
  const holder = charges[0]?.user ?? 'nobody'
  const several = charges.map(argumentOf) as MemberProvision[]
  add('issueOneCommission with a list', (c, o) => c.issueOneCommission(holder, several, { ...options, ...o }))
  const byResource = byResourceOf(charges)
  if (byResource !== null) {
    const source = charges[0]?.project ?? 'none'
    add('issueOneCommission', (c, o) => c.issueOneCommission(holder, source, byResource, { ...options, ...o }))
  }
  const moves = movesOf(charges)
  if (moves !== null)
    add('issueResourceReassignment', (c, o) => c.issueResourceReassignment(holder, moves, { ...options, ...o }))
  return ways
}

function argumentOf({ user, project, resource, quantity }: Item): ProjectProvision {
  const provision = { project, resource: toArgument(resource) as string, quantity: quantity as bigint }
  return user === null ? provision : ({ user, ...provision } as ProjectProvision)
}

/** Where every member's half is followed by its project's, the members' halves; all of one user. */
function chargesOf(items: readonly Item[]): Item[] | null {
  const members = items.filter((_, index) => index % 2 === 0)
  const paired = members.every((member, index) => {
    const project = items[2 * index + 1]
    return (
      member.user !== null &&
      member.user === members[0]?.user &&
      project?.user === null &&
      project.project === member.project &&
      equal(project.resource, member.resource) &&
      equal(project.quantity, member.quantity)
    )
  })
  return paired ? members : null
}

/** One project, each resource once, in an order that a JavaScript object keeps. */
function byResourceOf(charges: readonly Item[]): Record<string, bigint> | null {
  const [first] = charges
  if (charges.some(({ project }) => project !== first?.project)) return null
  const entries = charges.map(({ resource, quantity }): [string, bigint] => [resource as string, quantity as bigint])
  const byResource = Object.fromEntries(entries)
  const kept = Object.keys(byResource)
  return kept.length === entries.length && entries.every(([name], index) => name === kept[index]) ? byResource : null
}

/** Where every charge that gives back is followed by one that takes the same. */
function movesOf(charges: readonly Item[]): Reassignment[] | null {
  const moves: Reassignment[] = []
  for (let index = 0; index < charges.length; index += 2) {
    const [from, to] = [charges[index], charges[index + 1]]
    if (from === undefined || to === undefined || !equal(from.resource, to.resource)) return null
    if (typeof to.quantity !== 'bigint' || from.quantity !== -to.quantity) return null
    moves.push({ from: from.project, to: to.project, resource: to.resource as string, quantity: to.quantity })
  }
  return moves
}

export function pending(): Recognised {
  return { drives: [{ name: 'getPendingCommissions', call: (c, o) => c.getPendingCommissions(o) }] }
}

export function commission(_: Recorded, [segment = '']: readonly string[]): Recognised {
  const serial = numberOf(segment)
  const drive: Drive = { name: 'getCommissionInfo', call: (c, o) => c.getCommissionInfo(serial as number, o) }
  if (typeof serial === 'string') throw new LeftOut('refused', [drive])
  return { drives: [drive] }
}

export function commissionAction(recorded: Recorded, [segment = '']: readonly string[]): Recognised {
  const serial = numberOf(segment) as number
  const body = objectBody(recorded)
  const [action, value] = onlyMember(body)
  if (value !== '') throw new LeftOut('value')
  const call: Drive['call'] = (c, o) => c.commissionAction(serial, action as 'accept', o)
  const drives: Drive[] = [{ name: 'commissionAction', answer: 'nothing', call }]
  if (action === 'accept') {
    drives.push({ name: 'acceptCommission', answer: 'nothing', call: (c, o) => c.acceptCommission(serial, o) })
  }
  if (action === 'reject') {
    drives.push({ name: 'rejectCommission', answer: 'nothing', call: (c, o) => c.rejectCommission(serial, o) })
  }
  if (typeof serial === 'string' || action === '') throw new LeftOut('refused', drives)
  return { json: body, drives }
}

export function resolve(recorded: Recorded): Recognised {
  const body = objectBody(recorded)
  onlyMembers(body, 'accept', 'reject')
  const { accept = [], reject = [] } = body
  const call: Drive['call'] = (c, o) =>
    c.resolveCommissions(toArgument(accept) as number[], toArgument(reject) as number[], o)
  const drives: Drive[] = [{ name: 'resolveCommissions', call }]
  if (![accept, reject].every((list) => Array.isArray(list) && list.every(isSafe))) throw new LeftOut('refused', drives)
  return { json: { accept, reject } satisfies JsonObject, drives }
}

/** An id in a path; as it is where it is none, so that the client may refuse it. */
export function numberOf(segment: string): number | string {
  const number = Number(segment)
  return Number.isSafeInteger(number) && String(number) === segment ? number : segment
}
