/**
 * State machines as data. The code decides by a table, the tests are made from it, and so are the diagrams in the
 * documentation; adding a state is a change to a table.
 */
export interface Words {
  state: string
  role: string
  /** What else has to hold: a policy, room for one more. */
  rule: string
  refusal: string
  effect: string
}

/** One thing that has to be so. Checks are made in their order, and the first that fails decides. */
export type Check<W extends Words> =
  | { readonly states: readonly W['state'][]; readonly refusal: W['refusal'] }
  | { readonly roles: readonly W['role'][]; readonly refusal: W['refusal'] }
  | { readonly rule: W['rule']; readonly refusal: W['refusal'] }

export interface Move<W extends Words> {
  /** All of them have to hold; the first move whose rules do is made. @default always */
  readonly when?: readonly W['rule'][]
  readonly from: readonly W['state'][]
  /** States on the way are logged, too. */
  readonly through?: W['state']
  readonly to: W['state']
  readonly effects: readonly W['effect'][]
}

export interface Action<W extends Words> {
  readonly checks: readonly Check<W>[]
  readonly moves: readonly Move<W>[]
}

export interface Situation<W extends Words> {
  readonly state: W['state']
  readonly roles: ReadonlySet<W['role']>
  readonly rules: Readonly<Record<W['rule'], boolean>>
}

export type Decision<W extends Words> =
  | { readonly refusal: W['refusal']; readonly move?: undefined }
  | { readonly refusal: null; readonly move: Move<W> }

export function decide<W extends Words>(action: Action<W>, situation: Situation<W>): Decision<W> {
  const failed = action.checks.find((check) => !holds(check, situation))
  if (failed) return { refusal: failed.refusal }
  const rules: Readonly<Record<string, boolean>> = situation.rules
  const move = action.moves.find(
    ({ from, when = [] }) => from.includes(situation.state) && when.every((rule) => rules[rule] === true),
  )
  if (!move) throw new Error(`The table leaves a case open: ${situation.state}`)
  return { refusal: null, move }
}

function holds<W extends Words>(check: Check<W>, { state, roles, rules }: Situation<W>): boolean {
  if ('states' in check) return check.states.includes(state)
  if ('roles' in check) return check.roles.some((role) => roles.has(role))
  return (rules as Readonly<Record<string, boolean>>)[check.rule] === true
}
