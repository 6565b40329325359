import { emailOf } from './cast.ts'
import type { Request } from './stage.ts'

export const REASON = 'because of the matrix'

export const nobodyOr = (actor: string): string | null => (actor === 'nobody' ? null : actor)

export const getProject = (uuid: string): Request => ({ method: 'GET', path: `projects/${uuid}` })

export const modifyProject = (uuid: string, changes: object): Request => ({
  method: 'PUT',
  path: `projects/${uuid}`,
  body: changes,
})

export const projectAction = (uuid: string, action: string, application?: number): Request => ({
  method: 'POST',
  path: `projects/${uuid}/action`,
  body: { [action]: { reason: REASON, ...(application !== undefined && { app_id: application }) } },
})

export const join = (project: string): Request => ({
  method: 'POST',
  path: 'projects/memberships',
  body: { join: { project } },
})

export const enroll = (project: string, user: string): Request => ({
  method: 'POST',
  path: 'projects/memberships',
  body: { enroll: { project, user: emailOf(user) } },
})

export const getMembership = (id: bigint): Request => ({ method: 'GET', path: `projects/memberships/${id}` })

export const membershipAction = (id: bigint, action: string): Request => ({
  method: 'POST',
  path: `projects/memberships/${id}/action`,
  body: { [action]: REASON },
})
