import { MEMBERSHIP_STATES, nameOf } from './codes.ts'
import { copy, type Import } from './copy.ts'
import { insertInto } from './target.ts'

const MEMBERSHIPS = insertInto('memberships', {
  id: 'bigint',
  user_id: 'bigint',
  project_id: 'bigint',
  state: 'text',
  initialized: 'boolean',
})

interface Membership {
  readonly id: number
  readonly person_id: number
  readonly project_id: bigint
  readonly state: number
  readonly initialized: boolean
}

/** Source: database specification, `im_projectmembership`. */
export async function copyMemberships(to: Import): Promise<void> {
  await copy<Membership, typeof MEMBERSHIPS.columns>(to, {
    what: 'memberships',
    from: 'im_projectmembership',
    select: 'select id, person_id, project_id, state, initialized from im_projectmembership order by id',
    into: MEMBERSHIPS,
    row: ({ person_id: user_id, state, ...row }) => ({
      ...row,
      user_id,
      state: nameOf(MEMBERSHIP_STATES, 'state', state),
    }),
  })
}
