import { z } from 'zod'

/** A JSON Schema of draft 2020-12, which OpenAPI 3.1 takes as it is. */
export type JsonSchema = Record<string, unknown>

export const INT64: JsonSchema = { type: 'integer', format: 'int64' }

export const ref = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` })

/** What a schema accepts, as JSON Schema; `said` speaks for the parts whose rules are code. */
export function schemaOf(schema: z.ZodType, said: ReadonlyMap<z.core.$ZodType, JsonSchema> = new Map()): JsonSchema {
  const { $schema: _, ...document } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const replaced = said.get(zodSchema) ?? replacementOf(zodSchema, said)
      if (replaced) replace(jsonSchema, replaced)
    },
  })
  return document
}

function replacementOf(schema: z.core.$ZodTypes, said: ReadonlyMap<z.core.$ZodType, JsonSchema>): JsonSchema | null {
  const { def } = schema._zod
  if (def.type === 'bigint') return INT64
  // An integer of any size: the one that JSON's reader makes of it depends on how large it is.
  if (def.type === 'union' && def.options.some((option) => option._zod.def.type === 'bigint')) return INT64
  // A check by code before the schema proper.
  if (def.type === 'pipe' && ['any', 'transform'].includes(def.in._zod.def.type))
    return schemaOf(def.out as z.ZodType, said)
  return null
}

/** In place, as the library wants it. */
function replace(target: JsonSchema, by: JsonSchema): void {
  for (const name of Object.keys(target)) if (name !== 'default') delete target[name]
  Object.assign(target, by)
}
