import type { Answer } from './steps.ts'
import type { Request } from './steps-projects.ts'

/** One that was answered, with the moments of a clock that all connections share. */
export interface CrowdCall {
  readonly connection: number
  readonly request: Request
  readonly answer: Answer
  readonly sent: number
  readonly received: number
}

/** An entry of a log: when it was made is known from the call that made it, if one is known. */
export interface Entry {
  readonly to: string
  readonly call: Pick<CrowdCall, 'sent' | 'received'> | null
}

/**
 * Whether a thing can have been in such a state at some moment of the call, as its log has it: in the state of an entry
 * since that one and all before it were made, and until the next one was.
 *
 * @param first its state before all entries; null: it was not there.
 */
export function wasPossible(
  { sent, received }: Pick<CrowdCall, 'sent' | 'received'>,
  first: string | null,
  entries: readonly Entry[],
  fits: (state: string | null) => boolean,
): boolean {
  const states = [first, ...entries.map(({ to }) => to)]
  return states.some((state, index) => {
    const since = Math.max(0, ...entries.slice(0, index).map(({ call }) => call?.sent ?? 0))
    const until = Math.min(Infinity, ...entries.slice(index).map(({ call }) => call?.received ?? Infinity))
    return since < received && sent < until && fits(state)
  })
}
