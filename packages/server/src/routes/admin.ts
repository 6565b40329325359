import type { Environment } from '../admin/operation.ts'
import { operations } from '../admin/operations/index.ts'
import { describe } from '../admin/describe.ts'
import { perform, type Caller } from '../admin/perform.ts'
import { findAdminToken } from '../admin/tokens.ts'
import { json, type Answer } from '../http/answer.ts'
import { forNobody, type Call, type Route } from '../http/call.ts'
import { Fault } from '../http/fault.ts'
import { readJson, withNumbers } from '../http/json.ts'
import type { Service } from '../service.ts'

/**
 * The admin API: each operation is a `POST` of its input. Only where it was switched on.
 *
 * Order of checks: the method, the token (401), the operation (404), the body (400), the scope (403), the input (400), and what
 * the operation itself refuses.
 */
async function callerOf({ service, header }: Call): Promise<Caller> {
  // Not from the query: addresses are logged by proxies.
  const token = header('x-auth-token')
  if (!token) throw new Fault('unauthorized', 'Access denied. No authentication token')
  const found = await findAdminToken(service.database, token)
  if (!found) throw new Fault('unauthorized', 'Invalid X-Auth-Token')
  return { actor: `token:${found.name}`, scopes: new Set(found.scopes) }
}

async function list(call: Call): Promise<Answer> {
  await callerOf(call)
  return json({ operations: [...operations.values()].map(describe) })
}

async function run(call: Call): Promise<Answer> {
  const caller = await callerOf(call)
  const name = call.params['operation'] ?? ''
  const operation = operations.get(name)
  if (!operation) throw new Fault('itemNotFound', `There is no operation ${name}`)
  // No body is an empty object: many operations need nothing.
  const document =
    call.body === undefined || call.body.length === 0 ? {} : readJson(call.body, call.header('content-type'))
  // A number with a fraction is a number here: no operation takes one, and each says what it wants instead.
  return json((await perform(environmentOf(call.service), caller, operation, withNumbers(document))) ?? {})
}

function environmentOf({ database, outbox, settings, desk }: Service): Environment {
  return { database, outbox, settings, secretKey: desk.key }
}

export const adminRoutes: readonly Route[] = [
  { kind: 'api', path: '/admin/v1', methods: { GET: forNobody(list) } },
  { kind: 'api', path: '/admin/v1/:operation', methods: { POST: forNobody(run) } },
]
