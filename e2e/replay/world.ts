import { readJson } from './transcripts.ts'

/** What of the world matters to a client: where everything is. */
export interface World {
  readonly components: readonly { readonly name: string; readonly ui_url: string | null }[]
  readonly services: readonly {
    readonly name: string
    readonly component: string
    readonly type: string
    readonly endpoints: readonly Record<string, string>[]
  }[]
}

export function readWorld(file: string): World {
  const world = readJson(file) as Partial<World>
  if (!Array.isArray(world.services) || !Array.isArray(world.components))
    throw new Error(`${file} is no world: it has no services`)
  return world as World
}

/** The catalog of a world, placeholders and all, as the service would list it. */
export function catalogOf({ components, services }: World): object {
  const serviceCatalog = services.map(({ name, component, type, endpoints }) => ({
    name,
    type,
    endpoints_links: [],
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      'SNF:uiURL': components.find((candidate) => candidate.name === component)?.ui_url ?? null,
      region: 'default',
    })),
  }))
  return { access: { serviceCatalog } }
}
