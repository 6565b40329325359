import { isObject, type Json } from '../replay/json.ts'
import type { RecordedRequest, RecordedResponse } from '../replay/transcripts.ts'
import {
  documentOf,
  faultOf,
  isBoolean,
  isCrash,
  isSuccess,
  memberOf,
  membersOf,
  refused,
  type Difference,
  type Exchange,
} from './difference.ts'
import { JSON_TYPE } from './expectation.ts'
import { routeOf } from './selection.ts'

/** Of projects, applications and memberships. */
export const PROJECT_DIFFERENCES: readonly Difference[] = [
  {
    id: 'O-7, bodies',
    why: 'a body that is no object is refused instead of failing',
    when: ({ request, response }) =>
      isCrash(response) && (isSubmission(request) || isDefaultProject(request)) && isNoObject(documentOf(request)),
    expect: () => [refused('badRequest', 400)],
  },
  {
    id: 'O-10, projects',
    why: 'booleans are no integers',
    when: ({ request, response }) => !wasUnheard(response) && booleanIn(request) !== null,
    expect: ({ request }) => [refused('badRequest', 400, booleanIn(request) ?? undefined)],
  },
  {
    id: 'O-11',
    why: 'bytes are a unit',
    when: ({ request, response }) =>
      isCreation(request) &&
      faultOf(response)?.message === 'Invalid max_members' &&
      /^\d+(\.\d*)?\s*bytes\s*$/i.test(textOf(membersOf(request)['max_members'])),
    expect: () => {
      const json = { id: '<project:new>', application: '<application:new>' }
      return [{ status: 201, headers: { 'content-type': JSON_TYPE }, body: { kind: 'json', json } }]
    },
  },
  {
    id: 'O-18',
    why: 'dates in further notations may be understood, or not',
    when: ({ request, response }) => isSuccess(response) && isSubmission(request) && foreignDateIn(request) !== null,
    expect: ({ request, recorded }) => [
      ...recorded,
      refused('badRequest', 400, `Invalid ${foreignDateIn(request) ?? '<text>'}`),
    ],
  },
  {
    id: 'P-6',
    why: 'no line feed slips through behind a name',
    when: ({ request, response }) =>
      isSuccess(response) && isSubmission(request) && textOf(membersOf(request)['name']).endsWith('\n'),
    expect: () => [refused('badRequest', 400, NO_DOMAIN)],
  },
  {
    id: 'P-6, types',
    why: 'values of unexpected types are refused instead of failing',
    when: ({ request, response }) => isCrash(response) && offenceOf(request) !== null,
    expect: ({ request }) => [refused('badRequest', 400, offenceOf(request) ?? undefined)],
  },
  {
    id: 'P-7',
    why: 'an action without what it needs is refused instead of failing',
    when: ({ request, response }) => {
      const value = isCrash(response) && isProjectAction(request) ? valueOf(request) : undefined
      return value !== undefined && (!isObject(value) || isNoNumber(value['app_id']))
    },
    expect: () => [refused('badRequest', 400)],
  },
  {
    id: 'P-10',
    why: 'a number names no project',
    when: (exchange) => unknownProjectOf(exchange) !== null,
    expect: (exchange) => {
      const message = `There is no project identified by ${unknownProjectOf(exchange)}.`
      const isEnrolling = 'enroll' in membersOf(exchange.request)
      return [isEnrolling ? refused('conflict', 409, message) : refused('itemNotFound', 404, message)]
    },
  },
  {
    id: 'M-6',
    why: 'joining and enrolling want an object, and fail no more without one',
    when: ({ request, response }) => isCrash(response) && isMembership(request) && isNoObject(valueOf(request)),
    expect: () => [refused('badRequest', 400)],
  },
]

const NO_DOMAIN = 'Project name should be in domain format'

/** What is said of the first value that the original failed on, in its order. Source: project specification, 6.1. */
function offenceOf(request: RecordedRequest): string | null {
  if (!isSubmission(request)) return null
  const { name, max_members: max, ...members } = membersOf(request)
  const isMissing = (value: Json | undefined): boolean => value === null && isCreation(request)
  const offences: readonly [isWrong: boolean, message: string][] = [
    [isNoText(members['owner']), 'User does not exist.'],
    [isMissing(name), 'Name missing.'],
    [isNoText(members['join_policy']), 'Invalid join policy'],
    [isNoText(members['leave_policy']), 'Invalid leave policy'],
    [isMissing(max) || (isNoText(max) && typeof max !== 'bigint'), 'Invalid max_members'],
    [Object.values(memberOf(members, 'resources')).some(isNoObject), 'Malformed resource policies'],
    [isNoText(name), NO_DOMAIN],
    [isNoText(members['start_date']), 'Invalid start_date'],
    [isNoText(members['end_date']), 'Invalid end_date'],
  ]
  return offences.find(([isWrong]) => isWrong)?.[1] ?? null
}

