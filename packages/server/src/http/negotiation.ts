import type { Query } from './query.ts'

export type Format = 'json' | 'xml'

export const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  json: 'application/json; charset=UTF-8',
  xml: 'application/xml; charset=UTF-8',
}

/** The parameter, the end of the path, the first of the two types in `Accept`, JSON. Source: overview, 4. */
export function formatOf(path: string, query: Query, accept: string | undefined): Format {
  const asked = query.peek('format')
  if (asked === 'json' || asked === 'xml') return asked
  if (path.endsWith('.json')) return 'json'
  if (path.endsWith('.xml')) return 'xml'
  for (const element of accept?.split(',') ?? []) {
    const type = element.split(';', 1)[0]?.trim()
    if (type === 'application/json') return 'json'
    if (type === 'application/xml') return 'xml'
  }
  return 'json'
}
