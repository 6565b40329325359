import type { Answer } from './attempt.ts'
import type { Operation } from './call.ts'
import {
  AstakosClientException,
  BadRequest,
  Conflict,
  Forbidden,
  KeyReused,
  NoHolding,
  NotFound,
  QuotaLimit,
  Unauthorized,
  type ErrorFacts,
} from './errors.ts'
import { redactValue, type Redact } from './redact.ts'
import { parseFault, provisionOfFault } from './wire/fault.ts'
import { parseExact, parseQuantities } from './wire/json.ts'

/** A success whose document can't be read, or is not the one that was asked for. */
export class Unusable extends Error {}

/** A success without the member that the method is about: the reference reports it as its base error. */
export class Missing extends Unusable {}

const strict = new TextDecoder('utf-8', { fatal: true })
const lenient = new TextDecoder()

/** The document of a successful answer. @throws {Unusable} */
export function documentOf(operation: Operation, { body }: Answer): unknown {
  if (body.byteLength === 0) {
    if (operation.answer === 'nothing') return undefined
    throw new Unusable('The answer is empty')
  }
  let text: string
  try {
    text = strict.decode(body)
  } catch {
    throw new Unusable('The answer is not UTF-8')
  }
  try {
    return operation.answer === 'quantities' ? parseQuantities(text) : parseExact(text)
  } catch (error) {
    throw new Unusable(error instanceof SyntaxError ? error.message : 'The answer can not be read')
  }
}

const byStatus: Readonly<Record<number, new (message: string, facts: ErrorFacts) => AstakosClientException>> = {
  400: BadRequest,
  401: Unauthorized,
  403: Forbidden,
  404: NotFound,
  409: Conflict,
}

/** Bodies of these stood in `details` in the reference, and still do. */
const BODY_IS_DETAILS = new Set([400, 401, 403, 404])

/** The error for an answer outside 200 to 299. Client specification, 4. */
export function errorOf(
  operation: Operation,
  answer: Answer,
  known: ErrorFacts,
  redact: Redact,
): AstakosClientException {
  const { status } = answer
  const text = lenient.decode(answer.body)
  const body = redact(text)
  const facts: ErrorFacts = {
    ...known,
    status,
    response: body === '' || operation.answer === 'token' ? null : body,
    fault: redactValue(parseFault(text), redact),
    details: BODY_IS_DETAILS.has(status) ? body : '',
  }
  const phrase = PHRASES[status] ?? (answer.reason === '' ? `HTTP ${status}` : redact(answer.reason))
  if (operation.retry === 'keyed') {
    if (status === 413) return quotaLimit(phrase, facts)
    if (status === 422) return new KeyReused(phrase, facts)
    if (status === 404 && facts.fault?.data?.['name'] === 'NoHoldingError')
      return new NoHolding(phrase, facts, provisionOfFault(facts.fault))
  }
  const Exception = byStatus[status] ?? AstakosClientException
  return new Exception(phrase, facts)
}

// Maps, since what is looked up is the service's and may be "constructor".
const KINDS = new Map<unknown, 'capacity' | 'quantity'>([
  ['NoCapacityError', 'capacity'],
  ['NoQuantityError', 'quantity'],
])

/** `limit` and `usage` count only with a name that has them: the original repeats those of earlier faults (C-13). */
function quotaLimit(phrase: string, facts: ErrorFacts): QuotaLimit {
  const { fault = null } = facts
  const { name, limit, usage } = fault?.data ?? {}
  const kind = KINDS.get(name) ?? null
  const provision = fault && provisionOfFault(fault)
  if (!kind || !provision || typeof limit !== 'bigint' || typeof usage !== 'bigint') {
    return new QuotaLimit(phrase, facts, { kind, provision, limit: null, usage: null })
  }
  const resource = RESOURCES.get(provision.resource) ?? provision.resource
  return new QuotaLimit(
    'Resource Limit Exceeded for your account.',
    {
      ...facts,
      details: `Limit for resource '${resource}' exceeded for your account. Available: ${limit - usage}, Requested: ${provision.quantity}`,
    },
    { kind, provision, limit, usage },
  )
}

/** Client specification, 7.4. */
const RESOURCES = new Map([
  ['cyclades.disk', 'Disk'],
  ['cyclades.vm', 'Virtual Machine'],
  ['cyclades.cpu', 'CPU'],
  ['cyclades.ram', 'RAM'],
  ['cyclades.floating_ip', 'Floating IP address'],
  ['cyclades.network.private', 'Private Network'],
  ['pithos.diskspace', 'Storage space'],
  ['astakos.pending_app', 'Pending Applications'],
])

/** The original's own are unreliable ("413 OK"), and HTTP/2 has none. */
const PHRASES: Readonly<Record<number, string>> = {
  300: 'Multiple Choices',
  301: 'Moved Permanently',
  302: 'Found',
  303: 'See Other',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  411: 'Length Required',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}
