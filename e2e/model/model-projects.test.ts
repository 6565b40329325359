import { beforeEach, describe, expect, it } from 'vitest'
import { messageIn } from './answers.ts'
import { ProjectModel } from './model-views.ts'
import type { Specs } from './specs.ts'
import type { Answer } from './steps.ts'
import type { MembershipAction, ProjectAction, Request, Verdict } from './steps-projects.ts'
import { ADMIN } from './universe-projects.ts'

/** What the specification says, typed by hand, so that the model is no copy of the service. */

let model: ProjectModel
let count: number

beforeEach(() => {
  model = new ProjectModel()
  count = 0
})

function ask(request: Request, id: string | null = null): Answer {
  return model.request(request, { status: 200, body: { id }, replayed: false, key: null })
}

/** As `409 message`. */
function line(answer: Answer): string {
  const message = messageIn(answer)
  return message === null ? String(answer.status) : `${answer.status} ${message}`
}

const WHOLE = { name: 'a.example.org', end_date: '2040-06-01T00:00:00+00:00' }
const create = (by: string, specs: Specs = {}): Answer => {
  const uuid = `p${++count}`
  return ask({ kind: 'create', id: count, by, specs: { ...WHOLE, ...specs } }, uuid)
}
const modify = (by: string, project: string, specs: Specs): Answer => ask({ kind: 'modify', id: 0, by, project, specs })
const decide = (by: string, action: Verdict, project: string, application: bigint): Answer =>
  ask({ kind: 'decide', by, action, project, application, reason: '' })
const act = (by: string, action: ProjectAction, project: string, reason = ''): Answer =>
  ask({ kind: 'project', by, action, project, reason })
const join = (by: string, project: string): Answer => ask({ kind: 'join', by, project })
const enroll = (by: string, project: string, user: string): Answer =>
  ask({ kind: 'enroll', by, project, email: `${user}@example.org` })
const member = (by: string, action: MembershipAction, project: string, user: string): Answer =>
  ask({ kind: 'member', by, action, membership: idOf(project, user), reason: '' })

function idOf(project: string, user: string): bigint {
  return model.projects.get(project)?.members.get(user)?.id ?? 0n
}
function stateOf(project: string, user: string): string | undefined {
  return model.projects.get(project)?.members.get(user)?.state
}
function limitOf(holder: string, source: string | null, resource = 'model.vm'): bigint | undefined {
  return model.quota.counters.get(JSON.stringify([holder, source, resource]))?.limit
}
function pendingOf(user: string): bigint | undefined {
  return model.quota.counters.get(JSON.stringify([`user:${user}`, `project:${user}`, 'astakos.pending_app']))?.max
}
/** Of ann, active, with room and quota. */
function open(specs: Specs = {}): string {
  const pair = { project_capacity: 6n, member_capacity: 3n }
  create('ann', { join_policy: 'auto', resources: { 'model.vm': pair }, ...specs })
  expect(line(decide(ADMIN, 'approve', `p${count}`, lastOf(`p${count}`)))).toBe('200')
  return `p${count}`
}
function lastOf(project: string): bigint {
  return model.projects.get(project)?.last?.id ?? 0n
}

