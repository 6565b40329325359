import type { LockedProject } from './locked-project.ts'
import type { MembershipWords } from './membership-machine.ts'
import type { ProjectWords } from './project-machine.ts'
import * as refused from './refused.ts'
import type { Refused } from './refused.ts'

/** What the tables say no with, as a sentence. */

type Sentence = (project: Pick<LockedProject, 'uuid' | 'name'>, nameHolder: string | null) => Refused

const OF_PROJECTS: Readonly<Record<ProjectWords['refusal'], Sentence>> = {
  'not permitted': refused.notPermitted,
  uninitialized: refused.uninitialized,
  'not alive': ({ uuid }) => refused.notAlive(uuid),
  'suspended already': ({ uuid }) => refused.isSuspended(uuid),
  'not suspended': ({ uuid }) => refused.isNotSuspended(uuid),
  'not terminated': ({ uuid }) => refused.isNotTerminated(uuid),
  'system project': ({ uuid }) => refused.isSystemProject(uuid),
  'name taken': ({ name }, holder) => refused.nameTaken(name, holder ?? ''),
}

export function refuseProject(
  refusal: ProjectWords['refusal'],
  project: Pick<LockedProject, 'uuid' | 'name'>,
  nameHolder: string | null = null,
): Refused {
  return OF_PROJECTS[refusal](project, nameHolder)
}

const OF_MEMBERSHIPS: Readonly<Record<MembershipWords['refusal'], (project: string) => Refused>> = {
  'no request': refused.noRequest,
  'not accepted': refused.notAccepted,
  'account inactive': refused.accountInactive,
  'not permitted': refused.notPermitted,
  'project not alive': refused.notAlive,
  'join closed': refused.joinClosed,
  'leave closed': refused.leaveClosed,
  full: refused.full,
  'associated already': refused.associatedAlready,
  'accepted already': refused.acceptedAlready,
}

export function refuseMembership(refusal: MembershipWords['refusal'], project: string): Refused {
  return OF_MEMBERSHIPS[refusal](project)
}
