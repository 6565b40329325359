import type { Named } from './holding-ids.ts'
import { issuedAnswer, refusalAnswer, type Refusal } from './issue-answer.ts'
import type { Provision } from './provision.ts'
import type { IssueRequest, Resolution, ResolveRequest } from './requests.ts'

/** A holding while a batch is decided: the row is locked, so nobody else changes it meanwhile. */
export interface Holding {
  readonly id: bigint
  readonly limit: bigint
  usageMin: bigint
  usageMax: bigint
}

/** A pending commission, locked too. */
export interface Pending {
  readonly serial: bigint
  readonly component: string
  readonly name: string
  /** As PostgreSQL writes it, so that no fraction is lost; null: now. */
  readonly issueTime: string | null
  readonly holdings: readonly bigint[]
  readonly quantities: readonly bigint[]
}

/** How a commission ended, with its holdings as they were right after that. */
export interface Resolved extends Pending {
  readonly accepted: boolean
  readonly reason: string
  readonly limits: readonly bigint[]
  readonly usageMins: readonly bigint[]
  readonly usageMaxs: readonly bigint[]
}

const INT64_MAX = 2n ** 63n - 1n

/** What a batch decides about: read once, changed in memory, written at the end. */
export class Ledger {
  readonly #holdings: ReadonlyMap<bigint, Holding>
  readonly #pending: Map<bigint, Pending>
  readonly #named: Named
  readonly #serials: readonly bigint[]
  #serialsTaken = 0
  readonly issued: Pending[] = []
  readonly resolved: Resolved[] = []
  /** Serials that are no longer pending. */
  readonly ended: bigint[] = []
  readonly changed: Set<Holding> = new Set()

  constructor(locked: {
    holdings: ReadonlyMap<bigint, Holding>
    pending: Map<bigint, Pending>
    named: Named
    serials: readonly bigint[]
  }) {
    this.#holdings = locked.holdings
    this.#pending = locked.pending
    this.#named = locked.named
    this.#serials = locked.serials
  }

  /** All provisions or none. Source: quota specification, 4 and 5.1. */
  issue(request: IssueRequest): { status: number; body: string; serial: bigint | null } {
    const { provisions, force } = request
    const holdings: Holding[] = []
    const ids = this.#named.get(request) ?? []
    for (const [index, provision] of provisions.entries()) {
      const id = ids[index]
      const holding = id === undefined ? undefined : this.#holdings.get(id)
      const refusal = holding ? refusalOf(holding, provision, force) : { kind: 'no holding' as const, provision }
      if (refusal) return { ...refusalAnswer(refusal), serial: null }
      holdings.push(holding as Holding)
    }
    const serial = this.#nextSerial()
    for (const [index, holding] of holdings.entries()) reserve(holding, (provisions[index] as Provision).quantity)
    for (const holding of holdings) this.changed.add(holding)
    const { component, name } = request
    const commission: Pending = {
      serial,
      component,
      name,
      issueTime: null,
      holdings: holdings.map(({ id }) => id),
      quantities: provisions.map(({ quantity }) => quantity),
    }
    if (request.autoAccept) this.#settle(commission, true, '')
    else this.issued.push(commission)
    return { ...issuedAnswer(serial), serial }
  }

  /** Source: quota specification, 5.4 and 5.5; Q-10. */
  resolve({ component, accept, reject, reason }: ResolveRequest): Resolution {
    const toAccept = new Set(accept)
    const toReject = new Set(reject)
    const accepted: bigint[] = []
    const rejected: bigint[] = []
    const notFound: bigint[] = []
    const conflicting: bigint[] = []
    for (const serial of new Set([...toAccept, ...toReject])) {
      const isAccept = toAccept.has(serial)
      if (isAccept && toReject.has(serial)) {
        conflicting.push(serial)
        continue
      }
      const commission = this.#pending.get(serial)
      if (!commission || commission.component !== component) {
        notFound.push(serial)
        continue
      }
      this.#pending.delete(serial)
      this.ended.push(serial)
      this.#settle(commission, isAccept, reason)
      ;(isAccept ? accepted : rejected).push(serial)
    }
    return { accepted, rejected, notFound, conflicting }
  }

  #settle(commission: Pending, accepted: boolean, reason: string): void {
    const { holdings, quantities } = commission
    const settled = holdings.map((id, index) => {
      const holding = this.#holdings.get(id)
      if (!holding) throw new Error(`Commission ${commission.serial} names a holding that does not exist`)
      settle(holding, quantities[index] as bigint, accepted)
      this.changed.add(holding)
      return holding
    })
    this.resolved.push({
      ...commission,
      accepted,
      reason,
      limits: settled.map(({ limit }) => limit),
      usageMins: settled.map(({ usageMin }) => usageMin),
      usageMaxs: settled.map(({ usageMax }) => usageMax),
    })
  }

  /** In the order of issuing: they were drawn after the rows had been locked. */
  #nextSerial(): bigint {
    const serial = this.#serials[this.#serialsTaken++]
    if (serial === undefined) throw new Error('More was issued than serials were drawn')
    return serial
  }
}

function refusalOf(holding: Holding, provision: Provision, force: boolean): Refusal | null {
  const { limit, usageMin, usageMax } = holding
  const { quantity } = provision
  if (quantity < 0n) return usageMin + quantity < 0n ? { kind: 'no quantity', provision, usage: usageMin } : null
  const usage = usageMax + quantity
  if (!force && usage > limit) return { kind: 'no capacity', provision, limit, usage: usageMax }
  return usage > INT64_MAX ? { kind: 'out of range' } : null
}

function reserve(holding: Holding, quantity: bigint): void {
  if (quantity < 0n) holding.usageMin += quantity
  else holding.usageMax += quantity
}

/** An import that is accepted, or a release that is rejected, counts in the better case too; else the worse case is off. */
function settle(holding: Holding, quantity: bigint, accepted: boolean): void {
  if (quantity >= 0n === accepted) holding.usageMin += accepted ? quantity : -quantity
  else holding.usageMax += accepted ? quantity : -quantity
}
