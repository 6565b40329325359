import { appendFileSync, closeSync, openSync, readFileSync } from 'node:fs'

export type State = 'accepted' | 'rejected'
export type Side = 'worker' | 'recovery'

export interface Provision {
  readonly holder: string
  readonly source: string | null
  readonly resource: string
  readonly quantity: number
}

/** What an issue says, all of it: the same call can be made again from the journal alone. */
export interface Intent {
  readonly key: string
  /** Index of the component in the world. */
  readonly component: number
  readonly provisions: readonly Provision[]
  readonly autoAccept: boolean
}

export interface Decision {
  readonly status: number
  readonly body: string
  readonly serial: number | null
  readonly by: Side
}

type Line =
  | { readonly at: 'intend'; readonly intent: Intent }
  | { readonly at: 'decided'; readonly key: string; readonly decision: Decision }
  | { readonly at: 'act'; readonly accept: readonly string[]; readonly reject: readonly string[] }
  | { readonly at: 'acted'; readonly key: string; readonly state: State }

/** What is known of a commission from the journal alone. */
export interface Call extends Intent {
  decision: Decision | null
  /** What was asked for, whether or not an answer came. */
  readonly attempted: Set<State>
  /** What was answered. */
  state: State | null
}

/** Written before each request and after each answer; a worker that begins again knows nothing else. */
export class Journal implements Disposable {
  readonly #file: string
  readonly #descriptor: number

  constructor(file: string) {
    this.#file = file
    this.#descriptor = openSync(file, 'a')
  }

  write(line: Line): void {
    appendFileSync(this.#descriptor, `${JSON.stringify(line)}\n`)
  }

  /** @returns the calls by their key. */
  read(): Map<string, Call> {
    const calls = new Map<string, Call>()
    for (const text of readFileSync(this.#file, 'utf8').split('\n')) {
      if (text === '') continue
      replay(calls, JSON.parse(text) as Line)
    }
    return calls
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor)
  }
}

/** What was told first is held against the service, whatever it tells later. */
function replay(calls: Map<string, Call>, line: Line): void {
  if (line.at === 'intend') {
    calls.set(line.intent.key, { ...line.intent, decision: null, attempted: new Set(), state: null })
  } else if (line.at === 'decided') {
    const call = callOf(calls, line.key)
    call.decision ??= line.decision
    if (call.autoAccept && line.decision.serial !== null) call.state ??= 'accepted'
  } else if (line.at === 'act') {
    for (const key of line.accept) callOf(calls, key).attempted.add('accepted')
    for (const key of line.reject) callOf(calls, key).attempted.add('rejected')
  } else {
    const call = callOf(calls, line.key)
    call.state ??= line.state
  }
}

function callOf(calls: Map<string, Call>, key: string): Call {
  const call = calls.get(key)
  if (!call) throw new Error(`The journal doesn't know ${key}`)
  return call
}
