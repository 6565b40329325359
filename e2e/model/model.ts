import {
  shown,
  type Act,
  type Answer,
  type Capacity,
  type Issue,
  type Provision,
  type Request,
  type ResolveMany,
  type SetLimit,
  type Show,
  type Sync,
} from './steps.ts'

/**
 * The rules of quota in memory, written from the specification alone (quota, 4 to 9; idempotency contract) and on
 * purpose as plain as it reads there: what the service answers and stores is compared with this.
 */

export interface Counter {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  limit: bigint
  min: bigint
  max: bigint
}

interface Commission {
  readonly serial: bigint
  readonly by: string
  readonly name: string
  readonly provisions: readonly Provision[]
}

/** Quota specification, 6. */
export interface LogRecord {
  readonly serial: bigint
  readonly component: string
  readonly name: string
  readonly reason: string
  readonly provisions: readonly string[]
}

interface Decision {
  readonly request: string
  readonly status: number
  readonly body: unknown
  readonly serial: bigint | null
}

interface Project {
  state: Sync['state']
  readonly capacities: Map<string, Capacity>
  readonly members: Map<string, string>
}

const INT64_MAX = 9223372036854775807n

export class Model {
  readonly counters = new Map<string, Counter>()
  readonly pending = new Map<bigint, Commission>()
  readonly log: LogRecord[] = []
  readonly keys = new Map<string, Decision>()
  readonly #projects = new Map<string, Project>()
  #lastSerial = 0n

  /**
   * What has to be answered.
   *
   * @param answered the serial that the service has chosen, where it says 201; the rest of its answer is not looked at.
   */
  request(step: Request, answered: bigint | null): Answer {
    switch (step.kind) {
      case 'issue':
        return this.#issueOnce(step, answered)
      case 'malformed':
        return plain(400, fault('badRequest', 400, step.message))
      case 'act':
        return this.#act(step)
      case 'resolve':
        return plain(200, this.#resolve(step))
      case 'list':
        return plain(
          200,
          [...this.pending.values()].filter(({ by }) => by === step.by).map(({ serial }) => serial),
        )
      case 'show':
        return this.#show(step)
    }
  }

  /** Idempotency contract, 4, 6 and 7. */
  #issueOnce(step: Issue, answered: bigint | null): Answer {
    const { by, key } = step
    if (key === null) {
      const { status, body } = this.#issue(step, answered)
      return plain(status, body)
    }
    const before = this.keys.get(`${by} ${key}`)
    const request = shown([step.provisions, step.name, step.force, step.autoAccept])
    if (before === undefined) {
      const decision = { request, ...this.#issue(step, answered) }
      this.keys.set(`${by} ${key}`, decision)
      return { status: decision.status, body: decision.body, replayed: false, key }
    }
    if (before.request !== request)
      return plain(422, fault('unprocessableEntity', 422, 'Idempotency-Key was used for another request'))
    return { status: before.status, body: before.body, replayed: true, key }
  }

  /** Quota specification, 5.1. */
  #issue(step: Issue, answered: bigint | null): Omit<Decision, 'request'> {
    const provisions = this.merge(step.provisions)
    for (const provision of provisions) {
      const refusal = this.refusal(provision, step.force)
      if (refusal) return { ...refusal, serial: null }
    }
    // Serials strictly increase, and that is all that is known of them.
    const serial = answered !== null && answered > this.#lastSerial ? answered : this.#lastSerial + 1n
    this.#lastSerial = serial
    for (const { counter, quantity } of this.#halves(provisions)) {
      if (quantity >= 0n) counter.max += quantity
      else counter.min += quantity
    }
    this.pending.set(serial, { serial, by: step.by, name: step.name, provisions })
    if (step.autoAccept) this.#settle(serial, 'accept')
    return { status: 201, body: { serial }, serial }
  }

  /** I12. */
  protected merge(provisions: readonly Provision[]): Provision[] {
    const sums = new Map<string, Provision>()
    for (const provision of provisions) {
      const key = nameOf(provision)
      sums.set(key, { ...provision, quantity: (sums.get(key)?.quantity ?? 0n) + provision.quantity })
    }
    return [...sums.values()]
  }

  /** Quota specification, 4: the checks at issue. */
  protected refusal(provision: Provision, force: boolean): { status: number; body: unknown } | null {
    const { holder, source, resource, quantity } = provision
    const counter = this.counters.get(nameOf(provision))
    if (!counter) {
      const message = `There is no such holding (${[holder, source, resource].map(pythonic).join(', ')})`
      return refused('itemNotFound', 404, message, { name: 'NoHoldingError', provision })
    }
    if (quantity < 0n && counter.min + quantity < 0n) {
      const message = `${String(holder)} attempts to release more ${String(resource)} than it contains.`
      return refused('overLimit', 413, message, { name: 'NoQuantityError', provision, limit: 0n, usage: counter.min })
    }
    if (quantity >= 0n && !force && counter.max + quantity > counter.limit) {
      const message = `${String(holder)} has not enough capacity of ${String(resource)}.`
      const { limit, max: usage } = counter
      return refused('overLimit', 413, message, { name: 'NoCapacityError', provision, limit, usage })
    }
    if (counter.max + quantity > INT64_MAX)
      return { status: 400, body: fault('badRequest', 400, 'Quantity out of range') }
    return null
  }

