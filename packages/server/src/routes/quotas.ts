import { jsonText, type Answer } from '../http/answer.ts'
import { forComponent, forUser, type ComponentCall, type Route, type UserCall } from '../http/call.ts'
import { Fault } from '../http/fault.ts'
import { streamed } from '../http/streamed.ts'
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
  return streamed('{}', pieces, unlessNamed(users, 'user'))
}

/** Source: quota specification, 3.3. */
async function serviceProjectQuotas(call: ComponentCall): Promise<Answer> {
  const { database } = call.service
  const projects = call.query.get('project')
  const resources = await resourcesOfComponent(database, call.component.id)
  const pieces = projectQuotas(database, { resources, projects: listOf(projects) })
  return streamed('{}', pieces, unlessNamed(projects, 'project'))
}

/** nothing at all is no answer to who asked for somebody. */
function unlessNamed(names: string | null, what: 'user' | 'project'): (() => never) | undefined {
  if (names === null) return undefined
  return () => {
    throw new Fault('itemNotFound', `No ${what} with UUID '${names}'`)
  }
}

function listOf(parameter: string | null): string[] | null {
  return parameter === null ? null : parameter.split(',')
}

export const quotaRoutes: readonly Route[] = [
  { kind: 'api', path: '/account/v1.0/quotas', methods: { GET: forUser(quotas) } },
  { kind: 'api', path: '/account/v1.0/service_quotas', methods: { GET: forComponent(serviceQuotas) } },
  { kind: 'api', path: '/account/v1.0/service_project_quotas', methods: { GET: forComponent(serviceProjectQuotas) } },
]
