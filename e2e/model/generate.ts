import { Random } from './random.ts'
import { COMPONENTS, HOLDINGS, PROJECTS, RESOURCES, USERS, type HoldingName } from './universe.ts'
import type { Capacity, Issue, Malformed, Program, Provision, SerialRef, SetLimit, Step, Sync } from './steps.ts'

const INT64_MAX = 2n ** 63n - 1n

const STEPS_MAX = 40
const STEPS_MIN = 20

/** The same program for the same seed and number. */
export function generate(seed: number, number: number): Program {
  const random = new Random(seed, number)
  const through = random.chance(0.5) ? 'http' : 'engine'
  const burst = through === 'http' ? 1 : 1 + random.below(6)
  const start = PROJECTS.map((project) => startOf(random, project))
  const writer = new Writer(random, through)
  const length = STEPS_MIN + random.below(STEPS_MAX - STEPS_MIN)
  return { number, through, burst, start, steps: Array.from({ length }, () => writer.step()) }
}

/** Members in good standing of an active project. */
export function startOf(random: Random, project: string): Sync {
  return {
    kind: 'sync',
    project,
    state: 'active',
    capacities: RESOURCES.map((resource) => capacity(random, resource)),
    members: USERS.map((user) => ({ user, state: 'accepted' as const })),
  }
}

const LIMITS = [0n, 3n, 5n, 10n, 10n, 20n, 1000n, INT64_MAX - 1n, INT64_MAX, INT64_MAX] as const

function capacity(random: Random, resource: string): Capacity {
  return { resource, project: random.pick(LIMITS), member: random.pick(LIMITS) }
}

const SMALL = [0n, 1n, 1n, 1n, 2n, 2n, 3n, 4n, 5n, 6n] as const
const EDGES = [
  INT64_MAX,
  INT64_MAX - 1n,
  INT64_MAX + 1n,
  2n ** 62n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 64n,
  10n ** 23n,
  10n ** 30n,
] as const

function quantity(random: Random): bigint {
  const size = random.chance(0.9) ? random.pick(SMALL) : random.pick(EDGES)
  return random.chance(0.3) ? -size : size
}

const NAMES = ['', '', 'text', 'Ελληνικά \u{1f98a}', '"quoted"\\ \u2028 \n\t\u0001', "it's; -- $1"] as const

const MALFORMED: readonly (readonly [body: string, message: string])[] = [
  ['[]', 'Request should be a JSON dict'],
  ['{}', 'Provisions are missing.'],
  ['{"provisions": null}', 'Provisions are missing.'],
  ['{"provisions": {}}', 'Provisions should be a list.'],
  ['{"provisions": ["x"]}', 'Malformed provision x'],
  ['{"provisions": [], "force": null}', '"force" option should be a boolean.'],
  ['{"provisions": [], "force": 1, "auto_accept": 1}', '"force" option should be a boolean.'],
  ['{"provisions": [], "auto_accept": "no", "name": 5}', '"auto_accept" option should be a boolean.'],
  ['{"provisions": [], "name": null}', 'Commission name should be a string.'],
]

class Writer {
  readonly #random: Random
  readonly #through: Program['through']
  readonly #issues: Issue[] = []
  readonly #named = new Set<number>()
  /** What most provisions of this program are about. */
  readonly #favourites: readonly HoldingName[]

  constructor(random: Random, through: Program['through']) {
    this.#random = random
    this.#through = through
    this.#favourites = Array.from({ length: 4 }, () => random.pick(HOLDINGS))
  }