  /** Quota specification, 5.4. */
  #act({ by, action, serial }: Act<bigint>): Answer {
    if (this.pending.get(serial)?.by !== by) return plain(404, null)
    this.#settle(serial, action)
    return plain(200, null)
  }

  /** Quota specification, 5.5. */
  #resolve({ by, accept, reject }: ResolveMany<bigint>): unknown {
    const lists = { accept: new Set(accept), reject: new Set(reject) }
    const done = { accept: [] as bigint[], reject: [] as bigint[] }
    const missing: unknown[] = []
    const conflicts: unknown[] = []
    for (const serial of new Set([...accept, ...reject])) {
      if (lists.accept.has(serial) && lists.reject.has(serial)) {
        const message = `cannot both accept and reject serial ${serial}`
        conflicts.push([serial, { badRequest: { code: 400, message } }])
      } else if (this.pending.get(serial)?.by === by) {
        const action = lists.accept.has(serial) ? 'accept' : 'reject'
        this.#settle(serial, action)
        done[action].push(serial)
      } else missing.push([serial, { itemNotFound: { code: 404, message: `serial ${serial} does not exist` } }])
    }
    return { accepted: done.accept, rejected: done.reject, failed: [...missing, ...conflicts] }
  }

  /** Quota specification, 4: the steps accept and reject; 6: the log. */
  #settle(serial: bigint, action: 'accept' | 'reject'): void {
    const commission = this.pending.get(serial)
    if (!commission) throw new Error(`${serial} is not pending`)
    this.pending.delete(serial)
    const provisions: string[] = []
    for (const { counter, quantity } of this.#halves(commission.provisions)) {
      this.settle(counter, quantity, action)
      const { holder, source, resource, limit, min, max } = counter
      provisions.push(shown([holder, source, resource, quantity, limit, min, max]))
    }
    const { by: component, name } = commission
    this.log.push({ serial, component, name, reason: `${action.toUpperCase()}:`, provisions: provisions.sort() })
    this.#ended.set(serial, { ...commission, state: action === 'accept' ? 'accepted' : 'rejected' })
  }

  readonly #ended = new Map<bigint, Commission & { readonly state: string }>()

  protected settle(counter: Counter, quantity: bigint, action: 'accept' | 'reject'): void {
    const isImport = quantity >= 0n
    if (action === 'accept') {
      if (isImport) counter.min += quantity
      else counter.max += quantity
    } else if (isImport) counter.max -= quantity
    else counter.min -= quantity
  }

  *#halves(provisions: readonly Provision[]): Iterable<{ counter: Counter; quantity: bigint }> {
    for (const provision of provisions) {
      const counter = this.counters.get(nameOf(provision))
      if (!counter) throw new Error(`There is no ${nameOf(provision)}`)
      yield { counter, quantity: provision.quantity }
    }
  }

  /** Quota specification, 5.3; idempotency contract, 9. */
  #show({ by, serial, resolved }: Show<bigint>): Answer {
    const pending = this.pending.get(serial)
    const found = pending ? { ...pending, state: 'pending' } : resolved ? this.#ended.get(serial) : undefined
    if (!found || found.by !== by) return plain(404, null)
    const { name, provisions, state } = found
    const document = { serial, issue_time: 'a time', name, provisions }
    const end = state === 'pending' ? { resolve_time: null, reason: null } : { resolve_time: 'a time', reason: '' }
    return plain(200, resolved ? { ...document, state, ...end } : document)
  }

  limit(step: SetLimit): void {
    const counter = this.counters.get(nameOf(step))
    if (counter) counter.limit = step.limit
  }

  /** Quota specification, 9.1. Usage stays: I8. */
  sync({ project, state, capacities, members }: Sync): void {
    const known: Project = this.#projects.get(project) ?? { state, capacities: new Map(), members: new Map() }
    this.#projects.set(project, known)
    known.state = state
    for (const capacity of capacities) known.capacities.set(capacity.resource, capacity)
    for (const { user, state: membership } of members) known.members.set(user, membership)
    for (const capacity of known.capacities.values()) {
      const { resource } = capacity
      const isActive = known.state === 'active'
      this.#setLimit({ holder: `project:${project}`, source: null, resource }, isActive ? capacity.project : 0n)
      for (const [user, membership] of known.members) {
        const isMember = isActive && (membership === 'accepted' || membership === 'leave_requested')
        this.#setLimit(
          { holder: `user:${user}`, source: `project:${project}`, resource },
          isMember ? capacity.member : 0n,
        )
      }
    }
  }

  #setLimit(key: Pick<Counter, 'holder' | 'source' | 'resource'>, limit: bigint): void {
    const counter = this.counters.get(nameOf(key))
    if (counter) counter.limit = limit
    else this.counters.set(nameOf(key), { ...key, limit, min: 0n, max: 0n })
  }
}

export function nameOf({ holder, source, resource }: Omit<Provision, 'quantity'>): string {
  return shown([holder, source, resource])
}

export function plain(status: number, body: unknown): Answer {
  return { status, body, replayed: false, key: null }
}

/** Overview, 7. */
export function fault(name: string, code: number, message: string): unknown {
  return { [name]: { code, message, details: '' } }
}

/** The faults of a commission have data instead of details. */
function refused(name: string, code: number, message: string, data: unknown): { status: number; body: unknown } {
  return { status: code, body: { [name]: { code, message, data } } }
}

/** Numbers and booleans stand in messages as they are: O-8. */
function plainly(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : shown(value)
}

/** */
function pythonic(value: unknown): string {
  return value === null ? 'None' : typeof value === 'string' ? `'${value}'` : plainly(value)
}
