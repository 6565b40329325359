import { z } from 'zod'
import { definitionsOf, isCompanion, servicesOf, type Companion } from '../../operations/companions.ts'
import { readComponent } from '../../operations/components.ts'
import { importServices, type Imported } from '../../operations/service-import.ts'
import { listServices, readService } from '../../operations/services.ts'
import { Refused } from '../../projects/refused.ts'
import { readDefinitions } from '../definitions.ts'
import { moment, page, pageOf, text } from '../input.ts'
import { changes, reads, type Change, type Operation } from '../operation.ts'
import { reference } from '../reference.ts'
import { addAndShow, authToken, url } from './components.ts'

/** What components offer, as the catalog lists it. Source: administration specification, 1.3.1 and 1.3.2. */

const list = reads({
  name: 'service-list',
  scope: 'components:read',
  summary: 'Lists the services that are registered, in the order of the catalog.',
  input: z.strictObject({
    component: reference('component').optional().describe('only those of this one: its name, or its id as a number'),
    ...page,
  }),
  async run({ tx }, { component, after, limit }) {
    const owner = component === undefined ? null : await readComponent(tx, component)
    return pageOf(await listServices(tx, owner?.id ?? null, after ?? null, limit + 1), limit)
  },
})

const show = reads({
  name: 'service-show',
  scope: 'components:read',
  summary: 'Shows a service with its endpoints and the names of its resources.',
  input: z.strictObject({ service: reference('service') }),
  run: ({ tx }, { service }) => readService(tx, service),
})

/** What is printed, and what is audited. */
function told({ services, resources, messages, warnings }: Imported): { output: object; changes: Change[] } {
  return {
    output: {
      services: services.map(({ name, before }) => ({ name, is_new: before === null })),
      resources: resources.map(({ name, before }) => ({ name, is_new: before === null })),
      messages,
      warnings,
    },
    changes: [
      ...services.map(({ name, before, after }) => ({ subject: `service:${name}`, before, after })),
      ...resources.map(({ name, before, after }) => ({ subject: `resource:${name}`, before, after })),
    ],
  }
}

const imports = changes({
  name: 'service-import',
  scope: 'components:write',
  summary: 'Registers services and their resources, or replaces their endpoints: all of them or none.',
  input: z.strictObject({
    services: z
      .custom<unknown>((value) => value !== undefined)
      .describe(
        "service name to definition, as service-export-companion prints it; of a file of the original: jq '{services: .}' FILE",
      ),
  }),
  run: async ({ tx }, { services }) => told(await importServices(tx, readDefinitions(services))),
})

const exportOwn = reads({
  name: 'service-export-astakos',
  scope: 'components:read',
  summary: 'Prints the definitions of the services of this service itself, for service-import.',
  input: z.strictObject({}),
  async run({ tx }) {
    const { base_url } = await readComponent(tx, 'astakos')
    if (base_url === null) throw new Refused('conflict', 'The component named astakos has no base URL.')
    return { services: definitionsOf('astakos', base_url) }
  },
})

const companion = text(255).describe('which one: astakos, cyclades or pithos')

/** @throws {Refused} */
function companionOf(name: string): Companion {
  if (!isCompanion(name)) throw new Refused('malformed', `Unrecognized component ${name}`)
  return name
}

const exportCompanion = reads({
  name: 'service-export-companion',
  scope: 'components:read',
  summary: 'Prints the definitions of a standard component at a base URL, for service-import.',
  input: z.strictObject({ companion, base_url: url.describe('where it is') }),
  run: (_, { companion: name, base_url }) => Promise.resolve({ services: definitionsOf(companionOf(name), base_url) }),
})

const register = changes({
  name: 'component-register-standard',
  scope: 'components:write',
  summary: 'Registers a standard component with its services and resources, and shows its token, this once.',
  input: z.strictObject({
    companion,
    base_url: url.describe('where its services are'),
    ui_url: url.optional().describe('where people use it'),
    auth_token: authToken,
    token_expires: moment.optional().describe('when its token ends (never)'),
  }),
  async run({ tx }, { companion: which, base_url, ui_url, auth_token, token_expires }) {
    const name = companionOf(which)
    const added = await addAndShow(tx, {
      name,
      baseUrl: base_url,
      uiUrl: ui_url ?? null,
      token: auth_token,
      tokenExpires: token_expires ?? null,
    })
    const imported = told(await importServices(tx, servicesOf(name, base_url)))
    return { output: { ...added.output, ...imported.output }, changes: [added.change, ...imported.changes] }
  },
})

export const serviceOperations: readonly Operation[] = [list, show, imports, exportOwn, exportCompanion, register]
