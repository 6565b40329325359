import { FLAWS, NAMES, specsOf, VISIBLE } from './generate-specs.ts'
import { Random } from './random.ts'
import { Rehearsal } from './rehearsal.ts'
import type { Specs } from './specs.ts'
import {
  type ApplicationRef,
  type MembershipAction,
  type MembershipRef,
  type ProjectProgram,
  type ProjectRef,
  type Step,
  type Verdict,
} from './steps-projects.ts'
import { ADMIN, emailOf, PEOPLE, userOf } from './universe-projects.ts'

const INT64_MAX = 2n ** 63n - 1n
const STEPS_MAX = 45
const STEPS_MIN = 20

/** The same program for the same seed and number. */
export function generateProjects(seed: number, number: number): ProjectProgram {
  const random = new Random(seed, number, 1)
  const writer = new ProjectWriter(random)
  const rehearsal = new Rehearsal()
  const steps = writer.opening()
  for (const step of steps) if (rehearsal.take(step)) writer.remember(step)
  const length = STEPS_MIN + random.below(STEPS_MAX - STEPS_MIN)
  while (steps.length < length) {
    const step = writer.step()
    const isDone = rehearsal.take(step)
    if (isDone) writer.remember(step)
    // Most steps that chance brings are refused, and much more comes of the others.
    if (isDone || random.chance(0.25)) steps.push(step)
  }
  return { number, steps }
}

const REASONS: readonly string[] = ['', 'because', 'user_deactivation', 'Ελληνικά \u{1f98a} "quoted"']

