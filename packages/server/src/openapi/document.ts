import { answerSchemas } from './answers.ts'
import { operationObject } from './operation.ts'
import { operations } from './operations.ts'
import { requestSchemas } from './requests.ts'
import type { JsonSchema } from './schema.ts'

const TEXT: JsonSchema = { type: 'string' }

const KEY: JsonSchema = { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]{1,255}$' }

const HEADERS: Readonly<Record<string, JsonSchema>> = {
  'Astakos-Features': { description: 'What this service can do beyond the original', schema: TEXT },
  'Idempotency-Key': { description: 'The key of the request', schema: KEY },
  'Idempotency-Replayed': {
    description: 'The answer of an earlier request with this key',
    schema: { const: 'true' },
  },
  'Retry-After': {
    description: 'Seconds after which the request may be made again; missing where it may have been done already',
    schema: { type: 'integer', minimum: 0 },
  },
  Allow: { description: 'The methods of the path', schema: TEXT },
  Location: { description: 'Where to go', schema: TEXT },
}

const token = (place: 'header' | 'query', whose: string): JsonSchema => ({
  type: 'apiKey',
  name: 'X-Auth-Token',
  in: place,
  description: `The token of a ${whose}${place === 'query' ? '; not empty, it goes before the header' : ''}`,
})

/** What the service answers to, as OpenAPI 3.1. Bodies are described by the schemas that check them. */
export function openapiDocument(baseUrl: string): object {
  return {
    openapi: '3.1.1',
    info: {
      title: 'Astakos',
      version: '1.0',
      description:
        'Identity, quotas, commissions, projects and memberships. A path may end in one more slash, those of users also in `.json`.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: baseUrl }],
    paths: paths(),
    components: {
      schemas: { ...requestSchemas, ...answerSchemas },
      headers: HEADERS,
      parameters: {
        'Idempotency-Key': {
          name: 'Idempotency-Key',
          in: 'header',
          description: 'Names this request: a copy with the same key reserves nothing more',
          schema: KEY,
        },
      },
      securitySchemes: {
        userToken: token('header', 'user'),
        userTokenInQuery: token('query', 'user'),
        componentToken: token('header', 'component'),
        componentTokenInQuery: token('query', 'component'),
      },
    },
  }
}

/** Operations that several paths share are numbered: their names have to differ. */
function paths(): JsonSchema {
  const seen = new Map<string, number>()
  return Object.fromEntries(
    Object.entries(operations).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => {
          const count = (seen.get(operation.id) ?? 0) + 1
          seen.set(operation.id, count)
          return [method, operationObject(operation, count === 1 ? '' : String(count))]
        }),
      ),
    ]),
  )
}
