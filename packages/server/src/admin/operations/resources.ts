import { z } from 'zod'
import { listResources, modifyResource } from '../../operations/resources.ts'
import { parseQuantity } from '../../projects/quantity-text.ts'
import { Refused } from '../../projects/refused.ts'
import { page, pageOf, text } from '../input.ts'
import { changes, reads, type Operation } from '../operation.ts'

/** What quotas are of. Source: administration specification, 1.3. */

const INT64_MAX = 2n ** 63n - 1n

const quotaLimit = z
  .unknown()
  .transform((value) => parseQuantity(value))
  .refine((value) => value !== null, {
    error: "Quota limit should be an integer, optionally followed by a unit, or 'inf'.",
    abort: true,
  })
  .refine((value) => value !== null && value >= 0n && value <= INT64_MAX, `must be from 0 to ${INT64_MAX}`)
  .transform((value) => value ?? 0n)

const boolean = z.boolean({ error: 'Expecting a boolean value.' })

const list = reads({
  name: 'resource-list',
  scope: 'resources:read',
  summary: 'Lists the resources with their defaults and who sees them.',
  input: z.strictObject(page),
  run: async ({ tx }, { after, limit }) => pageOf(await listResources(tx, after ?? null, limit + 1), limit),
})

const modify = changes({
  name: 'resource-modify',
  scope: 'resources:write',
  summary: 'Changes what new projects get of a resource, or who sees it; existing projects keep their limits.',
  input: z.strictObject({
    name: text(255).describe('of the resource'),
    system_default: quotaLimit
      .optional()
      .describe("limit in new system projects: a number, with a unit or without, or 'inf'"),
    project_default: quotaLimit
      .optional()
      .describe("limit in other new projects: a number, with a unit or without, or 'inf'"),
    api_visible: boolean.optional().describe('whether users may ask for it; without, the UI does not show it either'),
    ui_visible: boolean.optional().describe('whether the UI shows it; with it the API does, too'),
  }),
  async run({ tx }, { name, system_default, project_default, api_visible, ui_visible }) {
    if ([system_default, project_default, api_visible, ui_visible].every((option) => option === undefined))
      throw new Refused('malformed', 'No option specified.')
    const { before, after } = await modifyResource(tx, name, {
      systemDefault: system_default,
      projectDefault: project_default,
      apiVisible: api_visible,
      uiVisible: ui_visible,
    })
    const messages = [
      ...(ui_visible === undefined && before.ui_visible && !after.ui_visible
        ? ["Also resetting 'ui_visible' for consistency."]
        : []),
      ...(api_visible === undefined && !before.api_visible && after.api_visible
        ? ["Also setting 'api_visible' for consistency."]
        : []),
    ]
    return {
      output: { name, ...after, messages },
      changes: [{ subject: `resource:${name}`, before, after }],
    }
  },
})

export const resourceOperations: readonly Operation[] = [list, modify]