/** What is said of a boolean that stands for a number. */
function booleanIn(request: RecordedRequest): string | null {
  if (isSubmission(request)) {
    const members = membersOf(request)
    if (isBoolean(members['max_members'])) return 'Invalid max_members'
    const capacities = Object.values(memberOf(members, 'resources')).filter(isObject)
    const isAmong = capacities.some(
      (value) => isBoolean(value['project_capacity']) || isBoolean(value['member_capacity']),
    )
    return isAmong ? 'Malformed resource policies' : null
  }
  if (isProjectAction(request)) return isBoolean(memberIn(valueOf(request), 'app_id')) ? '<text>' : null
  if (!isMembership(request)) return null
  return isBoolean(memberIn(valueOf(request), 'project')) ? 'Invalid project ID: <text>' : null
}

/** A notation that nobody has to understand. Source: overview, 9. */
function foreignDateIn(request: RecordedRequest): string | null {
  const members = membersOf(request)
  const isForeign = (name: string): boolean => typeof members[name] === 'string' && !DATE.test(textOf(members[name]))
  return ['start_date', 'end_date'].find(isForeign) ?? null
}

const DATE = /^\d{4}-\d{1,2}-\d{1,2}[T ]\d{1,2}:\d{1,2}(:\d{1,2}(\.\d+)?)?(Z| UTC| GMT|[+-]\d\d:?\d\d)$/i

/** A number in the place of a uuid, where the project is what decides. */
function unknownProjectOf({ request, response }: Exchange): string | null {
  // Of a malformed request, and of a user that is not known, the same is said.
  if (wasUnheard(response)) return null
  if (faultOf(response)?.message.startsWith('Unknown users') === true) return null
  const [, inPath] = /^\/account\/v1\.0\/projects\/(\d+)(?:\/action)?\/?$/.exec(routeOf(request.url)) ?? []
  if (isSubmission(request)) return inPath ?? null
  // An application is looked for before its project.
  if (isProjectAction(request)) return memberIn(valueOf(request), 'app_id') === undefined ? (inPath ?? null) : null
  if (!isMembership(request)) return null
  const project = memberIn(valueOf(request), 'project')
  if (typeof project === 'bigint') return String(project)
  return typeof project === 'string' && /^\d+$/.test(project) ? project : null
}

function isDefaultProject({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/myaccount\/default_project\/?$/.test(routeOf(url))
}

function isCreation({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/projects\/?$/.test(routeOf(url))
}

function isSubmission(request: RecordedRequest): boolean {
  const isChange = /^\/account\/v1\.0\/projects\/(?!memberships\/?$)[^/]+\/?$/.test(routeOf(request.url))
  return isCreation(request) || (request.method === 'PUT' && isChange)
}

function isProjectAction({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/projects\/[^/]+\/action\/?$/.test(routeOf(url))
}

function isMembership({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/projects\/memberships\/?$/.test(routeOf(url))
}

const ACTION = /^(join|enroll|suspend|unsuspend|terminate|reinstate|approve|deny|dismiss|cancel)$/

/** Of the action that a body names. */
function valueOf(request: RecordedRequest): Json | undefined {
  return Object.entries(membersOf(request)).find(([name]) => ACTION.test(name))?.[1]
}

function memberIn(value: Json | undefined, name: string): Json | undefined {
  return isObject(value) ? value[name] : undefined
}

/** Nothing was looked up for it, or it failed, which other rules are about. */
function wasUnheard({ status }: RecordedResponse): boolean {
  return [400n, 401n, 405n, 500n].includes(status)
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function isNoText(value: Json | undefined): boolean {
  return value !== undefined && value !== null && typeof value !== 'string'
}

function isNoObject(value: Json | undefined): boolean {
  return value !== undefined && !isObject(value)
}

function isNoNumber(value: Json | undefined): boolean {
  return typeof value !== 'bigint' && !/^-?\d+$/.test(textOf(value))
}
