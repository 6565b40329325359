import type { Situation } from './machine.ts'
import type { MembershipWords } from './membership-machine.ts'
import { ALIVE, type ProjectState } from './project-machine.ts'

/** What is known of a membership, of its project, and of who looks at it. */
export interface MembershipFacts {
  readonly state: MembershipWords['state']
  readonly projectState: ProjectState
  readonly joinPolicy: string
  readonly leavePolicy: string
  /** Of the member's account. */
  readonly isActive: boolean
  readonly hasRoom: boolean
  readonly isAdmin: boolean
  readonly isOwner: boolean
  readonly isMember: boolean
}

/** The same facts in the words of the table. */
export function situationOf(facts: MembershipFacts): Situation<MembershipWords> {
  const roles = new Set<MembershipWords['role']>()
  if (facts.isAdmin) roles.add('admin')
  if (facts.isOwner) roles.add('owner')
  if (facts.isMember) roles.add('member')
  return {
    state: facts.state,
    roles,
    rules: {
      'project alive': ALIVE.includes(facts.projectState),
      'account active': facts.isActive,
      'join open': facts.joinPolicy !== 'closed',
      'join auto': facts.joinPolicy === 'auto',
      'leave open': facts.leavePolicy !== 'closed',
      'leave auto': facts.leavePolicy === 'auto',
      'room left': facts.hasRoom,
    },
  }
}
