import type { z } from 'zod'
import { json, jsonText, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { badRequest, Fault } from '../http/fault.ts'
import { readJson } from '../http/json.ts'
import { CONTENT_TYPES } from '../http/negotiation.ts'
import { isObject, validate } from '../http/validate.ts'
import { refusalOfUser } from '../identity/callers.ts'
import type { Access, AccessHolder } from '../identity/access.ts'
import { findAccess } from '../oauth2/tokens.ts'
import { accessXml } from './access-xml.ts'
import { NO_CREDENTIALS, tokensBody } from './identity-schemas.ts'

/** What this service can do beyond the original. Idempotency contract, 1. */
const FEATURES = { 'astakos-features': 'idempotent-commissions, resolved-commissions' }

const UPDATED = '2014-04-17T00:00:00Z'

/** Source: identity specification, 2.1. */
async function postTokens(call: Call): Promise<Answer> {
  // Only an empty body asks for the catalog alone; I-1.
  const access = call.body === undefined || call.body.length === 0 ? null : await authenticate(call)
  const catalog = await call.service.catalog.get()
  if (call.format === 'xml') {
    const body = accessXml({ token: access?.token ?? null, access: access?.access ?? null, catalog: catalog.services })
    return { status: 200, body, contentType: CONTENT_TYPES.xml }
  }
  const caller = access ? `${accessJson(access)},` : ''
  return jsonText(`{"access":{${caller}"serviceCatalog":${catalog.json}}}`)
}

async function authenticate(call: Call): Promise<{ token: string; access: Access }> {
  const { token, username, tenant } = credentialsOf(
    validate(tokensBody, readJson(call.body, call.header('content-type'))),
  )
  if (token === null) throw badRequest('Malformed request: missing token')
  // What is no text is no token either.
  const access = typeof token === 'string' ? await call.service.accesses.of(token) : null
  if (!access) throw new Fault('unauthorized', 'Invalid token')
  const refusal = refusalOfUser(access)
  if (refusal !== null) throw new Fault('unauthorized', refusal)
  if (username !== undefined && username !== access.uuid) throw new Fault('unauthorized', 'Invalid credentials')
  if (tenant && tenant !== access.uuid) throw badRequest('Not conforming tenantName')
  return { token: token as string, access }
}

/** A token goes before a password; I-2: a user name that is null is none. */
function credentialsOf({ auth }: z.output<typeof tokensBody>): { token: unknown; username: unknown; tenant: unknown } {
  const { token, passwordCredentials: password, tenantName: tenant } = auth
  if (token?.id !== undefined) return { token: token.id, username: undefined, tenant }
  if (!isObject(password) || !('password' in password)) throw badRequest(NO_CREDENTIALS)
  const { username = null } = password
  if (username === null) throw badRequest(NO_CREDENTIALS)
  return { token: password['password'], username, tenant }
}

/** As members of an object, without its braces. */
function accessJson({ token, access }: { token: string; access: Access }): string {
  const { token: about, user } = membersOf(token, access)
  return JSON.stringify({ token: about, user: { ...user, projects: access.projects } }).slice(1, -1)
}

function membersOf(token: string, { uuid, realName, expires, defaultProject, roles }: AccessHolder) {
  return {
    token: { id: token, expires, tenant: { id: defaultProject, name: realName } },
    user: { id: uuid, name: realName, roles, roles_links: [] },
  }
}

/** OAuth2 access tokens alone are known here. Source: identity specification, 2.3; I-5: their expiry is a date in XML, too. */
async function validateToken({ service, params, query, format }: Call): Promise<Answer> {
  const token = (params['*'] ?? '').replace(/\/$/, '')
  const found = await findAccess(service.database, token)
  if (found === null) throw new Fault('itemNotFound', 'No such token')
  if (found === 'expired') throw new Fault('itemNotFound', 'Token has expired')
  const { holder, scope } = found
  if (query.peek('belongsTo')?.startsWith(scope) === false)
    throw new Fault('itemNotFound', "The specified tenant is outside the token's scope")
  if (format === 'xml')
    return { status: 200, body: accessXml({ token, access: holder, catalog: [] }), contentType: CONTENT_TYPES.xml }
  return json({ access: membersOf(token, holder) })
}

function versions({ service }: Call): Answer {
  const self = { rel: 'self', href: `${service.settings.baseUrl}/identity/v2.0/` }
  return json({ versions: { values: [{ id: 'v2.0', status: 'CURRENT', updated: UPDATED, links: [self] }] } })
}

function version({ service }: Call): Answer {
  return json({
    version: {
      id: 'v2.0',
      status: 'CURRENT',
      updated: UPDATED,
      media_types: [{ base: 'application/json', type: 'application/vnd.openstack.identity-v2.0+json' }],
      links: [
        { rel: 'self', href: `${service.settings.baseUrl}/identity/v2.0/` },
        { rel: 'describedby', type: 'text/html', href: 'https://docs.openstack.org/' },
      ],
    },
  })
}

const get = (handle: (call: Call) => Answer | Promise<Answer>): Route['methods'] => ({ GET: forNobody(handle) })

export const identityRoutes: readonly Route[] = [
  { kind: 'api', path: '/identity/', slash: false, methods: get(versions) },
  { kind: 'api', path: '/identity/.json', slash: false, methods: get(versions) },
  { kind: 'api', path: '/identity/v2.0', methods: get(version) },
  { kind: 'api', path: '/identity/v2.0.json', slash: false, methods: get(version) },
  { kind: 'api', path: '/identity/v2.0/.json', slash: false, methods: get(version) },
  {
    kind: 'api',
    path: '/identity/v2.0/tokens',
    bodyBytesMax: 1024 * 1024,
    headers: FEATURES,
    methods: { POST: forNobody(postTokens) },
  },
  { kind: 'api', path: '/identity/v2.0/tokens/*', slash: false, methods: get(validateToken) },
]
