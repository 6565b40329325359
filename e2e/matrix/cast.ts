import { readFileSync } from 'node:fs'
import { parseExact } from 'astakosclient/wire'
import type { World } from '../../packages/server/scripts/world.ts'

const numbered = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${name}${index + 1}`)

/** Whose memberships are looked at, one for each membership of a project. */
export const SUBJECTS: readonly string[] = numbered('subject', 40)
/** The same for accounts that are deactivated before anything is tried. */
export const SLEEPERS: readonly string[] = numbered('sleeper', 12)
/** Whose own projects are looked at. */
export const TENANTS: readonly string[] = numbered('tenant', 8)

/** The actors of the tables, and `steward`: an administrator who prepares what the others meet. */
const AWAKE = ['owner', 'applicant', 'member', 'former', 'stranger', 'other', 'admin', 'steward', 'outsider']
/** Doubles of those who join, for the state in which an account does not work. */
const ASLEEP = ['sleeping owner', 'sleeping applicant', 'sleeping other', 'sleeping admin']
const ADMINS = ['admin', 'steward', 'sleeping admin']

/** Those that are deactivated before anything is tried. */
export const DEACTIVATED: readonly string[] = [...ASLEEP, ...SLEEPERS]

export const emailOf = (name: string): string => `${name.replaceAll(' ', '.')}@matrix.example.org`

/** A few resources are enough: one that everybody sees, one that nobody does, and that of pending applications. */
const RESOURCES: readonly string[] = ['astakos.pending_app', 'cyclades.vm', 'cyclades.total_ram']
/** Enough for all that is pending at a time. */
const PENDING_MAX = 100_000

/** The recorded world with other people in it. */
export function castWorld(): World {
  const file = new URL('../../fixtures/golden/world.json', import.meta.url)
  const world = parseExact(readFileSync(file, 'utf8')) as World
  const [template] = world.users
  if (template === undefined) throw new Error('The recorded world has no user')
  const names = [...AWAKE, ...ASLEEP, ...SUBJECTS, ...SLEEPERS, ...TENANTS]
  return {
    ...world,
    resources: world.resources
      .filter(({ name }) => RESOURCES.includes(name))
      .map((resource) => (resource.name === 'astakos.pending_app' ? { ...resource, uplimit: PENDING_MAX } : resource)),
    users: names.map((name) => ({
      ...template,
      name,
      email: emailOf(name),
      groups: [],
    })),
    settings: { ...world.settings, project_admins: ADMINS.map((name) => `<uuid:${name}>`) },
  }
}
