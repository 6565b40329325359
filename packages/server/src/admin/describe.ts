import { z } from 'zod'
import type { Operation } from './operation.ts'

export interface Field {
  readonly name: string
  readonly isRequired: boolean
  readonly description: string
  /** Not to be seen by others on this machine. */
  readonly isSecret: boolean
}

/** What an operation is and takes, for help and for machines. */
export interface Description {
  readonly name: string
  readonly scope: string
  readonly changes: boolean
  readonly summary: string
  readonly fields: readonly Field[]
}

export function describe({ name, scope, kind, summary, input }: Operation): Description {
  return { name, scope, changes: kind !== 'read', summary, fields: fieldsOf(input) }
}

function fieldsOf(schema: z.ZodType): Field[] {
  if (!(schema instanceof z.ZodObject)) return []
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, field]) => ({
    name,
    isRequired: !field.safeParse(undefined).success,
    description: field.description ?? '',
    isSecret: field.meta()?.['secret'] === true,
  }))
}
