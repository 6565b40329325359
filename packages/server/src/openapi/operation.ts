import { FAULT_NAMES } from './answers.ts'
import { ref, type JsonSchema } from './schema.ts'

/** One call: what it takes and what it answers. */
export interface Operation {
  readonly id: string
  readonly tag:
    | 'identity'
    | 'names'
    | 'quota'
    | 'commissions'
    | 'projects'
    | 'memberships'
    | 'users'
    | 'statistics'
    | 'pages'
  readonly summary: string
  readonly description?: string
  readonly caller: 'nobody' | 'user' | 'component'
  readonly parameters?: readonly JsonSchema[]
  readonly body?: Body
  readonly answers: Readonly<Record<number, Success>>
  /** Statuses of faults, beside those that every call may answer. */
  readonly faults?: readonly number[]
  /** Its faults 404 and 413 are refusals by quota. */
  readonly isQuotaAsked?: true
  /** Its fault 404 has no body. */
  readonly silent404?: true
  /** Its faults are never XML. */
  readonly isJsonOnly?: true
}

interface Body {
  readonly schema: string
  /** @default application/json */
  readonly types?: readonly string[]
  readonly required?: boolean
  readonly example: unknown
}

interface Success {
  readonly description: string
  /** Null: no body. */
  readonly schema: string | null
  readonly types?: readonly string[]
  readonly example?: unknown
  /** By name, of `components.headers`. */
  readonly headers?: readonly string[]
}

const JSON_TYPE = 'application/json'
const XML_TYPE = 'application/xml'
const NAMESPACE = 'http://docs.openstack.org/identity/api/v2.0'

/** As OpenAPI has it. `suffix`: paths that are the same call need names of their own. */
export function operationObject(operation: Operation, suffix = ''): JsonSchema {
  const { id, tag, summary, description, caller, parameters, body } = operation
  return {
    operationId: id + suffix,
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    security: caller === 'nobody' ? [] : [{ [`${caller}Token`]: [] }, { [`${caller}TokenInQuery`]: [] }],
    ...(parameters === undefined ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: bodyObject(body) }),
    responses: { ...successes(operation), ...faults(operation) },
  }
}

function bodyObject({ schema, types = [JSON_TYPE], required = true, example }: Body): JsonSchema {
  return { required, content: contentOf(types, ref(schema), example) }
}

function contentOf(types: readonly string[], schema: JsonSchema, example?: unknown): JsonSchema {
  return Object.fromEntries(types.map((type) => [type, { schema, ...(example === undefined ? {} : { example }) }]))
}

function headersOf(names: readonly string[] = []): JsonSchema {
  if (names.length === 0) return {}
  return { headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])) }
}

function successes({ answers }: Operation): JsonSchema {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, types = [JSON_TYPE], example, headers }]) => [
      status,
      {
        description,
        ...headersOf(headers),
        ...(schema === null ? {} : { content: contentOf(types, ref(schema), example) }),
      },
    ]),
  )
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is malformed; nothing was changed',
  401: 'The token is missing, unknown or over, or its user may not call',
  403: 'The caller may not do that',
  404: 'There is no such thing',
  405: "The method is none of the path's, or the state of the user forbids the call",
  409: 'The state of the thing forbids the call',
  413: 'The body is too large',
  422: 'The key was used for another request',
  500: 'Unexpected',
  502: 'The mail can not be sent',
  503: 'Busy, or without its database; with Retry-After nothing was changed',
}

const HEADERS_OF_FAULTS: Readonly<Record<number, readonly string[]>> = { 405: ['Allow'], 503: ['Retry-After'] }

function faults({ caller, body, faults: own = [], isQuotaAsked, silent404, isJsonOnly }: Operation): JsonSchema {
  const statuses = new Set([400, 405, 500, 503, ...own])
  if (caller !== 'nobody') statuses.add(401)
  if (body) statuses.add(413)
  return Object.fromEntries(
    [...statuses]
      .toSorted((a, b) => a - b)
      .map((status) => {
        if (status === 502 || (status === 404 && silent404)) return [status, { description: descriptionOf(status) }]
        const fault = faultObject(status, isQuotaAsked === true && (status === 404 || status === 413))
        if (isJsonOnly) delete (fault['content'] as JsonSchema)[XML_TYPE]
        return [status, fault]
      }),
  )
}

const descriptionOf = (status: number): string => DESCRIPTIONS[status] ?? 'Refused'

function faultObject(status: number, isByQuota: boolean): JsonSchema {
  const name = (FAULT_NAMES as Readonly<Record<number, string>>)[status]
  const description = isByQuota ? 'A holding is missing, or its quota does not suffice' : descriptionOf(status)
  const example = { [name ?? '']: { code: status, message: descriptionOf(status), details: '' } }
  return {
    description,
    ...headersOf(HEADERS_OF_FAULTS[status]),
    content: {
      [JSON_TYPE]: isByQuota ? { schema: ref('QuotaFault') } : { schema: ref('Fault'), example },
      [XML_TYPE]: { schema: { ...ref('FaultAsXml'), xml: { name, namespace: NAMESPACE } } },
    },
  }
}
