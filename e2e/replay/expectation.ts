import { AstakosClientException, QuotaLimit, stringifyExact } from 'astakosclient'
import { same } from './same.ts'
import type { Invocation } from './recognise.ts'
import type { Json } from './transcripts.ts'

/** What the recorded answer says, bodies decoded. */
export interface RecordedAnswer {
  readonly status: number
  /** The body's text; empty for none. */
  readonly text: string
  /** The body as a value, where it is JSON. */
  readonly json?: unknown
}

export type Outcome = { readonly returned: unknown } | { readonly thrown: unknown }

const isDict = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Empty when the method did what the specification's §4 and §7 say for this answer; else what is wrong. */
export function judge({ method, args }: Invocation, answer: RecordedAnswer, outcome: Outcome): string[] {
  const expected = expectedOf(method, args, answer)
  if ('value' in expected) {
    if ('thrown' in outcome) return [`threw ${String(outcome.thrown)} (${String((outcome.thrown as Error).stack)})`]
    return [
      ...same('result', expected.value, outcome.returned),
      ...inexact('result', outcome.returned, quantitiesOf(method)),
    ]
  }
  if ('returned' in outcome) return [`returned ${show(outcome.returned)} where ${expected.name} was due`]
  const error = outcome.thrown
  if (!(error instanceof AstakosClientException)) return [`threw ${String(error)}`]
  const problems = error.name === expected.name ? [] : [`threw ${error.name}, due was ${expected.name}`]
  for (const [field, value] of Object.entries(expected.fields))
    problems.push(...same(field, value, (error as unknown as Json)[field]))
  return problems
}

type Expected = { readonly value: unknown } | { readonly name: string; readonly fields: Json }

const VOID = new Set([
  'sendFeedback',
  'setDefaultProject',
  'commissionAction',
  'acceptCommission',
  'rejectCommission',
  'projectAction',
  'applicationAction',
  'membershipAction',
])
const HOLDS_TOKEN = new Set(['authenticate', 'validateToken', 'getToken'])
const BY_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
}

function expectedOf(method: string, args: readonly unknown[], { status, text, json }: RecordedAnswer): Expected {
  const issues = method.startsWith('issue')
  if (status >= 200 && status < 300) {
    if (text === '')
      return VOID.has(method) ? { value: undefined } : { name: 'InvalidResponse', fields: { status: 500 } }
    if (json === undefined) return { name: 'InvalidResponse', fields: { status: 500 } }
    const value = resultOf(method, args, json)
    if (value === undefined && method.endsWith('Username'))
      return { name: 'NoUserName', fields: { uuid: args[0], status: 500 } }
    if (value === undefined && method.endsWith('Uuid'))
      return { name: 'NoUUID', fields: { displayName: args[0], status: 500 } }
    return { value }
  }
  const fault = faultOf(json)
  const response = text === '' || HOLDS_TOKEN.has(method) ? null : text
  const fields: Json = { status, response, fault }
  if (issues && status === 413 && fault) return overLimit(fields, fault)
  if (issues && status === 404 && isDict(fault?.['data']) && fault['data']['name'] === 'NoHoldingError') {
    return {
      name: 'NoHolding',
      fields: { ...fields, details: text, provision: exactProvision(fault['data']['provision']) },
    }
  }
  if ([400, 401, 403, 404].includes(status)) fields['details'] = text
  return { name: BY_STATUS[status] ?? 'AstakosClientException', fields }
}

function resultOf(method: string, args: readonly unknown[], json: unknown): unknown {
  const body = json as Json
  if (method.endsWith('Usernames')) return body['uuid_catalog']
  if (method.endsWith('Username')) return (body['uuid_catalog'] as Json)[args[0] as string]
  if (method.endsWith('Uuids')) return body['displayname_catalog']
  if (method.endsWith('Uuid')) return (body['displayname_catalog'] as Json)[args[0] as string]
  return method.startsWith('issue') ? body['serial'] : json
}

function faultOf(json: unknown): Json | null {
  if (!isDict(json)) return null
  const entries = Object.entries(json)
  const [name, inner] = entries[0] ?? []
  if (entries.length !== 1 || !isDict(inner) || typeof inner['code'] !== 'number') return null
  const { code, message, details, data } = inner
  return { name, code, message, details: details ?? null, data: data ?? null }
}

const DISPLAY: Readonly<Record<string, string>> = {
  'cyclades.disk': 'Disk',
  'cyclades.vm': 'Virtual Machine',
  'cyclades.cpu': 'CPU',
  'cyclades.ram': 'RAM',
  'cyclades.floating_ip': 'Floating IP address',
  'cyclades.network.private': 'Private Network',
  'pithos.diskspace': 'Storage space',
  'astakos.pending_app': 'Pending Applications',
}

function overLimit(fields: Json, fault: Json): Expected {
  const { name, provision, limit, usage } = fault['data'] as {
    name: string
    provision: { holder: string; resource: string; quantity: number | bigint }
    limit: number | bigint
    usage: number | bigint
  }
  const available = BigInt(limit) - BigInt(usage)
  const [, kind, id] = /^(user|project):(.*)$/.exec(provision.holder) ?? []
  return {
    name: QuotaLimit.prototype.name,
    fields: {
      ...fields,
      message: 'Resource Limit Exceeded for your account.',
      details: `Limit for resource '${DISPLAY[provision.resource] ?? provision.resource}' exceeded for your account. Available: ${available}, Requested: ${provision.quantity}`,
      kind: name === 'NoCapacityError' ? 'capacity' : 'quantity',
      provision: exactProvision(provision),
      holder: { kind, id },
      limit: BigInt(limit),
      usage: BigInt(usage),
      available,
      requested: BigInt(provision.quantity),
    },
  }
}

function exactProvision(provision: unknown): unknown {
  return isDict(provision) ? { ...provision, quantity: BigInt(provision['quantity'] as number | bigint) } : provision
}

/** Documents whose quantities have to be `bigint`. */
function quantitiesOf(method: string): boolean {
  return /Quotas$|^getCommissionInfo$|^getProjects?$/.test(method)
}

const QUANTITY = /^(limit|usage|pending|quantity|max_members|project_(limit|usage|pending)|(project|member)_capacity)$/

function inexact(at: string, value: unknown, quantities: boolean): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => inexact(`${at}[${index}]`, item, quantities))
  if (!isDict(value)) return []
  return Object.entries(value).flatMap(([name, member]) =>
    quantities && QUANTITY.test(name) && typeof member === 'number'
      ? [`${at}.${name} is a number, not a bigint`]
      : inexact(`${at}.${name}`, member, quantities),
  )
}

export function show(value: unknown): string {
  return value === undefined ? 'undefined' : stringifyExact(value)
}
