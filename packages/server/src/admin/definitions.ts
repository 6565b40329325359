import { z } from 'zod'
import type { ResourceDefinition, ServiceDefinition } from '../operations/service-import.ts'
import { Refused } from '../projects/refused.ts'
import { text } from './input.ts'

/** Services as the files of the original define them. Source: administration specification, 1.3.1. */

const NAME_MAX = 255
const VALUE_MAX = 1024
const DESCRIPTION_MAX = 4096

/** It may be empty. */
const paragraph = (max: number): z.ZodType<string> =>
  z.union([z.literal(''), text(max)], { error: `must be a text of at most ${max} characters` })

const NO_OBJECT = { error: 'must be an object' }

const object = z.custom<Record<string, unknown>>(isObject, NO_OBJECT.error)

const service = z.object(
  {
    component: text(NAME_MAX),
    type: text(NAME_MAX),
    endpoints: z.array(object, { error: 'must be a list of objects' }),
    resources: object.optional(),
  },
  NO_OBJECT,
)

/** I-4: stored as text, as Python writes it. */
const value = z
  .union([paragraph(VALUE_MAX), z.boolean(), z.int(), z.bigint()], {
    error: `must be a text of at most ${VALUE_MAX} characters, an integer, true or false`,
  })
  .transform((given) => (typeof given === 'boolean' ? (given ? 'True' : 'False') : String(given)))

const boolean = z.boolean({ error: 'must be true or false' })
const resource = z.object(
  {
    name: text(NAME_MAX),
    service_type: text(NAME_MAX),
    service_origin: text(NAME_MAX),
    desc: paragraph(DESCRIPTION_MAX).optional(),
    unit: paragraph(NAME_MAX).optional(),
    ui_visible: boolean.default(true),
    api_visible: boolean.default(true),
  },
  NO_OBJECT,
)

/**
 * null is as good as missing, and what is no object is told from what is malformed. `prefix`, `public` and whatever else
 * a definition has are for others.
 *
 * @throws {Refused} in the order of the document: what is malformed, as the original words it, then where and how.
 */
export function readDefinitions(document: unknown): ServiceDefinition[] {
  if (!isObject(document))
    throw new Refused('malformed', 'Input should be a JSON dict mapping service names to definitions.')
  return Object.entries(document).map(([name, definition]) => readService(name, definition))
}

const MALFORMED_SERVICE = 'Malformed service definition.'
const MALFORMED_RESOURCE = 'Malformed resource dict.'

function readService(name: string, document: unknown): ServiceDefinition {
  const at = `services.${name}`
  parse(text(NAME_MAX), name, MALFORMED_SERVICE, at)
  const { component, type, endpoints, resources = {} } = parse(service, withoutNulls(document), MALFORMED_SERVICE, at)
  return {
    name,
    component,
    type,
    endpoints: endpoints.map((pairs, place) => readEndpoint(pairs, `${at}.endpoints.${place}`)),
    resources: Object.entries(resources).map(([key, definition]) =>
      readResource(name, definition, `${at}.resources.${key}`),
    ),
  }
}

function readEndpoint(pairs: object, at: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(withoutNulls(pairs)).map(([key, given]) => [
      parse(text(NAME_MAX), key, MALFORMED_SERVICE, `${at}.${key}`),
      parse(value, given, MALFORMED_SERVICE, `${at}.${key}`),
    ]),
  )
}

function readResource(serviceName: string, document: unknown, at: string): ResourceDefinition {
  const read = parse(resource, withoutNulls(document), MALFORMED_RESOURCE, at)
  if (read.service_origin !== serviceName)
    throw new Refused(
      'malformed',
      `service_origin mismatch. ${at}: is ${read.service_origin} in the service ${serviceName}`,
    )
  if (read.ui_visible && !read.api_visible)
    throw new Refused(
      'malformed',
      `Flag 'ui_visible' should entail 'api_visible'. ${at}: ${read.name} has the one alone`,
    )
  return {
    name: read.name,
    serviceType: read.service_type,
    serviceOrigin: read.service_origin,
    description: read.desc,
    unit: read.unit,
    uiVisible: read.ui_visible,
    apiVisible: read.api_visible,
  }
}

function parse<S extends z.ZodType>(schema: S, document: unknown, message: string, at: string): z.output<S> {
  const result = schema.safeParse(document)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const [member, ...deeper] = issue?.path ?? []
  const isMissing = member !== undefined && deeper.length === 0 && !Object.hasOwn(document as object, member)
  const place = [at, ...(issue?.path ?? [])].join('.')
  throw new Refused('malformed', `${message} ${place}: ${isMissing ? 'is missing' : issue?.message}`)
}

function withoutNulls(document: unknown): object {
  if (!isObject(document)) return document as never
  return Object.fromEntries(Object.entries(document).filter(([, member]) => member !== null))
}

function isObject(document: unknown): document is Record<string, unknown> {
  return typeof document === 'object' && document !== null && !Array.isArray(document)
}
