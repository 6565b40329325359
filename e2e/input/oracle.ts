import { METHODS } from 'node:http'
import type { Json } from '../replay/json.ts'
import { ofAction, ofCatalogs, ofDefaultProject, ofIssue, ofResolve, ofTokens, readBody } from './bodies.ts'
import { only, type Expectation, type Verdict } from './expectation.ts'
import { ofBegin, ofMembershipAction, ofShowMembership } from './memberships.ts'
import type { Probe } from './probe.ts'
import { ofCreation, ofList, ofModification, ofProjectAction, ofShow } from './projects.ts'
import { NAMED } from './stage.ts'
import { BASE } from './template.ts'
import { SERIAL } from './templates.ts'
import { ofCreateUser, ofEditUser, ofShowUser, ofUserAction } from './users.ts'
import { componentTokens, helpdesk, userTokens } from './world.ts'

/** What has to become of a request. It knows the specification and the world, and nothing of the service's code. */
export function expectationOf(probe: Probe): Expectation {
  const lax: Expectation = { statuses: null, effect: null, isCertain: false, isApi: false, isSilent: false }
  if (probe.raw) return lax
  const parts = partsOf(probe)
  const isApi = parts.path !== null && /^\/astakos\/(?:account|identity)\//.test(parts.path)
  const { statuses, effect = null, isSilent = false } = verdictOf(probe, parts)
  const isRegular = isWellFormed(probe)
  return { statuses: isRegular ? statuses : null, effect, isCertain: isRegular, isApi, isSilent }
}

interface Parts {
  /** Percent-decoded; null where that fails. */
  readonly path: string | null
  readonly query: ReadonlyMap<string, string | null>
}

