/** What operations are about. */
export const AREAS = [
  'users',
  'components',
  'resources',
  'quotas',
  'commissions',
  'projects',
  'oauth2',
  'terms',
  'tokens',
  'audit',
] as const

export type Area = (typeof AREAS)[number]

/** What an operation asks for, and an admin token has: to look, or to change too. */
export type Scope = `${Area}:${'read' | 'write'}`

export const SCOPES: readonly Scope[] = AREAS.flatMap((area): Scope[] => [`${area}:read`, `${area}:write`])

/** Who may change may look. */
export function allows(granted: ReadonlySet<string>, scope: Scope): boolean {
  return granted.has(scope) || granted.has(scope.replace(/:read$/, ':write'))
}
