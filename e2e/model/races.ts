import { madeBy } from './history-projects.ts'
import type { CrowdCall } from './crowd.ts'
import type { Random } from './random.ts'
import type { MembershipAction, Request } from './steps-projects.ts'
import { numberIn } from './answers.ts'
import { ADMIN, emailOf, PEOPLE } from './universe-projects.ts'

const INT64_MAX = 2n ** 63n - 1n
export const NAMES: readonly string[] = ['one.example.org', 'two.example.org']

/** Projects that everybody fights about. Of a strict one nobody changes the limit of members. */
export interface Arena {
  readonly strict: readonly string[]
  readonly loose: readonly string[]
}

interface Submitted {
  readonly project: string
  readonly application: bigint
  readonly by: string
}

/**
 * What the connections ask for. Most wishes come in sets that belong together and are handed out in a row, so that they
 * are on their way at the same time: races on purpose.
 */
export class Races {
  readonly #arena: Arena
  readonly #waiting: Request[] = []
  readonly #submitted: Submitted[] = []
  readonly #members: { readonly id: bigint; readonly user: string; readonly project: string }[] = []
  readonly #serials: bigint[] = []
  #count = 0

  constructor(arena: Arena) {
    this.#arena = arena
  }

  next(random: Random): Request {
    if (this.#waiting.length === 0) this.#waiting.push(...this.#race(random))
    return this.#waiting.shift() ?? { kind: 'quotas', by: ADMIN }
  }

  learn(call: CrowdCall): void {
    const { request, answer } = call
    const made = madeBy(call)
    if (made) this.#submitted.push({ ...made, by: request.by })
    const id = numberIn(answer, 'id')
    if ((request.kind === 'join' || request.kind === 'enroll') && id !== null) {
      const user = request.kind === 'join' ? request.by : (PEOPLE.find((name) => emailOf(name) === request.email) ?? '')
      this.#members.push({ id, user, project: request.project })
    }
    const serial = numberIn(answer, 'serial')
    if (request.kind === 'charge' && !request.autoAccept && serial !== null) this.#serials.push(serial)
  }

  #race(random: Random): Request[] {
    const race = random.weighted({
      verdicts: 14,
      names: 10,
      places: 16,
      admissions: 12,
      leaving: 16,
      closing: 14,
      applying: 14,
      modifying: 8,
      settling: 8,
      reading: 4,
    })
    const project = random.pick([...this.#arena.strict, ...this.#arena.loose])
    const [one, other] = [random.pick(PEOPLE), random.pick(PEOPLE)]
    switch (race) {
      case 'verdicts':
        return this.#verdicts(random)
      case 'names':
        return this.#names(random)
      case 'places':
        return [one, other, random.pick(PEOPLE)].map((by) => ({ kind: 'join', by, project }))
      case 'admissions': {
        const requests: Request[] = [
          ...this.#acts(random, ['accept', 'cancel']),
          { kind: 'enroll', by: ADMIN, project, email: emailOf(one) },
          ...this.#acts(random, ['accept', 'reject']),
        ]
        return requests
      }
      case 'leaving': {
        const met = this.#members.at(-1 - random.below(8))
        const [user, at] = [met?.user ?? one, met?.project ?? project]
        return [
          ...(met ? [this.#act(user, 'leave', met.id)] : []),
          this.#charge(random, user, at),
          ...(met ? [this.#act(ADMIN, 'remove', met.id), { kind: 'prefer', by: user, project: at } as const] : []),
          this.#charge(random, user, at),
          { kind: 'join', by: user, project: at },
        ]
      }
      case 'closing':
        return this.#closing(random, one)
      case 'applying':
        return Array.from({ length: 3 }, () => this.#create(random, one))
      case 'modifying':
        return this.#modifying(random)
      case 'settling':
        return this.#serials.splice(0, 2).flatMap((serial): Request[] => [
          { kind: 'settle', by: 'model', action: 'accept', serial },
          { kind: 'settle', by: 'model', action: random.pick(['accept', 'reject']), serial },
        ])
      case 'reading':
        return [
          { kind: 'quotas', by: one },
          { kind: 'projects', by: other, filter: {} },
          { kind: 'memberships', by: one, project: null },
        ]
    }
  }

  #verdicts(random: Random): Request[] {
    const submitted = this.#submitted.at(-1 - random.below(6))
    if (!submitted) return [this.#create(random, random.pick(PEOPLE))]
    const { project, application, by } = submitted
    const verdict = (action: 'approve' | 'deny' | 'cancel' | 'dismiss', who: string): Request => ({
      kind: 'decide',
      by: who,
      action,
      project,
      application,
      reason: this.#reason(),
    })
    return random.pick([
      [verdict('approve', ADMIN), verdict('cancel', by)],
      [verdict('approve', ADMIN), verdict('approve', ADMIN)],
      [verdict('deny', ADMIN), verdict('cancel', by), verdict('approve', ADMIN)],
      [verdict('deny', ADMIN), verdict('dismiss', by)],
    ])
  }

  /** Two of a name become active, or one that was comes back. */
  #names(random: Random): Request[] {
    const rivals = this.#submitted.slice(-6)
    const approvals = rivals.map(({ project, application }): Request => ({
      kind: 'decide',
      by: ADMIN,
      action: 'approve',
      project,
      application,
      reason: this.#reason(),
    }))
    const back = rivals.slice(0, 2).map(({ project }): Request => this.#onProject('reinstate', project))
    return [...approvals, ...(random.chance(0.5) ? back : [])]
  }

  #closing(random: Random, user: string): Request[] {
    const project = random.pick(this.#arena.loose)
    const actions = random.pick([
      ['terminate', 'suspend', 'reinstate'],
      ['suspend', 'unsuspend', 'suspend'],
      ['reinstate', 'terminate', 'unsuspend'],
      ['reinstate', 'unsuspend'],
    ] as const)
    const requests: Request[] = actions.map((action) => this.#onProject(action, project))
    requests.splice(1, 0, ...this.#acts(random, ['accept', 'leave'], project), {
      kind: 'enroll',
      by: ADMIN,
      project,
      email: emailOf(user),
    })
    return requests
  }

  #modifying(random: Random): Request[] {
    const project = random.pick(this.#arena.loose)
    return Array.from({ length: 3 }, () => ({
      kind: 'modify',
      id: ++this.#count,
      by: random.pick([ADMIN, 'ann']),
      project,
      specs: {
        ...(random.chance(0.5) ? { max_members: BigInt(1 + random.below(4)) } : {}),
        ...(random.chance(0.5) ? { name: random.pick(NAMES) } : {}),
        ...(random.chance(0.5) ? { leave_policy: random.pick(['auto', 'moderated'] as const) } : {}),
        resources: { 'model.vm': { project_capacity: BigInt(random.below(9) + 3), member_capacity: 3n } },
      },
    }))
  }

  #acts(random: Random, actions: readonly MembershipAction[], project?: string): Request[] {
    const known = project === undefined ? this.#members : this.#members.filter((member) => member.project === project)
    const member = known.at(-1 - random.below(Math.min(6, Math.max(1, known.length))))
    if (!member) return []
    return actions.map((action) =>
      this.#act(action === 'cancel' || action === 'leave' ? member.user : ADMIN, action, member.id),
    )
  }

  #act(by: string, action: MembershipAction, membership: bigint): Request {
    return { kind: 'member', by, action, membership, reason: this.#reason() }
  }

  #onProject(action: 'suspend' | 'unsuspend' | 'terminate' | 'reinstate', project: string): Request {
    return { kind: 'project', by: ADMIN, action, project, reason: this.#reason() }
  }

  #create(random: Random, by: string): Request {
    const specs = { name: random.pick(NAMES), end_date: '2040-06-01T00:00:00+00:00', max_members: INT64_MAX }
    return { kind: 'create', id: ++this.#count, by, specs }
  }

  #charge(random: Random, user: string, project: string): Request {
    const autoAccept = random.chance(0.7)
    const quantity = BigInt(1 + random.below(2))
    const [id, resource] = [++this.#count, random.pick(['model.vm', 'model.disk'])]
    return { kind: 'charge', id, by: 'model', user, project, resource, quantity, force: false, autoAccept }
  }

  /** One that no other call has. */
  #reason(): string {
    return `reason ${++this.#count}`
  }
}
