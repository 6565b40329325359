import { isObject, type JsonObject } from '../json.ts'
import type { Recorded } from '../recorded.ts'
import { distinct, formBody, objectBody, onlyMembers } from './bodies.ts'
import { isId, type Drive, type Recognised } from './drive.ts'
import { LeftOut } from './rules.ts'

export function tokens(recorded: Recorded): Recognised {
  if (recorded.body.length === 0) {
    if ((recorded.headers.get('content-type') ?? 'application/json') !== 'application/json')
      throw new LeftOut('contentType')
    return { drives: [{ name: 'getEndpoints', call: (c, o) => c.getEndpoints(o) }] }
  }
  const body = objectBody(recorded)
  const { token, tenantName } = authOf(body)
  const id = token['id']
  if (!isSendableToken(id)) throw new LeftOut('badToken', [{ name: 'new AstakosClient', token: id }])
  const header = recorded.headers.get('x-auth-token')
  if (header !== undefined && header !== id) throw new LeftOut('otherToken')
  const call: Drive['call'] = (c, o) => c.authenticate({ ...o, tenantName: tenantName as string | undefined })
  if (tenantName === null) throw new LeftOut('value')
  if (tenantName !== undefined && typeof tenantName !== 'string') {
    throw new LeftOut('refused', [{ name: 'authenticate', token: id, call }])
  }
  return { json: body, drives: [{ name: 'authenticate', answer: 'token', call }] }
}

function authOf(body: JsonObject): { token: JsonObject; tenantName: JsonObject[string] | undefined } {
  onlyMembers(body, 'auth')
  const { auth } = body as { auth?: JsonObject }
  if (auth === undefined) throw new LeftOut('members')
  if (!isObject(auth)) throw new LeftOut('value')
  if ('passwordCredentials' in auth) throw new LeftOut('password')
  onlyMembers(auth, 'token', 'tenantName')
  const token = auth['token']
  if (token === undefined) throw new LeftOut('members')
  if (!isObject(token)) throw new LeftOut('value')
  onlyMembers(token, 'id')
  if (!('id' in token)) throw new LeftOut('members')
  return { token, tenantName: auth['tenantName'] }
}

/** A text without control characters and without blanks around it. */
export function isSendableToken(token: unknown): token is string {
  return typeof token === 'string' && token !== '' && token === token.trim() && !/\p{Cc}/u.test(token)
}

export function tokenOfId(recorded: Recorded, [tokenId = '']: readonly string[]): Recognised {
  const belongsTo = distinct(recorded.query, 'query').get('belongsTo')
  return {
    drives: [
      {
        name: 'validateToken',
        answer: 'token',
        secrets: [tokenId],
        call: (c, o) => c.validateToken(tokenId, { ...o, belongsTo }),
      },
    ],
  }
}

export function oauth2Token(recorded: Recorded): Recognised {
  const fields = formBody(recorded)
  const { grant_type: grantType, ...params } = Object.fromEntries(fields)
  if (grantType === undefined) throw new LeftOut('form')
  const [clientId, secret] = credentialsOf(recorded.headers.get('authorization'))
  const call: Drive['call'] = (c, o) => c.getToken(grantType, clientId, secret, params, o)
  if (!isId(grantType) || clientId === '') throw new LeftOut('refused', [{ name: 'getToken', call }])
  const secrets = [secret, Buffer.from(`${clientId}:${secret}`).toString('base64'), params['code'] ?? '']
  return { form: [...fields], drives: [{ name: 'getToken', answer: 'token', secrets, call }] }
}

function credentialsOf(header: string | undefined): [id: string, secret: string] {
  const encoded = /^Basic (.*)$/.exec(header ?? '')?.[1] ?? ''
  const text = Buffer.from(encoded, 'base64').toString()
  const at = text.indexOf(':')
  if (at < 0 || Buffer.from(text).toString('base64') !== encoded) throw new LeftOut('credentials')
  return [text.slice(0, at), text.slice(at + 1)]
}
