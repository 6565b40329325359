import type { Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { openapiDocument } from '../openapi/document.ts'

/** Written once for each base URL, of which a process has one. */
const texts = new Map<string, string>()

function openapi({ service }: Call): Answer {
  const { baseUrl } = service.settings
  const body = texts.get(baseUrl) ?? JSON.stringify(openapiDocument(baseUrl))
  texts.set(baseUrl, body)
  return { status: 200, body, contentType: 'application/json', headers: { 'cache-control': 'no-cache' } }
}

const method = forNobody(openapi)

/** No call of the API: it may be cached, and looked at by a browser. */
export const openapiRoutes: readonly Route[] = [
  { kind: 'page', path: '/openapi.json', slash: false, methods: { GET: method, HEAD: method } },
]