class ProjectWriter {
  readonly #random: Random
  readonly #created: number[] = []
  readonly #submitted: { readonly id: number; readonly by: string; readonly project: ProjectRef }[] = []
  readonly #met: { readonly user: string; readonly project: ProjectRef }[] = []
  readonly #charged: number[] = []
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Most programs start with projects that people can join. */
  opening(): Step[] {
    const random = this.#random
    return Array.from({ length: random.below(4) }, () => this.#create()).flatMap((create): Step[] => {
      const [project, application] = [{ created: create.id }, { submitted: create.id }]
      const approve: Step = { kind: 'decide', by: ADMIN, action: 'approve', project, application, reason: '' }
      return random.chance(0.85) ? [create, approve] : [create]
    })
  }

  step(): Step {
    const random = this.#random
    const kind = random.weighted({
      create: 5,
      modify: 7,
      decide: 13,
      project: 9,
      join: 16,
      enroll: 6,
      member: 28,
      prefer: 3,
      charge: 9,
      settle: 4,
      account: 4,
      projects: 3,
      show: 3,
      memberships: 3,
      membership: 3,
      quotas: 1,
      usage: 2,
    })
    const by = this.#someone()
    switch (kind) {
      case 'create':
        return this.#create()
      case 'modify':
        return this.#modify()
      case 'decide':
        return this.#decide()
      case 'project':
        return {
          kind,
          by: random.chance(0.9) ? ADMIN : by,
          action: random.pick(['suspend', 'unsuspend', 'terminate', 'reinstate', 'unsuspend', 'reinstate']),
          project: this.#project(),
          reason: random.pick(REASONS),
        }
      case 'join':
        return { kind, by, project: this.#project() }
      case 'enroll': {
        const user = random.pick(PEOPLE)
        const email = emailOf(random.chance(0.95) ? user : 'nobody')
        return { kind, by: this.#master(), project: this.#project(), email }
      }
      case 'member':
        return this.#member()
      case 'prefer': {
        const met = random.chance(0.85) && this.#met.length > 0 ? random.pick(this.#met) : null
        return { kind, by: met?.user ?? by, project: met?.project ?? this.#project() }
      }
      case 'charge':
        return this.#charge()
      case 'settle':
        return {
          kind,
          by: random.chance(0.9) ? 'model' : 'astakos',
          action: random.pick(['accept', 'reject']),
          serial: this.#charged.length > 0 ? random.pick(this.#charged) : 0,
        }
      case 'account':
        return { kind: random.chance(0.4) ? 'deactivate' : 'activate', user: random.pick(PEOPLE.slice(1)) }
      case 'projects':
        return { kind, by, filter: this.#filter() }
      case 'show':
        return { kind, by, project: this.#project() }
      case 'memberships':
        return { kind, by, project: random.chance(0.5) ? this.#project() : null }
      case 'membership':
        return { kind, by, membership: this.#membership() }
      case 'quotas':
        return { kind, by }
      case 'usage':
        return {
          kind,
          by: random.chance(0.6) ? 'astakos' : 'model',
          user: random.chance(0.5) ? random.pick(PEOPLE) : null,
        }
    }
  }

  /** Later steps are mostly about what came of earlier ones. */
  remember(step: Step): void {
    if (step.kind === 'create') this.#created.push(step.id)
    if (step.kind === 'create') this.#submitted.push({ id: step.id, by: step.by, project: { created: step.id } })
    if (step.kind === 'modify') this.#submitted.push({ id: step.id, by: step.by, project: step.project })
    if (step.kind === 'join') this.#met.push({ user: step.by, project: step.project })
    if (step.kind === 'enroll') this.#met.push({ user: userOf(step.email), project: step.project })
    if (step.kind === 'charge') this.#charged.push(step.id)
  }

  #someone(): string {
    return this.#random.pick(PEOPLE)
  }

  /** Often one who may. */
  #master(): string {
    const random = this.#random
    return random.chance(0.4) ? ADMIN : (this.#submitted.at(-1 - random.below(4))?.by ?? random.pick(PEOPLE))
  }

  #create(): Step & { kind: 'create' } {
    const random = this.#random
    // One of them has many wishes, and meets the limit.
    const by = random.chance(0.4) ? 'ann' : this.#someone()
    const id = ++this.#count
    const flaw = random.chance(0.06) ? random.pick<Specs>([...FLAWS, { name: null }, { end_date: null }]) : {}
    const whole = { name: random.pick(NAMES), end_date: '2040-06-01T00:00:00+00:00' }
    return { kind: 'create', id, by, specs: { ...specsOf(random, 0.6), ...whole, ...flaw } }
  }

  #modify(): Step {
    const random = this.#random
    const id = ++this.#count
    const project = this.#project()
    const owner = this.#submitted.find((other) => isSame(other.project, project))?.by
    const by = random.chance(0.7) ? (owner ?? ADMIN) : random.pick([ADMIN, this.#someone()])
    const flaw = random.chance(0.06) ? random.pick(FLAWS) : {}
    const renamed = random.chance(0.25) ? { name: random.pick(NAMES) } : {}
    return { kind: 'modify', id, by, project, specs: { ...specsOf(random, 0.3), ...renamed, ...flaw } }
  }

  #decide(): Step {
    const random = this.#random
    const recent = this.#submitted.at(-1 - random.below(4))
    const action = random.weighted<Verdict>({ approve: 55, deny: 18, cancel: 14, dismiss: 20 })
    const isWaiver = action === 'cancel' || action === 'dismiss'
    const usual = isWaiver && recent && random.chance(0.7) ? recent.by : ADMIN
    const application: ApplicationRef =
      recent && random.chance(0.97) ? { submitted: recent.id } : random.pick([0n, 999_999n, INT64_MAX, 2n ** 70n, -1n])
    return {
      kind: 'decide',
      by: random.chance(0.92) ? usual : this.#someone(),
      action,
      project: recent && random.chance(0.95) ? recent.project : this.#project(),
      application,
      reason: random.pick(REASONS),
    }
  }

  #member(): Step {
    const random = this.#random
    const membership = this.#membership()
    const action = random.pick<MembershipAction>(['accept', 'accept', 'reject', 'cancel', 'leave', 'leave', 'remove'])
    const isOwn = action === 'cancel' || action === 'leave'
    const own = typeof membership === 'bigint' ? ADMIN : membership.user
    return {
      kind: 'member',
      by: random.chance(0.8) ? (isOwn ? own : this.#master()) : this.#someone(),
      action,
      membership,
      reason: random.pick(REASONS),
    }
  }

  #charge(): Step {
    const random = this.#random
    const met = random.chance(0.85) && this.#met.length > 0 ? random.pick(this.#met) : null
    const id = ++this.#count
    const size = BigInt(random.below(4))
    return {
      kind: 'charge',
      id,
      by: 'model',
      user: met?.user ?? this.#someone(),
      project: met?.project ?? this.#project(),
      resource: random.pick([...VISIBLE, 'model.hidden']),
      quantity: random.chance(0.25) ? -size : size,
      force: random.chance(0.15),
      autoAccept: random.chance(0.6),
    }
  }

  #project(): ProjectRef {
    const random = this.#random
    if (this.#created.length === 0 || random.chance(0.12))
      return random.chance(0.8) ? { system: this.#someone() } : { unknown: random.pick(['nothing', '1', '17']) }
    return { created: this.#created[Math.max(0, this.#created.length - 1 - random.below(4))] ?? 0 }
  }

  #membership(): MembershipRef {
    const random = this.#random
    if (this.#met.length === 0 || random.chance(0.04)) return random.pick([0n, 999_999n, INT64_MAX])
    if (random.chance(0.05)) return { user: this.#someone(), project: this.#project() }
    return this.#met.at(-1 - random.below(6)) ?? random.pick(this.#met)
  }

  #filter(): { name?: string; owner?: string; state?: string; mode?: string } {
    const random = this.#random
    // Which of two faults is told first is nobody's business.
    if (random.chance(0.1)) return random.pick([{ state: 'odd' }, { mode: 'odd' }])
    return {
      ...(random.chance(0.25) ? { name: random.pick([...NAMES, 'A.example.org']) } : {}),
      ...(random.chance(0.25) ? { owner: random.pick([...PEOPLE, 'nobody']) } : {}),
      ...(random.chance(0.3)
        ? { state: random.pick(['active', 'suspended', 'terminated', 'uninitialized', 'deleted']) }
        : {}),
      ...(random.chance(0.7) ? { mode: random.pick(['default', 'related', 'member', 'active', 'active']) } : {}),
    }
  }
}

function isSame(one: ProjectRef, other: ProjectRef): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
