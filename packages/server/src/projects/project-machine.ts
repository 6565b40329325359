import type { Action } from './machine.ts'

/** Source: project specification, 2.1, 3.1 and 10.1. */

export const PROJECT_STATES = ['uninitialized', 'active', 'suspended', 'terminated', 'deleted'] as const
export type ProjectState = (typeof PROJECT_STATES)[number]

/** Its name is reserved, and members come and go. */
export const ALIVE: readonly ProjectState[] = ['active', 'suspended']
/** It was active once, so it has holdings. */
export const INITIALIZED: readonly ProjectState[] = ['active', 'suspended', 'terminated']

export interface ProjectWords {
  state: ProjectState
  role: 'admin' | 'owner'
  rule: 'not a system project' | 'name free'
  refusal:
    | 'not permitted'
    | 'uninitialized'
    | 'not alive'
    | 'suspended already'
    | 'not suspended'
    | 'not terminated'
    | 'system project'
    | 'name taken'
  effect: 'complete resources' | 'apply changes' | 'sync limits' | 'reset default projects' | 'mail owner'
}

export type ProjectAction =
  | 'modify'
  | 'suspend'
  | 'unsuspend'
  | 'terminate'
  | 'reinstate'
  /** Follows when one of its applications is approved. */
  | 'activate'
  /** Follows when one is cancelled or dismissed. */
  | 'give up'

const ADMIN = { roles: ['admin'], refusal: 'not permitted' } as const
const IS_ALIVE = { states: ALIVE, refusal: 'not alive' } as const

export const PROJECT_MACHINE: Readonly<Record<ProjectAction, Action<ProjectWords>>> = {
  modify: {
    checks: [
      { roles: ['owner', 'admin'], refusal: 'not permitted' },
      { states: INITIALIZED, refusal: 'uninitialized' },
    ],
    moves: INITIALIZED.map((state) => ({ from: [state], to: state, effects: [] })),
  },
  suspend: {
    checks: [ADMIN, IS_ALIVE, { states: ['active'], refusal: 'suspended already' }],
    moves: [{ from: ['active'], to: 'suspended', effects: ['sync limits', 'mail owner'] }],
  },
  unsuspend: {
    checks: [ADMIN, { states: ['suspended'], refusal: 'not suspended' }],
    moves: [{ from: ['suspended'], to: 'active', effects: ['sync limits', 'mail owner'] }],
  },
  terminate: {
    checks: [ADMIN, IS_ALIVE, { rule: 'not a system project', refusal: 'system project' }],
    moves: [{ from: ALIVE, to: 'terminated', effects: ['sync limits', 'reset default projects', 'mail owner'] }],
  },
  reinstate: {
    checks: [
      ADMIN,
      { states: ['terminated'], refusal: 'not terminated' },
      { rule: 'name free', refusal: 'name taken' },
    ],
    moves: [{ from: ['terminated'], to: 'active', effects: ['sync limits', 'mail owner'] }],
  },
  // P-1: also what was suspended or terminated becomes active. P-9: the name that will be reserved is looked at.
  activate: {
    checks: [
      { states: ['uninitialized', ...INITIALIZED], refusal: 'not alive' },
      { rule: 'name free', refusal: 'name taken' },
    ],
    moves: [
      { from: ['uninitialized'], to: 'active', effects: ['complete resources', 'sync limits'] },
      { from: INITIALIZED, to: 'active', effects: ['apply changes', 'sync limits'] },
    ],
  },
  'give up': {
    checks: [],
    moves: [
      { from: ['uninitialized'], to: 'deleted', effects: [] },
      ...INITIALIZED.map((state) => ({ from: [state], to: state, effects: [] }) as const),
    ],
  },
}
