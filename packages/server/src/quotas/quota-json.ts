/** Quotas as they leave: text that is put together from the database's text, so no number is ever rounded. */

/** Numbers of several holdings, each a list as PostgreSQL writes it: `{1,2}`. */
export interface Columns {
  /** Places in the list of resources that was asked for, counted from one. */
  readonly places: string
  readonly limits: string
  readonly usages: string
  readonly pendings: string
}

/** Selects them, from holdings under a name; lists cost half of what a row for each costs. Parameter 1 is the resources. */
export const lists = (holding: string): string => `
  array_agg(array_position($1::text[], ${holding}.resource))::text as places, array_agg(${holding}."limit")::text as limits,
  array_agg(${holding}.usage_max)::text as usages, array_agg(${holding}.usage_max - ${holding}.usage_min)::text as pendings`

/** Resources in the order in which they were asked for, as they stand in a document. */
export type EncodedNames = readonly string[]

export function encodeNames(resources: readonly string[]): EncodedNames {
  return resources.map((name) => JSON.stringify(name))
}

/** The quotas of a member in a project. Q-3: what the project has no holding of is left out. */
export function memberJson(names: EncodedNames, member: Columns, project: Columns | null): string {
  if (!project) return ''
  const [places, limits, usages, pendings] = split(member)
  const [projectPlaces, ...numbers] = split(project)
  const isAligned = member.places === project.places
  const at = isAligned ? null : new Map(projectPlaces.map((place, index) => [place, index]))
  let text = ''
  for (const [index, place] of places.entries()) {
    const projectIndex = at ? at.get(place) : index
    if (projectIndex === undefined) continue
    text += `${text === '' ? '' : ','}${names[Number(place) - 1]}:{"limit":${limits[index]},"usage":${usages[index]},"pending":${pendings[index]},${projectNumbers(numbers, projectIndex)}}`
  }
  return text
}

export function projectJson(names: EncodedNames, project: Columns): string {
  const [places, ...numbers] = split(project)
  return places.map((place, index) => `${names[Number(place) - 1]}:{${projectNumbers(numbers, index)}}`).join(',')
}

type Numbers = readonly [limits: readonly string[], usages: readonly string[], pendings: readonly string[]]

function projectNumbers([limits, usages, pendings]: Numbers, index: number): string {
  return `"project_limit":${limits[index]},"project_usage":${usages[index]},"project_pending":${pendings[index]}`
}

function split({ places, limits, usages, pendings }: Columns): readonly [places: readonly string[], ...Numbers] {
  return [items(places), items(limits), items(usages), items(pendings)]
}

function items(list: string): string[] {
  return list.slice(1, -1).split(',')
}
