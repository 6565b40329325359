import { encodable, idOf, stringOf } from '../arguments.ts'
import { FORM_TYPE, JSON_TYPE, type Call, type Operation } from '../call.ts'
import type { Dict, Resource, ServiceInfo } from '../wire/types.ts'
import { listAnswer, nothing, objectAnswer } from './answers.ts'

export const GET_SERVICES: Operation = {
  name: 'getServices',
  method: 'GET',
  base: 'ui',
  path: '/get_services',
  retry: 'safe',
  answer: 'document',
}
export const GET_RESOURCES: Operation = {
  name: 'getResources',
  method: 'GET',
  base: 'account',
  path: '/resources',
  retry: 'safe',
  answer: 'document',
}
/** Each copy is a mail. */
export const SEND_FEEDBACK: Operation = {
  name: 'sendFeedback',
  method: 'POST',
  base: 'account',
  path: '/feedback',
  retry: 'once',
  answer: 'nothing',
}
export const SET_DEFAULT_PROJECT: Operation = {
  name: 'setDefaultProject',
  method: 'POST',
  base: 'account',
  path: '/myaccount/default_project',
  retry: 'idempotent',
  answer: 'nothing',
}

export function getServices(): Call<ServiceInfo[]> {
  return { operation: GET_SERVICES, path: GET_SERVICES.path, read: listAnswer }
}

export function getResources(): Call<Dict<Resource>> {
  return { operation: GET_RESOURCES, path: GET_RESOURCES.path, read: objectAnswer }
}

export function sendFeedback(message: unknown, data: unknown): Call<void> {
  const text = encodable('sendFeedback', 'message', idOf('sendFeedback', 'message', message))
  const more = encodable('sendFeedback', 'data', stringOf('sendFeedback', 'data', data))
  return {
    operation: SEND_FEEDBACK,
    path: SEND_FEEDBACK.path,
    contentType: FORM_TYPE,
    body: new URLSearchParams({ feedback_msg: text, feedback_data: more }).toString(),
    read: nothing,
  }
}

export function setDefaultProject(projectId: unknown): Call<void> {
  return {
    operation: SET_DEFAULT_PROJECT,
    path: SET_DEFAULT_PROJECT.path,
    contentType: JSON_TYPE,
    body: JSON.stringify({ project_id: idOf('setDefaultProject', 'projectId', projectId) }),
    read: nothing,
  }
}
