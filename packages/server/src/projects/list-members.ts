import { sql, type Queryable } from '../db/statement.ts'
import type { MembershipState } from './membership-machine.ts'

/** Who is in a project, as an operator lists them. Source: administration specification, 1.5. */
export interface ListedMember {
  /** Of the membership. */
  readonly id: bigint
  /** A uuid. */
  readonly user: string
  readonly email: string
  readonly status: MembershipState
}

const PAGE_SIZE = 1001

/** One by one (`offset 0`): else a plan may read all users for each page. */
const LIST = sql(`
  select m.id, u.uuid as "user", u.email, m.state as status
    from memberships as m
   cross join lateral (select uuid, email from users where id = m.user_id offset 0) as u
   where m.project_id = $1 and m.id > $2 and m.state = any($3::text[])
   order by m.id
   limit ${PAGE_SIZE}`)

export function listMembers(
  on: Queryable,
  projectId: bigint,
  states: readonly MembershipState[],
  after: bigint,
): Promise<ListedMember[]> {
  return on.query<ListedMember>(LIST, [projectId, after, states])
}
