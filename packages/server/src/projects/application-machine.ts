import type { Action } from './machine.ts'

/** Source: project specification, 2.2, 3.1, 7 and 10.2. */

export const APPLICATION_STATES = ['pending', 'approved', 'replaced', 'denied', 'dismissed', 'cancelled'] as const
export type ApplicationState = (typeof APPLICATION_STATES)[number]

export interface ApplicationWords {
  state: ApplicationState
  role: 'admin' | 'applicant'
  rule: never
  refusal: 'not permitted' | 'wrong state'
  effect:
    | 'release pending'
    | 'activate project'
    | 'give up project'
    | 'mail applicant'
    | 'mail project recipients'
    | 'record response'
    | 'record waiver'
}

export type ApplicationAction =
  | 'approve'
  | 'deny'
  | 'cancel'
  | 'dismiss'
  /** Another application for the same project was submitted. */
  | 'replace'

const PENDING = { states: ['pending'], refusal: 'wrong state' } as const
const ADMIN = { roles: ['admin'], refusal: 'not permitted' } as const
const APPLICANT = { roles: ['admin', 'applicant'], refusal: 'not permitted' } as const

export const APPLICATION_MACHINE: Readonly<Record<ApplicationAction, Action<ApplicationWords>>> = {
  approve: {
    checks: [ADMIN, PENDING],
    moves: [
      {
        from: ['pending'],
        to: 'approved',
        effects: [
          'record response',
          'release pending',
          'activate project',
          'mail applicant',
          'mail project recipients',
        ],
      },
    ],
  },
  deny: {
    checks: [ADMIN, PENDING],
    moves: [{ from: ['pending'], to: 'denied', effects: ['record response', 'release pending', 'mail applicant'] }],
  },
  cancel: {
    checks: [APPLICANT, PENDING],
    moves: [{ from: ['pending'], to: 'cancelled', effects: ['record waiver', 'release pending', 'give up project'] }],
  },
  dismiss: {
    checks: [APPLICANT, { states: ['denied'], refusal: 'wrong state' }],
    moves: [{ from: ['denied'], to: 'dismissed', effects: ['record waiver', 'give up project'] }],
  },
  replace: {
    checks: [PENDING],
    moves: [{ from: ['pending'], to: 'replaced', effects: ['release pending'] }],
  },
}
