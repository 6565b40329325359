import type { Queryable } from '../db/statement.ts'
import { json, jsonText, nothing, type Answer } from '../http/answer.ts'
import { forUser, type Route, type UserCall } from '../http/call.ts'
import { badRequest } from '../http/fault.ts'
import { integerOf, readJson, shown } from '../http/json.ts'
import { streamed } from '../http/streamed.ts'
import { isObject, validate } from '../http/validate.ts'
import { actOnApplication, APPLICATION_ACTIONS } from '../projects/application-actions.ts'
import type { Wishes } from '../projects/application.ts'
import { acceptedUserId, visibleAmong } from '../projects/lookups.ts'
import { actOnProject, PROJECT_ACTIONS } from '../projects/project-actions.ts'
import { PROJECT_STATES } from '../projects/project-machine.ts'
import { LIST_MODES, readProject, readProjects, type Reader } from '../projects/read-projects.ts'
import { createProject, modifyProject, type Submitted } from '../projects/submit.ts'
import { mailToAll } from '../projects/mails.ts'
import { creation, modification, oneAction, withOwner, type Stated } from './project-schemas.ts'
import { wishesOf } from './project-wishes.ts'

/** The caller, as the rules of projects see it. */
export function actorOf({ user, service }: UserCall): Reader & { readonly uuid: string } {
  return { userId: user.id, uuid: user.uuid, isAdmin: service.settings.projectAdmins.includes(user.uuid) }
}

/** Source: project specification, 5. */
function list(call: UserCall): Promise<Answer> {
  const { query, service } = call
  const mode = query.get('mode') ?? 'default'
  if (!isOneOf(LIST_MODES, mode)) throw badRequest(`Unrecognized mode '${mode}'.`)
  const state = query.get('state')
  if (state !== null && !isOneOf(PROJECT_STATES, state)) throw badRequest(`Unrecognized state ${state}`)
  const filter = {
    mode,
    name: query.get('name'),
    owner: query.get('owner'),
    state,
  }
  return streamed('[]', readProjects(service.database, actorOf(call), filter))
}

function isOneOf<T extends string>(choices: readonly T[], text: string): text is T {
  return (choices as readonly string[]).includes(text)
}

/** Source: project specification, 5.1. */
async function show(call: UserCall): Promise<Answer> {
  return jsonText(await readProject(call.service.database, actorOf(call), idOf(call)))
}

function idOf({ params }: UserCall): string {
  return params['id'] ?? ''
}

/** Source: project specification, 6. */
async function create(call: UserCall): Promise<Answer> {
  const actor = actorOf(call)
  const body = readJson(call.body, call.header('content-type'))
  const ownerId = (await ownerIdOf(call, body)) ?? actor.userId
  const wishes = withoutNulls(await wishesFor(call, validate(creation, body), ownerId))
  return submitted(call, (tx) => createProject(tx, actor, wishes))
}

/** Where null is another way to say the default. */
function withoutNulls(wishes: Wishes): Wishes {
  return {
    ...wishes,
    homepage: wishes.homepage ?? '',
    description: wishes.description ?? '',
    comments: wishes.comments ?? '',
    isPrivate: wishes.isPrivate ?? false,
  }
}

/** Source: project specification, 9. */
async function modify(call: UserCall): Promise<Answer> {
  const body = readJson(call.body, call.header('content-type'))
  const ownerId = await ownerIdOf(call, body)
  const stated = validate(modification, body)
  return submitted(call, (tx) => modifyProject(tx, actorOf(call), idOf(call), () => wishesFor(call, stated, ownerId)))
}

async function ownerIdOf({ service }: UserCall, body: unknown): Promise<bigint | null> {
  const { owner } = validate(withOwner, body)
  if (owner === null || owner === undefined) return null
  const id = typeof owner === 'string' ? await acceptedUserId(service.database, owner) : null
  if (id === null) throw badRequest('User does not exist.')
  return id
}

function wishesFor({ service }: UserCall, stated: Stated, ownerId: bigint | null): Promise<Wishes> {
  return wishesOf(stated, ownerId, (names) => visibleAmong(service.database, names))
}

async function submitted({ service, user }: UserCall, submit: (tx: Queryable) => Promise<Submitted>): Promise<Answer> {
  const { project, application } = await service.outbox.transaction(async (tx) => {
    const done = await submit(tx)
    const subject = `Application ${done.application} for project ${done.name}`
    const text = `${user.email} applied. It waits for a decision.`
    return { ...done, mails: mailToAll(service.settings.projectRecipients, subject, text) }
  })
  return json({ id: project, application }, 201)
}

const actionBody = oneAction([...PROJECT_ACTIONS, ...APPLICATION_ACTIONS], 'Invalid input data')

/** Source: project specification, 10. */
async function act(call: UserCall): Promise<Answer> {
  const { action, value } = validate(actionBody, readJson(call.body, call.header('content-type')))
  // P-7.
  if (!isObject(value)) throw badRequest(`The value of ${action} should be an object`)
  const reason = value['reason'] === undefined || value['reason'] === null ? '' : shown(value['reason'])
  const actor = actorOf(call)
  const { outbox, settings } = call.service
  const project = idOf(call)
  if (isOneOf(PROJECT_ACTIONS, action)) {
    await outbox.transaction(async (tx) => ({
      mails: await actOnProject(tx, actor, project, action, reason),
    }))
    return nothing()
  }
  const asked = {
    action,
    project,
    ...applicationOf(value['app_id']),
    reason,
    recipients: settings.projectRecipients,
  }
  await outbox.transaction(async (tx) => ({ mails: await actOnApplication(tx, actor, asked) }))
  return nothing()
}

/** P-7: a number, also as text; what is no number at all is malformed, what no application has is unknown. */
function applicationOf(id: unknown): { application: bigint | null; shown: string } {
  if (id === null) return { application: null, shown: shown(id) }
  // So long a number is nobody's, and to read it would take its time.
  if (typeof id === 'string' && /^-?\d{100,}$/.test(id)) return { application: null, shown: id }
  const number = typeof id === 'string' ? numberIn(id) : integerOf(id)
  if (number === null) throw badRequest('app_id should be an integer')
  return { application: number >= 0n && number < 2n ** 63n ? number : null, shown: String(number) }
}

function numberIn(text: string): bigint | null {
  return /^-?\d+$/.test(text) ? BigInt(text) : null
}

export const projectRoutes: readonly Route[] = [
  { kind: 'api', path: '/account/v1.0/projects', methods: { GET: forUser(list), POST: forUser(create) } },
  { kind: 'api', path: '/account/v1.0/projects/:id(^[^/]+$)', methods: { GET: forUser(show), PUT: forUser(modify) } },
  { kind: 'api', path: '/account/v1.0/projects/:id(^[^/]+$)/action', methods: { POST: forUser(act) } },
]
