// What the service does with projects, as one would write it by hand: one plain statement, or one plain transaction.
// Settings: `connection`.
import { HOT_PROJECT, projectUuid, RESOURCES, userUuid } from './names.mjs'
import { meterOf } from './meter.mjs'
import { pg } from './packages.mjs'
import { serve, settings } from './jobs.mjs'

const resourcesOf = (what) => `
  (select json_object_agg(r.name, json_build_object('project_capacity', q.project_capacity, 'member_capacity', q.member_capacity))
     from ${what}_resources as q
     join resources as r on r.id = q.resource_id
    where q.${what}_id = ${what}.id)::text`

const LISTS = {
  projects: `
    select project.uuid, project.state, project.creation_date, project.realname, owner.uuid, project.homepage,
           project.description, project.end_date, project.join_policy, project.leave_policy, project.max_members, project.private,
           ${resourcesOf('project')}, application.id, application.state, application.name, application.homepage,
           application.description, application.end_date, application.comments, application.join_policy,
           application.leave_policy, application.max_members, application.private, applicant.uuid, ${resourcesOf('application')}
      from projects as project
      join users as owner on owner.id = project.owner_id
      left join applications as application on application.id = project.last_application_id
      left join users as applicant on applicant.id = application.applicant_id
     where owner.uuid = $1
     order by project.id`,
  memberships: `
    select m.id, u.uuid, p.uuid, m.state, p.state, p.join_policy, p.leave_policy, p.max_members,
           (select json_object_agg(to_state, date) from membership_log where membership_id = m.id)::text
      from memberships as m
      join users as u on u.id = m.user_id
      join projects as p on p.id = m.project_id
     where u.uuid = $1
     order by m.project_id`,
}

const UPDATE = 'update holdings set "limit" = $1 where source = $2 and resource = $3'

const JOIN = {
  membership: `
    insert into memberships (user_id, project_id, state, initialized)
    select u.id, p.id, 'accepted', true from users as u, projects as p where u.uuid = $1 and p.uuid = $2
    returning id`,
  log: `insert into membership_log (membership_id, to_state) values ($1, 'accepted')`,
  holdings: `
    insert into holdings (holder, source, resource, "limit")
    select 'user:' || u.uuid, 'project:' || p.uuid, r.name, q.member_capacity
      from memberships as m
      join users as u on u.id = m.user_id
      join projects as p on p.id = m.project_id
      join project_resources as q on q.project_id = p.id
      join resources as r on r.id = q.resource_id
     where m.id = $1`,
}

async function connect() {
  const client = new pg.Client(settings.connection)
  await client.connect()
  return client
}

const main = await connect()
const prepared = (client, name, text, values) => client.query({ name, text, values, rowMode: 'array' })
let joined = 0

async function join(client, { users, projects, first }) {
  const [user, round] = [joined % users, Math.floor(joined / users)]
  joined += 1
  await client.query('begin')
  // Projects that the service's users do not join.
  const project = projectUuid(projects + 1 + ((user + round) % projects))
  const { rows } = await prepared(client, 'membership', JOIN.membership, [userUuid(first + user), project])
  await prepared(client, 'log', JOIN.log, rows[0])
  await prepared(client, 'holdings', JOIN.holdings, rows[0])
  await client.query('commit')
}

serve(
  {
    async list({ kind, user }) {
      const began = performance.now()
      const { rowCount } = await prepared(main, kind, LISTS[kind], [userUuid(user)])
      return { ms: performance.now() - began, items: rowCount }
    },
    async approve({ memberCapacity }) {
      const began = performance.now()
      const { rowCount } = await prepared(main, 'update', UPDATE, [
        memberCapacity,
        `project:${HOT_PROJECT}`,
        RESOURCES[0],
      ])
      return { ms: performance.now() - began, items: rowCount }
    },
    async join({ connections, ms, joining }) {
      const clients = await Promise.all(Array.from({ length: connections }, connect))
      const meter = meterOf(ms)
      await Promise.all(
        clients.map(async (client) => {
          while (meter.isRunning()) {
            const began = performance.now()
            await join(client, joining)
            meter.count(began)
          }
          await client.end()
        }),
      )
      return meter.figures()
    },
  },
  () => main.end(),
)