/** Whether HTTP itself has nothing to say against it. */
function isWellFormed({ method, target, headers, framing }: Probe): boolean {
  if (framing.kind === 'odd' || framing.kind === 'short' || !METHODS.includes(method) || method === 'CONNECT')
    return false
  if (framing.kind === 'chunked' && framing.trailer.startsWith('Content-Length')) return false
  // A part of it that HTTP knows no way to write.
  if (!/^\/[!"$-~]*$/.test(target.replaceAll(/<[a-z:]+>/g, '')) || target.length > 12_000) return false
  const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length + 4, target.length)
  if (size > 12_000 || headers.length > 1000) return false
  const isOdd = ([name, value]: readonly [string, string]): boolean =>
    // oxlint-disable-next-line no-control-regex -- those are what HTTP refuses
    /[\u0000-\u0008\u000a-\u001f\u007f]/.test(value) || /^(?:host|expect|upgrade|te)$/i.test(name)
  return !headers.some(isOdd)
}

function partsOf({ target }: Probe): Parts {
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  const query = new Map<string, string | null>()
  for (const pair of mark < 0 ? [] : target.slice(mark + 1).split('&')) {
    const equals = pair.indexOf('=')
    const name = decoded((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '))
    if (name !== null) query.set(name, equals < 0 ? '' : decoded(pair.slice(equals + 1).replaceAll('+', ' ')))
  }
  return { path: decodedPath(path.replace(/^[a-z]*:\/\/[^/]*/, '')), query }
}

/** What stands for a name in the request itself; an encoded one is a text like any other. */
function decodedPath(path: string): string | null {
  const names = path.match(NAMED) ?? []
  const others = path.split(NAMED).map((text) => decoded(text)?.replaceAll('<', '\ufffd') ?? null)
  return others.includes(null) ? null : others.map((text, index) => (text ?? '') + (names[index] ?? '')).join('')
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

type Judge = (probe: Probe, parts: Parts, match: RegExpExecArray) => Verdict

function verdictOf(probe: Probe, parts: Parts): Verdict {
  const { path } = parts
  if (path === null) return only(400)
  // Overview, 6: NUL is in no path that there is.
  if (path.includes('\0')) return only(400, 401, 403, 404, 405, 409)
  for (const [pattern, methods] of API) {
    const match = pattern.exec(path)
    if (match) return methods[probe.method]?.(probe, parts, match) ?? only(405)
  }
  if (/^\/astakos\/(?:account|identity)\//.test(path)) return only(400)
  // Pages, and what browsers and applications of OAuth2 ask for: nobody is signed in here.
  if (PAGES.test(path)) return only(200, 301, 302, 400, 403, 404, 405, 429)
  return only(404, 403)
}

const PAGES =
  /^(?:\/|\/astakos(?:\/|\/ui(?:\/[\w./]*)?|\/weblogin(?:\/(?:login)?)?|\/oauth2\/(?:auth|token)\/?|\/openapi\.json)?)$/

const always: Judge = () => only(200)

const asUser =
  (judge: (probe: Probe, uuid: string, parts: Parts, match: RegExpExecArray) => Verdict): Judge =>
  (probe, parts, match) => {
    const uuid = userTokens.get(tokenOf(probe, parts))
    return uuid === undefined ? refusedToken(probe, parts) : judge(probe, uuid, parts, match)
  }

const asComponent =
  (judge: (probe: Probe, name: string, parts: Parts, match: RegExpExecArray) => Verdict): Judge =>
  (probe, parts, match) => {
    const name = componentTokens.get(tokenOf(probe, parts))
    return name === undefined ? refusedToken(probe, parts) : judge(probe, name, parts, match)
  }

/** Overview, 3 and O-1. */
function tokenOf(probe: Probe, { query }: Parts): string {
  const asked = query.get('X-Auth-Token')
  return asked === null ? '' : asked || headerOf(probe, 'x-auth-token') || ''
}

/** O-15: a token that is no text may be refused as any other or as malformed. */
function refusedToken(probe: Probe, { query }: Parts): Verdict {
  const token = query.get('X-Auth-Token')
  return token === null || /[^ -~]/.test(`${token ?? ''}${headerOf(probe, 'x-auth-token') ?? ''}`)
    ? only(400, 401)
    : only(401)
}

/** Of several with one name all count, of the type the first. */
function headerOf({ headers }: Probe, name: string): string | undefined {
  const values = headers
    .filter(([each]) => each.toLowerCase() === name)
    .map(([, value]) => value.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
  return values.length === 0 ? undefined : name === 'content-type' ? values[0] : values.join(', ')
}

function bodyOf({ body, framing }: Probe): Buffer {
  if (framing.kind === 'none') return Buffer.alloc(0)
  return framing.kind === 'short' ? body.subarray(0, framing.length) : body
}

/** Overview, 5. */
function withJson(probe: Probe, judge: (document: NonNullable<ReturnType<typeof readBody>>) => Verdict): Verdict {
  if (!/^application\/json/i.test(headerOf(probe, 'content-type') ?? '')) return only(400)
  const document = readBody(bodyOf(probe))
  return document === undefined ? only(400) : judge(document as NonNullable<typeof document>)
}

const tokens: Judge = (probe) => (bodyOf(probe).length === 0 ? only(200) : withJson(probe, ofTokens))

function catalogs(probe: Probe): Verdict {
  const document = readBody(bodyOf(probe))
  return document === undefined ? only(400) : ofCatalogs(document)
}

/** Identity specification, 4; I-9. Of forms in parts no more is known than that they are answered. */
function feedback(probe: Probe): Verdict {
  const type = headerOf(probe, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'multipart/form-data') return only(200, 400)
  const isForm = type === 'application/x-www-form-urlencoded' || type === 'application/octet-stream'
  const message = new URLSearchParams(bodyOf(probe).toString()).getAll('feedback_msg')
  if (!isForm || message.every((each) => each === '')) return only(400)
  return type === 'application/octet-stream' || message.length > 1 ? only(200, 400) : only(200)
}

function readable(parts: Parts, names: readonly string[]): Verdict {
  if (!isReadable(parts, names)) return only(400)
  return names.some((name) => parts.query.has(name)) ? only(200, 404) : only(200)
}

function isReadable({ query }: Parts, names: readonly string[]): boolean {
  return names.every((name) => query.get(name) !== null && query.get(name)?.includes('\0') !== true)
}

function issue(probe: Probe): Verdict {
  const key = headerOf(probe, 'idempotency-key')
  return withJson(probe, (document) =>
    key !== undefined && !/^[!-~]{1,255}$/.test(key) ? only(400) : ofIssue(document, key !== undefined),
  )
}

const isFirst = (digits: string | undefined, name: string): boolean =>
  name === 'cyclades' && BigInt(digits ?? '') === SERIAL

/** A call of a user with a body, on what the path names. */
const asked = (judge: (document: Json, uuid: string, name: string) => Verdict): Judge =>
  asUser((probe, uuid, _, [, name = '']) => withJson(probe, (document) => judge(document, uuid, name)))

/** A call that members of a group alone may make. */
const asHelpdesk = (judge: (probe: Probe, name: string) => Verdict): Judge =>
  asUser((probe, uuid, _, [, name = '']) => (helpdesk.has(uuid) ? judge(probe, name) : only(403)))

const byHelpdesk = (judge: (document: Json, name: string) => Verdict): Judge =>
  asHelpdesk((probe, name) => withJson(probe, (document) => judge(document, name)))

/** Administration specification, 2.1; X-10. */
const statistics: Judge = (_, { query }) => {
  const callback = query.get('callback')
  return only(callback === undefined || callback === '' || /^[A-Za-z_$][\w$.]*$/.test(callback ?? '-') ? 200 : 400)
}

const SUFFIX = '(?:/|\\.json|\\.xml)?'

const NUMBER = '((?:[0-9]|<membership:[a-z]+>)+)'

const GET_IDENTITY = { GET: always }

/** Overview, 2.1 and 2.2. */
const API: readonly (readonly [RegExp, Readonly<Record<string, Judge>>])[] = (
  [
    ['identity/(?:\\.json)?', GET_IDENTITY],
    ['identity/v2\\.0(?:/|\\.json|/\\.json)?', GET_IDENTITY],
    ['identity/v2\\.0/tokens/?', { POST: tokens }],
    ['identity/v2\\.0/tokens/[^]+', { GET: () => only(404) }],
    [`identity/v2\\.0/users${SUFFIX}`, { GET: asHelpdesk(() => only(200)), POST: byHelpdesk(ofCreateUser) }],
    [`identity/v2\\.0/users/detail${SUFFIX}`, { GET: asHelpdesk(() => only(200)) }],
    [
      'identity/v2\\.0/users/([^/]+?)(?:\\.json|\\.xml)?/?',
      { GET: asHelpdesk((_, name) => ofShowUser(name)), PUT: byHelpdesk(ofEditUser) },
    ],
    [`identity/v2\\.0/users/([^/]+)/action${SUFFIX}`, { POST: byHelpdesk(ofUserAction) }],
    ['admin/stats', { GET: statistics }],
    ['admin/stats/detail', { GET: asHelpdesk(() => only(200)) }],
    ['account/v1\\.0/resources/?', { GET: always }],
    ['account/v1\\.0/user_catalogs/?', { POST: asUser(catalogs) }],
    ['account/v1\\.0/service/user_catalogs/?', { POST: asComponent(catalogs) }],
    ['account/v1\\.0/feedback/?', { POST: asUser(feedback) }],
    [
      'account/v1\\.0/myaccount/default_project/?',
      { POST: asUser((probe, uuid) => withJson(probe, (document) => ofDefaultProject(document, uuid))) },
    ],
    ['account/v1\\.0/quotas/?', { GET: asUser(() => only(200)) }],
    ['account/v1\\.0/service_quotas/?', { GET: asComponent((_, __, parts) => readable(parts, ['user', 'project'])) }],
    ['account/v1\\.0/service_project_quotas/?', { GET: asComponent((_, __, parts) => readable(parts, ['project'])) }],
    ['account/v1\\.0/commissions/?', { GET: asComponent(() => only(200)), POST: asComponent(issue) }],
    [
      'account/v1\\.0/commissions/action/?',
      { POST: asComponent((probe, name) => withJson(probe, (document) => ofResolve(document, name === 'cyclades'))) },
    ],
    [
      'account/v1\\.0/commissions/([0-9]+)/?',
      {
        GET: asComponent((_, name, parts, match) => {
          if (readable(parts, ['resolved']).statuses.includes(400))
            return only(isFirst(match[1], name) ? 400 : 404, 400)
          return isFirst(match[1], name) ? only(200) : { statuses: [404], isSilent: true }
        }),
      },
    ],
    [
      'account/v1\\.0/commissions/([0-9]+)/action/?',
      {
        POST: asComponent((probe, name, _, match) =>
          withJson(probe, (document) => ofAction(document, isFirst(match[1], name))),
        ),
      },
    ],
    ['account/v1\\.0/projects/?', { GET: asUser((_, __, { query }) => ofList(query)), POST: asked(ofCreation) }],
    [
      'account/v1\\.0/projects/memberships/?',
      { GET: asUser((_, __, parts) => (isReadable(parts, ['project']) ? only(200) : only(400))), POST: asked(ofBegin) },
    ],
    [
      `account/v1\\.0/projects/memberships/${NUMBER}/?`,
      { GET: asUser((_, uuid, __, [, digits = '']) => ofShowMembership(uuid, digits)) },
    ],
    [`account/v1\\.0/projects/memberships/${NUMBER}/action/?`, { POST: asked(ofMembershipAction) }],
    [
      'account/v1\\.0/projects/([^/]+)/?',
      { GET: asUser((_, uuid, __, [, id = '']) => ofShow(uuid, id)), PUT: asked(ofModification) },
    ],
    ['account/v1\\.0/projects/([^/]+)/action/?', { POST: asked(ofProjectAction) }],
  ] as const
).map(([pattern, methods]) => [new RegExp(`^${BASE}/${pattern}$`), methods])
