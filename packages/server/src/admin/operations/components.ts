import { z } from 'zod'
import { checkToken } from '../../identity/tokens.ts'
import {
  documentOf,
  listComponents,
  lockComponent,
  modifyComponent,
  readComponent,
  removeComponent,
  renewTokenOf,
  type Component,
} from '../../operations/components.ts'
import { addComponent, type ComponentInput } from '../../operations/registry.ts'
import { listServices, removeServicesOf, type RemovedService } from '../../operations/services.ts'
import type { Queryable } from '../../db/statement.ts'
import { Refused } from '../../projects/refused.ts'
import { moment, page, pageOf, text } from '../input.ts'
import { changes, reads, type Change, type Operation } from '../operation.ts'
import { reference } from '../reference.ts'

/** Those who charge quotas, and what they offer. Source: administration specification, 1.3. */

/** Both are addresses that others are led to. */
export const url: z.ZodType<string> = text(1024).refine(
  // Without a name and a password: everybody reads it in the catalog, and operators in the audit.
  (value) => /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(value) && URL.canParse(value),
  'must be an address that starts with http:// or https://, without a user and a password',
)

const token = z.string({ error: 'must be a text' }).superRefine((value, context) => {
  try {
    checkToken(value)
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message })
  }
})

export const authToken: z.ZodType<string | undefined> = token
  .optional()
  .describe('its token: 22 to 64 visible ASCII characters')
  .meta({ secret: true })

const component = reference('component')

export const subjectOf = ({ name }: { readonly name: string }): string => `component:${name}`

export interface Added {
  readonly output: Component & { readonly token: string }
  readonly change: Change
}

/** @throws {Refused} the name is taken, or the token. */
export async function addAndShow(tx: Queryable, input: ComponentInput): Promise<Added> {
  const { id, token: shown } = await addComponent(tx, input)
  const added = await readComponent(tx, id)
  return {
    output: { ...added, token: shown },
    change: { subject: subjectOf(added), before: null, after: documentOf(added) },
  }
}

const add = changes({
  name: 'component-add',
  scope: 'components:write',
  summary: 'Registers a component and shows its token, this once.',
  input: z.strictObject({
    name: text(255).describe('its name, which its commissions carry'),
    base_url: url.optional().describe('where its services are'),
    ui_url: url.optional().describe('where people use it'),
    auth_token: authToken,
    token_expires: moment.optional().describe('when its token ends (never)'),
  }),
  async run({ tx }, { name, base_url, ui_url, auth_token, token_expires }) {
    const { output, change } = await addAndShow(tx, {
      name,
      baseUrl: base_url ?? null,
      uiUrl: ui_url ?? null,
      token: auth_token,
      tokenExpires: token_expires ?? null,
    })
    return { output, changes: [change] }
  },
})

const list = reads({
  name: 'component-list',
  scope: 'components:read',
  summary: 'Lists the components, without their tokens.',
  input: z.strictObject(page),
  run: async ({ tx }, { after, limit }) => pageOf(await listComponents(tx, after ?? null, limit + 1), limit),
})

const show = reads({
  name: 'component-show',
  scope: 'components:read',
  summary: 'Shows a component and the services that it registered.',
  input: z.strictObject({ component }),
  async run({ tx }, { component: which }) {
    const found = await readComponent(tx, which)
    const services = await listServices(tx, found.id, null, null)
    return { ...found, services: services.map(({ id, name, type }) => ({ id, name, type })) }
  },
})

const modify = changes({
  name: 'component-modify',
  scope: 'components:write',
  summary: 'Changes the addresses of a component, or its token, or when that ends.',
  input: z.strictObject({
    component,
    base_url: url.nullable().optional().describe('where its services are; null: nowhere'),
    ui_url: url.nullable().optional().describe('where people use it; null: nowhere'),
    auth_token: authToken,
    token_expires: moment.nullable().optional().describe('when its token ends; null: never'),
  }),
  async run({ tx }, { component: which, base_url, ui_url, auth_token, token_expires }) {
    if ([base_url, ui_url, auth_token, token_expires].every((option) => option === undefined))
      throw new Refused('malformed', 'No option specified.')
    const before = await lockComponent(tx, which)
    const change = { baseUrl: base_url, uiUrl: ui_url, token: auth_token, tokenExpires: token_expires }
    const after = await modifyComponent(tx, before, change)
    return {
      output: after,
      changes: [{ subject: subjectOf(after), before: documentOf(before), after: documentOf(after) }],
    }
  },
})

const renew = changes({
  name: 'component-renew-token',
  scope: 'components:write',
  summary: 'Gives a component a new token and shows it, this once; the old one ends at once.',
  input: z.strictObject({ component }),
  async run({ tx }, { component: which }) {
    const before = await lockComponent(tx, which)
    const { after, token: shown } = await renewTokenOf(tx, before)
    return {
      output: { ...after, token: shown },
      changes: [{ subject: subjectOf(after), before: documentOf(before), after: documentOf(after) }],
    }
  },
})

const gone = ({ name, ...before }: RemovedService): Change => ({ subject: `service:${name}`, before, after: null })

const purge = changes({
  name: 'component-purge-services',
  scope: 'components:write',
  summary: 'Removes the services of a component with their endpoints; their resources and quotas stay.',
  input: z.strictObject({ component }),
  async run({ tx }, { component: which }) {
    const { id, name } = await lockComponent(tx, which)
    const services = await removeServicesOf(tx, id)
    return {
      output: { id, name, services: services.map((service) => service.name) },
      changes: services.map(gone),
    }
  },
})

const remove = changes({
  name: 'component-remove',
  scope: 'components:write',
  summary: 'Removes a component with its services; resources, quotas and pending commissions stay.',
  input: z.strictObject({ component }),
  async run({ tx }, { component: which }) {
    const found = await lockComponent(tx, which)
    const services = await removeComponent(tx, found)
    return {
      output: { id: found.id, name: found.name, services: services.map((service) => service.name) },
      changes: [...services.map(gone), { subject: subjectOf(found), before: documentOf(found), after: null }],
    }
  },
})

export const componentOperations: readonly Operation[] = [add, list, show, modify, renew, purge, remove]
