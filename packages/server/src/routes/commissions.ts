import { json, jsonText, nothing, type Answer } from '../http/answer.ts'
import { forComponent, type ComponentCall, type Route } from '../http/call.ts'
import { checkJsonType, readJson } from '../http/json.ts'
import { validate } from '../http/validate.ts'
import { anyCommission, pendingCommission, pendingSerials } from '../quotas/commissions.ts'
import { fingerprintOf } from '../quotas/fingerprint.ts'
import { mergeProvisions } from '../quotas/provision.ts'
import type { Resolution } from '../quotas/requests.ts'
import { actionBody, issueBody, resolveBody } from './commission-schemas.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'

/** Source: quota specification, 5.1; idempotency contract. */
async function issue(call: ComponentCall): Promise<Answer> {
  const contentType = call.header('content-type')
  checkJsonType(contentType)
  const key = idempotencyKeyOf(call.header('idempotency-key'))
  const { provisions, name, force, auto_accept: autoAccept } = validate(issueBody, readJson(call.body, contentType))
  const { status, body, replayed } = await call.service.engine.submit({
    kind: 'issue',
    component: call.component.name,
    name,
    force,
    autoAccept,
    provisions: mergeProvisions(provisions),
    idempotency: key === null ? null : { key, fingerprint: fingerprintOf({ provisions, name, force, autoAccept }) },
  })
  const headers: Record<string, string> = key === null ? {} : { 'idempotency-key': key }
  if (replayed) headers['idempotency-replayed'] = 'true'
  return jsonText(body, status, headers)
}

/** Source: quota specification, 5.2. */
async function listPending(call: ComponentCall): Promise<Answer> {
  return json(await pendingSerials(call.service.database, call.component.name))
}

/** Source: quota specification, 5.3; idempotency contract, 9. */
async function show(call: ComponentCall): Promise<Answer> {
  const serial = serialOf(call)
  const read = call.query.get('resolved') === 'true' ? anyCommission : pendingCommission
  const commission = serial === null ? null : await read(call.service.database, call.component.name, serial)
  return commission ? json(commission) : nothing(404)
}

/** Source: quota specification, 5.4. */
async function act(call: ComponentCall): Promise<Answer> {
  const action = validate(actionBody, readJson(call.body, call.header('content-type')))
  const serial = serialOf(call)
  if (serial === null) return nothing(404)
  const { accepted, rejected } = await call.service.engine.submit({
    kind: 'resolve',
    component: call.component.name,
    accept: action === 'accept' ? [serial] : [],
    reject: action === 'reject' ? [serial] : [],
    reason: '',
  })
  return nothing(accepted.length + rejected.length > 0 ? 200 : 404)
}

/** Source: quota specification, 5.5. */
async function resolveMany(call: ComponentCall): Promise<Answer> {
  const { accept, reject } = validate(resolveBody, readJson(call.body, call.header('content-type')))
  const resolution = await call.service.engine.submit({
    kind: 'resolve',
    component: call.component.name,
    accept,
    reject,
    reason: '',
  })
  return json(resolutionDocument(resolution))
}

function resolutionDocument({ accepted, rejected, notFound, conflicting }: Resolution): object {
  return {
    accepted,
    rejected,
    failed: [
      ...notFound.map((serial) => [
        serial,
        { itemNotFound: { code: 404, message: `serial ${serial} does not exist` } },
      ]),
      ...conflicting.map((serial) => [
        serial,
        { badRequest: { code: 400, message: `cannot both accept and reject serial ${serial}` } },
      ]),
    ],
  }
}

/** Null for a number that no commission can have. */
function serialOf(call: ComponentCall): bigint | null {
  const text = call.params['serial'] ?? ''
  const serial = /^\d{1,30}$/.test(text) ? BigInt(text) : null
  return serial !== null && serial < 2n ** 63n ? serial : null
}

export const commissionRoutes: readonly Route[] = [
  {
    kind: 'api',
    path: '/account/v1.0/commissions',
    methods: { GET: forComponent(listPending), POST: forComponent(issue) },
  },
  { kind: 'api', path: '/account/v1.0/commissions/action', methods: { POST: forComponent(resolveMany) } },
  { kind: 'api', path: '/account/v1.0/commissions/:serial(^\\d+$)', methods: { GET: forComponent(show) } },
  { kind: 'api', path: '/account/v1.0/commissions/:serial(^\\d+$)/action', methods: { POST: forComponent(act) } },
]
