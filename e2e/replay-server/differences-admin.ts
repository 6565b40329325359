import type { Json } from '../replay/json.ts'
import type { RecordedRequest } from '../replay/transcripts.ts'
import { documentOf, faultOf, isCrash, memberOf, refused, type Difference } from './difference.ts'
import { JSON_TYPE } from './expectation.ts'
import { routeOf } from './selection.ts'

/** Of statistics and of the administration of users. */
export const ADMIN_DIFFERENCES: readonly Difference[] = [
  {
    id: 'X-10',
    why: 'a script is labelled as a script',
    when: ({ request, response }) => routeOf(request.url) === '/admin/stats' && response.jsonp !== undefined,
    expect: ({ recorded }) =>
      recorded.map((answer) => ({ ...answer, headers: { 'content-type': 'application/javascript' } })),
  },
  {
    id: 'X-11',
    why: 'a token that nobody has is refused as everywhere',
    when: ({ request, response }) =>
      isUsers(request) && response.status === 401n && faultOf(response)?.message === 'UNAUTHORIZED',
    expect: () => [refused('unauthorized', 401, 'Invalid X-Auth-Token')],
  },
  {
    id: 'X-12',
    why: 'methods that there are not are refused instead of failing',
    when: ({ request, response }) => isUsers(request) && isCrash(response) && request.method === 'DELETE',
    expect: ({ request }) => {
      const allow = /users\/?$/.test(routeOf(request.url)) ? 'GET,POST' : 'GET,PUT'
      return [
        {
          ...refused('notAllowed', 405, 'Method not allowed'),
          headers: { 'content-type': JSON_TYPE, allow },
        },
      ]
    },
  },
  {
    id: 'X-12, project',
    why: 'a default project is set instead of failing',
    when: ({ request, response }) => isUsers(request) && isCrash(response) && projectIn(request) !== undefined,
    expect: ({ request }) => {
      const [, id = ''] = /users\/([^/]+)\/action$/.exec(routeOf(request.url)) ?? []
      const json = { user: { id, default_project: projectIn(request) ?? null } }
      return [{ status: 200, headers: { 'content-type': JSON_TYPE }, body: { kind: 'json', json } }]
    },
  },
]

function isUsers({ url }: RecordedRequest): boolean {
  return routeOf(url).startsWith('/identity/v2.0/users')
}

function projectIn(request: RecordedRequest): Json | undefined {
  return memberOf(documentOf(request), 'setDefaultProject')['project_id']
}
