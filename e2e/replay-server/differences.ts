import { isObject, type Json, type JsonObject } from '../replay/json.ts'
import type { RecordedRequest, RecordedResponse } from '../replay/transcripts.ts'
import {
  documentOf,
  faultOf,
  headerOf,
  isBoolean,
  isCrash,
  isSuccess,
  listOf,
  memberOf,
  membersOf,
  refused,
  type Difference,
} from './difference.ts'
import { PROJECT_DIFFERENCES } from './differences-projects.ts'
import { ADMIN_DIFFERENCES } from './differences-admin.ts'
import { SIGN_IN_DIFFERENCES } from './differences-sign-in.ts'
import { JSON_TYPE, type Expectation } from './expectation.ts'
import type { Recordings } from './recordings.ts'
import { routeOf } from './selection.ts'

export const DIFFERENCES: readonly Difference[] = [
  {
    id: 'O-2',
    why: 'a JSON body is labelled as JSON, also where XML was asked for',
    when: ({ response }) => response.json !== undefined && /xml/.test(response.headers['content-type'] ?? ''),
    expect: ({ recorded }) =>
      recorded.map((answer) => ({ ...answer, headers: { ...answer.headers, 'content-type': JSON_TYPE } })),
  },
  {
    id: 'O-3',
    why: 'media types have no case',
    when: ({ request, response }) =>
      response.status === 400n &&
      faultOf(response)?.message.startsWith('Unsupported Content-type') === true &&
      /^application\/json/i.test(headerOf(request, 'content-type') ?? ''),
    expect: ({ request }, recordings) =>
      recordings.answerTo({
        ...request,
        headers: mapped(request.headers, (name, value) => (/^content-type$/i.test(name) ? value.toLowerCase() : value)),
      }),
  },
  {
    id: 'O-7',
    why: 'values of unexpected types are refused instead of failing',
    when: ({ request, response }) =>
      isCrash(response) && isTokens(request) && hasNoCredentialObjects(documentOf(request)),
    expect: () => [refused('badRequest', 400)],
  },
  {
    id: 'O-10',
    why: 'booleans are no integers',
    when: ({ request, response }) => isSuccess(response) && isIssue(request) && quantitiesOf(request).some(isBoolean),
    expect: () => [refused('badRequest', 400, 'Malformed provision <text>')],
  },
  {
    id: 'O-10, serials',
    why: 'booleans are no integers',
    when: ({ request, response }) => isSuccess(response) && isResolve(request) && serialsOf(request).some(isBoolean),
    expect: () => [refused('badRequest', 400, 'Serials should be integer.')],
  },
  {
    id: 'O-12',
    why: 'a name that is too long is refused instead of failing',
    when: ({ request, response }) =>
      isCrash(response) && isIssue(request) && lengthOf(membersOf(request)['name']) > 4096,
    expect: () => [refused('badRequest', 400)],
  },
  {
    id: 'O-14',
    why: 'NaN and Infinity are malformed JSON',
    when: ({ request, response }) => isSuccess(response) && /:\s*-?(NaN|Infinity)\b/.test(request.text ?? ''),
    expect: ({ request }) => [refused('badRequest', 400, malformedJson(request))],
  },
  {
    id: 'O-15',
    why: 'NUL and half surrogate pairs are refused instead of failing',
    when: ({ request, response }) => isCrash(response) && /\\u(0000|d[89a-f])/i.test(request.text ?? ''),
    expect: ({ request }) =>
      // In a token they may also count as a token that nobody has.
      isTokens(request)
        ? [refused('badRequest', 400), refused('unauthorized', 401, 'Invalid token')]
        : [refused('badRequest', 400)],
  },
  {
    id: 'O-15, token',
    why: 'bytes outside of ASCII in a token are refused instead of failing',
    when: ({ request, response }) => isCrash(response) && /[^\p{ASCII}]/u.test(headerOf(request, 'x-auth-token') ?? ''),
    expect: () => [refused('badRequest', 400), refused('unauthorized', 401, 'Invalid X-Auth-Token')],
  },
  {
    id: 'O-16',
    why: 'deeply nested JSON is malformed JSON',
    when: ({ request, response }) =>
      isCrash(response) && request.generated?.repeat === '[' && request.generated.times >= 1000n,
    expect: ({ request }) => [refused('badRequest', 400, malformedJson(request))],
  },
  {
    id: 'I-1',
    why: 'a chunked body is read',
    when: ({ request }) => request.transfer === 'chunked' && isTokens(request),
    expect: ({ request: { transfer: _, ...request } }, recordings) => recordings.answerTo(request),
  },
  {
    id: 'I-1, catalogs',
    why: 'a chunked body is read',
    when: ({ request }) => request.transfer === 'chunked' && isCatalogs(request),
    expect: ({ request }, recordings) => [catalogOf(request, recordings)],
  },
  {
    id: 'I-2',
    why: 'a user name that is null counts as missing',
    when: ({ request, response }) =>
      isSuccess(response) && isTokens(request) && passwordCredentialsOf(request)['username'] === null,
    expect: () => [refused('badRequest', 400, 'Malformed request: missing credentials')],
  },
  {
    id: 'I-6',
    why: 'every requested spelling of a name has an entry',
    when: ({ request, response }) =>
      isSuccess(response) && isCatalogs(request) && hasSpellingsOfOneName(membersOf(request)['displaynames']),
    expect: ({ request }, recordings) => [catalogOf(request, recordings)],
  },
  {
    id: 'I-8',
    why: 'uuids that are no list are refused',
    when: ({ request, response }) =>
      (isSuccess(response) || isCrash(response)) && isCatalogs(request) && isNoList(membersOf(request)['uuids']),
    expect: ({ request }) => [refused('badRequest', 400, `Invalid uuids: ${inMessage(membersOf(request)['uuids'])}`)],
  },
  {
    id: 'Q-6',
    why: 'a fault holds no data of an earlier one',
    when: ({ response }) => isObject(noHoldingOf(response)) && 'limit' in (noHoldingOf(response) ?? {}),
    expect: ({ response, recorded }) => {
      const { limit: _, usage: __, ...data } = noHoldingOf(response) ?? {}
      const json = { itemNotFound: { ...memberOf(response.json, 'itemNotFound'), data } }
      return recorded.map((answer) => ({ ...answer, body: { kind: 'json', json } }))
    },
  },
  {
    id: 'Q-8',
    why: 'sums beyond 64 bits are refused instead of failing',
    when: ({ request, response }) =>
      isCrash(response) &&
      isIssue(request) &&
      membersOf(request)['force'] === true &&
      isIntegers(quantitiesOf(request)),
    expect: () => [refused('badRequest', 400)],
  },
  ...PROJECT_DIFFERENCES,
  ...SIGN_IN_DIFFERENCES,
  ...ADMIN_DIFFERENCES,
]

