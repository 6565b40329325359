import type { z } from 'zod'
import { catalogsBody, defaultProjectBody } from '../routes/account-schemas.ts'
import { actionBody, issueBody, resolveBody } from '../routes/commission-schemas.ts'
import { tokensBody } from '../routes/identity-schemas.ts'
import { adminRequests } from './admin-requests.ts'
import { projectRequests } from './project-requests.ts'
import { INT64, schemaOf, type JsonSchema } from './schema.ts'

/** Bodies as they are checked, with what the checks leave to code: a wrong value is answered there, by its own message. */

const TEXT: JsonSchema = { type: 'string' }

const { displaynames, uuids } = catalogsBody.shape
const { accept, reject } = resolveBody.shape
const { auth } = tokensBody.shape

/** The list below `default`, `nullable` and what is made of it. */
function listOf(schema: z.core.$ZodType): z.core.$ZodType {
  const { def } = (schema as z.core.$ZodTypes)._zod
  if (def.type === 'default' || def.type === 'nullable') return listOf(def.innerType)
  return def.type === 'pipe' ? listOf(def.in) : schema
}

const said = new Map<z.core.$ZodType, JsonSchema>([
  [
    auth.shape.token,
    {
      type: 'object',
      properties: { id: { type: 'string', description: 'The token of a user; it goes before a password.' } },
    },
  ],
  [
    auth.shape.passwordCredentials,
    {
      type: 'object',
      properties: {
        username: { type: 'string', description: 'The uuid of the user.' },
        password: { type: 'string', description: 'The token of the user.' },
      },
      required: ['username', 'password'],
    },
  ],
  [auth.shape.tenantName, { type: ['string', 'null'], description: "Empty, or the user's uuid." }],
  [listOf(displaynames), { type: 'array', items: TEXT }],
  [listOf(uuids), { type: 'array', items: TEXT }],
  [defaultProjectBody.shape.project_id, { type: 'string', description: 'The uuid of a project of the user.' }],
  [listOf(accept), { type: 'array', items: INT64 }],
  [listOf(reject), { type: 'array', items: INT64 }],
  [
    actionBody,
    {
      type: 'object',
      description: 'Exactly one of the two; what it is set to does not matter.',
      properties: { accept: {}, reject: {} },
      oneOf: [{ required: ['accept'] }, { required: ['reject'] }],
    },
  ],
])

const defaultProject = schemaOf(defaultProjectBody, said)

export const requestSchemas: Readonly<Record<string, JsonSchema>> = {
  Authentication: schemaOf(tokensBody, said),
  NamesAsked: schemaOf(catalogsBody, said),
  // One that is missing is refused as forbidden, not as malformed.
  DefaultProject: { ...defaultProject, required: ['project_id'] },
  Feedback: {
    type: 'object',
    properties: { feedback_msg: { type: 'string', minLength: 1 }, feedback_data: TEXT },
    required: ['feedback_msg'],
  },
  Issue: schemaOf(issueBody, said),
  Action: schemaOf(actionBody, said),
  Resolve: schemaOf(resolveBody, said),
  ...projectRequests,
  ...adminRequests,
}
