import { encodable, idOf, idsOf } from '../arguments.ts'
import { pathOf, type Call, type Operation } from '../call.ts'
import { BadValue } from '../errors.ts'
import type { Dict, ProjectQuota, Quotas } from '../wire/types.ts'
import { objectAnswer } from './answers.ts'

const READ = { method: 'GET', base: 'account', retry: 'safe', answer: 'quantities' } as const

export const GET_QUOTAS: Operation = { name: 'getQuotas', path: '/quotas', ...READ }
export const SERVICE_GET_QUOTAS: Operation = { name: 'serviceGetQuotas', path: '/service_quotas', ...READ }
export const SERVICE_QUOTAS_ENTRIES: Operation = { name: 'serviceQuotasEntries', path: '/service_quotas', ...READ }
export const SERVICE_GET_PROJECT_QUOTAS: Operation = {
  name: 'serviceGetProjectQuotas',
  path: '/service_project_quotas',
  ...READ,
}
export const SERVICE_PROJECT_QUOTAS_ENTRIES: Operation = {
  name: 'serviceProjectQuotasEntries',
  path: '/service_project_quotas',
  ...READ,
}

export function getQuotas(): Call<Quotas> {
  return { operation: GET_QUOTAS, path: GET_QUOTAS.path, read: objectAnswer }
}

export function serviceGetQuotas(operation: Operation, user: unknown, projectId: unknown): Call<Dict<Quotas>> {
  const query = {
    user: filterOf(operation.name, 'user', user),
    project: filterOf(operation.name, 'projectId', projectId),
  }
  return { operation, path: pathOf(operation.path, {}, query), read: objectAnswer }
}

export function serviceGetProjectQuotas(operation: Operation, projectId: unknown): Call<Dict<Dict<ProjectQuota>>> {
  const query = { project: filterOf(operation.name, 'projectId', projectId) }
  return { operation, path: pathOf(operation.path, {}, query), read: objectAnswer }
}

/** One id or several; null when the answer is not to be restricted. An empty list would ask for everything: hardly what was meant. */
function filterOf(method: string, argument: string, value: unknown): string | null {
  if (value === undefined || value === null) return null
  if (!Array.isArray(value)) return encodable(method, argument, idOf(method, argument, value))
  const ids = idsOf(method, argument, value)
  if (ids.length === 0) throw new BadValue(argument, 'must not be an empty list', method)
  return encodable(method, argument, ids.join(','))
}