/** Of what is found in the world. */
function catalogOf(request: RecordedRequest, { users }: Recordings): Expectation {
  const { uuids = [], displaynames = [] } = membersOf(request)
  const uuidCatalog = users.filter(({ uuid }) => textsOf(uuids).includes(uuid))
  const displaynameCatalog = textsOf(displaynames).flatMap((name) =>
    users.filter(({ username }) => username === name.toLowerCase()).map(({ uuid }) => [name, uuid]),
  )
  const json = {
    uuid_catalog: Object.fromEntries(uuidCatalog.map(({ uuid, username }) => [uuid, username])),
    displayname_catalog: Object.fromEntries(displaynameCatalog) as JsonObject,
  }
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: { kind: 'json', json } }
}

function malformedJson(request: RecordedRequest): string {
  return isCatalogs(request) ? 'Request body should be json formatted.' : 'Could not decode request body as JSON'
}

/** Texts and numbers as they are, all else in a notation of one's own. */
function inMessage(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'bigint' ? String(value) : '<text>'
}

function isTokens({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/identity\/v2\.0\/tokens\/?$/.test(routeOf(url))
}

function isCatalogs({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/(service\/)?user_catalogs\/?$/.test(routeOf(url))
}

function isIssue({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/commissions\/?$/.test(routeOf(url))
}

function isResolve({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/account\/v1\.0\/commissions\/action\/?$/.test(routeOf(url))
}

function hasNoCredentialObjects(document: Json | undefined): boolean {
  if (document === undefined) return false
  if (!isObject(document)) return true
  const { auth } = document
  if (!isObject(auth)) return true
  const { token, passwordCredentials } = auth
  return token === undefined ? !isObject(passwordCredentials) : !isObject(token)
}

function passwordCredentialsOf(request: RecordedRequest): JsonObject {
  return memberOf(memberOf(documentOf(request), 'auth'), 'passwordCredentials')
}

function quantitiesOf(request: RecordedRequest): (Json | undefined)[] {
  return listOf(membersOf(request)['provisions']).map((provision) =>
    isObject(provision) ? provision['quantity'] : undefined,
  )
}

function serialsOf(request: RecordedRequest): Json[] {
  const { accept, reject } = membersOf(request)
  return [...listOf(accept), ...listOf(reject)]
}

function hasSpellingsOfOneName(names: Json | undefined): boolean {
  const spellings = new Set(textsOf(names))
  return new Set([...spellings].map((name) => name.toLowerCase())).size < spellings.size
}

function noHoldingOf({ json }: RecordedResponse): JsonObject | null {
  const { data } = memberOf(json, 'itemNotFound')
  return isObject(data) ? data : null
}

function mapped(
  headers: Readonly<Record<string, string>> = {},
  change: (name: string, value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, change(name, value)]))
}

function textsOf(value: Json | undefined): string[] {
  return listOf(value).filter((item) => typeof item === 'string')
}

function isNoList(value: Json | undefined): boolean {
  return value !== undefined && value !== null && !Array.isArray(value)
}

function isIntegers(values: readonly (Json | undefined)[]): boolean {
  return values.every((value) => typeof value === 'bigint')
}

/** In characters, not in UTF-16 units. */
function lengthOf(value: Json | undefined): number {
  return typeof value === 'string' ? [...value].length : 0
}
