import { booleanOf, countOf, idOf, listOf, objectOf, quantityOf, serialOf, serialsOf, stringOf } from '../arguments.ts'
import { JSON_TYPE, pathOf, type Call, type Operation } from '../call.ts'
import { BadValue } from '../errors.ts'
import type { RequestOptions } from '../options.ts'
import { mkProvisions } from '../provisions.ts'
import type { CommissionInfo, Provision, QuantityInput, Resolution, Serial, Uuid } from '../wire/types.ts'
import { listAnswer, memberAnswer, nothing, objectAnswer } from './answers.ts'
import { Missing } from '../answer.ts'

export interface IssueOptions extends RequestOptions {
  /** A note for people, at most 4096 characters. @default "" */
  readonly name?: string | undefined
  /** Passes upper limits. @default false */
  readonly force?: boolean | undefined
  /** Accepted in the same transaction. @default false */
  readonly autoAccept?: boolean | undefined
  /** 1 to 255 visible ASCII characters. @default a fresh one where the service takes keys. Given where it doesn't: NotSupported, nothing sent. */
  readonly idempotencyKey?: string | undefined
  /** Rejected by the service unless resolved by then. Where there are no leases: NotSupported, nothing sent. */
  readonly leaseSeconds?: number | undefined
}

export interface MemberProvision {
  readonly project: Uuid
  readonly resource: string
  readonly quantity: QuantityInput
}
export interface UserProvision extends MemberProvision {
  readonly user: Uuid
}
export interface ProjectProvision {
  readonly project: Uuid
  readonly resource: string
  readonly quantity: QuantityInput
}
export interface Reassignment {
  readonly from: Uuid
  readonly to: Uuid
  readonly resource: string
  readonly quantity: QuantityInput
}

const ISSUE = { method: 'POST', base: 'account', path: '/commissions', retry: 'keyed', answer: 'document' } as const
const ACT = {
  method: 'POST',
  base: 'account',
  path: '/commissions/{serial}/action',
  retry: 'idempotent',
  answer: 'nothing',
} as const

export const ISSUE_COMMISSION_GENERIC: Operation = { name: 'issueCommissionGeneric', ...ISSUE }
export const ISSUE_ONE_COMMISSION: Operation = { name: 'issueOneCommission', ...ISSUE }
export const ISSUE_RESOURCE_REASSIGNMENT: Operation = { name: 'issueResourceReassignment', ...ISSUE }
export const GET_PENDING_COMMISSIONS: Operation = {
  name: 'getPendingCommissions',
  method: 'GET',
  base: 'account',
  path: '/commissions',
  retry: 'safe',
  answer: 'document',
}
export const GET_COMMISSION_INFO: Operation = {
  name: 'getCommissionInfo',
  method: 'GET',
  base: 'account',
  path: '/commissions/{serial}',
  retry: 'safe',
  answer: 'quantities',
}
export const COMMISSION_ACTION: Operation = { name: 'commissionAction', ...ACT }
export const ACCEPT_COMMISSION: Operation = { name: 'acceptCommission', ...ACT }
export const REJECT_COMMISSION: Operation = { name: 'rejectCommission', ...ACT }
export const RESOLVE_COMMISSIONS: Operation = {
  name: 'resolveCommissions',
  method: 'POST',
  base: 'account',
  path: '/commissions/action',
  retry: 'idempotent',
  answer: 'document',
}

/** Users' first, each as it is. */
export function genericProvisions(userProvisions: unknown, projectProvisions: unknown): Provision[] {
  const method = ISSUE_COMMISSION_GENERIC.name
  const users = listOf(method, 'userProvisions', userProvisions).map((item, index) => {
    const at = `userProvisions[${index}]`
    const { user, project, resource, quantity } = objectOf(method, at, item)
    return {
      holder: `user:${idOf(method, `${at}.user`, user)}`,
      source: `project:${idOf(method, `${at}.project`, project)}`,
      resource: idOf(method, `${at}.resource`, resource),
      quantity: quantityOf(method, `${at}.quantity`, quantity),
    }
  })
  const projects = listOf(method, 'projectProvisions', projectProvisions).map((item, index) => {
    const at = `projectProvisions[${index}]`
    const { project, resource, quantity } = objectOf(method, at, item)
    return {
      holder: `project:${idOf(method, `${at}.project`, project)}`,
      source: null,
      resource: idOf(method, `${at}.resource`, resource),
      quantity: quantityOf(method, `${at}.quantity`, quantity),
    }
  })
  return [...users, ...projects]
}

/** Quantities by resource, all from one project: the member's half and the project's. */
export function memberProvisions(holder: unknown, source: unknown, provisions: unknown): Provision[] {
  const method = ISSUE_ONE_COMMISSION.name
  const user = idOf(method, 'holder', holder)
  const project = idOf(method, 'source', source)
  const quantities = objectOf(method, 'provisions', provisions)
  const charges: Provision[] = []
  for (const resource of Object.keys(quantities)) {
    idOf(method, 'provisions', resource)
    const quantity = quantityOf(method, `provisions[${JSON.stringify(resource)}]`, quantities[resource])
    charges.push(...mkProvisions(user, project, resource, quantity))
  }
  return charges
}

/** The same over several projects. */
export function severalProvisions(holder: unknown, provisions: unknown): Provision[] {
  const method = ISSUE_ONE_COMMISSION.name
  const user = idOf(method, 'holder', holder)
  return listOf(method, 'provisions', provisions).flatMap((item, index) => {
    const at = `provisions[${index}]`
    const { project, resource, quantity } = objectOf(method, at, item)
    return mkProvisions(
      user,
      idOf(method, `${at}.project`, project),
      idOf(method, `${at}.resource`, resource),
      quantityOf(method, `${at}.quantity`, quantity),
    )
  })
}

