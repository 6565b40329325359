import { sql, type Queryable } from '../db/statement.ts'
import { Refused } from '../projects/refused.ts'
import { RESOURCE_COLUMNS, type ResourceDocument } from './resources.ts'
import type { ResourceDefinition, ServiceDefinition } from './service-import.ts'
import { findServices, type FoundService } from './services.ts'

/** What a definition meets, and what becomes of it. Source: administration specification, 1.3.1; quota specification, 1. */

/** What is registered of all that the definitions name. */
export interface Known {
  /** By component. */
  readonly baseUrls: ReadonlyMap<string, string | null>
  readonly services: ReadonlyMap<string, FoundService>
  readonly resources: Map<string, ResourceDocument>
  /** By service: its component. */
  readonly owners: Map<string, string>
}

/** A component that is being removed is waited for, and one that has services coming is not removed before. */
const LOCK_COMPONENTS = sql('select name, base_url from components where name = any($1::text[]) order by id for share')
const LOCK_RESOURCES = sql(`
  select name, ${RESOURCE_COLUMNS} from resources where name = any($1::text[]) order by id for update`)

export async function readKnown(tx: Queryable, definitions: readonly ServiceDefinition[]): Promise<Known> {
  const components = await tx.query<{ name: string; base_url: string | null }>(LOCK_COMPONENTS, [
    definitions.map(({ component }) => component),
  ])
  const found = await tx.query<ResourceDocument & { name: string }>(LOCK_RESOURCES, [
    definitions.flatMap(({ resources }) => resources.map(({ name }) => name)),
  ])
  const services = await findServices(tx, [
    ...definitions.map(({ name }) => name),
    ...found.map(({ service_origin }) => service_origin),
  ])
  return {
    baseUrls: new Map(components.map(({ name, base_url }) => [name, base_url])),
    services: new Map(services.map((service) => [service.name, service])),
    resources: new Map(found.map(({ name, ...resource }) => [name, resource])),
    owners: new Map(services.map(({ name, component }) => [name, component])),
  }
}

export function checkService(
  { baseUrls, services }: Known,
  { name, component }: ServiceDefinition,
): FoundService | null {
  if (!baseUrls.has(component)) throw new Refused('unknown', `Component '${component}' is not registered.`)
  const before = services.get(name) ?? null
  if (before && before.component !== component)
    throw new Refused('conflict', `There is already a service named ${name} registered by ${before.component}.`)
  return before
}

/** A resource moves within a component. One whose service is gone is nobody's, and goes to whoever names it. */
export function checkResource(
  { owners }: Known,
  wanted: ResourceDefinition,
  current: ResourceDocument,
  component: string,
): void {
  const owner = owners.get(current.service_origin)
  if (owner === undefined || owner === component) return
  throw new Refused(
    'conflict',
    current.service_type === wanted.serviceType
      ? `There already exists a resource named ${wanted.name} registered for service ${current.service_origin}.`
      : `There already exists a resource named ${wanted.name} with service type ${current.service_type}.`,
  )
}

export function warningsOf({ baseUrls }: Known, definition: ServiceDefinition, before: FoundService | null): string[] {
  const { name, component, type, endpoints } = definition
  const base = baseUrls.get(component) ?? null
  const outside = endpoints.flatMap(({ publicURL: url }) =>
    base === null || url === undefined || url.startsWith(base)
      ? []
      : [`Warning: Endpoint URL '${url}' does not start with assumed component base URL '${base}'.`],
  )
  const kept = before && before.type !== type ? [`Warning: Service ${name} keeps its type '${before.type}'.`] : []
  return [...outside, ...kept]
}

const UNLIMITED = 2n ** 63n - 1n

/** Whoever is not shown a resource can't ask for it either, so what projects have of it is not limited by them. */
export function created(resource: ResourceDefinition): ResourceDocument {
  return {
    description: resource.description ?? null,
    unit: resource.unit ?? null,
    service_type: resource.serviceType,
    service_origin: resource.serviceOrigin,
    system_default: UNLIMITED,
    project_default: resource.apiVisible ? 0n : UNLIMITED,
    api_visible: resource.apiVisible,
    ui_visible: resource.uiVisible,
  }
}

export function updated(current: ResourceDocument, resource: ResourceDefinition): ResourceDocument {
  return {
    ...current,
    description: resource.description ?? current.description,
    unit: resource.unit ?? current.unit,
    service_type: resource.serviceType,
    service_origin: resource.serviceOrigin,
  }
}
