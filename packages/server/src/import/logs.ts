import { MEMBERSHIP_STATES, nameOf, PROJECT_STATES, type Codes } from './codes.ts'
import { copy, type Import } from './copy.ts'
import { insertInto } from './target.ts'

/** How projects and memberships came to be what they are: dates and reasons follow from it. Source: database specification. */

const SHARED = {
  id: 'bigint',
  from_state: 'text',
  to_state: 'text',
  date: 'timestamptz',
  actor_id: 'bigint',
  reason: 'text',
  comments: 'text',
} as const

const PROJECT_LOG = insertInto('project_log', { ...SHARED, project_id: 'bigint' })
const MEMBERSHIP_LOG = insertInto('membership_log', { ...SHARED, membership_id: 'bigint' })

interface Entry {
  readonly id: number
  readonly from_state: number | null
  readonly to_state: number
  readonly date: string
  readonly actor_id: number | null
  readonly reason: string | null
  readonly comments: string | null
}

const COLUMNS = 'id, from_state, to_state, date::text, actor_id, reason, comments'

/** Of releases before projects and chains were one. Nobody knows their meaning, so they keep their numbers. */
const OLD_STATES: Codes = { '-1': 'code -1', 3: 'code 3', 4: 'code 4', 5: 'code 5' }

export async function copyProjectLog(to: Import): Promise<void> {
  const codes = { ...PROJECT_STATES, ...OLD_STATES }
  await copy<Entry & { project_id: bigint }, typeof PROJECT_LOG.columns>(to, {
    what: 'project log',
    from: 'im_projectlog',
    select: `select ${COLUMNS}, project_id from im_projectlog order by id`,
    into: PROJECT_LOG,
    row({ from_state, to_state, ...row }) {
      const [from, into] = [nameOf(codes, 'from_state', from_state), nameOf(codes, 'to_state', to_state)]
      if (`${from} ${into}`.includes('code'))
        to.notes.change('project log', 'states of old releases are kept as "code -1", "code 3", …')
      return { ...row, from_state: from, to_state: into }
    },
  })
}

export async function copyMembershipLog(to: Import): Promise<void> {
  await copy<Entry & { membership_id: number }, typeof MEMBERSHIP_LOG.columns>(to, {
    what: 'membership log',
    from: 'im_projectmembershiplog',
    select: `select ${COLUMNS}, membership_id from im_projectmembershiplog order by id`,
    into: MEMBERSHIP_LOG,
    row: ({ from_state, to_state, ...row }) => ({
      ...row,
      from_state: nameOf(MEMBERSHIP_STATES, 'from_state', from_state),
      to_state: nameOf(MEMBERSHIP_STATES, 'to_state', to_state),
    }),
  })
}
