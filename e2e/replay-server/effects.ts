import { isObject, readJson, writeJson, type Json } from '../replay/json.ts'
import type { RecordedRequest } from '../replay/transcripts.ts'
import type { Connections } from './http.ts'
import type { Scope } from './scope.ts'
import { routeOf } from './selection.ts'

/** By what is written: where its effects show. */
const READS: readonly { readonly route: RegExp; readonly urls: readonly string[] }[] = [
  {
    route: /^\/account\/v1\.0\/commissions/,
    urls: ['<base>/account/v1.0/commissions', '<base>/account/v1.0/service_quotas'],
  },
  {
    route: /^\/account\/v1\.0\/projects/,
    urls: ['<base>/account/v1.0/projects', '<base>/account/v1.0/projects/memberships', '<base>/account/v1.0/quotas'],
  },
]

/**
 * What the caller sees of what a request could have changed; null for other requests, which change nothing. A refused
 * request must leave it as it was.
 */
export async function stateSeenBy(
  request: RecordedRequest,
  scope: Scope,
  connections: Connections,
): Promise<string | null> {
  const token = request.headers?.['X-Auth-Token']
  const reads = READS.find(({ route }) => route.test(routeOf(request.url)))
  if (!['POST', 'PUT'].includes(request.method) || token === undefined || reads === undefined) return null
  const answers: string[] = []
  for (const url of reads.urls) {
    const headers = { 'X-Auth-Token': scope.text(token) }
    const { status, body } = await connections.send({
      method: 'GET',
      url: scope.text(url),
      headers,
      body: Buffer.alloc(0),
    })
    answers.push(`${status} ${writeJson(sorted(readJson(body.toString())))}`)
  }
  return answers.join('\n')
}

/** Lists have no order, and no answer has an order of members. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted).sort((one, other) => (writeJson(one) < writeJson(other) ? -1 : 1))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name] ?? null)]),
  )
}
