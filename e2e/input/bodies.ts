import { isObject, readJson, type Json, type JsonObject } from '../replay/json.ts'
import { only, type Effect, type Verdict } from './expectation.ts'
import { SERIAL } from './templates.ts'
import { holdings, keyOf, userTokens } from './world.ts'

/** What the specification says of a body that came with a valid token, of the right type. */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Undefined for what is no JSON, nests too deep or holds text that nobody can store. Overview, 5: O-15, O-16. */
export function readBody(body: Buffer): Json | undefined {
  try {
    const document = readJson(decoder.decode(body))
    return isStorable(document) ? document : undefined
  } catch {
    return undefined
  }
}

function isStorable(value: Json): boolean {
  if (typeof value === 'string') return !value.includes('\0') && !/[\ud800-\udfff]/u.test(value)
  if (Array.isArray(value)) return value.every(isStorable)
  return !isObject(value) || Object.entries(value).every(([name, member]) => isStorable(name) && isStorable(member))
}

const isText = (value: Json | undefined): value is string => typeof value === 'string'

/** Identity specification, 2.1. */
export function ofTokens(document: Json): Verdict {
  if (!isObject(document)) return only(400)
  const { auth } = document
  if (!isObject(auth)) return only(400)
  const { token, passwordCredentials: password, tenantName: tenant } = auth
  if (isObject(token) && token['id'] !== undefined) return ofCredentials(token['id'], undefined, tenant)
  const { username = null, password: secret } = isObject(password) ? password : {}
  const verdict = secret === undefined || username === null ? only(400) : ofCredentials(secret, username, tenant)
  // A token that is no object has no id, or is an error of its own.
  return token === undefined || isObject(token) ? verdict : only(400, ...verdict.statuses)
}

function ofCredentials(token: Json, username: Json | undefined, tenant: Json | undefined): Verdict {
  if (token === null) return only(400)
  const uuid = isText(token) ? userTokens.get(token) : undefined
  if (uuid === undefined || (username !== undefined && username !== uuid)) return only(401)
  const isNone = tenant === undefined || tenant === null || tenant === ''
  if (isNone || tenant === uuid) return only(200)
  // Zero and false are as empty as the empty text, or as wrong as any other.
  return tenant === 0n || tenant === false || tenant === 0 ? only(200, 400) : only(400)
}

/** Identity specification, 3. */
export function ofCatalogs(document: Json): Verdict {
  if (!isObject(document)) return only(400)
  const { displaynames = [], uuids = [] } = document
  // I-7: null may mean something.
  if (displaynames === null) return only(200, 400)
  if (!Array.isArray(displaynames) || !displaynames.every(isText)) return only(400)
  return uuids === null || Array.isArray(uuids) ? only(200) : only(400)
}

/** Identity specification, 5. It sets what is set already, so nothing changes. */
export function ofDefaultProject(document: Json, uuid: string): Verdict {
  if (!isObject(document)) return only(400)
  const { project_id: id } = document
  if (id === undefined || id === null) return only(403)
  return only(id === uuid ? 200 : 404)
}

const NO_EFFECT: Effect = { commissions: 0, resolutions: 0, idempotency_keys: 0 }

/** Quota specification, 5.1; idempotency contract, 4: what is decided is kept with its key, a refusal too. */
export function ofIssue(document: Json, hasKey: boolean): Verdict {
  const issue = readIssue(document)
  if (!issue) return only(400)
  const kept = hasKey ? 1 : 0
  const status = decide(issue.provisions, issue.force)
  if (status !== 201) return { statuses: [status], effect: hasKey ? { ...NO_EFFECT, idempotency_keys: kept } : null }
  const [commissions, resolutions] = issue.autoAccept ? [0, 1] : [1, 0]
  return { statuses: [201], effect: { commissions, resolutions, idempotency_keys: kept } }
}

interface Issue {
  readonly provisions: readonly JsonObject[]
  readonly force: boolean
  readonly autoAccept: boolean
}

function readIssue(document: Json): Issue | null {
  if (!isObject(document)) return null
  const { provisions, force = false, auto_accept: autoAccept = false, name = '' } = document
  if (!Array.isArray(provisions) || !provisions.every(isProvision)) return null
  if (typeof force !== 'boolean' || typeof autoAccept !== 'boolean' || !isText(name)) return null
  return Array.from(name).length > 4096 ? null : { provisions, force, autoAccept }
}

function isProvision(value: Json): value is JsonObject {
  if (!isObject(value) || typeof value['quantity'] !== 'bigint') return false
  return ['holder', 'source', 'resource'].every((part) => {
    const member = value[part]
    return member !== undefined && (typeof member !== 'object' || member === null)
  })
}

const INT64_MAX = 2n ** 63n - 1n

function decide(provisions: readonly JsonObject[], force: boolean): number {
  const merged = new Map<string, bigint>()
  for (const { holder = null, source = null, resource = null, quantity } of provisions) {
    const isKey = isText(holder) && isText(resource) && (source === null || isText(source))
    const key = isKey ? keyOf(holder, source, resource) : 'none'
    merged.set(key, (merged.get(key) ?? 0n) + (quantity as bigint))
  }
  const held = holdings()
  for (const [key, quantity] of merged) {
    const holding = held.get(key)
    if (!holding) return 404
    if (quantity < 0n ? holding.usageMin + quantity < 0n : !force && holding.usageMax + quantity > holding.limit)
      return 413
    if (holding.usageMax + quantity > INT64_MAX) return 400
  }
  return 201
}

/** Quota specification, 5.4. */
export function ofAction(document: Json, isPending: boolean): Verdict {
  if (!isObject(document)) return only(400)
  if ((document['accept'] === undefined) === (document['reject'] === undefined)) return only(400)
  return isPending ? { statuses: [200], effect: ENDED } : { statuses: [404], isSilent: true }
}

const ENDED: Effect = { commissions: -1, resolutions: 1, idempotency_keys: 0 }

/** Quota specification, 5.5. */
export function ofResolve(document: Json, isOwner: boolean): Verdict {
  if (!isObject(document)) return only(400)
  const { accept = [], reject = [] } = document
  if (!isSerials(accept) || !isSerials(reject)) return only(400)
  const isResolved = isOwner && accept.includes(SERIAL) !== reject.includes(SERIAL)
  return { statuses: [200], effect: isResolved ? ENDED : null }
}

function isSerials(value: Json): value is bigint[] {
  return Array.isArray(value) && value.every((serial) => typeof serial === 'bigint')
}
