import { Readable } from 'node:stream'
import type { z } from 'zod'
import { json, jsonText, nothing, type Answer } from '../http/answer.ts'
import { forComponent, forNobody, forUser, type Call, type Route, type UserCall } from '../http/call.ts'
import { badRequest, Fault, type FaultName } from '../http/fault.ts'
import { parseBody, readJson, shown } from '../http/json.ts'
import { validate } from '../http/validate.ts'
import { messageOf, setDefaultProject, type DefaultProjectRefusal } from '../identity/default-project.ts'
import { allUsernames } from '../identity/usernames.ts'
import { catalogsBody, defaultProjectBody } from './account-schemas.ts'
import { feedbackOf } from './feedback-form.ts'

/** Any body that is JSON, whatever it is labelled. Source: identity specification, 3. */
function namesAsked(call: Call): z.output<typeof catalogsBody> {
  const notJson = 'Request body should be json formatted.'
  return validate(catalogsBody, parseBody(call.body, { notUtf8: notJson, notJson }))
}

async function userCatalogs(call: Call): Promise<Answer> {
  const { uuids, displaynames } = namesAsked(call)
  const { usernames } = call.service
  const [byUuid, byName] = await Promise.all([usernames.usernamesOf(uuids ?? []), usernames.uuidsOf(displaynames)])
  return catalogs(byUuid, byName)
}

/** A service may ask for everybody: `"uuids": null`. */
async function serviceUserCatalogs(call: Call): Promise<Answer> {
  const { uuids, displaynames } = namesAsked(call)
  if (uuids !== null) return userCatalogs(call)
  const byName = await call.service.usernames.uuidsOf(displaynames)
  return jsonText(Readable.from(everybody(call, byName), { objectMode: false }))
}

async function* everybody(
  call: Call,
  byName: readonly (readonly [string, string])[],
): AsyncGenerator<string, void, undefined> {
  yield `{"displayname_catalog":${JSON.stringify(Object.fromEntries(byName))},"uuid_catalog":{`
  let separator = ''
  for await (const users of allUsernames(call.service.database)) {
    yield separator + users.map(([uuid, name]) => `${JSON.stringify(uuid)}:${JSON.stringify(name)}`).join(',')
    separator = ','
  }
  yield '}}'
}

function catalogs(
  byUuid: readonly (readonly [string, string])[],
  byName: readonly (readonly [string, string])[],
): Answer {
  return json({ uuid_catalog: Object.fromEntries(byUuid), displayname_catalog: Object.fromEntries(byName) })
}

/** Source: identity specification, 4. */
async function feedback(call: UserCall): Promise<Answer> {
  const form = await feedbackOf(call.body, call.header('content-type'))
  if (!form) throw badRequest('Invalid data')
  const { mailer, settings, onMailFailure } = call.service
  const { uuid, email } = call.user
  const text = `From: ${email} (${uuid})\n\n${form.message}\n\n${form.data}`
  try {
    // At once, since the answer tells whether it went.
    await mailer.send({ to: settings.feedbackRecipients, subject: `Feedback from ${email}`, text })
  } catch (error) {
    onMailFailure(error)
    return nothing(502)
  }
  return nothing()
}

export const DEFAULT_PROJECT_FAULTS: Readonly<Record<DefaultProjectRefusal, FaultName>> = {
  unverified: 'notAllowed',
  unmoderated: 'notAllowed',
  rejected: 'notAllowed',
  inactive: 'notAllowed',
  unknown: 'itemNotFound',
  dead: 'conflict',
  'no member': 'itemNotFound',
  'not permitted': 'forbidden',
}

/** Source: identity specification, 5. */
async function defaultProject(call: UserCall): Promise<Answer> {
  const { project_id: id } = validate(defaultProjectBody, readJson(call.body, call.header('content-type')))
  if (id === null || id === undefined) throw new Fault('forbidden', 'Project id not specified')
  const refusal =
    typeof id === 'string'
      ? await call.service.database.transaction((tx) => setDefaultProject(tx, call.user.id, id))
      : 'unknown'
  if (refusal !== null) throw new Fault(DEFAULT_PROJECT_FAULTS[refusal], messageOf(refusal, shown(id)))
  return nothing()
}

/** Source: quota specification, 1. */
async function resources(call: Call): Promise<Answer> {
  return json(Object.fromEntries(await call.service.resources.get()))
}

export const accountRoutes: readonly Route[] = [
  { kind: 'api', path: '/account/v1.0/resources', methods: { GET: forNobody(resources) } },
  { kind: 'api', path: '/account/v1.0/user_catalogs', methods: { POST: forUser(userCatalogs) } },
  { kind: 'api', path: '/account/v1.0/service/user_catalogs', methods: { POST: forComponent(serviceUserCatalogs) } },
  { kind: 'api', path: '/account/v1.0/feedback', bodyBytesMax: 1024 * 1024, methods: { POST: forUser(feedback) } },
  { kind: 'api', path: '/account/v1.0/myaccount/default_project', methods: { POST: forUser(defaultProject) } },
]
