import { z } from 'zod'
import { shown } from '../http/json.ts'

/** Bodies of the account calls; the message of the first broken rule is the answer's. */

const isText = (value: unknown): value is string => typeof value === 'string'

/** Source: identity specification, 3. What is no text names nobody. */
export const catalogsBody = z.object(
  {
    displaynames: z
      .array(z.unknown(), { error: ({ input }) => `Invalid displaynames: ${shown(input)}` })
      // One rule for all of them: a megabyte of wrong ones is one message.
      .refine((names) => names.every(isText), { error: "Items in 'displaynames' must be strings", abort: true })
      .transform((names) => names as string[])
      .default([]),
    uuids: z
      .array(z.unknown(), { error: ({ input }) => `Invalid uuids: ${shown(input)}` })
      .transform((uuids) => uuids.filter(isText))
      .nullable()
      .default([]),
  },
  { error: 'Request body should be a json formatted dictionary' },
)

/** Source: identity specification, 5. */
export const defaultProjectBody = z.object(
  { project_id: z.unknown().optional() },
  { error: 'Request should be a JSON dict' },
)
