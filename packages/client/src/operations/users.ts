import { idsOf } from '../arguments.ts'
import { JSON_TYPE, type Call, type Operation } from '../call.ts'
import type { Dict, Uuid } from '../wire/types.ts'
import { memberAnswer, objectAnswer } from './answers.ts'

const USER = { method: 'POST', base: 'account', path: '/user_catalogs', retry: 'safe', answer: 'document' } as const
const SERVICE = { ...USER, path: '/service/user_catalogs' } as const

export const GET_USERNAMES: Operation = { name: 'getUsernames', ...USER }
export const GET_USERNAME: Operation = { name: 'getUsername', ...USER }
export const SERVICE_GET_USERNAMES: Operation = { name: 'serviceGetUsernames', ...SERVICE }
export const SERVICE_GET_USERNAME: Operation = { name: 'serviceGetUsername', ...SERVICE }
export const GET_UUIDS: Operation = { name: 'getUuids', ...USER }
export const GET_UUID: Operation = { name: 'getUuid', ...USER }
export const SERVICE_GET_UUIDS: Operation = { name: 'serviceGetUuids', ...SERVICE }
export const SERVICE_GET_UUID: Operation = { name: 'serviceGetUuid', ...SERVICE }

/** Names by uuid. */
export function namesOf(operation: Operation, uuids: unknown): Call<Dict<string>> {
  return lookUp(operation, { uuids: idsOf(operation.name, 'uuids', uuids) }, 'uuid_catalog')
}

/** To a service, null means everybody. */
export function namesOfAll(operation: Operation): Call<Dict<string>> {
  return lookUp(operation, { uuids: null }, 'uuid_catalog')
}

/** Uuids by name. */
export function uuidsOf(operation: Operation, argument: string, names: unknown): Call<Dict<Uuid>> {
  return lookUp(operation, { displaynames: idsOf(operation.name, argument, names) }, 'displayname_catalog')
}

function lookUp(operation: Operation, body: object, member: string): Call<Dict<string>> {
  return {
    operation,
    path: operation.path,
    contentType: JSON_TYPE,
    body: JSON.stringify(body),
    read: (document) => objectAnswer(memberAnswer(document, member)),
  }
}
