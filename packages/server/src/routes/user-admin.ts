import { recordChanges } from '../admin/audit.ts'
import type { Change } from '../admin/operation.ts'
import type { Queryable } from '../db/statement.ts'
import { json, jsonText, type Answer } from '../http/answer.ts'
import { forMembers, type Method, type Route, type UserCall } from '../http/call.ts'
import { Fault } from '../http/fault.ts'
import { readJson } from '../http/json.ts'
import { streamed } from '../http/streamed.ts'
import { hashPassword } from '../identity/passwords.ts'
import type { Mail } from '../mail/mail.ts'
import { readUser, readUsers } from '../operations/user-documents.ts'
import { checkAddress, createAccount, editAccount, findAccount, newPassword } from '../operations/user-admin.ts'
import type { UserChange } from '../operations/user-edit.ts'
import { actionIn } from './user-admin-actions.ts'
import { addressIn, affiliationIn, metadataIn, nameIn, passwordIn, sentUser } from './user-admin-bodies.ts'

/**
 * The administration of users, for members of some groups. Only where it was switched on.
 *
 * Order of checks: the method, the token (401), the group (403), the body, what is in it. Source: administration
 * specification, 2.3.
 */

const list =
  (hasDates: boolean) =>
  ({ service }: UserCall): Promise<Answer> =>
    streamed(['{"users":[', ']}'], readUsers(service.database, hasDates))

async function show({ service, params }: UserCall): Promise<Answer> {
  return userAnswer(await readUser(service.database, uuidIn(params)))
}

function userAnswer(document: string | null): Answer {
  if (document === null) throw new Fault('itemNotFound', 'User not found')
  return jsonText(`{"user":${document}}`)
}

/** As in the path, without what may stand behind it. */
function uuidIn(params: UserCall['params']): string {
  return (params['id'] ?? '').replace(/\.(?:json|xml)$/, '')
}

const bodyOf = (call: UserCall): unknown => readJson(call.body, call.header('content-type'))

async function create(call: UserCall): Promise<Answer> {
  const sent = sentUser(bodyOf(call))
  const { database, desk } = call.service
  const email = addressIn(sent)
  await checkAddress(database, email, null)
  const [firstName, lastName] = [nameIn(sent, 'first_name'), nameIn(sent, 'last_name')]
  const isGiven = sent['password'] !== undefined && sent['password'] !== null
  const password = isGiven ? passwordIn(sent, email) : newPassword()
  const affiliation = sent['affiliation'] === undefined ? null : affiliationIn(sent)
  const metadata = sent['metadata'] === undefined ? {} : metadataIn(sent)
  const names = { email, firstName, lastName, affiliation, metadata }
  const account = { ...names, hashed: await hashPassword(password), tokenExpires: desk.newExpiry() }
  const { uuid, token } = await changing(call, 'create', (tx) => createAccount(tx, desk.key, account))
  return json({ user: { id: uuid, password, auth_token: token } })
}

async function edit(call: UserCall): Promise<Answer> {
  const sent = sentUser(bodyOf(call))
  const uuid = uuidIn(call.params)
  const { email: current } = await findAccount(call.service.database, uuid)
  const has = (field: string): boolean => sent[field] !== undefined
  const email = has('username') ? addressIn(sent) : undefined
  if (email !== undefined) await checkAddress(call.service.database, email, uuid)
  const change: UserChange = {
    ...(email === undefined ? {} : { email }),
    ...(has('first_name') ? { firstName: nameIn(sent, 'first_name') } : {}),
    ...(has('last_name') ? { lastName: nameIn(sent, 'last_name') } : {}),
    ...(has('affiliation') ? { affiliation: affiliationIn(sent) } : {}),
    ...(has('metadata') ? { metadata: metadataIn(sent) } : {}),
  }
  const hashed = has('password') ? await hashPassword(passwordIn(sent, email ?? current)) : null
  const { desk } = call.service
  const password = hashed === null ? null : { hashed, tokenExpires: desk.newExpiry() }
  const { document } = await changing(call, 'change', async (tx) => {
    const changes = await editAccount(tx, desk.key, uuid, { change, password })
    return { changes, document: await readUser(tx, uuid) }
  })
  return userAnswer(document)
}

async function act(call: UserCall): Promise<Answer> {
  const uuid = call.params['id'] ?? ''
  const document = bodyOf(call)
  await findAccount(call.service.database, uuid)
  const action = actionIn(document)
  const { user } = await changing(call, action.operation, (tx) => action.act(tx, uuid, call.service))
  return json({ user: { id: uuid, ...user } })
}

interface Done {
  readonly changes: readonly Change[]
  readonly mails?: readonly Mail[]
}

/** With its mails and its audit: all or nothing of it. */
function changing<T extends Done>(
  { service, user }: UserCall,
  operation: string,
  body: (tx: Queryable) => Promise<T>,
): Promise<T & { readonly mails: readonly Mail[] }> {
  return service.outbox.transaction(async (tx) => {
    const done = await body(tx)
    await recordChanges(tx, `user:${user.uuid}`, `user-admin:${operation}`, done.changes)
    return { ...done, mails: done.mails ?? [] }
  })
}

const helpdesk = (handle: (call: UserCall) => Promise<Answer>): Method =>
  forMembers(({ userAdminGroups }) => userAdminGroups, handle)

const route = (path: string, methods: Route['methods'], suffixes: readonly string[] = ['.json', '.xml']): Route => ({
  kind: 'api',
  path: `/identity/v2.0/users${path}`,
  suffixes,
  isJsonOnly: true,
  isOn: ({ userAdminGroups }) => userAdminGroups.length > 0,
  methods,
})

export const userAdminRoutes: readonly Route[] = [
  route('', { GET: helpdesk(list(false)), POST: helpdesk(create) }),
  route('/detail', { GET: helpdesk(list(true)) }),
  // A suffix is part of what the name stands for.
  route('/:id', { GET: helpdesk(show), PUT: helpdesk(edit) }, []),
  route('/:id/action', { POST: helpdesk(act) }),
]
