import { z } from 'zod'
import { schemaOf, type JsonSchema } from './schema.ts'

/** Of statistics and of the administration of users. */

const date = z.string().meta({ format: 'date-time' })

const brief = z.object({
  id: z.string(),
  email: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  is_active: z.boolean(),
  is_rejected: z.boolean(),
  deactivated_reason: z.string().nullable(),
  accepted_policy: z.string().nullable(),
  rejected_reason: z.string().nullable(),
  roles: z.array(z.string()),
  authentication_methods: z.array(
    z.object({
      identifier: z.string(),
      active: z.boolean(),
      affiliation: z.string().nullable(),
      backend: z.string(),
      metadata: z.record(z.string(), z.unknown()),
    }),
  ),
})
const full = brief.extend({
  date_joined: date,
  moderated_at: date.nullable(),
  verified_at: date.nullable(),
  auth_token_expires: date.nullable(),
})

const id = z.string()

/** Of any size. */
const sum = z.int()
const counts = z.object({ total: sum, verified: sum, active: sum, exclusive: sum.optional() })

/** Integers of no certain size: the library would bound them by what a number holds. */
function unbounded(schema: JsonSchema): JsonSchema {
  return JSON.parse(
    JSON.stringify(schema, (name, value: unknown) => (/^(?:minimum|maximum)$/.test(name) ? undefined : value)),
  ) as JsonSchema
}

export const adminAnswers: Readonly<Record<string, JsonSchema>> = {
  Users: schemaOf(z.object({ users: z.array(brief) })),
  UsersDetailed: schemaOf(z.object({ users: z.array(full) })),
  User: schemaOf(z.object({ user: full })),
  UserCreated: schemaOf(z.object({ user: z.object({ id, password: z.string(), auth_token: z.string() }) })),
  UserActed: schemaOf(
    z.object({
      user: z.union([
        z.object({ id, is_active: z.boolean() }),
        z.object({ id, auth_token: z.string() }),
        z.object({ id, has_signed_terms: z.boolean() }),
        z.object({ id, default_project: z.string().nullable() }),
      ]),
    }),
  ),
  Statistics: unbounded(schemaOf(z.object({ users: z.object({ total: sum, active: sum }) }))),
  DetailedStatistics: unbounded(
    schemaOf(
      z.object({
        datetime: z.string(),
        providers: z.array(z.string()),
        users: z.record(z.string(), counts),
        resources: z.record(
          z.string(),
          z.record(
            z.string(),
            z.object({
              used: sum,
              allocated: sum,
              unit: z.string().nullable(),
              description: z.string().nullable(),
            }),
          ),
        ),
      }),
    ),
  ),
}
