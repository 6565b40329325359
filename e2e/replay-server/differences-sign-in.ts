import type { RecordedRequest, RecordedResponse } from '../replay/transcripts.ts'
import { headerOf, isCrash, isSuccess, refused, type Difference } from './difference.ts'
import type { Expectation } from './expectation.ts'
import { routeOf } from './selection.ts'

/** Of OAuth2 and weblogin. */
export const SIGN_IN_DIFFERENCES: readonly Difference[] = [
  {
    id: 'A-6',
    why: 'the type of a form may have parameters',
    when: ({ request, response }) =>
      isRedemption(request) &&
      exceptionOf(response) === 'Invalid Content-Type header' &&
      /^application\/x-www-form-urlencoded\s*;/i.test(headerOf(request, 'content-type') ?? ''),
    // What is said next of a form that names no client.
    expect: () => [grantRefused('Missing client identification')],
  },
  {
    id: 'A-7',
    why: 'a secret may hold colons',
    when: ({ request, response }) => isRedemption(request) && isCrash(response) && colonsOf(request) > 1,
    expect: () => [grantRefused('Invalid credentials')],
  },
  {
    id: 'A-8',
    why: 'credentials without a colon are refused instead of failing',
    when: ({ request, response }) => isRedemption(request) && isCrash(response) && colonsOf(request) === 0,
    expect: () => [grantRefused('<text>')],
  },
  {
    id: 'A-10',
    why: 'tokens of users who are not active are unknown',
    // Recorded once, after an operator deactivated the user; the third token of a scenario is validated nowhere else.
    when: ({ request, response }) => isSuccess(response) && request.url.endsWith('/tokens/<oauth2:token:3>'),
    expect: () => [refused('itemNotFound', 404, 'No such token')],
  },
  {
    id: 'I-5',
    why: 'dates are dates, in XML too',
    when: ({ request, response }) => isValidation(request) && /<datetime:text>/.test(response.text ?? ''),
    expect: ({ recorded }) =>
      recorded.map((answer) =>
        answer.body.kind === 'xml'
          ? { ...answer, body: { kind: 'xml', text: answer.body.text.replaceAll('<datetime:text>', '<datetime>') } }
          : answer,
      ),
  },
  {
    id: 'I-14',
    why: 'the token is renewed and handed over instead of failing',
    when: ({ request, response }) => isWeblogin(request) && isCrash(response) && /&renew(=?)(&|$)/.test(request.url),
    expect: ({ request }) => [handedOver(`<uuid:${request.cookie_jar}>%7C<token:renewed:1>`, true)],
  },
  {
    id: 'I-14, cookie',
    why: 'after a renewal that works the cookie needs no repair',
    when: ({ request, response }) =>
      isWeblogin(request) && response.headers['location']?.startsWith('<base>/weblogin/login') === true,
    expect: ({ recorded }) => recorded.map(({ cookies }) => handedOver(cookies?.['_pithos2_a'] ?? '<text>', false)),
  },
]

/** To `pithos://login`, the only one that was recorded with a renewal. */
function handedOver(cookie: string, isSet: boolean): Expectation {
  const [uuid, token] = cookie.split('%7C')
  return {
    status: 302,
    headers: { location: `pithos://login?token=${token}&uuid=${uuid}` },
    body: { kind: 'any' },
    ...(isSet ? { cookies: { _pithos2_a: cookie } } : {}),
  }
}

function grantRefused(exception: string): Expectation {
  return { status: 400, headers: {}, body: { kind: 'json', json: { error: 'generic_error', exception } } }
}

function exceptionOf({ json }: RecordedResponse): unknown {
  return typeof json === 'object' && json !== null && 'exception' in json ? json['exception'] : undefined
}

/** How many the credentials hold. */
function colonsOf(request: RecordedRequest): number {
  const [, encoded = ''] = /^Basic (.*)$/.exec(headerOf(request, 'authorization') ?? '') ?? []
  return Buffer.from(encoded, 'base64').toString('latin1').split(':').length - 1
}

function isRedemption({ method, url }: RecordedRequest): boolean {
  return method === 'POST' && /^\/oauth2\/token\/?$/.test(routeOf(url))
}

function isValidation({ method, url }: RecordedRequest): boolean {
  return method === 'GET' && /^\/identity\/v2\.0\/tokens\/./.test(routeOf(url))
}

function isWeblogin({ method, url }: RecordedRequest): boolean {
  return method === 'GET' && routeOf(url) === '/weblogin/login'
}
