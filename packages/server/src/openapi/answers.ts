import { z } from 'zod'
import { adminAnswers } from './admin-answers.ts'
import { projectAnswers } from './project-answers.ts'
import { ref, schemaOf, type JsonSchema } from './schema.ts'

/** Documents that are answered. */

const int64 = z.int64()
const uuid = z.string()
const date = z.string().meta({ format: 'date-time' })

const link = z.object({ rel: z.string(), type: z.string().optional(), href: z.string() })
const versionHead = { id: z.string(), status: z.string(), updated: date, links: z.array(link) }

const catalogService = z.object({
  name: z.string(),
  type: z.string(),
  endpoints_links: z.array(z.unknown()),
  endpoints: z.array(z.record(z.string(), z.string().nullable())),
})

const named = z.object({ id: z.string().nullable(), name: z.string() })

const token = z.object({ id: z.string(), expires: date, tenant: named })
const user = z.object({
  id: uuid,
  name: z.string(),
  roles: z.array(z.object({ id: z.string(), name: z.string() })),
  roles_links: z.array(z.unknown()),
})

/** Without a body the catalog alone. */
const access = z.object({
  access: z.object({
    token: token.optional(),
    user: user.extend({ projects: z.array(uuid) }).optional(),
    serviceCatalog: z.array(catalogService),
  }),
})

const projectNumbers = { project_limit: int64, project_usage: int64, project_pending: int64 }
const memberNumbers = z.object({ limit: int64, usage: int64, pending: int64, ...projectNumbers })
const ofMember = z.record(z.string(), z.record(z.string(), memberNumbers))

const provision = z.object({
  holder: z.string(),
  source: z.string().nullable(),
  resource: z.string(),
  quantity: int64,
})
const commission = z.object({
  serial: int64,
  issue_time: date,
  name: z.string(),
  provisions: z.array(provision),
  state: z.enum(['pending', 'accepted', 'rejected']).optional(),
  resolve_time: date.nullable().optional(),
  reason: z.string().nullable().optional(),
})

const code = z.int().min(400).max(599)

const serialFault = z.object({ code, message: z.string() })
const resolution = z.object({
  accepted: z.array(int64),
  rejected: z.array(int64),
  failed: z.array(
    z.tuple([int64, z.union([z.object({ itemNotFound: serialFault }), z.object({ badRequest: serialFault })])]),
  ),
})

/** As XML the fault is the element itself, whose name stands where the fault is referred to. */
const faultAsXml: JsonSchema = {
  ...schemaOf(z.object({ code: code.meta({ xml: { attribute: true } }), message: z.string(), details: z.string() })),
  description: 'The element is named after the fault.',
}

/** One member, named after the fault. */
function faultOf(names: readonly string[], inner: z.ZodType): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, schemaOf(inner)])),
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
  }
}

export const FAULT_NAMES = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'notAllowed',
  409: 'conflict',
  413: 'requestEntityTooLarge',
  422: 'unprocessableEntity',
  500: 'internalServerError',
  503: 'serviceUnavailable',
} as const

const fault = z.object({ code, message: z.string(), details: z.string() })

/** The provision as it was asked for: its parts may be of any type. */
const refused = z.object({ holder: z.unknown(), source: z.unknown(), resource: z.unknown(), quantity: int64 })
const refusal = z.object({
  code,
  message: z.string(),
  data: z.object({ name: z.string(), provision: refused, limit: int64.optional(), usage: int64.optional() }),
})

export const answerSchemas: Readonly<Record<string, JsonSchema>> = {
  Versions: schemaOf(z.object({ versions: z.object({ values: z.array(z.object(versionHead)) }) })),
  Version: schemaOf(
    z.object({
      version: z.object({
        ...versionHead,
        media_types: z.array(z.object({ base: z.string(), type: z.string() })),
      }),
    }),
  ),
  Access: schemaOf(access),
  GrantedAccess: schemaOf(z.object({ access: z.object({ token, user }) })),
  UserCatalogs: schemaOf(
    z.object({
      uuid_catalog: z.record(z.string(), z.string()),
      displayname_catalog: z.record(z.string(), uuid),
    }),
  ),
  Resources: schemaOf(
    z.record(
      z.string(),
      z.object({
        service: z.string(),
        description: z.string().nullable(),
        unit: z.string().nullable(),
        ui_visible: z.boolean(),
        api_visible: z.boolean(),
      }),
    ),
  ),
  Quotas: schemaOf(ofMember),
  ServiceQuotas: schemaOf(z.record(z.string(), ofMember)),
  ProjectQuotas: schemaOf(z.record(z.string(), z.record(z.string(), z.object(projectNumbers)))),
  Issued: schemaOf(z.object({ serial: int64 })),
  Serials: schemaOf(z.array(int64)),
  Commission: schemaOf(commission),
  Resolution: schemaOf(resolution),
  Services: schemaOf(z.array(z.record(z.string(), z.unknown()))),
  ...projectAnswers,
  ...adminAnswers,
  Menu: schemaOf(z.array(z.object({ url: z.string(), name: z.string() }))),
  Fault: faultOf([...Object.values(FAULT_NAMES), 'overLimit'], fault),
  FaultAsXml: faultAsXml,
  QuotaFault: {
    description: 'A refusal by quota names the provision. A body that is too large is refused as everywhere.',
    anyOf: [faultOf(['itemNotFound', 'overLimit'], refusal), ref('Fault')],
  },
}
