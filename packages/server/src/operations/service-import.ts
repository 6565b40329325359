import { sql, type Queryable } from '../db/statement.ts'
import { lockInOrder } from '../quotas/lock.ts'
import { addEndpoints, addResources, addService, type ResourceInput, type ServiceInput } from './registry.ts'
import type { ResourceDocument } from './resources.ts'
import {
  checkResource,
  checkService,
  created,
  readKnown,
  updated,
  warningsOf,
  type Known,
} from './service-import-rules.ts'
import type { ServiceDocument } from './services.ts'

/** Services and their resources, registered as they are defined. Source: administration specification, 1.3.1. */

export interface ServiceDefinition extends ServiceInput {
  readonly resources: readonly ResourceDefinition[]
}

export interface ResourceDefinition {
  readonly name: string
  readonly serviceType: string
  readonly serviceOrigin: string
  /** Undefined: what it was stays. */
  readonly description: string | undefined
  readonly unit: string | undefined
  /** Of a new one alone. */
  readonly uiVisible: boolean
  readonly apiVisible: boolean
}

export interface Imported {
  readonly services: readonly Registered<ServiceDocument>[]
  readonly resources: readonly Registered<ResourceDocument>[]
  /** In the words of the original, in the order of the definitions. */
  readonly messages: readonly string[]
  readonly warnings: readonly string[]
}

interface Registered<Document> {
  readonly name: string
  /** Null: it is new. */
  readonly before: Document | null
  readonly after: Document
}

/**
 * All of them or none. Endpoints are replaced and resources updated, but neither their defaults nor whether they are seen;
 * a service that is known keeps its type, and its place in the catalog. A new resource gets its holdings in every project
 * that was approved once. Imports run one after the other, so that of two at once the second one finds what the first one
 * added, and updates it.
 *
 * @throws {Refused} of the first definition that can't be: its component is not registered; another one has a service of
 *   that name, or a resource of one of these names.
 */
export async function importServices(tx: Queryable, definitions: readonly ServiceDefinition[]): Promise<Imported> {
  await lockInOrder(tx, { registry: true })
  const known = await readKnown(tx, definitions)
  const [messages, warnings]: [string[], string[]] = [[], []]
  const services = new Map<string, Registered<ServiceDocument>>()
  const resources = new Map<string, Registered<ResourceDocument>>()
  for (const definition of definitions) {
    const { name, component, type, endpoints } = definition
    const before = checkService(known, definition)
    warnings.push(...warningsOf(known, definition, before))
    messages.push(before ? `Updated service ${name}.` : `Added service ${name}.`)
    services.set(name, {
      name,
      before: before ? { component: before.component, type: before.type, endpoints: before.endpoints } : null,
      after: { component, type: before?.type ?? type, endpoints },
    })
    known.owners.set(name, component)
    for (const resource of definition.resources) {
      const current = known.resources.get(resource.name) ?? null
      if (current) checkResource(known, resource, current, component)
      messages.push(
        current
          ? `Resource '${resource.name}' updated in database.`
          : `Resource '${resource.name}' created in database with unlimited quota.`,
      )
      const after = current ? updated(current, resource) : created(resource)
      const first = resources.get(resource.name)
      resources.set(resource.name, { name: resource.name, before: first ? first.before : current, after })
      known.resources.set(resource.name, after)
    }
  }
  await writeServices(tx, [...services.values()], known)
  await writeResources(tx, [...resources.values()])
  return { services: [...services.values()], resources: [...resources.values()], messages, warnings }
}

const REMOVE_ENDPOINTS = sql('delete from endpoints where service_id = $1')

async function writeServices(
  tx: Queryable,
  services: readonly Registered<ServiceDocument>[],
  { services: before }: Known,
): Promise<void> {
  for (const { name, after } of services) {
    const id = before.get(name)?.id
    // oxlint-disable no-await-in-loop -- their order is the catalog's
    if (id === undefined) await addService(tx, { name, ...after })
    else {
      await tx.query(REMOVE_ENDPOINTS, [id])
      await addEndpoints(tx, id, after.endpoints)
    }
    // oxlint-enable no-await-in-loop
  }
}

const UPDATE_RESOURCES = sql(`
  update resources as r
     set description = v.description, unit = v.unit, service_type = v.service_type, service_origin = v.service_origin
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
         as v (name, description, unit, service_type, service_origin)
   where r.name = v.name`)

async function writeResources(tx: Queryable, resources: readonly Registered<ResourceDocument>[]): Promise<void> {
  const old = resources.filter(({ before }) => before !== null)
  await tx.query(UPDATE_RESOURCES, [
    old.map(({ name }) => name),
    old.map(({ after }) => after.description),
    old.map(({ after }) => after.unit),
    old.map(({ after }) => after.service_type),
    old.map(({ after }) => after.service_origin),
  ])
  await addResources(tx, resources.filter(({ before }) => before === null).map(inputOf))
}

function inputOf({ name, after }: Registered<ResourceDocument>): ResourceInput {
  return {
    name,
    description: after.description,
    unit: after.unit,
    serviceType: after.service_type,
    serviceOrigin: after.service_origin,
    uiVisible: after.ui_visible,
    apiVisible: after.api_visible,
    systemDefault: after.system_default,
    projectDefault: after.project_default,
  }
}
