import type { Random } from './random.ts'
import type { Pair, Policy, Specs } from './specs.ts'
import { PEOPLE, RESOURCES } from './universe-projects.ts'

const INT64_MAX = 2n ** 63n - 1n

/** Few, so that they clash. */
export const NAMES: readonly string[] = ['a.example.org', 'b.example.org', 'c-d.example.org']
const POLICIES: readonly Policy[] = ['auto', 'auto', 'auto', 'moderated', 'moderated', 'closed']
const MEMBERS: readonly bigint[] = [0n, 1n, 1n, 2n, 2n, 3n, INT64_MAX]
const CAPACITIES: readonly bigint[] = [0n, 1n, 2n, 3n, 5n, INT64_MAX]
export const VISIBLE = RESOURCES.filter(({ isVisible }) => isVisible).map(({ name }) => name)

/** What makes a body that is refused for one thing. */
export const FLAWS: readonly Specs[] = [
  { owner: 'nobody' },
  { name: 'no domain' },
  { name: `${'a'.repeat(60)}.${'b'.repeat(18)}.org` },
  { end_date: '2001-01-01T00:00:00+00:00' },
  { max_members: -1n },
  { max_members: INT64_MAX + 1n },
  { resources: { 'model.nothing': { project_capacity: 1n, member_capacity: 1n } } },
  { resources: { 'model.hidden': { project_capacity: 1n, member_capacity: 1n } } },
  { resources: { 'model.vm': { project_capacity: 1n, member_capacity: 2n } } },
  { resources: { 'model.vm': { project_capacity: -1n, member_capacity: -1n } } },
  { resources: { 'model.vm': { project_capacity: INT64_MAX + 1n, member_capacity: 1n } } },
]

/** Each field with this probability. */
export function specsOf(random: Random, probability: number): Specs {
  const maybe = <T>(make: () => T): T | undefined => (random.chance(probability) ? make() : undefined)
  const fields = {
    join_policy: maybe(() => random.pick(POLICIES)),
    leave_policy: maybe(() => random.pick(POLICIES)),
    max_members: maybe(() => random.pick(MEMBERS)),
    private: maybe(() => random.pick([true, false, null])),
    resources: maybe(() => resourcesOf(random)),
    owner: random.chance(probability / 4) ? random.pick([...PEOPLE, null]) : undefined,
    description: random.chance(probability / 2) ? random.pick(['', 'text', null]) : undefined,
    homepage: random.chance(probability / 3) ? random.pick(['https://example.org', null]) : undefined,
    comments: random.chance(probability / 3) ? random.pick(['please', null]) : undefined,
    end_date: random.chance(probability / 3) ? random.pick(['2113-05-05T20:20:20+00:00', null]) : undefined,
  }
  // Undefined is no JSON.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Specs
}

function resourcesOf(random: Random): Record<string, Pair> {
  const named = VISIBLE.filter(() => random.chance(0.7))
  return Object.fromEntries(
    named.map((name) => {
      const [a, b] = [random.pick(CAPACITIES), random.pick(CAPACITIES)]
      return [name, { project_capacity: a > b ? a : b, member_capacity: a > b ? b : a }]
    }),
  )
}