describe('applications in the model', () => {
  it('create a project without holdings, and count as pending', () => {
    expect(create('ann')).toMatchObject({ status: 201, body: { id: 'p1', application: 1n } })
    expect(model.projects.get('p1')?.state).toBe('uninitialized')
    expect(limitOf('project:p1', null)).toBeUndefined()
    expect(pendingOf('ann')).toBe(1n)
  })

  it('are refused beyond two, except for administrators', () => {
    for (const _ of [1, 2]) expect(line(create('ann'))).toBe('201')
    const refusal = '409 You have reached the maximum number of pending project applications: 2.'
    expect(line(create('ann'))).toBe(refusal)
    for (const _ of [1, 2, 3]) expect(line(create(ADMIN))).toBe('201')
  })

  it('make a project active when approved, with a pair for each resource', () => {
    const project = open()
    expect(limitOf(`project:${project}`, null)).toBe(6n)
    expect(limitOf(`project:${project}`, null, 'model.disk')).toBe(4n)
    expect(pendingOf('ann')).toBe(0n)
  })

  it('are decided once, the last one of a project alone, and the state is told as it is shown', () => {
    create('ann')
    expect(line(decide('ann', 'approve', 'p1', 1n))).toBe('403 You do not have the permissions to perform this action.')
    expect(line(decide(ADMIN, 'approve', 'p9', 1n))).toBe('409 1 is not a pending application for project p9.')
    expect(line(decide(ADMIN, 'approve', 'p1', 7n))).toBe('404 There is no project application identified by 7.')
    expect(line(decide(ADMIN, 'deny', 'p1', 1n))).toBe('200')
    expect(line(decide(ADMIN, 'approve', 'p1', 1n))).toBe("409 Cannot approve application 1 in state 'Denied'")
    expect(line(decide('ann', 'dismiss', 'p1', 1n))).toBe('200')
    expect(model.projects.get('p1')?.state).toBe('deleted')
    expect(line(modify('ann', 'p1', {}))).toBe('409 Cannot modify an uninitialized project.')
  })

  it('clash over a name when the second is approved', () => {
    const project = open()
    create('bob')
    const refusal = `409 cannot approve: project with name 'a.example.org' already exists (id: ${project})`
    expect(line(decide(ADMIN, 'approve', 'p2', 2n))).toBe(refusal)
    act(ADMIN, 'terminate', project)
    expect(line(decide(ADMIN, 'approve', 'p2', 2n))).toBe('200')
    expect(line(act(ADMIN, 'reinstate', project))).toBe(refusal.replace(/id: \w+/, 'id: p2'))
  })

  it('replace a pending one, and a modification that is approved wakes a suspended project', () => {
    const project = open()
    modify('ann', project, { max_members: 1n })
    modify('ann', project, { description: 'new' })
    expect([...model.applications.values()].map(({ state }) => state)).toEqual(['approved', 'replaced', 'pending'])
    expect(pendingOf('ann')).toBe(1n)
    act(ADMIN, 'suspend', project)
    decide(ADMIN, 'approve', project, 3n)
    expect(model.projects.get(project)).toMatchObject({
      state: 'active',
      description: 'new',
      max_members: 9223372036854775807n,
    })
  })

  it('are refused where the system project is suspended, with limit 0', () => {
    act(ADMIN, 'suspend', 'ann')
    expect(line(create('ann'))).toBe('409 You have reached the maximum number of pending project applications: 0.')
  })

  it('may not rename a system project', () => {
    expect(line(modify(ADMIN, 'ann', { name: 'x.example.org' }))).toBe(
      "409 Cannot modify fields 'owner', 'name', 'homepage', and 'description' of a system project.",
    )
    expect(line(act(ADMIN, 'terminate', 'ann'))).toBe('409 Cannot terminate: ann is a system project.')
  })
})

