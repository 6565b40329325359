import { Readable } from 'node:stream'
import { jsonText, type Answer } from '../http/answer.ts'
import { forComponent, forUser, type ComponentCall, type Route, type UserCall } from '../http/call.ts'
import { Fault } from '../http/fault.ts'
import { memberQuotas, projectQuotas, resourcesOfComponent } from '../quotas/service-quotas.ts'

/** Source: quota specification, 3.1. */
async function quotas(call: UserCall): Promise<Answer> {
  return jsonText(await call.service.ownQuotas.load(call.user.id))
}

/** Source: quota specification, 3.2. */
async function serviceQuotas(call: ComponentCall): Promise<Answer> {
  const { database } = call.service
  const users = call.query.get('user')
  const projects = call.query.get('project')
  const resources = await resourcesOfComponent(database, call.component.id)
  const pieces = memberQuotas(database, { resources, users: listOf(users), projects: listOf(projects) })
  return streamed(pieces, users === null ? null : new Fault('itemNotFound', `No user with UUID '${users}'`))
}

/** Source: quota specification, 3.3. */
async function serviceProjectQuotas(call: ComponentCall): Promise<Answer> {
  const { database } = call.service
  const projects = call.query.get('project')
  const resources = await resourcesOfComponent(database, call.component.id)
  const pieces = projectQuotas(database, { resources, projects: listOf(projects) })
  return streamed(pieces, projects === null ? null : new Fault('itemNotFound', `No project with UUID '${projects}'`))
}

function listOf(parameter: string | null): string[] | null {
  return parameter === null ? null : parameter.split(',')
}

/** Members of one object, as they are read: however many there are, few are in memory. */
async function streamed(pieces: AsyncGenerator<string, void, undefined>, whenEmpty: Fault | null): Promise<Answer> {
  // The first piece decides the status; what fails later can only break the answer off.
  const first = await pieces.next()
  if (first.done) {
    if (whenEmpty) throw whenEmpty
    return jsonText('{}')
  }
  // A short one is whole already, so its length can be told.
  const second = await pieces.next()
  if (second.done) return jsonText(`{${first.value}}`)
  return jsonText(Readable.from(wrapped([first.value, second.value], pieces), { objectMode: false }))
}

async function* wrapped(
  begun: readonly string[],
  rest: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  yield `{${begun.join(',')}`
  for await (const piece of rest) yield `,${piece}`
  yield '}'
}

export const quotaRoutes: readonly Route[] = [
  { kind: 'api', path: '/account/v1.0/quotas', methods: { GET: forUser(quotas) } },
  { kind: 'api', path: '/account/v1.0/service_quotas', methods: { GET: forComponent(serviceQuotas) } },
  { kind: 'api', path: '/account/v1.0/service_project_quotas', methods: { GET: forComponent(serviceProjectQuotas) } },
]
