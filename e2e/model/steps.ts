/** What a program does, one step after the other. Serials are known only when it runs, so steps name the issue instead. */

/** Parts may be of any type: what is no text names no holding. */
export interface Provision {
  readonly holder: unknown
  readonly source: unknown
  readonly resource: unknown
  readonly quantity: bigint
}

/** The serial that the issue of this number got (if it got none, one that nobody has), or any integer. */
export type SerialRef = { readonly issue: number } | bigint

export interface Issue {
  readonly kind: 'issue'
  /** Its number in the program. */
  readonly id: number
  readonly by: string
  readonly provisions: readonly Provision[]
  readonly name: string
  readonly force: boolean
  readonly autoAccept: boolean
  readonly key: string | null
}

/** A request that is refused for its form. */
export interface Malformed {
  readonly kind: 'malformed'
  readonly by: string
  readonly key: string | null
  readonly body: string
  readonly message: string
}

export interface Act<Serial = SerialRef> {
  readonly kind: 'act'
  readonly by: string
  readonly action: 'accept' | 'reject'
  readonly serial: Serial
}

export interface ResolveMany<Serial = SerialRef> {
  readonly kind: 'resolve'
  readonly by: string
  readonly accept: readonly Serial[]
  readonly reject: readonly Serial[]
}

export interface List {
  readonly kind: 'list'
  readonly by: string
}

export interface Show<Serial = SerialRef> {
  readonly kind: 'show'
  readonly by: string
  readonly serial: Serial
  /** Also when it has ended. */
  readonly resolved: boolean
}

/** Behind the back of the formula. */
export interface SetLimit {
  readonly kind: 'limit'
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  readonly limit: bigint
}

/** What limits are computed from changes, and they are computed again. */
export interface Sync {
  readonly kind: 'sync'
  readonly project: string
  readonly state: 'active' | 'suspended' | 'terminated'
  readonly capacities: readonly Capacity[]
  readonly members: readonly {
    readonly user: string
    readonly state: 'accepted' | 'leave_requested' | 'suspended' | 'removed'
  }[]
}

export interface Capacity {
  readonly resource: string
  readonly project: bigint
  readonly member: bigint
}

export type Step<Serial = SerialRef> =
  | Issue
  | Malformed
  | Act<Serial>
  | ResolveMany<Serial>
  | List
  | Show<Serial>
  | SetLimit
  | Sync

/** A request, as opposed to a change of limits. */
export type Request = Exclude<Step<bigint>, SetLimit | Sync>

export interface Program {
  readonly number: number
  /** `http`: over HTTP, one by one. `engine`: up to `burst` requests handed to the engine at once, decided in order. */
  readonly through: 'http' | 'engine'
  readonly burst: number
  /** The first limits of each project. */
  readonly start: readonly Sync[]
  readonly steps: readonly Step[]
}

/** As it was answered. */
export interface Answer {
  readonly status: number
  /** The document; null for none. */
  readonly body: unknown
  readonly replayed: boolean
  /** The key that came back. */
  readonly key: string | null
}

export function bind(step: Step, serialOf: (issue: number) => bigint): Step<bigint> {
  const bound = (ref: SerialRef): bigint => (typeof ref === 'bigint' ? ref : serialOf(ref.issue))
  switch (step.kind) {
    case 'act':
    case 'show':
      return { ...step, serial: bound(step.serial) }
    case 'resolve':
      return { ...step, accept: step.accept.map(bound), reject: step.reject.map(bound) }
    case 'issue':
    case 'malformed':
    case 'list':
    case 'limit':
    case 'sync':
      return step
  }
}

/** One line for a reader. */
export function shown(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? `${member}n` : member))
}