describe('memberships in the model', () => {
  it('are accepted at once while there is room, and wait where there is none', () => {
    const project = open({ max_members: 1n })
    join('bob', project)
    join('cat', project)
    expect([stateOf(project, 'bob'), stateOf(project, 'cat')]).toEqual(['accepted', 'requested'])
    expect(limitOf('user:bob', `project:${project}`)).toBe(3n)
    expect(limitOf('user:cat', `project:${project}`)).toBeUndefined()
    expect(line(member('ann', 'accept', project, 'cat'))).toBe(
      '409 You have reached the maximum number of members for this Project.',
    )
    expect(line(join('bob', project))).toBe('409 Request or membership already exists.')
  })

  it('keep their number and their usage when they are left and taken up again', () => {
    const project = open()
    join('bob', project)
    const id = idOf(project, 'bob')
    ask({
      kind: 'charge',
      id: 1,
      by: 'model',
      user: 'bob',
      project,
      resource: 'model.vm',
      quantity: 2n,
      force: false,
      autoAccept: true,
    })
    expect(line(member('bob', 'leave', project, 'bob'))).toBe('200')
    expect([stateOf(project, 'bob'), limitOf('user:bob', `project:${project}`)]).toEqual(['removed', 0n])
    join('bob', project)
    expect(idOf(project, 'bob')).toBe(id)
    const seen = { limit: 3n, usage: 2n, pending: 0n, project_limit: 6n, project_usage: 2n, project_pending: 0n }
    expect(ask({ kind: 'quotas', by: 'bob' }).body).toMatchObject({ [project]: { 'model.vm': seen } })
  })

  it('are judged by their state before the caller is', () => {
    const project = open({ join_policy: 'moderated' })
    join('bob', project)
    expect(line(member('cat', 'leave', project, 'bob'))).toBe('409 This is not an accepted membership.')
    expect(line(member('cat', 'accept', project, 'bob'))).toBe(
      '403 You do not have the permissions to perform this action.',
    )
    expect(model.membershipSeen(model.memberships.get(idOf(project, 'bob')) as never, ADMIN)).toMatchObject({
      allowed_actions: ['cancel', 'accept', 'reject'],
    })
  })

  it('ask to leave where leaving is moderated, and again', () => {
    const project = open({ leave_policy: 'moderated' })
    join('bob', project)
    for (const _ of [1, 2]) expect(line(member('bob', 'leave', project, 'bob'))).toBe('200')
    expect([stateOf(project, 'bob'), limitOf('user:bob', `project:${project}`)]).toEqual(['leave_requested', 3n])
    expect(model.memberships.get(idOf(project, 'bob'))?.log.map(({ to }) => to)).toEqual([
      'requested',
      'accepted',
      'leave_requested',
      'leave_requested',
    ])
  })

  it('have their enrolment refused in the order of the table', () => {
    const project = open({ join_policy: 'closed' })
    expect(line(enroll('cat', project, 'nobody'))).toBe('409 Unknown users: nobody@example.org')
    expect(line(enroll('cat', 'nothing', 'bob'))).toBe('409 There is no project identified by nothing.')
    expect(line(enroll('cat', project, 'bob'))).toBe('403 You do not have the permissions to perform this action.')
    expect(line(enroll('ann', project, 'bob'))).toBe("409 The Project's member join policy is closed.")
    act(ADMIN, 'terminate', project)
    expect(line(enroll('ann', project, 'bob'))).toBe(`409 Project ${project} is not alive.`)
  })

  it('take the default project with them', () => {
    const project = open()
    join('bob', project)
    expect(line(ask({ kind: 'prefer', by: 'bob', project }))).toBe('200')
    act(ADMIN, 'suspend', project)
    expect(model.user('bob').defaultProject).toBe(project)
    expect(line(ask({ kind: 'prefer', by: 'bob', project }))).toBe(
      '403 You do not have the permissions to perform this action.',
    )
    act(ADMIN, 'terminate', project)
    expect(model.user('bob').defaultProject).toBe('bob')
    expect(line(ask({ kind: 'prefer', by: 'bob', project }))).toBe(`409 Project ${project} is not alive.`)
  })
})

describe('accounts in the model', () => {
  it('suspend what is theirs, and take back what was suspended for that', () => {
    const [project, other] = [open(), open({ name: 'b.example.org', owner: 'bob' })]
    join('ann', other)
    act(ADMIN, 'suspend', project, 'for good')
    model.deactivate('ann')
    expect(line(join('ann', other))).toBe('401 User inactive')
    expect([stateOf(other, 'ann'), limitOf('user:ann', `project:${other}`)]).toEqual(['suspended', 0n])
    expect(line(enroll('bob', other, 'ann'))).toBe('409 User account is not active.')
    model.activate('ann')
    expect(stateOf(other, 'ann')).toBe('accepted')
    expect([project, 'ann'].map((uuid) => model.projects.get(uuid)?.state)).toEqual(['suspended', 'active'])
  })
})

describe('lists in the model', () => {
  it('show by mode what is related, and what is open to all', () => {
    const shown = open()
    const hidden = open({ name: 'b.example.org', private: true })
    const list = (by: string, mode?: string): unknown[] =>
      (ask({ kind: 'projects', by, filter: mode === undefined ? {} : { mode } }).body as { id: string }[]).map(
        ({ id }) => id,
      )
    expect(list('bob')).toEqual(['bob'])
    expect(list('bob', 'active')).toEqual([shown])
    expect(list('ann')).toEqual(['ann', shown, hidden])
    expect(list(ADMIN, 'active')).toHaveLength(7)
    expect(line(ask({ kind: 'show', by: 'bob', project: hidden }))).toBe(
      '403 You do not have the permissions to perform this action.',
    )
    expect(line(join('bob', hidden))).toBe('200')
    expect(line(ask({ kind: 'show', by: 'bob', project: hidden }))).toBe('200')
  })
})
