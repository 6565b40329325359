import { objectOf, stringOf } from './arguments.ts'
import { NoEndpoints } from './errors.ts'
import { isDict } from './wire/fault.ts'
import type { CatalogService, Dict, Endpoints } from './wire/types.ts'

/** What to look for; all that is given must hold. `null` and `undefined` let everything pass. */
export interface EndpointFilter {
  readonly name?: string | null | undefined
  readonly type?: string | null | undefined
  readonly region?: string | null | undefined
  readonly versionId?: string | null | undefined
}

const METHOD = 'parseEndpoints'

/**
 * Finds services of the catalog, each with those of its endpoints that fit.
 *
 * `name` and `type` choose services, then `region` and `versionId` choose endpoints; a service that is left without
 * endpoints by these is dropped. The result is a deep copy and the argument stays as it was, so that a search never
 * takes endpoints away from the answer that it was given.
 *
 * @param endpoints answer of `getEndpoints` or `authenticate`.
 * @param filter `name`, `type`, `region`, `versionId`; without any, the whole catalog fits.
 * @returns at least one service.
 * @throws {BadValue} a criterion is no string.
 * @throws {NoEndpoints} nothing fits, or the catalog lacks what the filter asks for. The message names the criteria.
 *
 * @example
 * ```ts
 * const [account] = parseEndpoints(await client.getEndpoints(), { name: 'astakos_account', versionId: 'v1.0' })
 * console.log(account?.endpoints[0]?.publicURL)
 * ```
 *
 * Source: reference `parse_endpoints`; client specification, 8.1, C-7, C-8.
 */
export function parseEndpoints(endpoints: Endpoints, filter: EndpointFilter = {}): CatalogService[] {
  objectOf(METHOD, 'filter', filter)
  const name = criterionOf('name', filter.name)
  const type = criterionOf('type', filter.type)
  const region = criterionOf('region', filter.region)
  const versionId = criterionOf('versionId', filter.versionId)
  const none = (): NoEndpoints => new NoEndpoints(messageOf({ name, type, region, version_id: versionId }))

  const access = (endpoints as Endpoints | null | undefined)?.access
  const services = matching(matching(access?.serviceCatalog, 'name', name, none), 'type', type, none)
  const found =
    region === null && versionId === null
      ? services
      : services
          .map((service) => ({
            ...service,
            endpoints: matching(matching(service['endpoints'], 'region', region, none), 'versionId', versionId, none),
          }))
          .filter((service) => service.endpoints.length > 0)
  if (found.length === 0) throw none()
  return copyOf(found) as CatalogService[]
}

function criterionOf(name: string, value: unknown): string | null {
  return value === null || value === undefined ? null : stringOf(METHOD, name, value)
}

/** The key is needed only where there is a criterion for it, and only in what earlier criteria left. */
function matching(items: unknown, key: string, wanted: string | null, none: () => NoEndpoints): Dict<unknown>[] {
  if (!Array.isArray(items)) throw none()
  return (items as unknown[]).filter((item): item is Dict<unknown> => {
    if (!isDict(item)) throw none()
    if (wanted === null) return true
    if (typeof item[key] !== 'string') throw none()
    return item[key] === wanted
  })
}

function messageOf(criteria: Dict<string | null>): string {
  const given = Object.entries(criteria).filter(([, wanted]) => wanted !== null)
  const list = given.map(([key, wanted]) => `, ${key} = ${wanted}`).join('')
  return `No endpoints found matching${list || '.'}`
}

/** Of a JSON document. Unlike `structuredClone`, it copies through the proxies of state libraries. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf)
  if (isDict(value)) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member)]))
  return value
}
