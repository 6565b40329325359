import { idOf, objectOf, pathIdOf, encodable, stringOf } from '../arguments.ts'
import { FORM_TYPE, JSON_TYPE, pathOf, type Call, type Operation } from '../call.ts'
import { BadValue } from '../errors.ts'
import { headerText } from '../identity.ts'
import { isDict } from '../wire/fault.ts'
import type { AccessToken, Endpoints, TokenInfo, UserInfo } from '../wire/types.ts'
import { objectAnswer } from './answers.ts'

export const AUTHENTICATE: Operation = {
  name: 'authenticate',
  method: 'POST',
  base: 'identity',
  path: '/tokens',
  retry: 'safe',
  answer: 'token',
}
export const GET_ENDPOINTS: Operation = {
  name: 'getEndpoints',
  method: 'POST',
  base: 'identity',
  path: '/tokens',
  retry: 'safe',
  answer: 'document',
}
export const VALIDATE_TOKEN: Operation = {
  name: 'validateToken',
  method: 'GET',
  base: 'identity',
  path: '/tokens/{tokenId}',
  retry: 'safe',
  answer: 'token',
}
/** A code may be exchanged once. */
export const GET_TOKEN: Operation = {
  name: 'getToken',
  method: 'POST',
  base: 'oauth2',
  path: '/token',
  retry: 'once',
  answer: 'token',
}

export function authenticate(token: string, tenantName: unknown): Call<UserInfo> {
  const tenant =
    tenantName === undefined || tenantName === null
      ? {}
      : { tenantName: stringOf('authenticate', 'tenantName', tenantName) }
  return {
    operation: AUTHENTICATE,
    path: '/tokens',
    contentType: JSON_TYPE,
    body: JSON.stringify({ auth: { token: { id: token }, ...tenant } }),
    read: objectAnswer,
  }
}

/** Public: without a body, the service answers its catalog to anybody. */
export function getEndpoints(): Call<Endpoints> {
  return { operation: GET_ENDPOINTS, path: '/tokens', contentType: JSON_TYPE, read: objectAnswer }
}

export function validateToken(tokenId: unknown, belongsTo: unknown): Call<TokenInfo> {
  const id = pathIdOf('validateToken', 'tokenId', tokenId)
  const query =
    belongsTo === undefined || belongsTo === null
      ? null
      : encodable('validateToken', 'belongsTo', stringOf('validateToken', 'belongsTo', belongsTo))
  return {
    operation: VALIDATE_TOKEN,
    path: pathOf(VALIDATE_TOKEN.path, { tokenId: id }, { belongsTo: query }),
    secrets: [id],
    read: objectAnswer,
  }
}

export function getToken(
  grantType: unknown,
  clientId: unknown,
  clientSecret: unknown,
  params: unknown,
): Call<AccessToken> {
  const grant = encodable('getToken', 'grantType', idOf('getToken', 'grantType', grantType))
  const id = encodable('getToken', 'clientId', idOf('getToken', 'clientId', clientId))
  // Public clients have an empty one.
  const secret = encodable('getToken', 'clientSecret', stringOf('getToken', 'clientSecret', clientSecret))
  if (id.includes(':')) throw new BadValue('clientId', 'must not hold a colon', 'getToken')
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(objectOf('getToken', 'params', params))) {
    const argument = `params.${name}`
    if (value === undefined) continue
    form.append(
      encodable('getToken', argument, name),
      encodable('getToken', argument, stringOf('getToken', argument, value)),
    )
  }
  form.append('grant_type', grant)
  const credentials = base64(`${id}:${secret}`)
  return {
    operation: GET_TOKEN,
    path: '/token',
    contentType: FORM_TYPE,
    headers: { authorization: `Basic ${credentials}` },
    body: form.toString(),
    secrets: [secret, credentials, ...form.getAll('code'), ...form.getAll('refresh_token'), ...form.getAll('password')],
    read: accessTokenOf,
  }
}

function accessTokenOf(document: unknown): AccessToken {
  return objectAnswer(isDict(document) && typeof document['access_token'] === 'string' ? document : null)
}

function base64(text: string): string {
  return btoa(headerText(text))
}
