import type { Bindings } from './placeholders.ts'
import type { Json } from './json.ts'
import type { World } from './transcripts.ts'

/** What the service answers to the public `POST tokens`, by which a client finds it. */
export function catalogOf(world: World, bindings: Bindings): Json {
  const uiUrls = new Map(world.components.map(({ name, ui_url }) => [name, ui_url]))
  const serviceCatalog = world.services.map(({ name, type, component, endpoints }) => ({
    name,
    type,
    endpoints_links: [],
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      region: 'default',
      'SNF:uiURL': uiUrls.get(component) ?? null,
    })),
  }))
  return bindings.json({ access: { serviceCatalog } })
}
