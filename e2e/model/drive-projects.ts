import { parseExact, stringifyExact } from 'astakosclient/wire'
import { asCommission } from './charges.ts'
import { overHttp } from './drive.ts'
import type { Answer } from './steps.ts'
import type { Request } from './steps-projects.ts'

/** Has requests answered. */
export type DriveProjects = (request: Request) => Promise<Answer>

export function projectsOverHttp(baseUrl: string, tokens: ReadonlyMap<string, string>): DriveProjects {
  const commissions = overHttp(baseUrl, tokens, () => 0)
  return async (request) => {
    if (request.kind === 'charge' || request.kind === 'settle') return commissions(asCommission(request))
    const { method, path, document } = spelled(request)
    const headers: Record<string, string> = { 'x-auth-token': tokens.get(request.by) ?? '' }
    if (document !== null) headers['content-type'] = 'application/json'
    const body = document === null ? null : stringifyExact(document)
    const response = await fetch(`${baseUrl}/account/v1.0${path}`, { method, headers, body })
    const text = await response.text()
    return { status: response.status, body: text === '' ? null : parseExact(text), replayed: false, key: null }
  }
}

type Spelled = { readonly method: string; readonly path: string; readonly document: object | null }

const get = (path: string): Spelled => ({ method: 'GET', path, document: null })
const post = (path: string, document: object): Spelled => ({ method: 'POST', path, document })

function spelled(request: Exclude<Request, { kind: 'charge' | 'settle' }>): Spelled {
  switch (request.kind) {
    case 'create':
      return post('/projects', request.specs)
    case 'modify':
      return { method: 'PUT', path: `/projects/${request.project}`, document: request.specs }
    case 'decide':
      return post(`/projects/${request.project}/action`, {
        [request.action]: { app_id: request.application, reason: request.reason },
      })
    case 'project':
      return post(`/projects/${request.project}/action`, { [request.action]: { reason: request.reason } })
    case 'join':
      return post('/projects/memberships', { join: { project: request.project } })
    case 'enroll':
      return post('/projects/memberships', { enroll: { project: request.project, user: request.email } })
    case 'member':
      return post(`/projects/memberships/${request.membership}/action`, { [request.action]: request.reason })
    case 'prefer':
      return post('/myaccount/default_project', { project_id: request.project })
    case 'projects':
      return get(`/projects${queryOf(request.filter)}`)
    case 'show':
      return get(`/projects/${request.project}`)
    case 'memberships':
      return get(`/projects/memberships${request.project === null ? '' : queryOf({ project: request.project })}`)
    case 'membership':
      return get(`/projects/memberships/${request.membership}`)
    case 'quotas':
      return get('/quotas')
    case 'usage':
      return get(`/service_quotas${request.user === null ? '' : queryOf({ user: request.user })}`)
  }
}

function queryOf(parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString()
  return query === '' ? '' : `?${query}`
}
