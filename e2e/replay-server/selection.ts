import type { RecordedRequest, Scenario } from '../replay/transcripts.ts'

/**
 * What the service does not offer yet. A scenario is left out if one of its steps needs a line of this table, whatever
 * the answers are; to offer more, delete lines.
 */
const LATER: readonly Later[] = [
  { name: 'administration', route: /^\/admin/ },
  { name: 'administration of users', route: /^\/identity\/v2\.0\/users/ },
  { name: 'administration of users', requires: 'user-admin-api' },
]

interface Later {
  readonly name: string
  /** Below the base, without the query. */
  readonly route?: RegExp
  readonly request?: (request: RecordedRequest) => boolean
  readonly operator?: string
  readonly requires?: string
}

/** Below the base, without the query; of a URL outside of the base, all of it. */
export function routeOf(url: string): string {
  return url.replace(/^<base>/, '').replace(/\?.*$/s, '')
}

/** Why a scenario is left out, or null. */
export function leftOutBy(scenario: Scenario): string | null {
  for (const { name, route, request: isLater, operator, requires } of LATER) {
    if (requires !== undefined && scenario.requires === requires) return `${name}: requires ${requires}`
    for (const { request, operator: action } of scenario.steps) {
      if (operator !== undefined && action?.['action'] === operator) return `${name}: operator ${operator}`
      if (request === undefined) continue
      if (route?.test(routeOf(request.url)) || isLater?.(request))
        return `${name}: ${request.method} ${routeOf(request.url)}`
    }
  }
  return null
}