/** Each gives back to one project and takes from the other. */
export function reassignments(holder: unknown, provisions: unknown): Provision[] {
  const method = ISSUE_RESOURCE_REASSIGNMENT.name
  const user = idOf(method, 'holder', holder)
  return listOf(method, 'provisions', provisions).flatMap((item, index) => {
    const at = `provisions[${index}]`
    const fields = objectOf(method, at, item)
    const from = idOf(method, `${at}.from`, fields['from'])
    const to = idOf(method, `${at}.to`, fields['to'])
    const resource = idOf(method, `${at}.resource`, fields['resource'])
    const quantity = quantityOf(method, `${at}.quantity`, fields['quantity'])
    const back = quantityOf(method, `${at}.quantity`, -quantity) // -(-2^63) has no 64 bits
    return [...mkProvisions(user, from, resource, back), ...mkProvisions(user, to, resource, quantity)]
  })
}

/** What an issue asks for beside its provisions, checked. */
export interface Terms {
  readonly name: string
  readonly force: boolean
  readonly autoAccept: boolean
  readonly idempotencyKey: string | null
  readonly leaseSeconds: number | null
}

export function termsOf(method: string, options: unknown): Terms {
  const {
    name = '',
    force = false,
    autoAccept = false,
    idempotencyKey,
    leaseSeconds,
  } = options === undefined ? {} : objectOf(method, 'options', options)
  const key = idempotencyKey === undefined ? null : idOf(method, 'idempotencyKey', idempotencyKey)
  if (key !== null && !/^[!-~]{1,255}$/.test(key)) {
    throw new BadValue('idempotencyKey', 'must be 1 to 255 visible ASCII characters', method)
  }
  return {
    name: stringOf(method, 'name', name),
    force: booleanOf(method, 'force', force),
    autoAccept: booleanOf(method, 'autoAccept', autoAccept),
    idempotencyKey: key,
    leaseSeconds: leaseSeconds === undefined ? null : countOf(method, 'leaseSeconds', leaseSeconds, 1),
  }
}

export function issueCommission(
  operation: Operation,
  provisions: readonly Provision[],
  terms: Terms,
  key: string | null,
): Call<Serial> {
  return {
    operation,
    path: operation.path,
    contentType: JSON_TYPE,
    body: issueBody(provisions, terms),
    ownKey: terms.idempotencyKey !== null,
    ...(key === null ? {} : { headers: { 'idempotency-key': key } }),
    read: serialAnswer,
  }
}

/** Written by hand: `JSON.stringify` knows no bigint. */
function issueBody(provisions: readonly Provision[], { force, autoAccept, name, leaseSeconds }: Terms): string {
  const items = provisions.map(
    ({ holder, source, resource, quantity }) =>
      `{"holder":${JSON.stringify(holder)},"source":${JSON.stringify(source)},"resource":${JSON.stringify(resource)},"quantity":${quantity}}`,
  )
  const lease = leaseSeconds === null ? '' : `,"lease_seconds":${leaseSeconds}`
  return `{"force":${force},"auto_accept":${autoAccept},"name":${JSON.stringify(name)},"provisions":[${items.join(',')}]${lease}}`
}

function serialAnswer(document: unknown): Serial {
  const serial = memberAnswer(document, 'serial')
  if (typeof serial !== 'number' || !Number.isSafeInteger(serial)) throw new Missing('The answer has no serial')
  return serial
}

export function getPendingCommissions(): Call<Serial[]> {
  return { operation: GET_PENDING_COMMISSIONS, path: GET_PENDING_COMMISSIONS.path, read: listAnswer }
}

export function getCommissionInfo(serial: unknown, resolved: boolean): Call<CommissionInfo> {
  const id = serialOf(GET_COMMISSION_INFO.name, 'serial', serial)
  return {
    operation: GET_COMMISSION_INFO,
    path: pathOf(GET_COMMISSION_INFO.path, { serial: id }, { resolved: resolved ? 'true' : null }),
    read: objectAnswer,
  }
}

export function commissionAction(operation: Operation, serial: unknown, action: unknown): Call<void> {
  const id = serialOf(operation.name, 'serial', serial)
  const word = idOf(operation.name, 'action', action)
  return {
    operation,
    path: pathOf(operation.path, { serial: id }),
    contentType: JSON_TYPE,
    body: JSON.stringify({ [word]: '' }),
    read: nothing,
  }
}

export function resolveCommissions(acceptSerials: unknown, rejectSerials: unknown): Call<Resolution> {
  const accept = serialsOf(RESOLVE_COMMISSIONS.name, 'acceptSerials', acceptSerials)
  const reject = serialsOf(RESOLVE_COMMISSIONS.name, 'rejectSerials', rejectSerials)
  return {
    operation: RESOLVE_COMMISSIONS,
    path: RESOLVE_COMMISSIONS.path,
    contentType: JSON_TYPE,
    body: JSON.stringify({ accept, reject }),
    read: objectAnswer,
  }
}

export function resolvedOf(options: unknown): boolean {
  const resolved =
    options === undefined ? undefined : objectOf(GET_COMMISSION_INFO.name, 'options', options)['resolved']
  return resolved === undefined ? false : booleanOf(GET_COMMISSION_INFO.name, 'resolved', resolved)
}
