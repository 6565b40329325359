import { messageIn } from './answers.ts'
import type { CrowdCall } from './crowd.ts'

/**
 * What may be answered when others do the same things at once, typed from the specification: by kind of step, each
 * status with the messages that it has. `<id>` is a uuid or a name of a user, `<n>` a number.
 */
const ANY = ['200', '401 User inactive']
const FORBIDDEN = '403 You do not have the permissions to perform this action.'
const NO_PROJECT = '404 There is no project identified by <id>.'
const NOT_ALIVE = '409 Project <id> is not alive.'
const TOO_MANY = '409 You have reached the maximum number of pending project applications: <n>.'
const NAME_TAKEN = "409 cannot approve: project with name '<name>' already exists (id: <id>)"
const NO_MEMBERSHIP = '404 This is not a valid membership request.'
const NO_REQUEST = '409 This is not a valid membership request.'
const NOT_ACCEPTED = '409 This is not an accepted membership.'
const JOIN_CLOSED = "409 The Project's member join policy is closed."
const LEAVE_CLOSED = "409 The project's member leave policy is closed."
const FULL = '409 You have reached the maximum number of members for this Project.'
const INACTIVE = '409 User account is not active.'

const decided = (action: string): string[] => [
  ...ANY,
  FORBIDDEN,
  '404 There is no project application identified by <n>.',
  '409 <n> is not a pending application for project <id>.',
  `409 Cannot ${action} application <n> in state '<state>'`,
]

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  create: ['201', '401 User inactive', TOO_MANY],
  modify: ['201', '401 User inactive', NO_PROJECT, FORBIDDEN, '409 Cannot modify an uninitialized project.', TOO_MANY],
  'decide approve': [...decided('approve'), NAME_TAKEN],
  'decide deny': decided('deny'),
  'decide cancel': decided('cancel'),
  'decide dismiss': decided('dismiss'),
  'project suspend': [...ANY, NO_PROJECT, FORBIDDEN, NOT_ALIVE, '409 Project <id> is suspended.'],
  'project unsuspend': [...ANY, NO_PROJECT, FORBIDDEN, '409 Project <id> is not suspended.'],
  'project terminate': [...ANY, NO_PROJECT, FORBIDDEN, NOT_ALIVE],
  'project reinstate': [...ANY, NO_PROJECT, FORBIDDEN, '409 Project <id> is not terminated.', NAME_TAKEN],
  join: [...ANY, NO_PROJECT, NOT_ALIVE, JOIN_CLOSED, '409 Request or membership already exists.'],
  enroll: [...ANY, INACTIVE, FORBIDDEN, NOT_ALIVE, JOIN_CLOSED, FULL, '409 Membership already exists.'],
  'member accept': [...ANY, NO_MEMBERSHIP, NO_REQUEST, INACTIVE, FORBIDDEN, NOT_ALIVE, JOIN_CLOSED, FULL],
  'member reject': [...ANY, NO_MEMBERSHIP, NO_REQUEST, FORBIDDEN, NOT_ALIVE],
  'member cancel': [...ANY, NO_MEMBERSHIP, NO_REQUEST, FORBIDDEN, NOT_ALIVE],
  'member leave': [...ANY, NO_MEMBERSHIP, NOT_ACCEPTED, FORBIDDEN, NOT_ALIVE, LEAVE_CLOSED],
  'member remove': [...ANY, NO_MEMBERSHIP, NOT_ACCEPTED, FORBIDDEN, NOT_ALIVE, LEAVE_CLOSED],
  // An account that was active when its token was looked at need not be so when it is used: identity specification, 5.
  prefer: [...ANY, '405 User account is not active.', NO_PROJECT, NOT_ALIVE, NO_MEMBERSHIP, FORBIDDEN],
  charge: ['201', '404 There is no such holding <key>', '413 <name> has not enough capacity of <name>.'],
  settle: ['200', '404'],
  projects: ANY,
  show: [...ANY, NO_PROJECT, FORBIDDEN],
  memberships: ANY,
  membership: [...ANY, NO_MEMBERSHIP, FORBIDDEN],
  quotas: ANY,
  usage: ANY,
}

const PLACEHOLDERS: Readonly<Record<string, string>> = {
  '<id>': '[-0-9a-z]+',
  '<n>': '\\d+',
  '<name>': '[-.:0-9a-z]+',
  '<state>': '(?:Pending review|Approved|Replaced|Denied|Dismissed|Cancelled)',
  '<key>': '.*',
}

const PATTERNS = new Map(
  Object.entries(ALLOWED).map(([kind, lines]) => [
    kind,
    lines.map((line) => {
      const escaped = line.replaceAll(/[.()]/g, '\\$&')
      return new RegExp(`^${escaped.replaceAll(/<[a-z]+>/g, (name) => PLACEHOLDERS[name] ?? name)}$`)
    }),
  ]),
)

export function kindOf(request: CrowdCall['request']): string {
  return 'action' in request && request.kind !== 'settle' ? `${request.kind} ${request.action}` : request.kind
}

/** @returns a line for each answer that the specification does not have. */
export function notAllowed(calls: readonly CrowdCall[]): string[] {
  return calls.flatMap(({ request, answer }) => {
    const message = messageIn(answer)
    const line = message === null ? String(answer.status) : `${answer.status} ${message}`
    const kind = kindOf(request)
    return PATTERNS.get(kind)?.some((pattern) => pattern.test(line)) ? [] : [`answer: ${kind} was answered by ${line}`]
  })
}
