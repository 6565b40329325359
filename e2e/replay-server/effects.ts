import { isObject, readJson, writeJson, type Json } from '../replay/json.ts'
import type { RecordedRequest } from '../replay/transcripts.ts'
import type { Connections } from './http.ts'
import type { Scope } from './scope.ts'
import { routeOf } from './selection.ts'

const READS = ['<base>/account/v1.0/commissions', '<base>/account/v1.0/service_quotas']

/**
 * What a component sees of what a request about commissions could have changed; null for other requests, which change
 * nothing. A refused request must leave it as it was.
 */
export async function stateSeenBy(
  request: RecordedRequest,
  scope: Scope,
  connections: Connections,
): Promise<string | null> {
  const token = request.headers?.['X-Auth-Token']
  if (request.method !== 'POST' || token === undefined || !routeOf(request.url).startsWith('/account/v1.0/commissions'))
    return null
  const answers: string[] = []
  for (const url of READS) {
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

/** Commissions have no order, quotas are objects. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted).sort((one, other) => (writeJson(one) < writeJson(other) ? -1 : 1))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name] ?? null)]),
  )
}
