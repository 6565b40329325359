import type { Database } from '../../packages/server/src/db/database.ts'
import { sql } from '../../packages/server/src/db/statement.ts'
import type { ProjectModel } from './model-views.ts'
import type { Change } from './records.ts'
import { readState, stateOf } from './state.ts'
import { shown } from './steps.ts'

/** What is stored, as sorted lines of text. */
export interface ProjectState {
  readonly users: readonly string[]
  readonly projects: readonly string[]
  readonly applications: readonly string[]
  readonly memberships: readonly string[]
  readonly holdings: readonly string[]
  readonly commissions: readonly string[]
}

const PARTS = ['users', 'projects', 'applications', 'memberships', 'holdings', 'commissions'] as const

const USERS = sql('select uuid, is_active, default_project from users')
/** That it is what it was is no change of state: such entries are left out, and so is its first one. */
const PROJECTS = sql(`
  select p.uuid, p.state, p.realname, p.name, o.uuid as owner, p.homepage, p.description, p.end_date::text as end_date,
         p.join_policy, p.leave_policy, p.max_members, p.private, p.is_system, p.last_application_id as last,
         array(select json_build_array(r.name, q.project_capacity::text, q.member_capacity::text)
                 from project_resources as q
                 join resources as r on r.id = q.resource_id
                where q.project_id = p.id
                order by r.name) as resources,
         array(select json_build_array(coalesce(l.from_state, 'uninitialized'), l.to_state, a.uuid,
                                       case when l.to_state = 'suspended' then l.reason end)
                 from project_log as l
                 left join users as a on a.id = l.actor_id
                where l.project_id = p.id and coalesce(l.from_state, 'uninitialized') <> l.to_state
                order by l.id) as log
    from projects as p
    left join users as o on o.id = p.owner_id`)
const APPLICATIONS = sql(`
  select a.id, p.uuid as project, u.uuid as applicant, a.state
    from applications as a
    join projects as p on p.id = a.project_id
    join users as u on u.id = a.applicant_id`)
const MEMBERSHIPS = sql(`
  select m.id, u.uuid as user, p.uuid as project, m.state, m.initialized,
         array(select json_build_array(l.from_state, l.to_state, a.uuid,
                                       case when l.to_state = 'suspended' then l.reason end)
                 from membership_log as l
                 left join users as a on a.id = l.actor_id
                where l.membership_id = m.id
                order by l.id) as log
    from memberships as m
    join users as u on u.id = m.user_id
    join projects as p on p.id = m.project_id`)

interface ProjectRow {
  uuid: string
  state: string
  realname: string
  name: string | null
  owner: string | null
  homepage: string
  description: string
  end_date: string
  join_policy: string
  leave_policy: string
  max_members: bigint
  private: boolean
  is_system: boolean
  last: bigint | null
  resources: unknown[]
  log: unknown[]
}

interface MembershipRow {
  id: bigint
  user: string
  project: string
  state: string
  initialized: boolean
  log: unknown[]
}

/** Read while nothing runs: these are several looks. */
export async function readProjectState(database: Database): Promise<ProjectState> {
  const [users, projects, applications, memberships, quota] = await Promise.all([
    database.query<{ uuid: string; is_active: boolean; default_project: string }>(USERS),
    database.query<ProjectRow>(PROJECTS),
    database.query<{ id: bigint; project: string; applicant: string; state: string }>(APPLICATIONS),
    database.query<MembershipRow>(MEMBERSHIPS),
    readState(database),
  ])
  return {
    users: users.map((u) => shown([u.uuid, u.is_active, u.default_project])).sort(),
    projects: projects
      .map(({ end_date, ...project }) => shown({ ...project, end_date: new Date(end_date).toISOString() }))
      .sort(),
    applications: applications.map((a) => shown([a.id, a.project, a.applicant, a.state])).sort(),
    memberships: memberships.map((m) => shown([m.id, m.user, m.project, m.state, m.initialized, m.log])).sort(),
    holdings: quota.holdings,
    // Pending applications are charged by the service itself: their counters are compared, and I3 has their sum.
    commissions: [
      ...quota.pending,
      ...quota.log.filter((line) => (JSON.parse(line) as string[])[1] !== 'astakos'),
    ].sort(),
  }
}

export function projectStateOf(model: ProjectModel): ProjectState {
  const quota = stateOf(model.quota)
  const projects = [...model.projects.values()]
  return {
    users: [...model.users.values()].map((u) => shown([u.uuid, u.isActive, u.defaultProject])).sort(),
    projects: projects
      .map((p) => {
        const row: Omit<ProjectRow, 'end_date'> = {
          uuid: p.uuid,
          state: p.state,
          realname: p.name,
          name: p.state === 'active' || p.state === 'suspended' ? p.name : null,
          owner: p.owner,
          homepage: p.homepage,
          description: p.description,
          join_policy: p.join_policy,
          leave_policy: p.leave_policy,
          max_members: p.max_members,
          private: p.private,
          is_system: p.isSystem,
          last: p.last?.id ?? null,
          resources: [...p.resources]
            .map(([name, pair]) => [name, pair.project_capacity.toString(), pair.member_capacity.toString()])
            .sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
          log: p.log.map(entry),
        }
        return shown({ ...row, end_date: new Date(p.end_date).toISOString() })
      })
      .sort(),
    applications: [...model.applications.values()]
      .map((a) => shown([a.id, a.project.uuid, a.applicant, a.state]))
      .sort(),
    memberships: projects
      .flatMap(({ members }) => [...members.values()])
      .map((m) => shown([m.id, m.user, m.project.uuid, m.state, m.initialized, m.log.map(entry)]))
      .sort(),
    holdings: quota.holdings,
    commissions: [...quota.pending, ...quota.log].sort(),
  }
}

function entry({ from, to, by, reason }: Change<string>): unknown[] {
  return [from, to, by, to === 'suspended' ? reason : null]
}

/** What stands in one and not in the other. */
export function projectDifferences(expected: ProjectState, found: ProjectState): string[] {
  return PARTS.flatMap((part) => {
    const [wanted, there] = [new Set(expected[part]), new Set(found[part])]
    return [
      ...expected[part].filter((line) => !there.has(line)).map((line) => `${part}: expected ${line}`),
      ...found[part].filter((line) => !wanted.has(line)).map((line) => `${part}: found ${line}`),
    ]
  })
}
