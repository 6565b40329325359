import { STATUS_CODES } from 'node:http'
import { AstakosClientException } from 'astakosclient'
import type { Answer } from './answer.ts'
import { compare } from './compare.ts'
import { isObject, readJson, type Json, type JsonObject } from './json.ts'
import type { Drive } from './recognise/drive.ts'

/** How a call ended. */
export type Outcome = { readonly returned: unknown } | { readonly threw: unknown }

/**
 * What is wrong with how a call ended, by the tables of the client's specification (4 and 7.4), worked out from the
 * recording alone.
 */
export function problemsOf(drive: Drive, token: string, answer: Answer, outcome: Outcome): string[] {
  const succeeded = answer.status >= 200 && answer.status <= 299
  if (!succeeded) return expectThrown(refusal(drive, token, answer), outcome)
  if (answer.body !== '' && answer.document === undefined) {
    const response = drive.answer === 'token' ? null : withoutSecrets(answer.body, drive, token)
    return expectThrown({ name: 'InvalidResponse', status: 500, response, fault: null }, outcome)
  }
  if (drive.answer === 'nothing') return expectReturned(undefined, outcome)
  if (answer.document === undefined) return expectThrown({ name: 'InvalidResponse', status: 500 }, outcome)
  const result = drive.result?.(answer.document) ?? { returns: answer.document }
  return 'throws' in result
    ? expectThrown({ name: result.throws, status: 500 }, outcome)
    : expectReturned(result.returns, outcome)
}

/** Members that the error must have; of `fault` and other objects, all. */
type Expected = Readonly<Record<string, unknown>> & { readonly name: string }

function expectReturned(expected: Json | undefined, outcome: Outcome): string[] {
  if ('threw' in outcome) return [`threw ${textOf(outcome.threw)} instead of returning`]
  return compare(expected, outcome.returned, 'returned')
}

function expectThrown(expected: Expected, outcome: Outcome): string[] {
  if ('returned' in outcome) return [`returned ${textOf(outcome.returned)} instead of throwing ${expected.name}`]
  const { threw } = outcome
  if (!(threw instanceof AstakosClientException)) return [`threw ${textOf(threw)} instead of ${expected.name}`]
  return Object.entries(expected).flatMap(([member, value]) =>
    compare(
      value as Json,
      (threw as unknown as Record<string, unknown>)[member],
      `error.${member}`,
      QUANTITIES.has(member) ? 'quantity' : '',
    ),
  )
}

/** Of a refused issue. */
const QUANTITIES = new Set(['limit', 'usage', 'available', 'requested'])

function textOf(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`
  return (
    JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member)) ?? 'undefined'
  )
}

/** By the fault's name: that the client goes by the status must come to the same. */
const CLASS_OF_FAULT: Readonly<Record<string, string>> = {
  badRequest: 'BadRequest',
  unauthorized: 'Unauthorized',
  forbidden: 'Forbidden',
  itemNotFound: 'NotFound',
  conflict: 'Conflict',
}

const CLASS_OF_STATUS: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
}

/** The body of these is in `details` too. */
const BODY_IS_DETAILS = new Set(['BadRequest', 'Unauthorized', 'Forbidden', 'NotFound'])

function refusal(drive: Drive, token: string, answer: Answer): Expected {
  const body = withoutSecrets(answer.body, drive, token)
  const fault = answer.document === undefined ? null : faultOf(readJson(body))
  const name = (fault ? CLASS_OF_FAULT[fault.name] : CLASS_OF_STATUS[answer.status]) ?? 'AstakosClientException'
  const common = {
    name,
    status: fault ? fault.code : answer.status,
    message: STATUS_CODES[answer.status],
    details: BODY_IS_DETAILS.has(name) ? body : '',
    response: body === '' || drive.answer === 'token' ? null : body,
    fault,
    attempts: 1n,
  }
  if (!drive.issues || !fault) return common
  if (answer.status === 413) return { ...common, ...quotaLimit(fault.data ?? {}) }
  const isNoHolding = answer.status === 404 && fault.data?.['name'] === 'NoHoldingError'
  return isNoHolding ? { ...common, name: 'NoHolding', provision: fault.data?.['provision'] } : common
}

type Fault = JsonObject & { name: string; code: bigint; message: string; data: JsonObject | null }

/** `{"<name>": {"code": …, "message": …}}`; null for anything else. */
function faultOf(document: Json): Fault | null {
  if (!isObject(document)) return null
  const [[name, inner] = ['', null], ...others] = Object.entries(document)
  if (others.length > 0 || !isObject(inner)) return null
  const { code, message, details = null, data = null } = inner
  if (typeof code !== 'bigint' || typeof message !== 'string') return null
  return { name, code, message, details, data: isObject(data) ? data : null }
}

/** Shorter ones are not looked for: they would be found everywhere. */
const SHORTEST_SECRET = 4

/** No error holds the token, nor what a call was given to keep secret. */
function withoutSecrets(body: string, { secrets = [] }: Drive, token: string): string {
  return [token, ...secrets]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .sort((one, other) => other.length - one.length)
    .reduce((text, secret) => text.replaceAll(secret, '(not shown)'), body)
}

/** Client specification, 7.4. */
function quotaLimit(data: JsonObject): Partial<Expected> & { name: string } {
  const { limit, usage, provision, name } = data as {
    limit: bigint
    usage: bigint
    provision: JsonObject & { holder: string; resource: string; quantity: bigint }
    name: string
  }
  const [kind, id] = provision.holder.split(':')
  return {
    name: 'QuotaLimit',
    message: 'Resource Limit Exceeded for your account.',
    details: `Limit for resource '${DISPLAY_NAMES[provision.resource] ?? provision.resource}' exceeded for your account. Available: ${limit - usage}, Requested: ${provision.quantity}`,
    kind: { NoCapacityError: 'capacity', NoQuantityError: 'quantity' }[name] ?? null,
    provision,
    holder: { kind, id },
    limit,
    usage,
    available: limit - usage,
    requested: provision.quantity,
  }
}

const DISPLAY_NAMES: Readonly<Record<string, string>> = {
  'cyclades.disk': 'Disk',
  'cyclades.vm': 'Virtual Machine',
  'cyclades.cpu': 'CPU',
  'cyclades.ram': 'RAM',
  'cyclades.floating_ip': 'Floating IP address',
  'cyclades.network.private': 'Private Network',
  'pithos.diskspace': 'Storage space',
  'astakos.pending_app': 'Pending Applications',
}