  step(): Step {
    const random = this.#random
    const kind = random.weighted({ issue: 50, act: 15, resolve: 12, list: 3, show: 6, limit: 5, sync: 4, malformed: 3 })
    const by = random.pick(COMPONENTS)
    switch (kind) {
      case 'issue':
        return this.#issue(by)
      case 'act': {
        const serial = this.#serial()
        // In a path it has no sign.
        const unsigned = typeof serial === 'bigint' && serial < 0n ? -serial : serial
        return { kind, by: this.#ownerOf(unsigned), action: random.pick(['accept', 'reject']), serial: unsigned }
      }
      case 'show': {
        const serial = this.#serial()
        const unsigned = typeof serial === 'bigint' && serial < 0n ? -serial : serial
        return { kind, by: this.#ownerOf(unsigned), serial: unsigned, resolved: random.chance(0.5) }
      }
      case 'resolve': {
        const accept = this.#serials()
        const reject = this.#serials()
        if (accept[0] !== undefined && random.chance(0.2)) reject.push(accept[0])
        return { kind, by: this.#ownerOf(accept[0] ?? reject[0] ?? 0n), accept, reject }
      }
      case 'list':
        return { kind, by }
      case 'limit':
        return this.#limit()
      case 'sync':
        return this.#sync()
      case 'malformed':
        return this.#through === 'http' ? this.#malformed(by) : { kind: 'list', by }
    }
  }

  #issue(by: string): Issue {
    const random = this.#random
    const id = this.#issues.length
    const key = random.chance(0.4) ? random.pick(['k1', 'k2', '!~"{}\\', 'K'.repeat(255)]) : null
    const before = this.#issues.findLast((other) => other.key !== null && other.key === key)
    const issue: Issue =
      before && random.chance(0.6)
        ? { ...before, id, by: random.chance(0.9) ? before.by : by }
        : {
            kind: 'issue',
            id,
            by,
            provisions: this.#provisions(),
            // With its key in the name, an effect tells which key it needs.
            name: key === null ? random.pick(NAMES) : `keyed ${key}`,
            force: random.chance(0.2),
            autoAccept: random.chance(0.3),
            key,
          }
    this.#issues.push(issue)
    return issue
  }

  #provisions(): Provision[] {
    const random = this.#random
    const provisions: Provision[] = []
    const count = random.chance(0.04) ? 0 : 1 + random.below(4)
    while (provisions.length < count) {
      const last = provisions.at(-1)
      if (last && random.chance(0.3)) {
        const opposite = random.chance(0.3) ? -last.quantity : quantity(random)
        provisions.push({ ...last, quantity: opposite })
      } else provisions.push({ ...this.#target(), quantity: quantity(random) })
    }
    return provisions
  }

  #target(): Omit<Provision, 'quantity'> {
    const random = this.#random
    const known = random.pick(random.chance(0.8) ? this.#favourites : HOLDINGS)
    if (random.chance(0.94)) return known
    return random.pick<Omit<Provision, 'quantity'>>([
      { ...known, holder: 'user:nobody' },
      { ...known, source: known.source === null ? 'project:p0' : null },
      { ...known, resource: 'model.nothing' },
      { ...known, resource: '' },
      { ...known, holder: 5n },
      { ...known, source: true },
      { ...known, resource: null },
    ])
  }

  #serial(): SerialRef {
    const random = this.#random
    if (this.#issues.length === 0 || random.chance(0.08))
      return random.pick([0n, -1n, -7n, INT64_MAX, INT64_MAX + 1n, -(2n ** 63n), 10n ** 25n, 123456789012n])
    // Mostly of late, since those are pending more often.
    const back = random.chance(0.7) ? Math.min(8, this.#issues.length) : this.#issues.length
    const drawn = this.#issues.length - 1 - random.below(back)
    // What was accepted at once, or named before, has probably ended: mostly another one.
    const other = this.#issues.findLast(({ id, autoAccept }) => id <= drawn && !autoAccept && !this.#named.has(id))
    const issue = other && random.chance(0.8) ? other.id : drawn
    this.#named.add(issue)
    return { issue }
  }

  #serials(): SerialRef[] {
    const serials = Array.from({ length: this.#random.below(4) }, () => this.#serial())
    if (serials[0] !== undefined && this.#random.chance(0.2)) serials.push(serials[0])
    return serials
  }

  /** Mostly; else it is another component's. */
  #ownerOf(serial: SerialRef): string {
    const issue = typeof serial === 'bigint' ? undefined : this.#issues[serial.issue]
    return issue && this.#random.chance(0.85) ? issue.by : this.#random.pick(COMPONENTS)
  }

  #limit(): SetLimit {
    return { kind: 'limit', ...this.#random.pick(this.#favourites), limit: this.#random.pick(LIMITS) }
  }

  #sync(): Sync {
    const random = this.#random
    return {
      kind: 'sync',
      project: random.pick(PROJECTS),
      state: random.weighted({ active: 6, suspended: 1, terminated: 1 }),
      capacities: random.chance(0.5) ? [capacity(random, random.pick(RESOURCES))] : [],
      members: random.chance(0.5)
        ? [
            {
              user: random.pick(USERS),
              state: random.pick(['accepted', 'accepted', 'leave_requested', 'suspended', 'removed']),
            },
          ]
        : [],
    }
  }

  #malformed(by: string): Malformed {
    const [body, message] = this.#random.pick(MALFORMED)
    return {
      kind: 'malformed',
      by,
      key: this.#random.chance(0.5) ? this.#random.pick(['k1', 'k2']) : null,
      body,
      message,
    }
  }
}
