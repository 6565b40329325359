import type { Action } from './machine.ts'

/** Source: membership specification, 1, 2, 5 and 6. */

export const MEMBERSHIP_STATES = [
  'requested',
  'accepted',
  'leave_requested',
  'suspended',
  'rejected',
  'cancelled',
  'removed',
] as const
export type MembershipState = (typeof MEMBERSHIP_STATES)[number]

/** Counts against the limit of members, and sees the project. */
export const ANY_ACCEPTED: readonly MembershipState[] = ['accepted', 'leave_requested', 'suspended']
/** Grants quota. */
export const GRANTING: readonly MembershipState[] = ['accepted', 'leave_requested']

export interface MembershipWords {
  /** `none`: there never was one. */
  state: MembershipState | 'none'
  role: 'admin' | 'owner' | 'member'
  rule: 'project alive' | 'account active' | 'join open' | 'join auto' | 'leave open' | 'leave auto' | 'room left'
  refusal:
    | 'no request'
    | 'not accepted'
    | 'account inactive'
    | 'not permitted'
    | 'project not alive'
    | 'join closed'
    | 'leave closed'
    | 'full'
    | 'associated already'
    | 'accepted already'
  effect: 'sync limits' | 'reset default project' | 'mail member' | 'mail owner'
}

/** What can be done to a membership that is there; `suspend` and `unsuspend` follow from what happens to the account. */
export type MembershipAction = 'leave' | 'cancel' | 'accept' | 'reject' | 'remove'

const OWNER = { roles: ['owner', 'admin'], refusal: 'not permitted' } as const
const MEMBER = { roles: ['member', 'admin'], refusal: 'not permitted' } as const
const IS_REQUESTED = { states: ['requested'], refusal: 'no request' } as const
const IS_ACCEPTED = { states: ANY_ACCEPTED, refusal: 'not accepted' } as const
const IS_ALIVE = { rule: 'project alive', refusal: 'project not alive' } as const
const IS_ACTIVE = { rule: 'account active', refusal: 'account inactive' } as const
const JOIN_OPEN = { rule: 'join open', refusal: 'join closed' } as const
const LEAVE_OPEN = { rule: 'leave open', refusal: 'leave closed' } as const
const HAS_ROOM = { rule: 'room left', refusal: 'full' } as const

/** Nothing holds them together any more. */
const APART: readonly MembershipWords['state'][] = ['none', 'rejected', 'cancelled', 'removed']

export const MEMBERSHIP_MACHINE: Readonly<
  Record<MembershipAction | 'join' | 'enroll' | 'suspend' | 'unsuspend', Action<MembershipWords>>
> = {
  join: {
    checks: [IS_ALIVE, JOIN_OPEN, { states: APART, refusal: 'associated already' }],
    moves: [
      {
        when: ['join auto', 'room left', 'account active'],
        from: APART,
        through: 'requested',
        to: 'accepted',
        effects: ['sync limits'],
      },
      // M-7: also where everybody is welcome but there is no room.
      { from: APART, to: 'requested', effects: ['mail owner'] },
    ],
  },
  enroll: {
    checks: [
      IS_ACTIVE,
      OWNER,
      IS_ALIVE,
      JOIN_OPEN,
      HAS_ROOM,
      { states: [...APART, 'requested'], refusal: 'accepted already' },
    ],
    moves: [{ from: [...APART, 'requested'], to: 'accepted', effects: ['sync limits', 'mail member'] }],
  },
  // M-2: the state is looked at before the caller.
  accept: {
    checks: [IS_REQUESTED, IS_ACTIVE, OWNER, IS_ALIVE, JOIN_OPEN, HAS_ROOM],
    moves: [{ from: ['requested'], to: 'accepted', effects: ['sync limits', 'mail member'] }],
  },
  reject: {
    checks: [IS_REQUESTED, OWNER, IS_ALIVE],
    moves: [{ from: ['requested'], to: 'rejected', effects: ['mail member'] }],
  },
  cancel: {
    checks: [IS_REQUESTED, MEMBER, IS_ALIVE],
    moves: [{ from: ['requested'], to: 'cancelled', effects: [] }],
  },
  leave: {
    checks: [IS_ACCEPTED, MEMBER, IS_ALIVE, LEAVE_OPEN],
    moves: [
      {
        when: ['leave auto'],
        from: ANY_ACCEPTED,
        to: 'removed',
        effects: ['sync limits', 'reset default project'],
      },
      // M-3: asking again is logged again. M-4: what was suspended is granted again, so limits follow.
      { from: ANY_ACCEPTED, to: 'leave_requested', effects: ['sync limits', 'mail owner'] },
    ],
  },
  // M-5: a closed leave policy binds the owner, too.
  remove: {
    checks: [IS_ACCEPTED, OWNER, IS_ALIVE, LEAVE_OPEN],
    moves: [{ from: ANY_ACCEPTED, to: 'removed', effects: ['sync limits', 'reset default project', 'mail member'] }],
  },
  suspend: {
    checks: [{ states: GRANTING, refusal: 'not accepted' }],
    moves: [{ from: GRANTING, to: 'suspended', effects: ['sync limits', 'mail member'] }],
  },
  unsuspend: {
    checks: [{ states: ['suspended'], refusal: 'not accepted' }],
    moves: [{ from: ['suspended'], to: 'accepted', effects: ['sync limits', 'mail member'] }],
  },
}

/** In the order in which an answer lists them. */
export const MEMBERSHIP_ACTIONS: readonly MembershipAction[] = ['leave', 'cancel', 'accept', 'reject', 'remove']
