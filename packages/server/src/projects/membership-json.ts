import { timeOf } from '../db/time.ts'
import { decide } from './machine.ts'
import {
  MEMBERSHIP_ACTIONS,
  MEMBERSHIP_MACHINE,
  type MembershipAction,
  type MembershipState,
} from './membership-machine.ts'
import { situationOf } from './membership-situation.ts'
import type { ProjectState } from './project-machine.ts'

/** A membership as it is read, with what decides about the actions that its reader may take. */
export interface MembershipRow {
  readonly id: bigint
  readonly user: string
  readonly project: string
  readonly state: MembershipState
  readonly project_id: bigint
  readonly project_state: ProjectState
  readonly max_members: bigint
  readonly join_policy: string
  readonly leave_policy: string
  readonly is_active: boolean
  readonly is_owner: boolean
  readonly is_member: boolean
  /** States that it was in, and when it last changed to each; seconds since 1970. */
  readonly states: readonly string[]
  readonly dates: readonly string[]
}

/** Source: membership specification, 3; M-1. */
export function membershipJson(row: MembershipRow, isAdmin: boolean, hasRoom: boolean): string {
  const dates = row.states.map((state, index) => `,"${state}":"${timeOf(row.dates[index] as string)}"`).join('')
  return (
    `{"id":${row.id},"user":${JSON.stringify(row.user)},"project":${JSON.stringify(row.project)},` +
    `"state":"${row.state}","allowed_actions":${JSON.stringify(allowedActions(row, isAdmin, hasRoom))}${dates}}`
  )
}

function allowedActions(row: MembershipRow, isAdmin: boolean, hasRoom: boolean): MembershipAction[] {
  const situation = situationOf({
    state: row.state,
    projectState: row.project_state,
    joinPolicy: row.join_policy,
    leavePolicy: row.leave_policy,
    isActive: row.is_active,
    hasRoom,
    isAdmin,
    isOwner: row.is_owner,
    isMember: row.is_member,
  })
  return MEMBERSHIP_ACTIONS.filter((action) => decide(MEMBERSHIP_MACHINE[action], situation).refusal === null)
}
