import { SERIAL } from './templates.ts'

/**
 * What every world starts with, beside what its file says: a pending commission; of bob's projects an active one that
 * takes members by request and lets none go, and three that wait for a decision, which is as many as he may have.
 */

interface Step {
  readonly path: string
  /** Whose token: names of the world stand in all of it. */
  readonly as: string
  readonly body: object
  /** What stands where a new name does is called so from now on. */
  readonly answer: string
}

const submit = (name: string, label: string, application: bigint): Step => ({
  path: 'projects',
  as: 'bob',
  body: {
    name: `${label}.example.org`,
    end_date: '2112-01-01T00:00:00Z',
    leave_policy: 'closed',
    max_members: 50,
    resources: { 'cyclades.vm': { project_capacity: 10, member_capacity: 2 } },
  },
  answer: `{"id":"<project:${name}>","application":${application}}`,
})

/** What stands for somebody or something. */
export const NAMED: RegExp = /<(?:token|uuid|project|membership):[a-z:]+>/g

/** The active one. */
export const FIRST = '<project:first>'

export const STEPS: readonly Step[] = [
  {
    path: 'commissions',
    as: 'component:cyclades',
    body: {
      provisions: [
        { holder: 'user:<uuid:alice>', source: 'project:<uuid:alice>', resource: 'cyclades.vm', quantity: 1 },
        { holder: 'project:<uuid:alice>', source: null, resource: 'cyclades.vm', quantity: 1 },
      ],
    },
    answer: `{"serial":${SERIAL}}`,
  },
  submit('first', 'first', 50001n),
  { path: `projects/${FIRST}/action`, as: 'carol', body: { approve: { app_id: 50001 } }, answer: '' },
  { path: 'projects/memberships', as: 'dave', body: { join: { project: FIRST } }, answer: '{"id":<membership:first>}' },
  {
    path: 'projects/memberships',
    as: 'bob',
    body: { enroll: { project: FIRST, user: 'Judy.Mixed@Example.org' } },
    answer: '{"id":<membership:second>}',
  },
  submit('second', 'second', 50002n),
  submit('third', 'first', 50003n),
  submit('fourth', 'fourth', 50004n),
]

export interface StagedProject {
  readonly state: 'uninitialized' | 'active' | 'suspended'
  readonly owner: string | null
  readonly isSystem: boolean
}

const BOB = '<uuid:bob>'

const waiting: StagedProject = { state: 'uninitialized', owner: BOB, isSystem: false }

export const PROJECTS: ReadonlyMap<string, StagedProject> = new Map([
  [FIRST, { ...waiting, state: 'active' }],
  ['<project:second>', waiting],
  ['<project:third>', waiting],
  ['<project:fourth>', waiting],
])

/** By number: all of them bob's, and each the last one of its project. */
export const APPLICATIONS: ReadonlyMap<bigint, { readonly project: string; readonly isPending: boolean }> = new Map([
  [50001n, { project: FIRST, isPending: false }],
  [50002n, { project: '<project:second>', isPending: true }],
  [50003n, { project: '<project:third>', isPending: true }],
  [50004n, { project: '<project:fourth>', isPending: true }],
])

/** It names a project as the active one is named. */
export const NAMESAKE = 50003n

/** Both in the active project. */
export const MEMBERSHIPS: ReadonlyMap<string, { readonly user: string; readonly isRequest: boolean }> = new Map([
  ['<membership:first>', { user: '<uuid:dave>', isRequest: true }],
  ['<membership:second>', { user: '<uuid:judy>', isRequest: false }],
])
