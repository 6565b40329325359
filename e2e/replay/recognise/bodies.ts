import { isObject, readJson, type Json, type JsonObject } from '../json.ts'
import { pairsOf, type Pair, type Recorded } from '../recorded.ts'
import { LeftOut } from './rules.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The JSON object in the body. @throws {LeftOut} */
export function objectBody(recorded: Recorded): JsonObject {
  const text = textBody(recorded, 'application/json')
  let document: Json
  try {
    document = readJson(text)
  } catch (error) {
    if (error instanceof SyntaxError) throw new LeftOut('notJson')
    throw error
  }
  if (!isObject(document)) throw new LeftOut('notObject')
  if (hasFloat(document)) throw new LeftOut('float')
  return document
}

/** The fields of the form in the body; none twice. @throws {LeftOut} */
export function formBody(recorded: Recorded): Map<string, string> {
  const pairs = pairsOf(textBody(recorded, 'application/x-www-form-urlencoded'))
  return distinct(pairs, 'form')
}

/** @throws {LeftOut} a name comes twice. */
export function distinct(pairs: readonly Pair[], rule: 'form' | 'query'): Map<string, string> {
  const fields = new Map(pairs)
  if (fields.size < pairs.length) throw new LeftOut(rule)
  return fields
}

/** @throws {LeftOut} the object has other members. */
export function onlyMembers(object: JsonObject, ...names: readonly string[]): void {
  if (Object.keys(object).some((name) => !names.includes(name))) throw new LeftOut('members')
}

/** The one member that an action's body consists of. @throws {LeftOut} */
export function onlyMember(object: JsonObject): [name: string, value: Json] {
  const [first, ...others] = Object.entries(object)
  if (first === undefined || others.length > 0) throw new LeftOut('members')
  return first
}

function textBody(recorded: Recorded, type: string): string {
  if (recorded.body.length === 0) throw new LeftOut('noBody')
  if (recorded.headers.get('content-type') !== type) throw new LeftOut('contentType')
  try {
    return utf8.decode(recorded.body)
  } catch {
    throw new LeftOut('notUtf8')
  }
}

function hasFloat(value: Json): boolean {
  if (typeof value === 'number') return Number.isInteger(value)
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some(hasFloat)
}
